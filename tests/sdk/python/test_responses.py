"""The Responses API: create, stream, keep, chain, count, compact."""

import json

import openai
import pytest

ADD = {
    "type": "function",
    "name": "add",
    "description": "Adds two numbers.",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
    "strict": True,
}


def test_a_response_has_the_shape_the_provider_sends(client):
    response = client.responses.create(model="gpt-4o", input="Say hello to Ada.", metadata={"run": "1"})
    assert response.id.startswith("resp_")
    assert response.status == "completed"
    assert response.error is None and response.incomplete_details is None
    assert response.metadata == {"run": "1"}
    assert (response.temperature, response.top_p, response.tool_choice) == (1.0, 1.0, "auto")
    assert response.parallel_tool_calls is True
    [message] = response.output
    assert (message.type, message.role, message.status) == ("message", "assistant", "completed")
    assert message.id.startswith("msg_")
    assert message.content[0].text == response.output_text
    usage = response.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.output_tokens_details.reasoning_tokens == 0


def test_events_come_in_order_and_numbered(client):
    request = {"model": "gpt-4o", "input": "Tell me of rivers."}
    events = list(client.responses.create(**request, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    types = [event.type for event in events]
    deltas = types.count("response.output_text.delta")
    assert types == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * deltas,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-5 + 1].text
    final = events[-1].response
    assert final.output_text == text
    assert final.usage.output_tokens == deltas
    assert events[0].response.status == "in_progress"
    assert events[0].response.usage is None
    plain = client.responses.create(**request)
    assert plain.output_text == text
    assert plain.usage == final.usage


def test_the_stream_helper_accumulates(client):
    with client.responses.stream(model="gpt-4o", input="A word on snow.") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text


def test_a_function_call_is_answered_and_the_loop_ends(client):
    first = client.responses.create(model="gpt-4o", input="Add 2 to 40 with the add tool.", tools=[ADD])
    [call] = first.output
    assert (call.type, call.name, call.status) == ("function_call", "add", "completed")
    assert call.id.startswith("fc_") and call.call_id.startswith("call_")
    assert json.loads(call.arguments) == {"a": 2, "b": 40}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "42"}
    second = client.responses.create(
        model="gpt-4o", input=[result], tools=[ADD], previous_response_id=first.id
    )
    assert second.output[0].type == "message"
    assert second.previous_response_id == first.id
    with pytest.raises(openai.BadRequestError, match=call.call_id):
        client.responses.create(model="gpt-4o", input="Well?", tools=[ADD], previous_response_id=first.id)


def test_function_call_events(client):
    stream = client.responses.create(model="gpt-4o", input="Add 2 to 40 with the add tool.", tools=[ADD], stream=True)
    events = list(stream)
    types = [event.type for event in events]
    assert types[2] == "response.output_item.added"
    assert types[-3:] == [
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == events[-3].arguments == '{"a":2,"b":40}'


def test_kept_responses_can_be_read_and_deleted(client):
    made = client.responses.create(model="gpt-4o", input="Keep this.")
    assert client.responses.retrieve(made.id) == made
    items = client.responses.input_items.list(made.id)
    assert items.data[0].content[0].text == "Keep this."
    assert client.responses.delete(made.id) is None
    gone = pytest.raises(openai.NotFoundError, client.responses.retrieve, made.id)
    assert made.id in gone.value.message


def test_what_is_not_to_be_kept_is_not(client):
    made = client.responses.create(model="gpt-4o", input="Forget this.", store=False)
    pytest.raises(openai.NotFoundError, client.responses.retrieve, made.id)


def test_input_items_are_paged(client):
    turns = [{"role": "user", "content": f"Turn {number}."} for number in range(5)]
    made = client.responses.create(model="gpt-4o", input=turns)
    page = client.responses.input_items.list(made.id, limit=2, order="asc")
    assert page.has_more is True
    texts = [item.content[0].text for item in client.responses.input_items.list(made.id, limit=2, order="asc")]
    assert texts == [f"Turn {number}." for number in range(5)]
    latest = client.responses.input_items.list(made.id, limit=1)
    assert latest.data[0].content[0].text == "Turn 4."


def test_a_chain_remembers_but_not_its_instructions(client):
    first = client.responses.create(model="gpt-4o", input="My name is Ada.", instructions="Be kind " * 200)
    second = client.responses.create(model="gpt-4o", input="And now?", previous_response_id=first.id)
    alone = client.responses.create(model="gpt-4o", input="And now?")
    remembered = second.usage.input_tokens - alone.usage.input_tokens
    assert remembered > first.usage.output_tokens
    assert remembered < first.usage.output_tokens + 50
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="gpt-4o", input="And now?", previous_response_id="resp_unknown")
    assert caught.value.code == "previous_response_not_found"
    assert caught.value.param == "previous_response_id"


