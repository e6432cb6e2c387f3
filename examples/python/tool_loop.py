"""An agent's loop: the model asks for a tool, we run it, the model answers.

The server takes arguments from the prompt and stops asking once it has seen the result, so that
loops end without any script.

Run:  fakeai server          (in another terminal)
      pip install openai
      python examples/python/tool_loop.py
"""

import json
import os

from openai import OpenAI

client = OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1"), api_key="any")


def get_weather(city: str) -> str:
    return json.dumps({"city": city, "degrees": 18, "sky": "cloudy"})


tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]
messages = [{"role": "user", "content": "What is the weather in Lisbon and in Oslo?"}]

while True:
    choice = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools).choices[0]
    if choice.finish_reason != "tool_calls":
        break
    messages.append(choice.message)
    for call in choice.message.tool_calls:
        print(f"-> {call.function.name}({call.function.arguments})")
        result = get_weather(**json.loads(call.function.arguments))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

print(choice.message.content)
