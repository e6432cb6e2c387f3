"""Streams a chat answer, token by token, and prints what it cost.

Run:  fakeai server          (in another terminal)
      pip install openai
      python examples/python/chat_stream.py
"""

import os

from openai import OpenAI

# Any key will do while the server has none of its own.
client = OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1"), api_key="any")

stream = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Why do lighthouses blink?"}],
    stream=True,
    stream_options={"include_usage": True},
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
    else:
        # The last chunk has no choices but the usage: exactly the tokens that were streamed.
        print(f"\n\n{chunk.usage.completion_tokens} tokens for {chunk.usage.prompt_tokens} of prompt")
