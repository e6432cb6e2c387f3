"""Files, uploads and batches: made, listed, used, deleted."""

import io
import json
import time

import openai
import pytest


def jsonl(name, lines):
    text = "\n".join(json.dumps(line) for line in lines)
    return (name, text.encode())


def ended(client, batch):
    """The batch once nothing more happens to it."""
    deadline = time.monotonic() + 60
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        assert time.monotonic() < deadline, batch
        batch = client.batches.retrieve(batch.id)
    return batch


def test_files_are_kept_listed_given_back_and_deleted(world):
    made = [world.files.create(file=(f"{n}.png", bytes([n]) * 1000), purpose="vision") for n in range(5)]
    assert [file.id for file in world.files.list(limit=2)] == [file.id for file in reversed(made)]
    assert [file.id for file in world.files.list(order="asc")] == [file.id for file in made]
    assert list(world.files.list(purpose="batch")) == []
    found = world.files.retrieve(made[3].id)
    assert (found.bytes, found.filename, found.status) == (1000, "3.png", "processed")
    assert world.files.content(made[3].id).read() == b"\x03" * 1000
    assert world.files.delete(made[3].id).deleted is True
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        world.files.retrieve(made[3].id)


def test_files_have_to_be_what_their_purpose_needs(world):
    with pytest.raises(openai.BadRequestError, match="Must be .jsonl"):
        world.files.create(file=("lines.txt", b"{}"), purpose="batch")
    secret = world.files.create(file=("secret.txt", b"hello"), purpose="user_data")
    with pytest.raises(openai.BadRequestError, match="Not allowed to download files of purpose: user_data"):
        world.files.content(secret.id)
    soon = {"anchor": "created_at", "seconds": 3600}
    brief = world.files.create(file=("brief.txt", b"hello"), purpose="user_data", expires_after=soon)
    assert brief.expires_at == brief.created_at + 3600
    with pytest.raises(openai.BadRequestError):
        world.files.create(file=("a.txt", b"a"), purpose="user_data", expires_after={**soon, "seconds": 60})


def test_an_upload_in_parts_becomes_a_file(world):
    whole = bytes(range(256)) * 400
    upload = world.uploads.create(bytes=len(whole), filename="a.png", mime_type="image/png", purpose="vision")
    assert upload.status == "pending"
    head, tail = (
        world.uploads.parts.create(upload.id, data=io.BytesIO(part)) for part in (whole[:70_000], whole[70_000:])
    )
    with pytest.raises(openai.BadRequestError, match="The parts have"):
        world.uploads.complete(upload.id, part_ids=[head.id])
    done = world.uploads.complete(upload.id, part_ids=[head.id, tail.id])
    assert done.status == "completed"
    assert world.files.content(done.file.id).read() == whole
    with pytest.raises(openai.BadRequestError, match="'completed'"):
        world.uploads.cancel(upload.id)
    other = world.uploads.create(bytes=5, filename="b.png", mime_type="image/png", purpose="vision")
    assert world.uploads.cancel(other.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="'cancelled'"):
        world.uploads.parts.create(other.id, data=b"hello")


def test_the_clients_own_chunked_upload_works(world):
    whole = bytes(range(256)) * 100
    done = world.uploads.upload_file_chunked(
        file=whole, filename="c.png", bytes=len(whole), mime_type="image/png", purpose="vision", part_size=10_000
    )
    assert world.files.content(done.file.id).read() == whole


