"""Chat completions that come whole: choices, limits, stops, log probabilities, old functions."""

import math

import pytest


def ask(text):
    return [{"role": "user", "content": text}]


def test_an_answer_has_the_shape_the_provider_sends(client):
    answer = client.chat.completions.create(model="gpt-4o", messages=ask("Say hello to Berlin."))
    assert answer.id.startswith("chatcmpl-")
    assert answer.object == "chat.completion"
    assert answer.model.startswith("gpt-4o-")
    assert answer.created > 1_600_000_000
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.refusal is None
    assert answer.choices[0].message.annotations == []
    assert answer.choices[0].logprobs is None
    assert answer.choices[0].message.content
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_an_answer_speaks_of_what_was_asked(client):
    answer = client.chat.completions.create(
        model="gpt-4o", messages=ask("How do volcanoes in Iceland shape the climate?")
    )
    text = answer.choices[0].message.content.lower()
    assert "iceland" in text or "volcano" in text


def test_the_same_request_gets_the_same_answer(client):
    request = {"model": "gpt-4o", "messages": ask("Name three rivers."), "seed": 11}
    first = client.chat.completions.create(**request)
    second = client.chat.completions.create(**request, user="someone", store=True, metadata={"run": "2"})
    assert first.choices[0].message.content == second.choices[0].message.content
    assert first.id != second.id
    third = client.chat.completions.create(**(request | {"seed": 12}))
    assert first.choices[0].message.content != third.choices[0].message.content


def test_n_choices_differ_and_are_all_counted(client):
    answer = client.chat.completions.create(model="gpt-4o", messages=ask("A word on tea."), n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in answer.choices}) == 3
    limited = client.chat.completions.create(
        model="gpt-4o", messages=ask("A word on tea."), n=3, max_completion_tokens=5
    )
    assert limited.usage.completion_tokens == 15
    assert answer.usage.prompt_tokens == limited.usage.prompt_tokens


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_a_limit_cuts_at_the_token(client, limit):
    answer = client.chat.completions.create(
        model="gpt-4o", messages=ask("Tell me a long story."), logprobs=True, **{limit: 7}
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 7
    assert len(answer.choices[0].logprobs.content) == 7


def test_a_stop_sequence_ends_the_text_before_it(client):
    request = {"model": "gpt-4o", "messages": ask("Tell me of the sea."), "stop": ["zzz", " "]}
    plain = client.chat.completions.create(**request)
    # Nothing but the first word comes through, though tokens begin with the space.
    word = plain.choices[0].message.content
    assert word.isalpha()
    assert plain.choices[0].finish_reason == "stop"
    chunks = list(client.chat.completions.create(**request, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == word
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_logprobs_are_of_the_tokens_sent(client):
    answer = client.chat.completions.create(
        model="gpt-4o", messages=ask("Is the sky blue?"), logprobs=True, top_logprobs=5
    )
    tokens = answer.choices[0].logprobs.content
    assert "".join(token.token for token in tokens) == answer.choices[0].message.content
    assert b"".join(bytes(token.bytes) for token in tokens).decode() == answer.choices[0].message.content
    assert len(tokens) == answer.usage.completion_tokens
    for token in tokens:
        assert token.logprob <= 0
        assert len(token.top_logprobs) == 5
        shares = [math.exp(top.logprob) for top in token.top_logprobs]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-6
        assert len({top.token for top in token.top_logprobs}) == 5


def test_logit_bias_bans_a_token_and_forces_another(client):
    request = {"model": "gpt-4o", "messages": ask("Describe a garden."), "logprobs": True}
    free = client.chat.completions.create(**request).choices[0]
    banned = client.chat.completions.create(**request, logit_bias={"290": -100, "11": -100}).choices[0]
    # 290 is " the" and 11 is "," in this model's vocabulary.
    assert " the" in [token.token for token in free.logprobs.content]
    assert not {" the", ","} & {token.token for token in banned.logprobs.content}
    forced = client.chat.completions.create(
        model="gpt-4o", messages=ask("Say."), logit_bias={"290": 100}, max_tokens=3
    )
    assert forced.choices[0].message.content == " the the the"


def test_message_content_may_come_in_parts_with_an_image(client):
    # One pixel, as PNG.
    pixel = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    words = [{"type": "text", "text": "What is in this picture?"}]
    text = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": words}])
    image = {"type": "image_url", "image_url": {"url": pixel, "detail": "low"}}
    seen = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": [*words, image]}])
    assert seen.usage.prompt_tokens - text.usage.prompt_tokens == 85


def test_prompt_tokens_are_counted_by_the_published_rule(client):
    # Three tokens a message, three for the answer's start, and those of role and content.
    answer = client.chat.completions.create(model="gpt-4o", messages=ask("hello world"))
    assert answer.usage.prompt_tokens == 3 + 1 + 2 + 3


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_come_in_either_role(client, role):
    messages = [{"role": role, "content": "Answer in one sentence."}, *ask("What is rain?")]
    assert client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content


def test_unicode_comes_back_whole(client):
    answer = client.chat.completions.create(
        model="gpt-4o", messages=ask("Repeat exactly: 'Grüße aus Zürich 👩‍🚀 数据'")
    )
    assert "Grüße aus Zürich 👩‍🚀 数据" in answer.choices[0].message.content


def test_the_old_functions_are_called(client):
    weather = {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    }
    question = ask("What is the weather in Paris?")
    answer = client.chat.completions.create(model="gpt-4o", messages=question, functions=[weather])
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "function_call"
    assert message.tool_calls is None
    assert message.function_call.name == "get_weather"
    assert message.function_call.arguments == '{"city":"Paris"}'
    final = client.chat.completions.create(
        model="gpt-4o",
        functions=[weather],
        messages=[
            *question,
            {"role": "assistant", "content": None, "function_call": message.function_call.model_dump()},
            {"role": "function", "name": "get_weather", "content": "18 degrees and cloudy"},
        ],
    )
    assert final.choices[0].finish_reason == "stop"
    assert final.choices[0].message.content
