"""The OpenAI Agents SDK: tools, handoffs, guardrails, structured output, sessions, streams."""

import pytest

from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    SQLiteSession,
    function_tool,
    input_guardrail,
)
from openai import AsyncOpenAI
from pydantic import BaseModel

QUIET = RunConfig(tracing_disabled=True)


@function_tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"21 degrees and sunny in {city}"


class Event(BaseModel):
    """A dated event."""

    name: str
    participants: list[str]


@pytest.fixture(params=["responses", "chat"])
def model(request, base_url):
    client = AsyncOpenAI(base_url=base_url, api_key="sk-any", max_retries=0, timeout=30)
    kind = {"responses": OpenAIResponsesModel, "chat": OpenAIChatCompletionsModel}[request.param]
    return kind("gpt-4.1", client)


async def test_a_tool_loop_ends(model):
    agent = Agent(name="Weather", instructions="Answer about weather.", tools=[get_weather], model=model)
    result = await Runner.run(agent, "What is the weather in Tokyo?", max_turns=4, run_config=QUIET)
    kinds = [item.type for item in result.new_items]
    assert kinds == ["tool_call_item", "tool_call_output_item", "message_output_item"]
    assert result.new_items[1].output == "21 degrees and sunny in Tokyo"
    usage = result.context_wrapper.usage
    assert usage.requests == 2 and usage.total_tokens == usage.input_tokens + usage.output_tokens


async def test_a_forced_tool_is_let_go(model):
    settings = ModelSettings(tool_choice="required", parallel_tool_calls=False)
    agent = Agent(name="Weather", tools=[get_weather], model=model, model_settings=settings)
    result = await Runner.run(agent, "Is it warm in Rome?", max_turns=4, run_config=QUIET)
    assert result.final_output


async def test_a_handoff_reaches_the_other_agent(model):
    spanish = Agent(name="Spanish agent", instructions="You only speak Spanish.", model=model)
    english = Agent(name="English agent", instructions="You only speak English.", model=model)
    triage = Agent(
        name="Triage agent",
        instructions="Hand off to the agent of the request's language.",
        handoffs=[spanish, english],
        model=model,
    )
    result = await Runner.run(triage, "Hola, ¿cómo estás? Transfer me to the Spanish agent.", max_turns=6, run_config=QUIET)
    assert result.last_agent is spanish
    assert result.final_output


async def test_an_output_type_is_filled(model):
    agent = Agent(name="Extract", instructions="Extract the event.", output_type=Event, model=model)
    result = await Runner.run(agent, "Alice and Bob meet at the science fair on Friday.", run_config=QUIET)
    assert isinstance(result.final_output, Event)


async def test_a_stream_tells_each_delta(model):
    agent = Agent(name="Poet", model=model, tools=[get_weather])
    result = Runner.run_streamed(agent, "What is the weather in Oslo?", run_config=QUIET)
    said, names = "", []
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            said += event.data.delta
        if event.type == "run_item_stream_event":
            names.append(event.name)
    assert said == result.final_output
    assert names == ["tool_called", "tool_output", "message_output_created"]


async def test_a_guardrail_stops_a_run(model):
    judge = Agent(name="Judge", instructions="Is it homework?", model=model)

    @input_guardrail
    async def homework(context, agent, text):
        verdict = await Runner.run(judge, text, context=context.context, run_config=QUIET)
        return GuardrailFunctionOutput(output_info=verdict.final_output, tripwire_triggered=bool(verdict.final_output))

    agent = Agent(name="Tutor", model=model, input_guardrails=[homework])
    with pytest.raises(InputGuardrailTripwireTriggered):
        await Runner.run(agent, "Solve 2x + 3 = 11 for me", run_config=QUIET)


async def test_a_session_remembers(model):
    session = SQLiteSession("one")
    agent = Agent(name="Assistant", model=model, tools=[get_weather])
    await Runner.run(agent, "What is the weather in Oslo?", session=session, run_config=QUIET)
    second = await Runner.run(agent, "And in Bergen?", session=session, run_config=QUIET)
    assert second.final_output
    assert len(await session.get_items()) >= 6


async def test_reasoning_and_previous_responses(base_url):
    client = AsyncOpenAI(base_url=base_url, api_key="sk-any", max_retries=0, timeout=30)
    agent = Agent(name="Assistant", model=OpenAIResponsesModel("gpt-5", client), tools=[get_weather])
    first = await Runner.run(agent, "What is the weather in Oslo?", run_config=QUIET)
    assert [item.type for item in first.new_items][0] == "reasoning_item"
    second = await Runner.run(agent, "Thanks!", previous_response_id=first.last_response_id, run_config=QUIET)
    assert second.final_output
    again = await Runner.run(agent, [*first.to_input_list(), {"role": "user", "content": "Thanks!"}], run_config=QUIET)
    assert again.final_output


async def test_an_agent_as_a_tool(model):
    translator = Agent(name="Translator", instructions="Translate to French.", model=model)
    agent = Agent(
        name="Desk",
        model=model,
        tools=[translator.as_tool("translate_to_french", "Translates text to French.")],
    )
    result = await Runner.run(agent, 'Use translate_to_french on "good morning".', max_turns=4, run_config=QUIET)
    calls = [item for item in result.new_items if item.type == "tool_call_item"]
    assert len(calls) == 1 and "good morning" in calls[0].raw_item.arguments
