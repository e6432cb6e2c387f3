"""LlamaIndex: completions, chats, streams, agents, typed answers, an index of documents."""

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI, OpenAIResponses
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


@pytest.fixture(params=[OpenAI, OpenAIResponses], ids=["chat", "responses"])
def llm(request, base_url):
    return request.param(model="gpt-4o", api_base=base_url, api_key="sk-any", max_retries=0)


def test_answers_and_streams(llm):
    said = str(llm.complete("How do tides work?"))
    streamed = "".join(part.delta or "" for part in llm.stream_chat([ChatMessage(role="user", content="How do tides work?")]))
    assert streamed == said


def test_a_typed_answer(llm):
    assert llm.as_structured_llm(Person).complete("Jane Doe is 34 years old.").raw == Person(name="Jane Doe", age=34)


async def test_an_agent_ends(llm):
    agent = FunctionAgent(tools=[multiply], llm=llm)
    end = await agent.run("What is 6 times 7? Use multiply.", max_iterations=5)
    [call] = end.tool_calls
    assert call.tool_kwargs == {"a": 6, "b": 7} and "42" in str(end)


def test_an_index_finds_its_document(base_url):
    embedding = OpenAIEmbedding(api_base=base_url, api_key="sk-any")
    cats, ships = embedding.get_text_embedding_batch(["Cats purr when they are happy.", "Ships sail on the sea."])
    asked = embedding.get_query_embedding("Why do cats purr?")
    near = lambda vector: sum(a * b for a, b in zip(asked, vector))
    assert near(cats) > near(ships)
