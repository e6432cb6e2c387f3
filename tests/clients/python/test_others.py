"""Haystack, DSPy, and the `llm` program."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated


def program(name, *arguments, folder):
    """What a program prints."""
    path = Path(sys.executable).parent / name
    done = subprocess.run(
        [path, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, "LLM_USER_PATH": str(folder)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_haystack_agents_end():
    from haystack.components.agents import Agent
    from haystack.components.embedders import OpenAITextEmbedder
    from haystack.components.generators.chat import OpenAIChatGenerator, OpenAIResponsesChatGenerator
    from haystack.dataclasses import ChatMessage
    from haystack.tools import tool

    @tool
    def get_weather(city: Annotated[str, "the city"]) -> str:
        """Get the weather in a city."""
        return f"21 degrees in {city}"

    for generator in (OpenAIChatGenerator, OpenAIResponsesChatGenerator):
        agent = Agent(chat_generator=generator(model="gpt-4o"), tools=[get_weather])
        end = agent.run([ChatMessage.from_user("What is the weather in Paris?")])
        assert [message.role.value for message in end["messages"]] == ["user", "assistant", "tool", "assistant"]
        assert "21 degrees in Paris" in end["messages"][-1].text
        heard = []
        generator(model="gpt-4o", streaming_callback=heard.append).run([ChatMessage.from_user("Hello")])
        assert len(heard) > 5
    assert len(OpenAITextEmbedder().run("x")["embedding"]) == 1536


def test_dspy_signatures_are_filled_in_one_call():
    import dspy

    class Extract(dspy.Signature):
        """Extract the person."""

        text: str = dspy.InputField()
        name: str = dspy.OutputField()
        age: int = dspy.OutputField()

    for adapter in (dspy.ChatAdapter(), dspy.JSONAdapter()):
        lm = dspy.LM("openai/gpt-4o-mini", cache=False, num_retries=0)
        with dspy.context(lm=lm, adapter=adapter):
            found = dspy.Predict(Extract)(text="Jane Doe is 34 years old.")
            assert (found.name, found.age) == ("Jane Doe", 34)
            thought = dspy.ChainOfThought(Extract)(text="Jane Doe is 34 years old.")
            assert thought.reasoning and thought.name == "Jane Doe"
        assert len(lm.history) == 2


def test_the_llm_program(tmp_path):
    assert program("llm", "-m", "gpt-4o", "How do tides work?", folder=tmp_path).strip()
    found = program("llm", "-m", "gpt-4o", "--schema", "name, age int", "Jane Doe is 34", folder=tmp_path)
    assert json.loads(found) == {"name": "Jane Doe", "age": 34}
    told = program("llm", "-m", "gpt-4o", "-T", "llm_version", "Use llm_version", folder=tmp_path)
    assert "llm_version" in told
    assert len(json.loads(program("llm", "embed", "-m", "3-small", "-c", "hello", folder=tmp_path))) == 1536
