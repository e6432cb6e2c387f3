"""Chat completions that are streamed: deltas, usage, tool calls, the SDK's own stream helper."""

import pytest


def ask(text):
    return [{"role": "user", "content": text}]


def test_there_is_one_delta_for_each_token_and_usage_at_the_end(client):
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o",
            messages=ask("Tell me of the mountains."),
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    last = chunks.pop()
    assert last.choices == []
    assert all(chunk.usage is None for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == 1
    first, finish = chunks[0], chunks[-1]
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert finish.choices[0].finish_reason == "stop"
    assert finish.choices[0].delta.content is None
    contents = [chunk.choices[0].delta.content for chunk in chunks[1:-1]]
    assert all(contents)
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks[:-1])
    # A plain text of one byte tokens and words: each token is whole, so each is one delta.
    assert last.usage.completion_tokens == len(contents)


def test_without_being_asked_a_stream_tells_no_usage(client):
    chunks = list(client.chat.completions.create(model="gpt-4o", messages=ask("Hi."), stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    assert all(chunk.choices for chunk in chunks)


def test_a_stream_says_what_a_plain_answer_says(client):
    request = {"model": "gpt-4o-mini", "messages": ask("What makes bread rise?"), "n": 2}
    plain = client.chat.completions.create(**request)
    texts = ["", ""]
    for chunk in client.chat.completions.create(**request, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == [choice.message.content for choice in plain.choices]


def test_emoji_are_never_cut_between_deltas(client):
    said = "Repeat exactly: 'ok 👩‍🚀🏳️‍🌈 naïve 数据 ✅'"
    stream = client.chat.completions.create(model="gpt-4o", messages=ask(said), stream=True)
    contents = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "ok 👩‍🚀🏳️‍🌈 naïve 数据 ✅" in "".join(contents)
    assert not any("\ufffd" in content for content in contents)


def test_logprobs_ride_on_their_delta(client):
    stream = client.chat.completions.create(
        model="gpt-4o", messages=ask("A haiku."), stream=True, logprobs=True, top_logprobs=2
    )
    for chunk in stream:
        choice = chunk.choices[0]
        if choice.delta.content:
            assert "".join(token.token for token in choice.logprobs.content) == choice.delta.content


def test_a_tool_call_is_streamed_as_the_provider_does(client):
    stream = client.chat.completions.create(
        model="gpt-4o",
        messages=ask("What is the weather in Lisbon and in Oslo?"),
        tools=[WEATHER],
        stream=True,
    )
    named, arguments, finish = {}, {}, None
    for chunk in stream:
        finish = chunk.choices[0].finish_reason or finish
        for call in chunk.choices[0].delta.tool_calls or []:
            if call.index in named:
                # Only the first delta of a call names it.
                assert call.id is None and call.function.name is None and call.type is None
            else:
                named[call.index] = call.function.name
                assert call.id.startswith("call_") and call.type == "function"
            arguments[call.index] = arguments.get(call.index, "") + call.function.arguments
    assert finish == "tool_calls"
    assert named == {0: "get_weather", 1: "get_weather"}
    assert arguments == {0: '{"city":"Lisbon"}', 1: '{"city":"Oslo"}'}


def test_the_stream_helper_accumulates(client):
    with client.chat.completions.stream(
        model="gpt-4o", messages=ask("Why is the sea salty?"), stream_options={"include_usage": True}
    ) as stream:
        events = [event.type for event in stream]
        whole = stream.get_final_completion()
    assert events[-1] == "chunk"
    assert "content.done" in events
    # The first delta is empty and tells the role.
    assert events.count("content.delta") == whole.usage.completion_tokens + 1
    plain = client.chat.completions.create(model="gpt-4o", messages=ask("Why is the sea salty?"))
    assert whole.choices[0].message.content == plain.choices[0].message.content
    assert whole.usage == plain.usage


def test_a_stream_that_is_left_hurts_nobody(client):
    for _ in range(5):
        stream = client.chat.completions.create(
            model="gpt-4o", messages=ask("Tell me everything."), stream=True, max_tokens=4000
        )
        next(iter(stream))
        stream.close()
    assert client.chat.completions.create(model="gpt-4o", messages=ask("Still there?")).choices


@pytest.mark.parametrize("limit", [1, 2, 30])
def test_a_limit_holds_in_a_stream(client, limit):
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o",
            messages=ask("Tell me a long story of a journey around the world."),
            max_completion_tokens=limit,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert chunks[-1].usage.completion_tokens == limit
    assert chunks[-2].choices[0].finish_reason == "length"


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
