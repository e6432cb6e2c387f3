"""Webhooks: what a server sends is what the SDK verifies."""

import http.server
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
