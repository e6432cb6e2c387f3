"""Models that reason: counted, hidden in chat, summarised and sealed in Responses."""

import pytest


def test_chat_counts_reasoning_and_hides_it(client):
    answer = client.chat.completions.create(
        model="o3-mini", messages=[{"role": "user", "content": "Is 91 prime?"}], reasoning_effort="medium"
    )
    details = answer.usage.completion_tokens_details
    assert 0 < details.reasoning_tokens < answer.usage.completion_tokens
    assert not hasattr(answer.choices[0].message, "reasoning_content")


def test_more_effort_means_more_tokens(client):
    def reasoned(effort):
        response = client.responses.create(model="o3", input="Is 91 prime?", reasoning={"effort": effort})
        return response.usage.output_tokens_details.reasoning_tokens

    assert reasoned("low") < reasoned("medium") < reasoned("high")


def test_a_summary_is_given_when_asked_for(client):
    request = {"model": "o3", "input": "Is 91 prime?"}
    silent = client.responses.create(**request)
    assert [item.type for item in silent.output] == ["reasoning", "message"]
    assert silent.output[0].summary == []
    told = client.responses.create(**request, reasoning={"summary": "auto"})
    assert told.output[0].id.startswith("rs_")
    assert told.output[0].summary[0].text
    assert told.reasoning.summary


def test_summaries_stream_before_the_text(client):
    events = client.responses.create(
        model="o3", input="Is 91 prime?", reasoning={"summary": "detailed"}, stream=True
    )
    types = [event.type for event in events]
    order = [
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_text.delta",
    ]
    assert [types.index(kind) for kind in order] == sorted(types.index(kind) for kind in order)


def test_sealed_reasoning_goes_back_where_nothing_is_kept(client):
    first = client.responses.create(
        model="o3", input="Is 91 prime?", store=False, include=["reasoning.encrypted_content"]
    )
    assert first.output[0].encrypted_content
    items = [item.model_dump(exclude_none=True) for item in first.output]
    second = client.responses.create(
        model="o3", store=False, input=[*items, {"role": "user", "content": "And 97?"}]
    )
    assert second.status == "completed"


def test_a_limit_may_be_used_up_by_reasoning(client):
    answer = client.chat.completions.create(
        model="o3-mini", messages=[{"role": "user", "content": "Is 91 prime?"}], max_completion_tokens=5
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.choices[0].message.content == ""
    assert answer.usage.completion_tokens_details.reasoning_tokens == 5


@pytest.mark.parametrize("model", ["deepseek-ai/DeepSeek-R1", "openai/gpt-oss-120b"])
def test_open_models_show_their_reasoning(client, model):
    request = {"model": model, "messages": [{"role": "user", "content": "Is 91 prime?"}]}
    answer = client.chat.completions.create(**request)
    shown = answer.choices[0].message.reasoning_content
    assert shown and answer.choices[0].message.content
    streamed = "".join(
        getattr(chunk.choices[0].delta, "reasoning_content", None) or ""
        for chunk in client.chat.completions.create(**request, stream=True)
    )
    assert streamed == shown
