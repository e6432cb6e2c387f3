"""Realtime sessions over their socket, with the official client."""

import base64
import math
import struct

import pytest

USER = "input_text"


def message(text: str, **more) -> dict:
    return {"type": "message", "role": "user", "content": [{"type": USER, "text": text}], **more}


def speech(milliseconds: int, loudness: int = 8000) -> str:
    """A hum at 24 kHz in 16 bits; nothing at a loudness of 0."""
    samples = (int(loudness * math.sin(place * 0.1)) for place in range(24 * milliseconds))
    return base64.b64encode(b"".join(struct.pack("<h", sample) for sample in samples)).decode()


def until(connection, kind: str) -> list:
    """The events up to one of that kind; an error is a failure, unless it is what is wanted."""
    events = []
    while True:
        event = connection.recv()
        events.append(event)
        if event.type == kind:
            return events
        assert event.type != "error", event


def kinds(events) -> list[str]:
    return [event.type for event in events]


@pytest.fixture
def text(world):
    """A session that answers in text."""
    with world.realtime.connect(model="gpt-realtime") as connection:
        assert connection.recv().type == "session.created"
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        assert connection.recv().session.output_modalities == ["text"]
        yield connection


@pytest.fixture
def plain(client):
    """The same in the world of all."""
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        connection.recv()
        yield connection


def ask(connection, question: str, **response) -> list:
    connection.conversation.item.create(item=message(question))
    until(connection, "conversation.item.done")
    connection.response.create(response=response)
    return until(connection, "response.done")


def test_a_question_in_text_is_answered_event_by_event(text):
    events = ask(text, "Why is the sky blue?")
    assert [kind for kind in kinds(events) if not kind.endswith(".delta")] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    done = events[-1].response
    assert done.status == "completed"
    assert done.output[0].content[0].text == said
    assert len({event.event_id for event in events}) == len(events)
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens
    assert done.usage.output_token_details.audio_tokens == 0


def test_a_conversation_is_remembered(text):
    first = ask(text, "My name is Dora. Say hello.")[-1].response
    second = ask(text, "What is my name?")[-1].response
    assert "Dora" in second.output[0].content[0].text
    assert second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens
    assert second.conversation_id == first.conversation_id


def test_an_answer_beside_the_conversation_leaves_nothing_in_it(text):
    events = ask(text, "Tell me about rivers.")
    text.response.create(
        response={"conversation": "none", "input": [message("Is this about water? Answer yes or no.")]}
    )
    aside = until(text, "response.done")
    assert "conversation.item.added" not in kinds(aside)
    assert aside[-1].response.conversation_id is None
    aside_item = aside[-1].response.output[0].id
    text.conversation.item.retrieve(item_id=aside_item)
    assert text.recv().error.code == "item_retrieve_invalid_item_id"
    text.conversation.item.retrieve(item_id=events[-1].response.output[0].id)
    assert text.recv().item.content[0].text == events[-1].response.output[0].content[0].text


def test_an_answer_reads_the_items_it_is_referred_to(text):
    text.conversation.item.create(item=message("My name is Dora."))
    told = until(text, "conversation.item.done")[-1].item
    text.conversation.item.create(item=message("My name is Nora."))
    until(text, "conversation.item.done")
    reference = {"type": "item_reference", "id": told.id}
    text.response.create(response={"conversation": "none", "input": [reference, message("What is my name?")]})
    assert "Dora" in until(text, "response.done")[-1].response.output[0].content[0].text


