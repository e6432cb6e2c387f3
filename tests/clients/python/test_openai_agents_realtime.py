"""The OpenAI Agents SDK over a realtime session: a tool, then a turn that is spoken."""

import asyncio
import math
import struct

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner


@function_tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"21 degrees and sunny in {city}"


def speech(milliseconds: int) -> bytes:
    """A hum at 24 kHz in 16 bits, and the pause that ends a turn."""
    samples = (int(8000 * math.sin(place * 0.1)) for place in range(24 * milliseconds))
    return b"".join(struct.pack("<h", sample) for sample in samples) + bytes(48 * 600)


async def test_a_tool_is_used_and_speech_is_answered(base_url):
    agent = RealtimeAgent(name="Weather", instructions="Answer about weather.", tools=[get_weather])
    settings = {
        "model_name": "gpt-realtime",
        "modalities": ["audio"],
        "input_audio_transcription": {"model": "gpt-4o-mini-transcribe"},
    }
    runner = RealtimeRunner(agent, config={"model_settings": settings, "tracing_disabled": True})
    url = base_url.replace("http", "ws", 1) + "/realtime?model=gpt-realtime"
    session = await runner.run(model_config={"url": url, "api_key": "sk-any"})
    seen, sound = [], 0
    async with session, asyncio.timeout(60):
        await session.send_message("What is the weather in Tokyo?")
        async for event in session:
            assert event.type != "error", event
            seen.append(event.type)
            if event.type == "audio":
                sound += len(event.audio.data)
            # The call is one answer, and what is made of its result another.
            if event.type == "agent_end" and seen.count("agent_end") == 2:
                await session.send_audio(speech(1500))
            if event.type == "agent_end" and seen.count("agent_end") == 3:
                break
        call, said, heard, answered = session._history[1:5]
    assert (call.name, call.output) == ("get_weather", "21 degrees and sunny in Tokyo")
    assert "21 degrees" in said.content[0].transcript
    assert heard.role == "user" and heard.content[0].transcript
    assert answered.content[0].transcript and sound > 0
