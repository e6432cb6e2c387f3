"""Vector stores from their making to their end, and answers that are drawn from them."""

import openai
import pytest

CAPITALS = b"# Capitals\n\nThe capital of France is Paris. The capital of Peru is Lima.\n"
BREAD = b"Bread is baked in a hot oven at 220 degrees for forty minutes.\n"
TAXES = b"<html><style>p{}</style><h1>Taxes</h1><p>Income tax is due on the last day of May.</p></html>"
NOT_TEXT = b"\x89PNG\r\n\x1a\n\x00\x00\x00"


def upload(world, name, content):
    return world.files.create(file=(name, content), purpose="assistants")


@pytest.fixture
def kept(world):
    """A store of three files that can be searched, and the files by name."""
    files = {
        name: upload(world, name, content)
        for name, content in [("capitals.md", CAPITALS), ("bread.txt", BREAD), ("taxes.html", TAXES)]
    }
    store = world.vector_stores.create(name="kept")
    entries = [{"file_id": file.id, "attributes": {"kind": name.split(".")[0], "size": len(name)}}
               for name, file in files.items()]
    batch = world.vector_stores.file_batches.create(store.id, files=entries)
    batch = world.vector_stores.file_batches.poll(batch.id, vector_store_id=store.id, poll_interval_ms=20)
    assert batch.status == "completed" and batch.file_counts.completed == 3
    return store, files


def test_a_store_lives_from_create_to_404(world):
    file = upload(world, "capitals.md", CAPITALS)
    store = world.vector_stores.create(
        name="kb", file_ids=[file.id], metadata={"team": "a"},
        expires_after={"anchor": "last_active_at", "days": 7})
    assert store.id.startswith("vs_") and store.file_counts.total == 1
    assert store.expires_at == store.last_active_at + 7 * 86_400
    others = [world.vector_stores.create(name=f"other {number}") for number in range(3)]
    listed = list(world.vector_stores.list(limit=2))
    assert [found.id for found in listed] == [made.id for made in reversed([store, *others])]
    world.vector_stores.files.poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
    assert world.vector_stores.retrieve(store.id).status == "completed"
    changed = world.vector_stores.update(store.id, name="new", metadata={"team": "b"})
    assert (changed.name, changed.metadata) == ("new", {"team": "b"})
    assert world.vector_stores.search(store.id, query="capital of Peru").data[0].file_id == file.id
    assert world.vector_stores.delete(store.id).deleted
    with pytest.raises(openai.NotFoundError, match=f"No vector store found with id '{store.id}'"):
        world.vector_stores.retrieve(store.id)
    with pytest.raises(openai.NotFoundError):
        world.vector_stores.search(store.id, query="Peru")


def test_files_of_a_store(world):
    store = world.vector_stores.create()
    good = upload(world, "bread.txt", BREAD)
    bad = upload(world, "cat.png", NOT_TEXT)
    for file in (good, bad):
        world.vector_stores.files.create(store.id, file_id=file.id, attributes={"a": 1})
        world.vector_stores.files.poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
    read = world.vector_stores.files.retrieve(good.id, vector_store_id=store.id)
    assert read.status == "completed" and read.usage_bytes > len(BREAD)
    failed = world.vector_stores.files.retrieve(bad.id, vector_store_id=store.id)
    assert failed.status == "failed"
    assert (failed.last_error.code, failed.last_error.message) == (
        "unsupported_file", "The file type is not supported.")
    counts = world.vector_stores.retrieve(store.id).file_counts
    assert (counts.completed, counts.failed, counts.total) == (1, 1, 2)
    assert [file.id for file in world.vector_stores.files.list(store.id, filter="failed")] == [bad.id]
    content = world.vector_stores.files.content(good.id, vector_store_id=store.id)
    assert [part.text for part in content] == [BREAD.decode()]
    changed = world.vector_stores.files.update(good.id, vector_store_id=store.id, attributes={"b": "x"})
    assert changed.attributes == {"b": "x"}
    assert world.vector_stores.files.delete(bad.id, vector_store_id=store.id).deleted
    world.files.delete(good.id)
    with pytest.raises(openai.NotFoundError):
        world.vector_stores.files.retrieve(good.id, vector_store_id=store.id)
    assert world.vector_stores.retrieve(store.id).file_counts.total == 0


