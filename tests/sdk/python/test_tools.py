"""Tool calls: arguments from what was said, choices of tools, and loops that end."""

import json

import pytest


def function(name, description, **properties):
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            },
            "strict": True,
        },
    }


GEOCODE = function("find_city", "Finds a city's coordinates.", city={"type": "string"})
WEATHER = function(
    "get_weather", "The weather at coordinates.", latitude={"type": "number"}, longitude={"type": "number"}
)
MAGIC = function("magic_function", "Applies magic.", input={"type": "integer"})


def ask(text):
    return [{"role": "user", "content": text}]


def calls(answer):
    return answer.choices[0].message.tool_calls or []


def test_a_loop_of_three_turns_ends(client):
    tools = [GEOCODE, WEATHER]
    messages = ask("Use find_city for Lisbon, please.")
    first = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    assert first.choices[0].finish_reason == "tool_calls"
    assert first.choices[0].message.content is None
    [call] = calls(first)
    assert (call.function.name, json.loads(call.function.arguments)) == ("find_city", {"city": "Lisbon"})
    messages += [
        first.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": '{"latitude": 38.7, "longitude": -9.1}'},
        *ask("Now call get_weather with latitude 38.7 and longitude -9.1."),
    ]
    second = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    [call] = calls(second)
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"latitude": 38.7, "longitude": -9.1}
    messages += [
        second.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "21 degrees and sunny"},
    ]
    third = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    assert third.choices[0].finish_reason == "stop"
    assert calls(third) == []
    assert third.choices[0].message.content
    assert first.usage.prompt_tokens < second.usage.prompt_tokens < third.usage.prompt_tokens


def test_an_agent_that_does_what_it_is_told_ends_by_itself(client):
    messages = ask("What is magic_function(3)?")
    for turn in range(5):
        answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[MAGIC])
        if answer.choices[0].finish_reason == "stop":
            break
        messages.append(answer.choices[0].message)
        for call in calls(answer):
            assert json.loads(call.function.arguments) == {"input": 3}
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "5"})
    assert turn == 1


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("none", []),
        ("required", ["find_city"]),
        ({"type": "function", "function": {"name": "get_weather"}}, ["get_weather"]),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [{"type": "function", "function": {"name": "magic_function"}}],
                },
            },
            ["magic_function"],
        ),
    ],
)
def test_tool_choice_is_obeyed(client, choice, names):
    answer = client.chat.completions.create(
        model="gpt-4o",
        messages=ask("Use find_city for Rome."),
        tools=[GEOCODE, WEATHER, MAGIC],
        tool_choice=choice,
    )
    assert [call.function.name for call in calls(answer)] == names


def test_parallel_calls_can_be_turned_off(client):
    request = {
        "model": "gpt-4o",
        "messages": ask("Find the cities Lisbon, Oslo and Rome with find_city."),
        "tools": [GEOCODE],
    }
    many = calls(client.chat.completions.create(**request))
    assert [json.loads(call.function.arguments)["city"] for call in many] == ["Lisbon", "Oslo", "Rome"]
    assert len({call.id for call in many}) == 3
    one = calls(client.chat.completions.create(**request, parallel_tool_calls=False))
    assert len(one) == 1


def test_small_talk_calls_nothing(client):
    answer = client.chat.completions.create(
        model="gpt-4o", messages=ask("Thank you, goodbye!"), tools=[GEOCODE, MAGIC]
    )
    assert answer.choices[0].finish_reason == "stop"


def test_unicode_and_quotes_survive_in_arguments(client):
    note = function("save_note", "Saves a note.", text={"type": "string"})
    answer = client.chat.completions.create(
        model="gpt-4o", messages=ask('Call save_note with text "naïve 数据 ✅"'), tools=[note]
    )
    assert json.loads(calls(answer)[0].function.arguments) == {"text": "naïve 数据 ✅"}


def test_a_custom_tool_gets_free_text(client):
    tool = {"type": "custom", "custom": {"name": "run_python", "description": "Runs Python code."}}
    answer = client.chat.completions.create(
        model="gpt-5", messages=ask("Use run_python to print 3."), tools=[tool], tool_choice="required"
    )
    [call] = calls(answer)
    assert call.type == "custom"
    assert call.custom.name == "run_python"
    assert call.custom.input
