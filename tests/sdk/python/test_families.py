"""Each family of objects as a client lives with it: made, listed page by page, found, changed, used in
an answer, deleted, gone."""

import base64

import openai
import pytest

from test_containers import MANIFEST, bundle

OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=setup:actpass\r\n"
)


def ids(page):
    return [one.id for one in page]


def gone(call, *args, **named):
    with pytest.raises(openai.NotFoundError):
        call(*args, **named)


def test_files_from_create_to_delete(world):
    files = world.files
    made = [files.create(file=(f"{name}.txt", f"The {name} is in the attic.".encode()), purpose="user_data")
            for name in ("ladder", "lamp", "trunk")]
    assert ids(files.list(limit=2)) == ids(reversed(made))
    page = files.list(limit=2, order="asc")
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert ids(files.list(purpose="batch")) == []
    assert files.retrieve(made[0].id) == made[0]
    with pytest.raises(openai.BadRequestError, match="Not allowed to download files of purpose: user_data"):
        files.content(made[0].id)
    ask = {"role": "user", "content": [
        {"type": "input_file", "file_id": made[0].id}, {"type": "input_text", "text": "Where is it?"}]}
    answer = world.responses.create(model="gpt-4o", input=[ask])
    bare = world.responses.create(model="gpt-4o", input="Where is it?")
    assert answer.usage.input_tokens > bare.usage.input_tokens
    chat = [{"role": "user", "content": [
        {"type": "file", "file": {"file_id": made[0].id}}, {"type": "text", "text": "Where is it?"}]}]
    said = world.chat.completions.create(model="gpt-4o", messages=chat)
    plain = world.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Where is it?"}])
    assert said.usage.prompt_tokens > plain.usage.prompt_tokens
    assert files.delete(made[0].id).deleted
    gone(files.retrieve, made[0].id)
    gone(files.content, made[0].id)
    with pytest.raises(openai.NotFoundError, match=f"No such File object: {made[0].id}"):
        world.responses.create(model="gpt-4o", input=[ask])
    with pytest.raises(openai.NotFoundError, match=f"No such File object: {made[0].id}"):
        world.chat.completions.create(model="gpt-4o", messages=chat)


def test_conversations_from_create_to_delete(world):
    conversations = world.conversations
    made = conversations.create(metadata={"a": "b"}, items=[{"role": "user", "content": "I'm called Ada."}])
    assert conversations.retrieve(made.id).metadata == {"a": "b"}
    assert conversations.update(made.id, metadata={"a": "c"}).metadata == {"a": "c"}
    answer = world.responses.create(model="gpt-4o", conversation=made.id, input="What am I called?")
    items = list(conversations.items.list(made.id, order="asc", limit=1))
    assert [item.type for item in items] == ["message"] * 3
    assert items[-1].content[0].text == answer.output_text
    page = conversations.items.list(made.id, limit=2)
    assert ids(page.data) == [items[2].id, items[1].id] and page.has_more
    more = conversations.items.create(made.id, items=[{"role": "user", "content": "Thanks."}])
    assert conversations.items.retrieve(more.data[0].id, conversation_id=made.id).content[0].text == "Thanks."
    conversations.items.delete(items[0].id, conversation_id=made.id)
    gone(conversations.items.retrieve, items[0].id, conversation_id=made.id)
    assert conversations.delete(made.id).deleted
    gone(conversations.retrieve, made.id)
    with pytest.raises(openai.APIStatusError):
        world.responses.create(model="gpt-4o", conversation=made.id, input="And now?")


def test_responses_from_create_to_delete(world):
    responses = world.responses
    first = responses.create(model="gpt-4o", input="I like tea.", metadata={"a": "b"})
    assert responses.retrieve(first.id) == first
    second = responses.create(model="gpt-4o", input="What do I like?", previous_response_id=first.id)
    texts = [item.content[0].text for item in responses.input_items.list(second.id, order="asc", limit=1)]
    assert texts == ["What do I like?"]
    counted = responses.input_tokens.count(model="gpt-4o", input="I like tea.")
    assert counted.input_tokens == first.usage.input_tokens
    compacted = responses.compact(model="gpt-4o", previous_response_id=second.id)
    assert compacted.output[-1].type == "compaction" and compacted.usage.total_tokens > 0
    onward = responses.create(
        model="gpt-4o", input=[*compacted.to_dict()["output"], {"role": "user", "content": "Go on."}])
    assert onward.output_text
    responses.delete(first.id)
    gone(responses.retrieve, first.id)
    with pytest.raises(openai.BadRequestError) as refused:
        responses.create(model="gpt-4o", input="x", previous_response_id=first.id)
    assert refused.value.code == "previous_response_not_found"


