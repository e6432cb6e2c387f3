"""Responses in the background: polled, cancelled, followed and resumed; and over a WebSocket."""

import time

import openai
import pytest


def settled(client, made):
    """The response once it is no longer at work."""
    for _ in range(200):
        if made.status not in ("queued", "in_progress"):
            return made
        time.sleep(0.02)
        made = client.responses.retrieve(made.id)
    pytest.fail(f"still {made.status}")


def test_a_background_response_is_polled_to_its_end(client):
    made = client.responses.create(model="gpt-4o", input="Take your time.", background=True)
    assert made.background is True
    assert made.status in ("queued", "in_progress", "completed")
    done = settled(client, made)
    assert done.status == "completed"
    plain = client.responses.create(model="gpt-4o", input="Take your time.")
    assert done.output_text == plain.output_text


def test_a_background_response_can_be_cancelled(slow_client):
    made = slow_client.responses.create(model="gpt-4o", input="Take a minute.", background=True)
    assert made.status in ("queued", "in_progress")
    cancelled = slow_client.responses.cancel(made.id)
    assert cancelled.status == "cancelled"
    assert slow_client.responses.cancel(made.id).status == "cancelled"
    assert slow_client.responses.retrieve(made.id).status == "cancelled"


def test_only_background_responses_can_be_cancelled(client):
    made = client.responses.create(model="gpt-4o", input="Quick.")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(made.id)


def test_a_stream_is_resumed_where_it_was_left(client):
    stream = client.responses.create(model="gpt-4o", input="Many words.", background=True, stream=True)
    events = list(stream)
    made = events[0].response
    resumed = list(client.responses.retrieve(made.id, stream=True, starting_after=4))
    assert [event.sequence_number for event in resumed] == [event.sequence_number for event in events[5:]]
    assert resumed == events[5:]
    assert list(client.responses.retrieve(made.id, stream=True)) == events


def test_a_stream_goes_on_behind_the_back_of_who_left_it(client):
    stream = client.responses.create(model="gpt-4o", input="More words.", background=True, stream=True)
    first = next(iter(stream))
    stream.close()
    assert settled(client, client.responses.retrieve(first.response.id)).status == "completed"
    resumed = list(client.responses.retrieve(first.response.id, stream=True, starting_after=0))
    assert resumed[0].sequence_number == 1
    assert resumed[-1].type == "response.completed"


def test_responses_over_a_websocket_share_one_connection(client):
    with client.responses.connect() as connection:
        first = turn(connection, model="gpt-4o", input="My cat is called Tilly.")
        second = turn(connection, model="gpt-4o", input="And mine?", previous_response_id=first.id)
    assert first.status == second.status == "completed"
    assert second.previous_response_id == first.id
    plain = client.responses.create(model="gpt-4o", input="My cat is called Tilly.")
    assert first.output_text == plain.output_text


def turn(connection, **request):
    """One response on the connection; its events are in order and numbered."""
    connection.response.create(**request)
    numbers = []
    for event in connection:
        assert event.type != "error", event
        numbers.append(event.sequence_number)
        if event.type == "response.completed":
            assert numbers == list(range(len(numbers)))
            return event.response
    raise AssertionError("the connection closed early")
