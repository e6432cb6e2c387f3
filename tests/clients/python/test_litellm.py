"""litellm: its SDK, and its proxy in front of FakeAI."""

import json

import pytest

import litellm

from conftest import KEY, picture

litellm.suppress_debug_info = True

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def ask(text):
    return [{"role": "user", "content": text}]


@pytest.fixture
def to(base_url):
    return {"api_base": base_url, "api_key": "sk-any", "num_retries": 0, "timeout": 30}


def test_an_answer_costs_what_its_usage_says(to):
    answer = litellm.completion(model="openai/gpt-4o", messages=ask("How do tides work?"), **to)
    usage = answer.usage
    prices = litellm.model_cost["gpt-4o"]
    cost = usage.prompt_tokens * prices["input_cost_per_token"] + usage.completion_tokens * prices["output_cost_per_token"]
    assert litellm.completion_cost(answer) == pytest.approx(cost)
    assert answer._hidden_params["response_cost"] == pytest.approx(cost)


def test_a_stream_is_rebuilt(to):
    messages = ask("How do tides work?")
    chunks = list(litellm.completion(model="openai/gpt-4o", messages=messages, stream=True, stream_options={"include_usage": True}, **to))
    built = litellm.stream_chunk_builder(chunks, messages=messages)
    plain = litellm.completion(model="openai/gpt-4o", messages=messages, **to)
    assert built.choices[0].message.content == plain.choices[0].message.content
    assert built.usage.total_tokens == plain.usage.total_tokens


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop_ends(to, stream):
    messages = ask("What is the weather in Paris and in Oslo?")
    for turn in range(4):
        answer = litellm.completion(model="openai/gpt-4o", messages=messages, tools=[WEATHER], stream=stream, **to)
        if stream:
            answer = litellm.stream_chunk_builder(list(answer), messages=messages)
        message = answer.choices[0].message
        if not message.tool_calls:
            break
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"Rain in {city}"})
    assert turn == 1
    assert [message["content"] for message in messages if message["role"] == "tool"] == ["Rain in Paris", "Rain in Oslo"]


def test_a_structured_answer(to):
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        age: int

    answer = litellm.completion(model="openai/gpt-4o", messages=ask("Jane Doe is 34."), response_format=Person, **to)
    assert Person.model_validate_json(answer.choices[0].message.content) == Person(name="Jane Doe", age=34)


def test_responses(to):
    answer = litellm.responses(model="openai/gpt-4.1", input="How do tides work?", **to)
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    kinds = [event.type for event in litellm.responses(model="openai/gpt-4.1", input="How do tides work?", stream=True, **to)]
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    # An id that litellm has wrapped leads back to the answer.
    again = litellm.responses(model="openai/gpt-4.1", input="And ebb?", previous_response_id=answer.id, **to)
    assert again.output


def test_embeddings_and_the_rest(to):
    vectors = litellm.embedding(model="openai/text-embedding-3-small", input=["a", "b"], **to)
    assert len(vectors.data) == 2 and vectors.usage.prompt_tokens == 2
    assert litellm.completion_cost(vectors) > 0
    assert litellm.moderation(input="I will kill you", model="omni-moderation-latest", api_base=to["api_base"], api_key="x").results[0].flagged
    picture_made = litellm.image_generation(model="openai/gpt-image-1", prompt="A cat", **to)
    assert picture_made.data[0].b64_json
    said = litellm.speech(model="openai/tts-1", voice="alloy", input="Hello", api_base=to["api_base"], api_key="x")
    assert len(said.content) > 100
    ranked = litellm.text_completion(model="openai/gpt-3.5-turbo-instruct", prompt="Once", max_tokens=7, **to)
    assert ranked.usage.completion_tokens == 7


def test_pictures_and_reasoning(to):
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": picture()}}]
    assert litellm.completion(model="openai/gpt-4o", messages=[{"role": "user", "content": content}], **to).usage.prompt_tokens > 255
    answer = litellm.completion(model="openai/gpt-5", messages=ask("Why?"), reasoning_effort="high", **to)
    assert answer.usage.completion_tokens_details.reasoning_tokens > 0


def test_open_models_reason_aloud(to):
    answer = litellm.completion(model="hosted_vllm/Qwen/Qwen3-32B", messages=ask("Why do cats purr?"), **to)
    assert answer.choices[0].message.reasoning_content


def test_errors_have_their_classes(to, keyed_url):
    keyed = to | {"api_base": keyed_url}
    with pytest.raises(litellm.AuthenticationError):
        litellm.completion(model="openai/gpt-4o", messages=ask("Hi"), **keyed | {"api_key": "sk-wrong"})
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(model="openai/gpt-none", messages=ask("Hi"), **keyed | {"api_key": KEY})
    with pytest.raises(litellm.ContextWindowExceededError):
        litellm.completion(model="openai/gpt-4", messages=ask("word " * 9000), **to)
    with pytest.raises(litellm.BadRequestError):
        litellm.completion(model="openai/gpt-4o", messages=[{"role": "tool", "content": "x", "tool_call_id": "a"}], **to)
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(model="openai/gpt-4o", messages=ask("Hi"), extra_headers={"x-fakeai-fault": "429"}, max_retries=0, **to)
    with pytest.raises(litellm.InternalServerError):
        litellm.completion(model="openai/gpt-4o", messages=ask("Hi"), extra_headers={"x-fakeai-fault": "500"}, max_retries=0, **to)


def test_failures_are_tried_again_and_timeouts_end(to, faulty_url, slow_url):
    assert litellm.completion(model="openai/gpt-4o", messages=ask("Hi"), **to | {"api_base": faulty_url, "num_retries": 12})
    with pytest.raises(litellm.Timeout):
        litellm.completion(model="openai/gpt-4o", messages=ask("Hi"), max_retries=0, **to | {"api_base": slow_url, "timeout": 0.3})


async def test_many_at_once(to):
    import asyncio

    answers = await asyncio.gather(*(litellm.acompletion(model="openai/gpt-4o", messages=ask(f"River {n}"), **to) for n in range(20)))
    assert len({answer.choices[0].message.content for answer in answers}) == 20