def test_containers_from_create_to_delete(world):
    containers = world.containers
    made = [containers.create(name=f"box {number}") for number in range(3)]
    assert ids(containers.list(limit=2)) == ids(reversed(made))
    assert containers.retrieve(made[0].id).name == "box 0"
    file = containers.files.create(made[0].id, file=("n.csv", b"a,b\n1,2\n"))
    assert containers.files.retrieve(file.id, container_id=made[0].id).bytes == 8
    answer = world.responses.create(
        model="gpt-4.1", input="What is 3 + 4?", tool_choice="required",
        tools=[{"type": "code_interpreter", "container": made[0].id}])
    call = next(item for item in answer.output if item.type == "code_interpreter_call")
    assert call.container_id == made[0].id
    assert call.outputs is None and "7" in answer.output_text
    auto = world.responses.create(
        model="gpt-4.1", input="What is 3 + 4?", tools=[{"type": "code_interpreter", "container": {"type": "auto"}}])
    own = next(item.container_id for item in auto.output if item.type == "code_interpreter_call")
    assert containers.retrieve(own).status == "running" and containers.files.list(own).data == []
    containers.delete(made[0].id)
    gone(containers.retrieve, made[0].id)
    gone(containers.files.list, made[0].id)
    with pytest.raises(openai.NotFoundError, match=f"Container with id '{made[0].id}' not found."):
        world.responses.create(
            model="gpt-4.1", input="What is 3 + 4?", tools=[{"type": "code_interpreter", "container": made[0].id}])


def test_skills_from_create_to_delete(world):
    skills = world.skills
    made = [skills.create(files=[bundle(MANIFEST.replace("sums", f"sums-{number}"))]) for number in range(3)]
    assert ids(skills.list(limit=2)) == ids(reversed(made))
    page = skills.list(limit=2, order="asc")
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert skills.retrieve(made[0].id) == made[0]
    second = skills.versions.create(made[0].id, files=[bundle(MANIFEST.replace("Adds", "Subtracts"))])
    assert skills.versions.retrieve(second.version, skill_id=made[0].id) == second
    assert skills.versions.content.retrieve(second.version, skill_id=made[0].id).content.startswith(b"PK")
    assert skills.update(made[0].id, default_version=second.version).default_version == second.version
    assert skills.versions.delete("1", skill_id=made[0].id).deleted
    gone(skills.versions.retrieve, "1", skill_id=made[0].id)
    named = {"type": "skill_reference", "skill_id": made[0].id}
    shell = {"type": "shell", "environment": {"type": "container_auto", "skills": [named]}}
    answer = world.responses.create(model="gpt-5", input="Add 3 and 4.", tools=[shell])
    assert answer.output_text and answer.tools[0].type == "shell"
    assert world.containers.create(name="box", skills=[named]).status == "running"
    assert skills.delete(made[0].id).deleted
    gone(skills.retrieve, made[0].id)
    gone(skills.content.retrieve, made[0].id)
    with pytest.raises(openai.NotFoundError, match=f"Skill with id '{made[0].id}' not found."):
        world.responses.create(model="gpt-5", input="Add 3 and 4.", tools=[shell])


def test_videos_from_create_to_delete(world):
    videos = world.videos
    made = [videos.create_and_poll(prompt=f"Scene {number}", seconds="4", poll_interval_ms=500) for number in range(3)]
    assert ids(videos.list(limit=2)) == ids(reversed(made))
    page = videos.list(limit=2, order="asc")
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert videos.retrieve(made[0].id) == made[0]
    film = videos.download_content(made[0].id).content
    character = videos.create_character(name="Otto", video=("otto.mp4", film, "video/mp4"))
    assert videos.get_character(character.id).to_dict() == character.to_dict()
    # The SDK's types take an id here too; what it sends is a file all the same.
    longer = videos.extend(prompt="and on", seconds="4", video=("film.mp4", film, "video/mp4"))
    changed = videos.edit(prompt="at night", video=("film.mp4", film, "video/mp4"))
    assert {longer.id, changed.id} <= set(ids(videos.list()))
    videos.delete(made[0].id)
    gone(videos.retrieve, made[0].id)
    gone(videos.download_content, made[0].id)
    gone(videos.remix, made[0].id, prompt="again")