@pytest.mark.parametrize(
    "endpoint",
    ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/moderations"],
    ids=["chat", "responses", "embeddings", "moderations"],
)
def test_a_batch_is_answered_line_by_line(world, endpoint):
    bodies = {
        "/v1/chat/completions": lambda n: {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": f"Question {n}"}],
        },
        "/v1/responses": lambda n: {"model": "gpt-4o", "input": f"Question {n}"},
        "/v1/embeddings": lambda n: {"model": "text-embedding-3-small", "input": f"Text {n}"},
        "/v1/moderations": lambda n: {"input": f"Text {n}"},
    }
    lines = [
        {"custom_id": f"q{n}", "method": "POST", "url": endpoint, "body": bodies[endpoint](n)} for n in range(30)
    ]
    file = world.files.create(file=jsonl("in.jsonl", lines), purpose="batch")
    batch = world.batches.create(
        input_file_id=file.id, endpoint=endpoint, completion_window="24h", metadata={"night": "1"}
    )
    assert batch.status == "validating"
    batch = ended(world, batch)
    assert (batch.status, batch.request_counts.completed, batch.error_file_id) == ("completed", 30, None)
    output = [json.loads(line) for line in world.files.content(batch.output_file_id).text.splitlines()]
    assert [line["custom_id"] for line in output] == [f"q{n}" for n in range(30)]
    assert all(line["error"] is None and line["response"]["status_code"] == 200 for line in output)
    if endpoint != "/v1/moderations":
        total = sum(line["response"]["body"]["usage"]["total_tokens"] for line in output)
        assert batch.usage.total_tokens == total > 0
    assert batch.metadata == {"night": "1"}
    with pytest.raises(openai.ConflictError, match="Cannot cancel a batch with status 'completed'."):
        world.batches.cancel(batch.id)


def test_a_batch_puts_what_failed_into_a_file_of_its_own(world):
    def line(number):
        words = {"role": "user", "content": f"Question {number}"}
        body = {"model": "gpt-4o", "messages": [words], "temperature": 9.5 if number % 4 == 3 else 1}
        return {"custom_id": f"q{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}

    file = world.files.create(file=jsonl("in.jsonl", [line(number) for number in range(8)]), purpose="batch")
    ask = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = ended(world, world.batches.create(**ask))
    counts = batch.request_counts
    assert (batch.status, counts.total, counts.completed, counts.failed) == ("completed", 8, 6, 2)
    assert batch.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
    read = lambda id: [json.loads(line) for line in world.files.content(id).text.splitlines()]
    output, errors = read(batch.output_file_id), read(batch.error_file_id)
    assert sorted(line["custom_id"] for line in output) == ["q0", "q1", "q2", "q4", "q5", "q6"]
    assert sorted(line["custom_id"] for line in errors) == ["q3", "q7"]
    live = world.chat.completions.create(**line(4)["body"])
    said = next(line for line in output if line["custom_id"] == "q4")["response"]["body"]
    assert said["choices"][0]["message"]["content"] == live.choices[0].message.content
    for error in errors:
        assert error["response"]["status_code"] == 400
        assert error["response"]["body"]["error"]["code"] == "decimal_above_max_value"
    for made in (batch.output_file_id, batch.error_file_id):
        assert world.files.retrieve(made).purpose == "batch_output"
        assert world.files.delete(made).deleted
        with pytest.raises(openai.NotFoundError):
            world.files.content(made)


def test_batches_are_listed_and_fail_by_line(world):
    lines = [{"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "x"}}] * 2
    file = world.files.create(file=jsonl("in.jsonl", lines), purpose="batch")
    ask = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    made = [world.batches.create(**ask) for _ in range(3)]
    assert [batch.id for batch in world.batches.list(limit=2)] == [batch.id for batch in reversed(made)]
    failed = ended(world, made[0])
    assert failed.status == "failed"
    told = [(error.line, error.code) for error in failed.errors.data]
    assert told == [(1, "invalid_url"), (2, "duplicate_custom_id"), (2, "invalid_url")]
    with pytest.raises(openai.NotFoundError):
        world.batches.retrieve("batch_none")


def test_a_batch_is_cancelled_while_it_runs(slow_client):
    line = {"method": "POST", "url": "/v1/responses", "body": {"model": "gpt-4o", "input": "hi"}}
    lines = [{"custom_id": str(n), **line} for n in range(20)]
    file = slow_client.files.create(file=jsonl("in.jsonl", lines), purpose="batch")
    batch = slow_client.batches.create(
        input_file_id=file.id, endpoint="/v1/responses", completion_window="24h"
    )
    batch = slow_client.batches.retrieve(batch.id)
    assert (batch.status, batch.request_counts.total) == ("in_progress", 20)
    assert slow_client.batches.cancel(batch.id).status == "cancelling"
