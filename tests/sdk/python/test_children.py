"""What lies below other objects, as a client lives with it: made, listed page by page, found, changed, used,
deleted, gone."""

import io
import json

import openai
import pytest

from test_containers import MANIFEST, bundle
from test_families import gone, ids
from test_training import wait


def lines(page):
    return [item.content[0].text.value for item in page]


def test_runs_from_create_to_the_end(world):
    assistant = world.beta.assistants.create(model="gpt-4o")
    thread = world.beta.threads.create(messages=[{"role": "user", "content": "Tell me about rivers."}])
    runs = world.beta.threads.runs
    made = [runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id) for _ in range(3)]
    assert ids(runs.list(thread.id, limit=2)) == ids(reversed(made))
    page = runs.list(thread.id, limit=2, order="asc")
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert ids(runs.list(thread.id, after=made[2].id).data) == ids([made[1], made[0]])
    changed = runs.update(made[0].id, thread_id=thread.id, metadata={"a": "b"})
    assert changed.metadata == {"a": "b"} and runs.retrieve(made[0].id, thread_id=thread.id) == changed
    steps = runs.steps.list(made[0].id, thread_id=thread.id, limit=1)
    assert runs.steps.retrieve(steps.data[0].id, run_id=made[0].id, thread_id=thread.id) == steps.data[0]
    with pytest.raises(openai.BadRequestError, match="Cannot cancel run with status 'completed'."):
        runs.cancel(made[0].id, thread_id=thread.id)
    gone(runs.retrieve, "run_none", thread_id=thread.id)
    gone(runs.steps.retrieve, "step_none", run_id=made[0].id, thread_id=thread.id)
    world.beta.threads.delete(thread.id)
    gone(runs.retrieve, made[0].id, thread_id=thread.id)
    gone(runs.create, thread.id, assistant_id=assistant.id)


def test_stored_chats_page_by_page(world):
    chats = world.chat.completions
    made = [chats.create(model="gpt-4o", store=True, messages=[
        {"role": "user", "content": "One."}, {"role": "user", "content": f"Two {number}."}]) for number in range(3)]
    page = chats.list(limit=2)
    assert ids(page.data) == ids(made[:2]) and page.has_more
    assert ids(chats.list(limit=2)) == ids(made)
    assert ids(chats.list(order="desc", limit=1, after=made[2].id).data) == [made[1].id]
    first = chats.messages.list(made[0].id, limit=1)
    assert first.data[0].content == "One." and first.has_more
    assert [message.content for message in chats.messages.list(made[0].id, limit=1)] == ["One.", "Two 0."]
    chats.delete(made[0].id)
    gone(chats.messages.list, made[0].id)
    gone(chats.update, made[0].id, metadata={})


def test_files_of_stores_and_containers_page_by_page(world):
    made = [world.files.create(file=(f"{name}.txt", f"The {name} is red.".encode()), purpose="assistants")
            for name in ("apple", "brick", "cherry")]
    store = world.vector_stores.create()
    below = world.vector_stores.files
    for file in made:
        below.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=50)
    assert ids(below.list(store.id, limit=2)) == ids(reversed(made))
    page = below.list(store.id, limit=2, order="asc")
    assert ids(page.data) == ids(made[:2]) and page.has_more
    batch = world.vector_stores.file_batches.create(store.id, file_ids=ids(made))
    done = wait(lambda: world.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id), "completed")
    assert done.file_counts.completed == 3
    below.delete(made[0].id, vector_store_id=store.id)
    gone(below.retrieve, made[0].id, vector_store_id=store.id)
    gone(below.content, made[0].id, vector_store_id=store.id)
    # The store has let it go; the file itself is there until it is deleted.
    assert world.files.retrieve(made[0].id).filename == "apple.txt"

    box = world.containers.create(name="box")
    inside = world.containers.files
    copies = [inside.create(box.id, file_id=file.id) for file in made]
    assert sorted(ids(inside.list(box.id, limit=2))) == sorted(ids(copies))
    assert inside.content.retrieve(copies[1].id, container_id=box.id).content == b"The brick is red."
    world.files.delete(made[1].id)
    assert inside.retrieve(copies[1].id, container_id=box.id).bytes == 17
    inside.delete(copies[1].id, container_id=box.id)
    gone(inside.content.retrieve, copies[1].id, container_id=box.id)


