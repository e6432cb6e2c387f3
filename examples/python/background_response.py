"""A response in the background: started, polled, and its stream read from the middle.

Run:  fakeai server --ttft 300 --itl 10     (in another terminal; a pace makes the waiting visible)
      pip install openai
      python examples/python/background_response.py
"""

import os
import time

from openai import OpenAI

client = OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1"), api_key="any")

# The stream may be left at any time: the work goes on without it.
stream = client.responses.create(model="gpt-4o", input="How are bridges built?", background=True, stream=True)
started = next(iter(stream))
stream.close()
print(f"{started.response.id} is {started.response.status}")

response = client.responses.retrieve(started.response.id)
while response.status in ("queued", "in_progress"):
    time.sleep(0.1)
    response = client.responses.retrieve(response.id)
print(f"{response.id} is {response.status}")

# Every event has a number; whoever lost the connection goes on where it broke.
rest = client.responses.retrieve(response.id, stream=True, starting_after=started.sequence_number)
print("".join(event.delta for event in rest if event.type == "response.output_text.delta"))
