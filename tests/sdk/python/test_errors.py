"""What goes wrong arrives as the SDK's own exceptions, with the provider's fields."""

import json

import openai
import pytest


def ask(text="Hi."):
    return [{"role": "user", "content": text}]


def refused(call, status, code=None, param=None, words=""):
    with pytest.raises(openai.APIStatusError) as caught:
        call()
    error = caught.value
    assert (error.status_code, error.code, error.param) == (status, code, param)
    assert error.type == "invalid_request_error"
    assert words in error.body["message"]
    assert set(error.body) == {"message", "type", "param", "code"}
    assert error.request_id.startswith("req_")
    return error


@pytest.mark.parametrize(
    ("body", "code", "param", "words"),
    [
        ({"model": None}, None, None, "you must provide a model parameter"),
        ({"temperature": 2.5}, "decimal_above_max_value", "temperature", "Expected a value <= 2, but got 2.5"),
        ({"temperature": "warm"}, "invalid_type", "temperature", "expected a decimal, but got a string"),
        ({"n": 0}, "integer_below_min_value", "n", "Expected a value >= 1, but got 0"),
        ({"colour": "red"}, None, None, "Unrecognized request argument supplied: colour"),
        ({"messages": []}, "empty_array", "messages", "empty array"),
        ({"messages": [{"role": "wizard", "content": "a"}]}, "invalid_value", "messages[0].role", "'wizard'"),
        ({"messages": [{"content": "a"}]}, "missing_required_parameter", "messages[0].role", "messages[0].role"),
        ({"top_logprobs": 2}, None, "top_logprobs", "logprobs"),
        ({"reasoning_effort": "high"}, None, None, "Unrecognized request argument supplied: reasoning_effort"),
    ],
)
def test_wrong_requests_are_refused_with_their_place(client, body, code, param, words):
    request = {"model": "gpt-4o", "messages": ask()} | body
    request = {name: value for name, value in request.items() if value is not None}
    refused(lambda: client.post("/chat/completions", body=request, cast_to=object), 400, code, param, words)


def test_reasoning_models_refuse_what_they_do_not_support(client):
    refused(
        lambda: client.chat.completions.create(model="o3-mini", messages=ask(), max_tokens=5),
        400,
        "unsupported_parameter",
        "max_tokens",
        "Use 'max_completion_tokens' instead.",
    )


def test_a_body_that_is_no_json_is_refused(client):
    answer = client._client.post(
        f"{client.base_url}chat/completions", content=b"{nonsense", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert "could not parse the JSON body" in answer.json()["error"]["message"]


def test_a_tool_call_wants_its_answer(client):
    messages = [
        *ask(),
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        *ask("Well?"),
    ]
    error = refused(
        lambda: client.chat.completions.create(model="gpt-4o", messages=messages),
        400,
        None,
        "messages.[2].role",
    )
    assert "call_1" in error.message


def test_a_prompt_beyond_the_context_is_counted(client):
    error = refused(
        lambda: client.chat.completions.create(model="gpt-4", messages=ask("word " * 9000)),
        400,
        "context_length_exceeded",
        "messages",
        "maximum context length is 8192 tokens",
    )
    assert "9008 tokens" in error.message


def test_unknown_paths_and_methods(client):
    refused(lambda: client.get("/nowhere", cast_to=object), 404, None, None, "Invalid URL (GET /v1/nowhere)")
    refused(lambda: client.get("/chat/completionz", cast_to=object), 404, None, None, "Invalid URL")
    refused(lambda: client.delete("/embeddings", cast_to=object), 405, "method_not_supported")


def test_keys_are_checked_where_there_are_any(keyed):
    assert keyed.models.list().data
    error = pytest.raises(openai.AuthenticationError, keyed.with_options(api_key="sk-wrong-key-0123456789").models.list)
    assert error.value.code == "invalid_api_key"
    assert "sk-wrong" in error.value.message and "6789" in error.value.message
    assert "key-0123" not in error.value.message


def test_the_headers_are_the_providers(client):
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ask())
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["openai-version"] == "2020-10-01"
    assert raw.headers["openai-organization"]
    assert int(raw.headers["openai-processing-ms"]) >= 0
    assert raw.request_id.startswith("req_")
    assert json.loads(raw.text)["object"] == "chat.completion"


@pytest.fixture(scope="module")
def keyed():
    from conftest import address

    with openai.OpenAI(
        base_url=address("FAKEAI_KEYED_BASE_URL"), api_key="sk-right-key", max_retries=0
    ) as client:
        yield client
