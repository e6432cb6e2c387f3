"""Instructor: models from answers, in all its ways to ask for them."""

import instructor
import pytest
from instructor import Mode
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int


JANE = {"name": "Jane Doe", "age": 34}
ASKED = [{"role": "user", "content": "Jane Doe is 34 years old."}]


@pytest.mark.parametrize("mode", [Mode.TOOLS, Mode.TOOLS_STRICT, Mode.JSON, Mode.MD_JSON, Mode.JSON_SCHEMA, Mode.RESPONSES_TOOLS])
def test_a_model_is_filled(mode):
    client = instructor.from_openai(OpenAI(max_retries=0), mode=mode)
    assert client.chat.completions.create(model="gpt-4o", response_model=Person, messages=ASKED, max_retries=0) .model_dump() == JANE


def test_lists_and_parts():
    client = instructor.from_openai(OpenAI(max_retries=0))
    two = [{"role": "user", "content": "Extract: Jane is 34, Mary is 30."}]
    found = list(client.chat.completions.create_iterable(model="gpt-4o", response_model=Person, messages=two))
    assert [(one.name, one.age) for one in found] == [("Jane", 34), ("Mary", 30)]
    _, answer = client.chat.completions.create_with_completion(model="gpt-4o", response_model=Person, messages=ASKED)
    assert answer.usage.total_tokens > 0


async def test_many_at_once():
    import asyncio

    client = instructor.from_openai(AsyncOpenAI(max_retries=0))
    one = lambda: client.chat.completions.create(model="gpt-4o", response_model=Person, messages=ASKED)
    found = await asyncio.gather(*(one() for _ in range(10)))
    assert [one.model_dump() for one in found] == [JANE] * 10