def test_a_batch_can_be_cancelled(world):
    store = world.vector_stores.create()
    files = [upload(world, f"{number}.txt", BREAD) for number in range(40)]
    batch = world.vector_stores.file_batches.create(store.id, file_ids=[file.id for file in files])
    batch = world.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert batch.status == "cancelled" and batch.file_counts.in_progress == 0
    assert batch.file_counts.cancelled > 0 and batch.file_counts.total == 40
    listed = world.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, limit=15)
    assert len(list(listed)) == 40


def test_search_finds_what_is_meant(world, kept):
    store, files = kept
    for query, name in [
        ("What is the capital of France?", "capitals.md"),
        ("How long does a loaf of bread take?", "bread.txt"),
        ("When do I have to pay income tax?", "taxes.html"),
    ]:
        page = world.vector_stores.search(store.id, query=query)
        assert page.data[0].filename == name and page.data[0].file_id == files[name].id
        scores = [hit.score for hit in page]
        assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert "<p>" not in page.data[0].content[0].text


def test_search_keeps_to_filters_and_ranking(world, kept):
    store, _ = kept
    search = lambda **options: [hit.filename for hit in world.vector_stores.search(store.id, **options)]
    bread = {"type": "eq", "key": "kind", "value": "bread"}
    assert search(query="capital", filters=bread) == ["bread.txt"]
    either = {"type": "or", "filters": [bread, {"type": "gt", "key": "size", "value": 10}]}
    assert set(search(query="capital", filters=either)) == {"bread.txt", "capitals.md"}
    assert search(query="capital of Peru", ranking_options={"score_threshold": 0.6}) == ["capitals.md"]
    assert search(query=["oven", "income tax"], max_num_results=2) in (
        ["bread.txt", "taxes.html"], ["taxes.html", "bread.txt"])
    for options in [
        {"filters": {"type": "like", "key": "kind", "value": "x"}},
        {"filters": {"type": "gt", "key": "kind", "value": True}},
        {"max_num_results": 51},
        {"ranking_options": {"score_threshold": 2}},
    ]:
        with pytest.raises(openai.BadRequestError):
            world.vector_stores.search(store.id, query="x", **options)


def tool(store, **options):
    return {"type": "file_search", "vector_store_ids": [store.id], **options}


def test_a_response_is_drawn_from_the_store(world, kept):
    store, files = kept
    response = world.responses.create(
        model="gpt-4.1", input="What is the capital of Peru?", tools=[tool(store)],
        include=["file_search_call.results"])
    call, message = response.output
    assert call.type == "file_search_call" and call.status == "completed" and call.queries
    assert call.results[0].filename == "capitals.md" and "Lima" in call.results[0].text
    assert "Lima" in response.output_text
    citation = message.content[0].annotations[0]
    assert (citation.type, citation.file_id) == ("file_citation", files["capitals.md"].id)
    assert citation.filename == "capitals.md" and 0 < citation.index <= len(response.output_text)
    unasked = world.responses.create(model="gpt-4.1", input="What is the capital of Peru?", tools=[tool(store)])
    assert unasked.output[0].results is None


def test_a_stream_tells_of_the_search_and_of_its_sources(world, kept):
    store, files = kept
    with world.responses.stream(
            model="gpt-4.1", input="When is income tax due?", tools=[tool(store, max_num_results=2)]) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    order = ["response.file_search_call.in_progress", "response.file_search_call.searching",
             "response.file_search_call.completed", "response.output_text.delta",
             "response.output_text.annotation.added", "response.output_text.done"]
    assert [kinds.index(kind) for kind in order] == sorted(kinds.index(kind) for kind in order)
    added = next(event for event in events if event.type == "response.output_text.annotation.added")
    assert added.annotation.file_id == files["taxes.html"].id
    assert final.output[-1].content[0].annotations[0].filename == "taxes.html"


def test_a_tool_that_names_no_store_is_refused(world):
    with pytest.raises(openai.NotFoundError, match="No vector store found"):
        world.responses.create(
            model="gpt-4.1", input="What is the capital of Peru?",
            tools=[{"type": "file_search", "vector_store_ids": ["vs_none"]}])
