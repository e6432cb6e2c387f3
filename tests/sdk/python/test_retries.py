"""Faults on purpose, and what the SDK makes of them: exceptions, retries, timeouts."""

import time

import httpx2
import openai
import pytest

HELLO = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello."}]}


def failing(client, fault):
    return client.chat.completions.create(**HELLO, extra_headers={"x-fakeai-fault": fault})


@pytest.mark.parametrize(
    ("status", "exception"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_each_status_becomes_its_exception(client, status, exception):
    with pytest.raises(exception) as caught:
        failing(client, str(status))
    assert caught.value.status_code == status
    assert caught.value.body["message"]


def test_a_rate_limit_has_the_fields_that_clients_read(client):
    with pytest.raises(openai.RateLimitError) as caught:
        failing(client, "429; retry-after=7")
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.response.headers["retry-after-ms"] == "7000"


@pytest.mark.parametrize("fault", ["429; retry-after=0.05", "500; retry-after=0.05"])
def test_what_fails_once_is_tried_again(base_url, fault):
    tries = []

    def fail_first(request):
        tries.append(request.headers["x-stainless-retry-count"])
        if tries[-1] == "0":
            request.headers["x-fakeai-fault"] = fault

    http = openai.DefaultHttpxClient(event_hooks={"request": [fail_first]})
    with openai.OpenAI(base_url=base_url, api_key="sk-any", http_client=http, max_retries=2) as client:
        answer = client.chat.completions.create(**HELLO)
        again = client.chat.completions.create(**HELLO)
    assert tries == ["0", "1", "0", "1"]
    assert answer.choices[0].message.content == again.choices[0].message.content


def test_the_time_to_wait_is_kept_to(base_url):
    with openai.OpenAI(base_url=base_url, api_key="sk-any", max_retries=1) as client:
        start = time.monotonic()
        pytest.raises(openai.RateLimitError, failing, client, "429; retry-after=1")
        # The SDK's own first pause is at most half a second.
        assert time.monotonic() - start >= 1


def test_a_client_that_tries_again_outlives_random_faults():
    from conftest import address

    # Half of this server's answers are 500s.
    with openai.OpenAI(base_url=address("FAKEAI_FAULTY_BASE_URL"), api_key="sk-any") as client:
        patient = client.with_options(max_retries=9)
        assert patient.chat.completions.create(**HELLO).choices
        failures = 0
        for _ in range(40):
            try:
                client.with_options(max_retries=0).chat.completions.create(**HELLO)
            except openai.InternalServerError:
                failures += 1
    assert 8 <= failures <= 32


def test_a_slow_answer_times_out(slow_client):
    with pytest.raises(openai.APITimeoutError):
        slow_client.with_options(timeout=0.2).chat.completions.create(**HELLO)


def test_a_slow_stream_times_out(slow_client):
    # The head comes at once; what the SDK raises while it reads the body is its HTTP library's own.
    with pytest.raises(httpx2.ReadTimeout):
        for _ in slow_client.with_options(timeout=0.2).chat.completions.create(**HELLO, stream=True):
            pass


def test_reading_is_never_slow(slow_client):
    assert slow_client.with_options(timeout=5).models.list().data


def test_a_virtual_clock_makes_nobody_wait():
    from conftest import address

    # This server's first token takes an hour of its own time.
    with openai.OpenAI(base_url=address("FAKEAI_VIRTUAL_BASE_URL"), api_key="sk-any", max_retries=0) as client:
        before = client.chat.completions.create(**HELLO)
        after = client.with_options(timeout=10).chat.completions.create(**HELLO)
    assert after.created - before.created >= 3600
