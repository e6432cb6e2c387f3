"""Pydantic AI: agents with tools and typed output, over both APIs, streamed too."""

import pytest

from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, Embedder, ModelHTTPError, NativeOutput, PromptedOutput, RunContext, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from conftest import KEY, picture


class City(BaseModel):
    """Where it is."""

    city: str
    country: str


def provider(url, key="sk-any"):
    return OpenAIProvider(openai_client=AsyncOpenAI(base_url=url, api_key=key, max_retries=0, timeout=30))


@pytest.fixture(params=["chat", "responses"])
def kind(request):
    return {"chat": OpenAIChatModel, "responses": OpenAIResponsesModel}[request.param]


@pytest.fixture
def model(kind, base_url):
    return kind("gpt-4.1", provider=provider(base_url))


def weather_agent(model):
    agent = Agent(model, deps_type=str, instructions="Be brief.")

    @agent.tool
    def get_weather(ctx: RunContext[str], city: str) -> str:
        """Get the weather in a city."""
        return f"{ctx.deps} in {city}"

    return agent


async def test_a_tool_loop_ends(model):
    result = await weather_agent(model).run("What is the weather in Lima?", deps="21 degrees")
    parts = [part for message in result.all_messages() for part in message.parts]
    [call] = [part for part in parts if part.part_kind == "tool-call"]
    assert call.args_as_dict() == {"city": "Lima"}
    assert result.usage.requests == 2 and result.usage.tool_calls == 1
    assert result.output


@pytest.mark.parametrize("output", [City, ToolOutput(City), NativeOutput(City), PromptedOutput(City)], ids=["plain", "tool", "native", "prompted"])
async def test_typed_output(model, output):
    agent = Agent(model, output_type=output)
    result = await agent.run("Chicago is in Canada.")
    assert result.output.city == "Chicago"
    assert result.usage.requests == 1


async def test_a_union_of_outputs(model):
    agent = Agent(model, output_type=[City, str])
    assert (await agent.run("Tell me of Berlin in Germany.")).output


async def test_a_stream_of_text_and_of_a_model(model):
    async with Agent(model).run_stream("How do tides work?") as result:
        parts = [part async for part in result.stream_text(delta=True)]
    assert "tide" in "".join(parts).lower()
    async with Agent(model, output_type=City).run_stream("Paris is in France.") as result:
        seen = [part async for part in result.stream_output()]
    assert seen[-1].city == "Paris"


async def test_a_stream_with_tools(model):
    agent = weather_agent(model)
    kinds = []
    async with agent.iter("What is the weather in Lima?", deps="21 degrees") as run:
        async for node in run:
            kinds.append(type(node).__name__)
    assert kinds.count("ModelRequestNode") == 2
    async with agent.run_stream("What is the weather in Lima?", deps="21 degrees") as result:
        assert await result.get_output()


async def test_pictures_are_taken(model):
    import base64

    data = base64.b64decode(picture().split(",")[1])
    result = await Agent(model).run(["What colour is it?", BinaryContent(data, media_type="image/png")])
    assert result.usage.input_tokens > 200


async def test_history_goes_on(model):
    agent = weather_agent(model)
    first = await agent.run("What is the weather in Lima?", deps="21 degrees")
    second = await agent.run("Thank you.", deps="", message_history=first.all_messages())
    assert second.output


async def test_reasoning_is_kept(base_url):
    model = OpenAIResponsesModel("gpt-5", provider=provider(base_url), settings={"openai_reasoning_summary": "detailed", "openai_reasoning_effort": "high"})
    agent = weather_agent(model)
    result = await agent.run("What is the weather in Lima?", deps="21 degrees")
    kinds = [part.part_kind for message in result.all_messages() for part in message.parts]
    assert "thinking" in kinds
    assert (await agent.run("Thanks", deps="", message_history=result.all_messages())).output


async def test_errors_tell_status_and_body(kind, keyed_url):
    with pytest.raises(ModelHTTPError) as caught:
        await Agent(kind("gpt-4.1", provider=provider(keyed_url, "sk-wrong"))).run("Hello")
    assert caught.value.status_code == 401 and caught.value.body["code"] == "invalid_api_key"
    with pytest.raises(ModelHTTPError) as caught:
        await Agent(kind("gpt-none", provider=provider(keyed_url, KEY))).run("Hello")
    assert caught.value.status_code == 404 and caught.value.body["code"] == "model_not_found"


async def test_embeddings(base_url):
    from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel

    embedder = Embedder(OpenAIEmbeddingModel("text-embedding-3-small", provider=provider(base_url)))
    result = await embedder.embed_documents(["A cat.", "A dog."])
    assert len(result.embeddings) == 2 and len(result.embeddings[0]) == 1536
