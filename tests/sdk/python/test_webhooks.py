"""Webhooks: what a server sends is what the SDK verifies."""

import http.server
import json
import queue
import threading

import openai
import pytest

from conftest import WEBHOOK_PORT, WEBHOOK_SECRET, address


@pytest.fixture
def received():
    """The headers and bodies that arrive at the address that the server was told."""
    arrived = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            arrived.put((dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", WEBHOOK_PORT), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield arrived
        server.shutdown()


def test_the_sdk_verifies_what_is_delivered(received):
    url = address("FAKEAI_WEBHOOKS_BASE_URL")
    with openai.OpenAI(base_url=url, api_key="sk-any", webhook_secret=WEBHOOK_SECRET, max_retries=0) as client:
        response = client.responses.create(model="gpt-4o", input="hi", background=True)
        headers, body = received.get(timeout=30)
        event = client.webhooks.unwrap(body, headers)
        assert event.type == "response.completed"
        assert event.data.id == response.id
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(body.replace(b"completed", b"cancelled"), headers)

        file = client.files.create(file=("in.jsonl", b"not json"), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h"
        )
        headers, body = received.get(timeout=30)
        event = client.webhooks.unwrap(body, headers)
        assert (event.type, event.data.id) == ("batch.failed", batch.id)

        line = {"custom_id": "a", "method": "POST", "url": "/v1/embeddings",
                "body": {"model": "text-embedding-3-small", "input": "hi"}}
        file = client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h"
        )
        headers, body = received.get(timeout=30)
        event = client.webhooks.unwrap(body, headers)
        assert (event.type, event.data.id) == ("batch.completed", batch.id)
        assert client.batches.retrieve(batch.id).request_counts.completed == 1


def test_jobs_and_evaluations_tell_of_their_end(received):
    url = address("FAKEAI_WEBHOOKS_BASE_URL")
    with openai.OpenAI(base_url=url, api_key="sk-any", webhook_secret=WEBHOOK_SECRET, max_retries=0) as client:
        turns = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4."}]
        lines = "\n".join(json.dumps({"messages": turns}) for _ in range(10)).encode()
        file = client.files.create(file=("train.jsonl", lines), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
        client.fine_tuning.jobs.cancel(job.id)
        headers, body = received.get(timeout=30)
        event = client.webhooks.unwrap(body, headers)
        assert (event.type, event.data.id) == ("fine_tuning.job.cancelled", job.id)

        evaluation = client.evals.create(
            data_source_config={"type": "custom", "item_schema": {"type": "object"}},
            testing_criteria=[{"type": "string_check", "name": "Same", "operation": "eq",
                               "input": "{{item.a}}", "reference": "{{item.b}}"}])
        rows = [{"item": {"a": "x", "b": "x"}}]
        source = {"type": "jsonl", "source": {"type": "file_content", "content": rows}}
        run = client.evals.runs.create(evaluation.id, data_source=source)
        headers, body = received.get(timeout=30)
        event = client.webhooks.unwrap(body, headers)
        assert (event.type, event.data.id) == ("eval.run.succeeded", run.id)
