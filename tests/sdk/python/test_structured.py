"""Structured answers, read back into pydantic models by the SDK's `parse()`."""

import json
from enum import Enum

import openai
import pytest
from pydantic import BaseModel, Field


class Kind(str, Enum):
    concert = "concert"
    meeting = "meeting"


class Person(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)


class Event(BaseModel):
    title: str
    kind: Kind
    people: list[Person] = Field(min_length=1, max_length=3)
    place: str | None


class Node(BaseModel):
    value: int
    children: list["Node"]


def ask(text):
    return [{"role": "user", "content": text}]


def test_chat_parses_into_a_model(client):
    answer = client.chat.completions.parse(
        model="gpt-4o-2024-08-06", messages=ask("Alice and Bob meet in Paris."), response_format=Event
    )
    event = answer.choices[0].message.parsed
    assert isinstance(event, Event)
    assert 1 <= len(event.people) <= 3
    assert answer.choices[0].finish_reason == "stop"
    again = Event.model_validate_json(answer.choices[0].message.content)
    assert again == event


def test_responses_parse_into_a_model(client):
    response = client.responses.parse(model="gpt-4o", input="Alice and Bob meet.", text_format=Event)
    assert isinstance(response.output_parsed, Event)
    assert response.text.format.type == "json_schema"
    assert response.text.format.strict is True


def test_recursive_models_end(client):
    answer = client.chat.completions.parse(model="gpt-4o", messages=ask("A tree."), response_format=Node)
    assert isinstance(answer.choices[0].message.parsed, Node)


def test_a_limit_cuts_a_structure_and_the_sdk_says_so(client):
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(
            model="gpt-4o", messages=ask("An event."), response_format=Event, max_completion_tokens=3
        )


def test_a_structure_streams_into_the_same_model(client):
    request = {"model": "gpt-4o", "messages": ask("Plan a concert in Vienna."), "response_format": Event}
    with client.chat.completions.stream(**request) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        streamed = stream.get_final_completion().choices[0].message
    plain = client.chat.completions.parse(**request).choices[0].message
    assert len(pieces) > 5
    assert streamed.parsed == plain.parsed
    assert "".join(pieces) == plain.content


def test_a_tool_is_parsed_into_a_model(client):
    answer = client.chat.completions.parse(
        model="gpt-4o",
        messages=ask("Call the Person tool: name 'Ada', age 36."),
        tools=[openai.pydantic_function_tool(Person)],
    )
    [call] = answer.choices[0].message.tool_calls
    assert call.function.parsed_arguments == Person(name="Ada", age=36)


def test_json_mode_gives_an_object(client):
    answer = client.chat.completions.create(
        model="gpt-4o",
        messages=ask("Give me JSON about a cat."),
        response_format={"type": "json_object"},
    )
    assert isinstance(json.loads(answer.choices[0].message.content), dict)


def test_json_mode_wants_the_word_json(client):
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        client.chat.completions.create(
            model="gpt-4o", messages=ask("A cat."), response_format={"type": "json_object"}
        )


def test_a_strict_schema_has_to_close_its_objects(client):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(
            model="gpt-4o",
            messages=ask("A."),
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "thing", "strict": True, "schema": schema},
            },
        )
    assert refused.value.param == "response_format"
    assert "'additionalProperties' is required to be supplied and to be false" in refused.value.message
