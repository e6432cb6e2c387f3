"""Legacy completions, embeddings, moderations and models."""

import base64
import math
import struct

import openai
import pytest


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)


def embed(client, *texts, **more):
    answer = client.embeddings.create(model="text-embedding-3-small", input=list(texts), **more)
    assert [item.index for item in answer.data] == list(range(len(texts)))
    return [item.embedding for item in answer.data]


def test_embeddings_know_what_is_alike(client):
    cat, paraphrase, unrelated = embed(
        client,
        "A small cat sleeps on the warm sofa.",
        "The little cat is sleeping on a warm couch.",
        "Interest rates rose by two percent in March.",
    )
    assert len(cat) == 1536
    assert math.hypot(*cat) == pytest.approx(1, abs=1e-4)
    assert cosine(cat, paraphrase) > cosine(cat, unrelated) + 0.2


def test_embeddings_are_the_same_in_every_form(client):
    # Left alone, the SDK asks for base64 and unpacks it.
    [unpacked] = embed(client, "hello")
    [numbers] = embed(client, "hello", encoding_format="float")
    [text] = embed(client, "hello", encoding_format="base64")
    packed = list(struct.unpack(f"<{len(numbers)}f", base64.b64decode(text)))
    assert unpacked == pytest.approx(numbers, abs=1e-7)
    assert packed == pytest.approx(numbers, abs=1e-7)
    # 24912 is "hello" as a token of this model.
    tokens = client.embeddings.create(model="text-embedding-3-small", input=[[15339]])
    assert tokens.data[0].embedding == unpacked
    assert tokens.usage.prompt_tokens == 1


def test_embeddings_can_be_shorter(client):
    [short] = embed(client, "hello", dimensions=256)
    assert len(short) == 256
    assert math.hypot(*short) == pytest.approx(1, abs=1e-4)
    [whole] = embed(client, "hello")
    assert cosine(short, whole[:256]) == pytest.approx(1, abs=1e-4)


def test_moderation_flags_what_is_bad(client):
    answer = client.moderations.create(
        model="omni-moderation-latest",
        input=["I will kill you and your whole family.", "I love this sunny garden."],
    )
    bad, good = answer.results
    assert answer.id.startswith("modr-")
    assert bad.flagged and bad.categories.violence
    assert not good.flagged
    assert bad.category_scores.violence > 0.5 > good.category_scores.violence
    assert bad.category_applied_input_types.violence == ["text"]


def test_models_are_listed_and_found(client):
    listed = {model.id for model in client.models.list()}
    assert {"gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "omni-moderation-latest"} <= listed
    model = client.models.retrieve("gpt-4o")
    assert (model.id, model.object) == ("gpt-4o", "model")
    slashed = client.models.retrieve("openai/gpt-oss-120b")
    assert slashed.id == "openai/gpt-oss-120b"
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete("gpt-4o")


def test_unknown_models_are_made_on_first_use(world):
    before = {model.id for model in world.models.list()}
    assert "acme-70b-chat" not in before
    answer = world.chat.completions.create(model="acme-70b-chat", messages=[{"role": "user", "content": "Hi."}])
    assert answer.model == "acme-70b-chat"
    assert {model.id for model in world.models.list()} == before | {"acme-70b-chat"}
    assert world.models.retrieve("acme-70b-chat").id == "acme-70b-chat"


def test_unknown_models_are_refused_by_a_strict_server():
    from conftest import address

    with openai.OpenAI(base_url=address("FAKEAI_KEYED_BASE_URL"), api_key="sk-right-key", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model="acme-70b", messages=[{"role": "user", "content": "Hi."}])
    assert caught.value.code == "model_not_found"
    assert "`acme-70b` does not exist" in caught.value.message


def test_completions_echo_and_count(client):
    answer = client.completions.create(
        model="gpt-3.5-turbo-instruct", prompt="Once upon a time", echo=True, max_tokens=5, logprobs=2
    )
    choice = answer.choices[0]
    assert answer.id.startswith("cmpl-")
    assert choice.text.startswith("Once upon a time")
    assert choice.finish_reason == "length"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (4, 5)
    assert "".join(choice.logprobs.tokens) == choice.text
    assert len(choice.logprobs.tokens) == len(choice.logprobs.text_offset) == 9
    assert all(len(top) >= 2 for top in choice.logprobs.top_logprobs[1:])


def test_completions_take_several_prompts_and_tokens(client):
    model = "gpt-3.5-turbo-instruct"
    both = client.completions.create(model=model, prompt=["One", "Two"], n=2, best_of=2)
    assert [choice.index for choice in both.choices] == [0, 1, 2, 3]
    # 15339 and 1917 are "hello" and " world" in this model's vocabulary.
    tokens = client.completions.create(model=model, prompt=[15339, 1917], echo=True)
    assert tokens.choices[0].text.startswith("hello world")
    assert tokens.usage.prompt_tokens == 2


def test_completions_stream(client):
    request = {"model": "gpt-3.5-turbo-instruct", "prompt": "The sea", "max_tokens": 20}
    plain = client.completions.create(**request)
    chunks = list(client.completions.create(**request, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].text for chunk in chunks[:-1]) == plain.choices[0].text
    assert chunks[-1].usage == plain.usage


def test_chat_models_complete_no_prompts(client):
    with pytest.raises(openai.NotFoundError, match="v1/chat/completions"):
        client.completions.create(model="gpt-4o", prompt="Once")