def test_a_conversation_collects_items(client):
    talk = client.conversations.create(metadata={"topic": "tea"})
    client.responses.create(model="gpt-4o", input="Green or black?", conversation=talk.id)
    second = client.responses.create(model="gpt-4o", input="And milk?", conversation=talk.id)
    assert second.conversation.id == talk.id
    items = list(client.conversations.items.list(talk.id, order="asc"))
    assert [item.role for item in items] == ["user", "assistant", "user", "assistant"]
    assert items[2].content[0].text == "And milk?"
    client.conversations.items.delete(items[0].id, conversation_id=talk.id)
    assert len(list(client.conversations.items.list(talk.id))) == 3
    assert client.conversations.retrieve(talk.id).metadata == {"topic": "tea"}
    assert client.conversations.delete(talk.id).deleted is True
    pytest.raises(openai.NotFoundError, client.conversations.retrieve, talk.id)


def test_a_limit_makes_a_response_incomplete(client):
    response = client.responses.create(model="gpt-4o", input="A long story.", max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage.output_tokens == 16
    events = list(
        client.responses.create(model="gpt-4o", input="A long story.", max_output_tokens=16, stream=True)
    )
    assert events[-1].type == "response.incomplete"


def test_input_tokens_are_those_that_a_response_counts(client):
    request = {"model": "gpt-4o", "input": "How many tokens am I?", "instructions": "Count.", "tools": [ADD]}
    counted = client.responses.input_tokens.count(**request)
    assert counted.object == "response.input_tokens"
    assert counted.input_tokens == client.responses.create(**request).usage.input_tokens


def test_a_compacted_conversation_goes_on(client):
    first = client.responses.create(model="gpt-4o", input="Let us plan a trip to Norway.")
    compacted = client.responses.compact(model="gpt-4o", previous_response_id=first.id)
    assert compacted.object == "response.compaction"
    assert compacted.output[-1].type == "compaction"
    assert compacted.output[-1].encrypted_content
    items = [item.model_dump(exclude_none=True) for item in compacted.output]
    went_on = client.responses.create(model="gpt-4o", input=[*items, {"role": "user", "content": "Go on."}])
    assert went_on.status == "completed"


def test_logprobs_are_included_when_asked_for(client):
    response = client.responses.create(
        model="gpt-4o", input="Yes or no?", include=["message.output_text.logprobs"], top_logprobs=3
    )
    logprobs = response.output[0].content[0].logprobs
    assert "".join(token.token for token in logprobs) == response.output_text
    assert all(len(token.top_logprobs) == 3 for token in logprobs)


def test_wrong_requests_are_refused(client):
    for change, param in [
        ({"input": [{"type": "message", "role": "user", "content": 5}]}, "input[0].content"),
        ({"max_output_tokens": 1}, "max_output_tokens"),
        ({"colour": "red"}, "colour"),
        ({"metadata": {"a": 1}}, "metadata.a"),
    ]:
        with pytest.raises(openai.BadRequestError) as caught:
            client.post("/responses", body={"model": "gpt-4o", "input": "Hi."} | change, cast_to=object)
        assert caught.value.param == param