def test_versions_of_a_skill_page_by_page(world):
    skill = world.skills.create(files=[bundle()])
    for number in range(2):
        world.skills.versions.create(skill.id, files=[bundle(MANIFEST.replace("Adds", f"Adds {number}"))])
    assert [one.version for one in world.skills.versions.list(skill.id, limit=2)] == ["3", "2", "1"]
    page = world.skills.versions.list(skill.id, limit=2, order="asc")
    assert [one.version for one in page.data] == ["1", "2"] and page.has_more
    with pytest.raises(openai.BadRequestError, match="default version"):
        world.skills.versions.delete("1", skill_id=skill.id)
    world.skills.delete(skill.id)
    gone(world.skills.versions.list, skill.id)
    gone(world.skills.versions.create, skill.id, files=[bundle()])


def test_an_upload_becomes_a_file_that_an_answer_reads(world):
    text = b"The lighthouse was painted green in 1911."
    upload = world.uploads.create(filename="notes.txt", purpose="assistants", bytes=len(text), mime_type="text/plain")
    parts = [world.uploads.parts.create(upload.id, data=io.BytesIO(piece)) for piece in (text[:20], text[20:])]
    with pytest.raises(openai.BadRequestError, match="parts have 20 bytes together"):
        world.uploads.complete(upload.id, part_ids=[parts[0].id])
    done = world.uploads.complete(upload.id, part_ids=ids(parts))
    assert done.status == "completed" and done.file.bytes == len(text)
    asked = {"type": "input_text", "text": "When was it painted?"}
    named = {"type": "input_file", "file_id": done.file.id}
    ask = lambda *parts: world.responses.create(model="gpt-4o", input=[{"role": "user", "content": list(parts)}])
    assert ask(named, asked).usage.input_tokens > ask(asked).usage.input_tokens
    with pytest.raises(openai.BadRequestError, match="status 'completed'"):
        world.uploads.parts.create(upload.id, data=b"more")
    with pytest.raises(openai.BadRequestError, match="status 'completed'"):
        world.uploads.cancel(upload.id)
    gone(world.uploads.complete, "upload_none", part_ids=[])
    world.files.delete(done.file.id)
    gone(ask, named, asked)


def test_runs_of_an_evaluation_page_by_page(world):
    schema = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
    evaluation = world.evals.create(
        data_source_config={"type": "custom", "item_schema": schema, "include_sample_schema": False},
        testing_criteria=[{"type": "string_check", "name": "is", "operation": "eq",
                           "input": "{{item.q}}", "reference": "yes"}])
    runs = world.evals.runs
    source = {"type": "jsonl", "source": {"type": "file_content", "content": [
        {"item": {"q": "yes"}}, {"item": {"q": "no"}}]}}
    made = [runs.create(evaluation.id, name=f"run {number}", data_source=source) for number in range(3)]
    assert sorted(ids(runs.list(evaluation.id, limit=2))) == sorted(ids(made))
    page = runs.list(evaluation.id, limit=2, order="asc")
    assert ids(page.data) == ids(made[:2]) and page.has_more
    done = wait(lambda: runs.retrieve(made[0].id, eval_id=evaluation.id), "completed", "failed")
    assert (done.result_counts.passed, done.result_counts.failed) == (1, 1)
    items = runs.output_items.list(made[0].id, eval_id=evaluation.id, limit=1, order="asc")
    assert items.has_more and json.loads(items.data[0].to_json())["datasource_item"]["q"] == "yes"
    gone(runs.output_items.retrieve, "outputitem_none", eval_id=evaluation.id, run_id=made[0].id)
    world.evals.delete(evaluation.id)
    gone(runs.list, evaluation.id)
    gone(runs.create, evaluation.id, data_source=source)
