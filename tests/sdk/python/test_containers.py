"""Containers and skills: made, listed, used, deleted."""

import io
import zipfile

import openai
import pytest

MANIFEST = "---\nname: sums\ndescription: Adds numbers.\n---\n\nAdd them.\n"


def bundle(manifest=MANIFEST):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("sums/SKILL.md", manifest)
    return ("sums.zip", out.getvalue(), "application/zip")


def test_a_container_keeps_files_until_it_is_deleted(world):
    container = world.containers.create(name="box")
    other = world.containers.create(name="other")
    assert [one.id for one in world.containers.list()] == [other.id, container.id]
    assert (container.status, container.expires_after.minutes) == ("running", 20)
    file = world.containers.files.create(container.id, file=("notes.txt", b"three\0lines\n"))
    assert file.path.endswith("-notes.txt")
    assert world.containers.files.content.retrieve(file.id, container_id=container.id).content == b"three\0lines\n"
    assert [one.id for one in world.containers.files.list(container.id)] == [file.id]
    world.containers.files.delete(file.id, container_id=container.id)
    with pytest.raises(openai.NotFoundError):
        world.containers.files.retrieve(file.id, container_id=container.id)
    world.containers.delete(container.id)
    with pytest.raises(openai.NotFoundError, match=f"Container with id '{container.id}' not found."):
        world.containers.retrieve(container.id)


def test_an_automatic_container_has_its_files(world):
    table = world.files.create(file=("table.csv", b"a,b\n1,2\n"), purpose="user_data")
    tool = {"type": "code_interpreter", "container": {"type": "auto", "memory_limit": "4g", "file_ids": [table.id]}}
    asked = {"model": "gpt-4.1", "input": "What is 3 * 17?", "tools": [tool]}

    def container(answer):
        return next(item.container_id for item in answer.output if item.type == "code_interpreter_call")

    first = world.responses.create(**asked)
    box = container(first)
    assert world.containers.retrieve(box).memory_limit == "4g"
    (file,) = world.containers.files.list(box)
    assert (file.source, file.bytes, file.container_id) == ("user", 8, box)
    assert file.path.startswith("/mnt/data/") and file.path.endswith("-table.csv")
    assert world.containers.files.content.retrieve(file.id, container_id=box).content == b"a,b\n1,2\n"
    second = world.responses.create(**asked, previous_response_id=first.id)
    assert container(second) == box and len(world.containers.files.list(box).data) == 1
    with world.responses.stream(**asked, previous_response_id=second.id) as stream:
        assert container(stream.get_final_response()) == box
    assert container(world.responses.create(**asked)) != box
    world.containers.delete(box)
    assert container(world.responses.create(**asked, previous_response_id=second.id)) != box
    world.files.delete(table.id)
    with pytest.raises(openai.NotFoundError, match=f"No such File object: {table.id}"):
        world.responses.create(**asked)


def test_a_skill_has_versions(world):
    skill = world.skills.create(files=[bundle()])
    assert (skill.name, skill.default_version) == ("sums", "1")
    second = world.skills.versions.create(skill.id, files=[bundle(MANIFEST.replace("Adds", "Subtracts"))])
    assert second.version == "2"
    assert world.skills.retrieve(skill.id).latest_version == "2"
    assert world.skills.update(skill.id, default_version="2").description == "Subtracts numbers."
    assert world.skills.content.retrieve(skill.id).content.startswith(b"PK")
    assert len(list(world.skills.versions.list(skill.id))) == 2
    with pytest.raises(openai.BadRequestError, match="no SKILL.md|not a zip"):
        world.skills.create(files=[("x.zip", b"no zip")])
    assert world.skills.delete(skill.id).deleted is True
    pytest.raises(openai.NotFoundError, world.skills.retrieve, skill.id)


def test_a_shell_reads_the_skill_that_the_prompt_is_about(world):
    report = MANIFEST.replace("sums", "lighthouse-report").replace("Adds numbers", "Writes the weekly report")
    skill = world.skills.create(files=[bundle(report)])
    shell = {"type": "shell", "environment": {
        "type": "container_auto", "skills": [{"type": "skill_reference", "skill_id": skill.id}]}}
    asked = {"model": "gpt-5", "input": "Write this week's report."}
    answer = world.responses.create(**asked, tools=[shell])
    call, output = [item for item in answer.output if item.type.startswith("shell_call")]
    assert call.call_id == output.call_id and call.action.commands[0].endswith("/lighthouse-report/SKILL.md")
    assert output.output[0].stdout == report and output.output[0].outcome.exit_code == 0
    bare = world.responses.create(**asked, tools=[{"type": "shell", "environment": {"type": "container_auto"}}])
    assert answer.usage.input_tokens > bare.usage.input_tokens
    assert world.responses.input_tokens.count(**asked, tools=[shell]).input_tokens == answer.usage.input_tokens
    other = world.responses.create(model="gpt-5", input="What is the capital of Peru?", tools=[shell])
    assert [item.type for item in other.output if item.type != "reasoning"] == ["message"]
    onward = world.responses.create(model="gpt-5", input="Thanks.", previous_response_id=answer.id)
    assert onward.usage.input_tokens > answer.usage.input_tokens


def test_a_realtime_key_is_short_lived(world):
    made = world.realtime.client_secrets.create(session={"type": "realtime", "model": "gpt-realtime"})
    assert made.value.startswith("ek_")
    assert made.session.model == "gpt-realtime"