def test_a_tool_is_called_and_its_result_is_used(text):
    tool = {
        "type": "function",
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    text.session.update(session={"type": "realtime", "tools": [tool]})
    assert text.recv().session.tools[0].name == "get_weather"
    done = ask(text, "What is the weather in Paris?")
    call = done[-1].response.output[-1]
    arguments = [event for event in done if event.type == "response.function_call_arguments.done"]
    assert (call.type, call.name, call.arguments) == ("function_call", "get_weather", '{"city":"Paris"}')
    assert arguments[0].arguments == call.arguments
    text.conversation.item.create(
        item={"type": "function_call_output", "call_id": call.call_id, "output": '{"celsius": 21}'}
    )
    until(text, "conversation.item.done")
    text.response.create()
    answer = until(text, "response.done")[-1].response.output[0]
    assert "21" in answer.content[0].text


def test_speech_is_heard_as_a_turn_and_answered_aloud(world):
    with world.realtime.connect(model="gpt-realtime") as connection:
        session = connection.recv().session
        assert session.audio.input.turn_detection.type == "server_vad"
        listening = {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}
        connection.session.update(session={"type": "realtime", "audio": listening})
        connection.recv()
        for sound in (speech(500, 0), speech(2000), speech(600, 0)):
            connection.input_audio_buffer.append(audio=sound)
        events = until(connection, "response.done")
    by_kind = {event.type: event for event in events}
    began, ended = by_kind["input_audio_buffer.speech_started"], by_kind["input_audio_buffer.speech_stopped"]
    # The padding before speech is a third of a second, and the pause that ends a turn a fifth.
    assert (began.audio_start_ms, ended.audio_end_ms) == (200, 2700)
    assert began.item_id == by_kind["input_audio_buffer.committed"].item_id
    heard = by_kind["conversation.item.input_audio_transcription.completed"]
    deltas = [event.delta for event in events if event.type.endswith("input_audio_transcription.delta")]
    assert heard.item_id == began.item_id
    assert heard.transcript and heard.transcript == "".join(deltas).strip()
    said = [event.delta for event in events if event.type == "response.output_audio_transcript.delta"]
    sound = b"".join(base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta")
    done = by_kind["response.done"].response
    assert done.output[0].content[0].transcript == "".join(said)
    # 24,000 samples of two bytes a second, and a token for each twentieth of one.
    tokens = done.usage.output_token_details.audio_tokens
    assert abs(len(sound) / 48_000 - tokens / 20) < 0.1
    assert done.usage.input_token_details.audio_tokens > 0


def test_committed_sound_waits_for_the_wish_for_an_answer(world):
    with world.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        connection.session.update(
            session={"type": "realtime", "audio": {"input": {"turn_detection": None}, "output": {"voice": "marin"}}}
        )
        assert connection.recv().session.audio.input.turn_detection is None
        connection.input_audio_buffer.append(audio=speech(50))
        connection.input_audio_buffer.commit()
        assert connection.recv().error.code == "input_audio_buffer_commit_empty"
        connection.input_audio_buffer.append(audio=speech(950))
        connection.input_audio_buffer.commit()
        assert kinds(until(connection, "conversation.item.done")) == [
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
        ]
        connection.response.create()
        done = until(connection, "response.done")[-1].response
        assert (done.status, done.audio.output.voice) == ("completed", "marin")
        # What is said in one voice is not gone on with in another.
        connection.session.update(session={"type": "realtime", "audio": {"output": {"voice": "cedar"}}})
        assert connection.recv().error.code == "cannot_update_voice"
        # Nobody has heard more than the first half second.
        connection.conversation.item.truncate(item_id=done.output[0].id, content_index=0, audio_end_ms=500)
        assert connection.recv().audio_end_ms == 500
        connection.conversation.item.retrieve(item_id=done.output[0].id)
        assert connection.recv().item.content[0].transcript == ""


def test_telephone_sound_goes_in_and_out(world):
    with world.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        telephone = {"format": {"type": "audio/pcmu"}}
        connection.session.update(session={"type": "realtime", "audio": {"input": telephone, "output": telephone}})
        assert connection.recv().session.audio.output.format.type == "audio/pcmu"
        loud, silent = b"\x80\x00" * 4000, b"\xff" * 4000
        connection.input_audio_buffer.append(audio=base64.b64encode(silent + loud + silent).decode())
        events = until(connection, "response.done")
    assert events[0].type == "input_audio_buffer.speech_started"
    sound = b"".join(base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta")
    tokens = events[-1].response.usage.output_token_details.audio_tokens
    assert abs(len(sound) / 8_000 - tokens / 20) < 0.1


def test_an_answer_that_is_cancelled_or_interrupted_says_so(slow_client):
    with slow_client.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        connection.response.create(response={"input": [message("Count to a thousand.")]})
        begun = until(connection, "response.created")[-1].response
        connection.response.create()
        error = connection.recv().error
        assert error.code == "conversation_already_has_active_response" and begun.id in error.message
        connection.response.cancel()
        done = until(connection, "response.done")[-1].response
        assert (done.id, done.status, done.status_details.reason) == (begun.id, "cancelled", "client_cancelled")
        connection.response.cancel()
        assert connection.recv().error.code == "response_cancel_not_active"
        connection.response.create()
        until(connection, "response.created")
        connection.input_audio_buffer.append(audio=speech(300))
        done = until(connection, "response.done")[-1].response
        assert done.status_details.reason == "turn_detected"


def test_a_transcription_session_only_listens(world):
    made = world.realtime.client_secrets.create(
        session={"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    )
    short_lived = world.with_options(api_key=made.value)
    with short_lived.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        assert connection.recv().session.type == "transcription"
        for sound in (speech(1500), speech(400, 0)):
            connection.input_audio_buffer.append(audio=sound)
        events = until(connection, "conversation.item.input_audio_transcription.completed")
        assert events[-1].usage.type == "duration"
        assert "response.created" not in kinds(events)
        connection.response.create()
        assert connection.recv().error.type == "invalid_request_error"


def test_a_short_lived_key_opens_the_session_it_was_made_for(world):
    made = world.realtime.client_secrets.create(
        session={
            "type": "realtime",
            "model": "gpt-realtime-mini",
            "instructions": "You are a pirate.",
            "output_modalities": ["text"],
        }
    )
    short_lived = world.with_options(api_key=made.value)
    with short_lived.realtime.connect(model="gpt-realtime-mini") as connection:
        session = connection.recv().session
    assert (session.model, session.instructions) == ("gpt-realtime-mini", "You are a pirate.")
    assert session.output_modalities == ["text"]


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({"type": "response.make"}, "invalid_value", "type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {"type": "realtime", "modalities": ["text"]}},
         "unknown_parameter", "session.modalities"),
        ({"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text", "audio"]}},
         "invalid_value", "session.output_modalities"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "invalid_parameter", "session.type"),
        ({"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime-mini"}},
         "cannot_update_model", "session.model"),
        ({"type": "session.update", "session": {"type": "realtime", "max_output_tokens": 0}},
         "integer_below_min_value", "session.max_output_tokens"),
        ({"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "nobody"}}}},
         "invalid_value", "session.audio.output.voice"),
        ({"type": "session.update", "session": {
            "type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 5}}}}},
         "decimal_above_max_value", "session.audio.input.turn_detection.threshold"),
        ({"type": "input_audio_buffer.append", "audio": "no sound"}, "invalid_value", "audio"),
        ({"type": "conversation.item.delete", "item_id": "item_none"}, "item_delete_invalid_item_id", "item_id"),
        ({"type": "conversation.item.truncate", "item_id": "item_none", "content_index": 0, "audio_end_ms": 1},
         "item_truncate_invalid_item_id", "item_id"),
        ({"type": "conversation.item.create", "previous_item_id": "item_none", "item": message("Hello")},
         "item_create_invalid_previous_item_id", "previous_item_id"),
        ({"type": "conversation.item.create",
          "item": {"type": "function_call_output", "call_id": "call_none", "output": "4"}},
         "invalid_tool_call_id", "item.call_id"),
    ],
)
def test_a_mistake_is_told_and_ends_nothing(plain, event, code, param):
    plain.send({**event, "event_id": "mine"})
    error = plain.recv().error
    assert (error.code, error.param, error.event_id) == (code, param, "mine")
    assert ask(plain, "Hello")[-1].response.status == "completed"


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ({"model": "gpt-4o"}, {}, "invalid_model"),
        ({"model": "gpt-realtime"}, {"OpenAI-Beta": "realtime=v1"}, "beta_api_shape_disabled"),
        ({}, {}, "missing_model"),
        ({"call_id": "rtc_none"}, {}, "call_not_found"),
    ],
)
def test_a_refused_session_is_closed_with_its_reason(client, query, headers, code):
    with client.realtime.connect(extra_query=query, extra_headers=headers) as connection:
        assert connection.recv().error.code == code
        with pytest.raises(Exception, match=f"4000.*invalid_request_error.{code}"):
            connection.recv()


def test_what_is_left_of_the_limits_is_told_after_an_answer(limited_client):
    with limited_client.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        connection.response.create(response={"input": [message("Hello")], "output_modalities": ["text"]})
        until(connection, "response.done")
        connection.response.create(response={"input": [message("Hello")], "output_modalities": ["text"]})
        limits = until(connection, "rate_limits.updated")[-1].rate_limits
    requests = next(limit for limit in limits if limit.name == "requests")
    assert requests.limit == 60 and requests.remaining < 60