def test_chatkit_from_session_to_threads(world):
    chatkit = world.beta.chatkit
    session = chatkit.sessions.create(
        user="ada", workflow={"id": "wf_1"}, rate_limits={"max_requests_per_1_minute": 3})
    assert (session.status, session.user, session.max_requests_per_1_minute) == ("active", "ada", 3)
    assert session.client_secret and session.workflow.id == "wf_1"
    assert chatkit.sessions.cancel(session.id).status == "cancelled"
    gone(chatkit.sessions.cancel, "cksess_none")
    assert ids(chatkit.threads.list(user="ada")) == []
    gone(chatkit.threads.retrieve, "cthr_none")
    gone(chatkit.threads.list_items, "cthr_none")
    gone(chatkit.threads.delete, "cthr_none")


def test_realtime_keys_and_calls(world):
    secrets = world.realtime.client_secrets
    made = secrets.create(
        expires_after={"anchor": "created_at", "seconds": 30},
        session={"type": "realtime", "parallel_tool_calls": False, "audio": {
            "input": {"transcription": {"model": "whisper-1", "delay": "minimal"}}}})
    assert made.value.startswith("ek_") and made.session.type == "realtime"
    assert made.session.audio.input.transcription.model == "whisper-1"
    written = secrets.create(session={"type": "transcription"})
    assert written.session.type == "transcription"
    calls = world.realtime.calls
    answer = calls.create(sdp=OFFER)
    assert answer.response.status_code == 201 and answer.text.startswith("v=0")
    call = answer.response.headers["location"].rsplit("/", 1)[1]
    with pytest.raises(openai.BadRequestError, match="already been answered"):
        calls.accept(call, type="realtime", model="gpt-realtime")
    calls.hangup(call)
    gone(calls.hangup, call)
    other = calls.create(sdp=OFFER).response.headers["location"].rsplit("/", 1)[1]
    calls.refer(other, target_uri="tel:+14155550123")
    third = calls.create(sdp=OFFER).response.headers["location"].rsplit("/", 1)[1]
    with pytest.raises(openai.BadRequestError, match="already been answered"):
        calls.reject(third, status_code=486)
    gone(calls.accept, other, type="realtime")
    with pytest.raises(openai.BadRequestError):
        calls.create(sdp="no offer")


def test_where_a_picture_comes_from(world):
    drawn = world.images.generate(model="gpt-image-1", prompt="a cat").data[0].b64_json
    check = world.content_provenance_checks.create(file=("cat.png", base64.b64decode(drawn), "image/png"))
    assert {result.type for result in check.results} == {"c2pa", "synthid"}
    with pytest.raises(openai.BadRequestError):
        world.content_provenance_checks.create(file=("a.txt", b"text"))


def test_batches_from_create_to_the_end(world):
    lines = b"".join(
        b'{"custom_id": "%d", "method": "POST", "url": "/v1/embeddings", "body": {"model": "text-embedding-3-small",'
        b' "input": "text %d"}}\n' % (number, number) for number in range(3))
    file = world.files.create(file=("lines.jsonl", lines), purpose="batch")
    made = [world.batches.create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h",
                                 metadata={"number": str(number)}) for number in range(2)]
    assert ids(world.batches.list(limit=1)) == ids(reversed(made))
    page = world.batches.list(limit=1, after=made[1].id)
    assert ids(page.data) == [made[0].id] and not page.has_more
    assert world.batches.retrieve(made[0].id).metadata == {"number": "0"}
    while world.batches.retrieve(made[0].id).status != "completed":
        pass
    done = world.batches.retrieve(made[0].id)
    assert (done.request_counts.completed, done.request_counts.failed) == (3, 0)
    assert len(world.files.content(done.output_file_id).text.splitlines()) == 3
    with pytest.raises(openai.ConflictError, match="Cannot cancel a batch with status 'completed'."):
        world.batches.cancel(made[0].id)
    # What has been read may go; an answer to a batch of it can't be asked for any more.
    assert world.files.delete(file.id).deleted
    with pytest.raises(openai.APIStatusError):
        world.batches.create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h")
    gone(world.batches.retrieve, "batch_none")
    gone(world.batches.cancel, "batch_none")
