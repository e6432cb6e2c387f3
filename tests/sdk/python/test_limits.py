"""Rate limits: the error that the SDK raises, and the wait that it keeps."""

import time

import openai
import pytest


def ask(client, model):
    messages = [{"role": "user", "content": "Hello."}]
    return client.chat.completions.with_raw_response.create(model=model, messages=messages, max_tokens=2)


def use_up(client, model):
    """Asks until the limit is reached."""
    with pytest.raises(openai.RateLimitError) as raised:
        for _ in range(200):
            ask(client, model)
    return raised.value


def test_a_limit_that_is_reached_is_a_rate_limit_error(limited_client):
    error = use_up(limited_client, "gpt-4o-mini")
    assert error.status_code == 429
    assert (error.type, error.code) == ("requests", "rate_limit_exceeded")
    assert "Please try again in" in error.message
    headers = error.response.headers
    assert headers["x-ratelimit-limit-requests"] == "60"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert int(headers["retry-after"]) == 1


def test_the_sdk_waits_as_it_is_told_and_gets_its_answer(limited_client):
    use_up(limited_client, "gpt-4o")
    patient = limited_client.with_options(max_retries=1)
    begun = time.monotonic()
    answer = ask(patient, "gpt-4o")
    assert answer.retries_taken == 1
    assert time.monotonic() - begun < 10
    assert answer.parse().choices[0].message.content
