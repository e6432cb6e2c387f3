"""langchain-openai and LangGraph: models, streams, tools, structured answers, embeddings."""

import base64
import time

import openai
import pytest

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field

from conftest import KEY, picture

MODEL = "gpt-4o"


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"21 degrees and sunny in {city}"


@tool
def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


class Person(BaseModel):
    """A person."""

    name: str
    age: int = Field(ge=0, le=150)


def llm(base_url, **more):
    settings = {"model": MODEL, "base_url": base_url, "api_key": "sk-any", "max_retries": 0, "timeout": 30}
    return ChatOpenAI(**settings | more)


@pytest.mark.parametrize("responses", [False, True])
def test_an_answer_tells_its_usage(base_url, responses):
    answer = llm(base_url, use_responses_api=responses).invoke([SystemMessage("Be brief."), HumanMessage("How do tides work?")])
    assert "tide" in answer.text.lower()
    used = answer.usage_metadata
    assert used["input_tokens"] + used["output_tokens"] == used["total_tokens"]
    assert answer.response_metadata["model_name"].startswith(MODEL)


@pytest.mark.parametrize("responses", [False, True])
def test_a_stream_adds_up_to_an_answer(base_url, responses):
    model = llm(base_url, use_responses_api=responses, stream_usage=True)
    whole = None
    for chunk in model.stream("How do tides work?"):
        whole = chunk if whole is None else whole + chunk
    plain = model.invoke("How do tides work?")
    assert whole.text == plain.text
    assert whole.usage_metadata["output_tokens"] == plain.usage_metadata["output_tokens"]


@pytest.mark.parametrize("responses", [False, True])
def test_a_tool_is_called_with_what_the_prompt_names(base_url, responses):
    model = llm(base_url, use_responses_api=responses).bind_tools([get_weather, multiply])
    asked = [HumanMessage("What is 6 times 7? Use multiply.")]
    answer = model.invoke(asked)
    [call] = answer.tool_calls
    assert (call["name"], call["args"]) == ("multiply", {"a": 6, "b": 7})
    final = model.invoke([*asked, answer, ToolMessage("42", tool_call_id=call["id"])])
    assert not final.tool_calls
    assert "42" in final.text


@pytest.mark.parametrize("responses", [False, True])
def test_a_graph_agent_ends(base_url, responses):
    from langchain.agents import create_agent

    agent = create_agent(llm(base_url, use_responses_api=responses), tools=[get_weather, multiply])
    end = agent.invoke({"messages": [("user", "What is the weather in Paris?")]}, {"recursion_limit": 10})
    kinds = [message.type for message in end["messages"]]
    assert kinds == ["human", "ai", "tool", "ai"]
    assert end["messages"][1].tool_calls[0]["args"] == {"city": "Paris"}
    seen = []
    for mode, _ in agent.stream({"messages": [("user", "What is the weather in Oslo?")]}, stream_mode=["messages", "updates"]):
        seen.append(mode)
    assert seen.count("updates") == 3


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("responses", [False, True])
def test_a_structured_answer_is_a_model(base_url, method, responses):
    model = llm(base_url, use_responses_api=responses).with_structured_output(Person, method=method, include_raw=True)
    prompt = "Jane Doe is 34 years old."
    if method == "json_mode":
        prompt += ' Answer in JSON with the keys "name" and "age".'
    found = model.invoke(prompt)
    assert found["parsing_error"] is None
    assert found["parsed"] == Person(name="Jane Doe", age=34)


def test_parallel_calls_come_in_one_answer(base_url):
    answer = llm(base_url).bind_tools([get_weather]).invoke("What is the weather in Paris and in London?")
    assert [call["args"]["city"] for call in answer.tool_calls] == ["Paris", "London"]
    one = llm(base_url).bind_tools([get_weather], parallel_tool_calls=False).invoke("What is the weather in Paris and in London?")
    assert len(one.tool_calls) == 1


@pytest.mark.parametrize("responses", [False, True])
def test_pictures_and_files_are_taken(base_url, responses):
    model = llm(base_url, use_responses_api=responses)
    pdf = base64.b64encode(b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\n%%EOF").decode()
    answer = model.invoke(
        [
            HumanMessage(
                [
                    {"type": "text", "text": "What is in this picture?"},
                    {"type": "image_url", "image_url": {"url": picture()}},
                    {"type": "file", "source_type": "base64", "mime_type": "application/pdf", "data": pdf, "filename": "a.pdf"},
                ]
            )
        ]
    )
    assert answer.usage_metadata["input_tokens"] > 255


def test_reasoning_models_reason(base_url):
    model = llm(base_url, model="gpt-5", reasoning={"effort": "medium", "summary": "auto"})
    answer = model.invoke("Why do cats purr?")
    assert answer.usage_metadata["output_token_details"]["reasoning"] > 0
    kinds = [block["type"] for block in answer.content_blocks]
    assert kinds[0] == "reasoning" and kinds[-1] == "text"
    again = model.invoke([HumanMessage("Why do cats purr?"), answer, HumanMessage("And dogs?")])
    assert again.text


def test_embeddings_are_vectors(base_url, tokenizer):
    # Sent as token ids, as is langchain's way.
    model = OpenAIEmbeddings(model="text-embedding-3-small", base_url=base_url, api_key="sk-any", dimensions=256)
    first, second = model.embed_documents(["A cat sits on a mat.", "Rust is a language."])
    assert len(first) == len(second) == 256
    near, _ = sum(a * b for a, b in zip(first, model.embed_query("The cat on the mat"))), None
    far = sum(a * b for a, b in zip(second, model.embed_query("The cat on the mat")))
    assert near > far


def test_errors_have_their_classes(base_url, keyed_url):
    with pytest.raises(openai.AuthenticationError):
        llm(keyed_url, api_key="sk-wrong").invoke("Hello")
    with pytest.raises(openai.NotFoundError):
        llm(keyed_url, api_key=KEY, model="gpt-none").invoke("Hello")
    with pytest.raises(openai.BadRequestError, match="maximum context length"):
        llm(base_url, model="gpt-4").invoke("word " * 9000)


def test_failures_are_tried_again(faulty_url):
    assert llm(faulty_url, max_retries=12).invoke("Hello").text


def test_a_timeout_is_one(slow_url):
    with pytest.raises(openai.APITimeoutError):
        llm(slow_url, timeout=0.3).invoke("Hello")


async def test_many_at_once(base_url):
    answers = await llm(base_url).abatch([f"Tell me of river {n}" for n in range(20)])
    assert len({answer.text for answer in answers}) == 20
    events = [event["event"] async for event in llm(base_url).astream_events("Hello", version="v2")]
    assert events[0] == "on_chat_model_start" and events[-1] == "on_chat_model_end"
