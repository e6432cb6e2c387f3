"""What a server remembers: stored chat completions, worlds, the journal, metrics."""

import openai
import pytest


def ask(text):
    return [{"role": "user", "content": text}]


def test_stored_completions_are_kept_changed_and_deleted(world):
    made = [
        world.chat.completions.create(
            model="gpt-4o", messages=ask(f"Question {number}."), store=True, metadata={"run": str(number % 2)}
        )
        for number in range(3)
    ]
    world.chat.completions.create(model="gpt-4o", messages=ask("Not kept."))
    assert [kept.id for kept in world.chat.completions.list(order="asc")] == [one.id for one in made]
    odd = world.chat.completions.list(metadata={"run": "1"})
    assert [kept.id for kept in odd] == [made[1].id]
    messages = world.chat.completions.messages.list(made[0].id)
    assert [message.content for message in messages] == ["Question 0."]
    changed = world.chat.completions.update(made[0].id, metadata={"run": "9"})
    assert changed.metadata == {"run": "9"}
    found = world.chat.completions.retrieve(made[0].id)
    assert found.metadata == {"run": "9"}
    assert found.choices[0].message.content == made[0].choices[0].message.content
    assert world.chat.completions.delete(made[0].id).deleted is True
    pytest.raises(openai.NotFoundError, world.chat.completions.retrieve, made[0].id)


def test_worlds_keep_apart_what_they_hold(client, base_url):
    one, other = (client.with_options(base_url=base_url.replace("/v1", f"/w/{name}/v1")) for name in ("a", "b"))
    made = one.responses.create(model="gpt-4o", input="Only here.")
    assert one.responses.retrieve(made.id).id == made.id
    pytest.raises(openai.NotFoundError, other.responses.retrieve, made.id)
    pytest.raises(openai.NotFoundError, client.responses.retrieve, made.id)


def test_worlds_have_seeds_of_their_own(client, base_url):
    def said(name):
        here = client.with_options(base_url=base_url.replace("/v1", f"/w/{name}/v1"))
        return here.responses.create(model="gpt-4o", input="Surprise me.").output_text

    assert said("red") == said("red")
    assert said("red") != said("blue")


def test_the_journal_tells_what_was_called(world):
    world.chat.completions.create(model="gpt-4o", messages=ask("Noted?"))
    pytest.raises(openai.BadRequestError, world.chat.completions.create, model="gpt-4o", messages=[])
    journal = world.get(f"{origin(world)}/_fakeai/journal", cast_to=object)
    operations = [(entry["operation"], entry["status"]) for entry in journal["data"]]
    assert operations == [("createChatCompletion", 400), ("createChatCompletion", 200)]


def test_metrics_count_tokens(world):
    answer = world.chat.completions.create(model="gpt-4o", messages=ask("Count me."))
    page = world._client.get(f"{origin(world)}/metrics", headers={"accept": "text/plain"})
    counted = [line for line in page.text.splitlines() if "completion" in line or "output_tokens" in line]
    assert any(line.endswith(f" {answer.usage.completion_tokens}") for line in counted), counted


def test_a_world_can_start_afresh(world):
    made = world.responses.create(model="gpt-4o", input="Here for now.")
    world.post(f"{origin(world)}/_fakeai/reset", cast_to=object)
    pytest.raises(openai.NotFoundError, world.responses.retrieve, made.id)


def origin(world):
    """The world's address without the API's version."""
    return str(world.base_url).removesuffix("/v1/")
