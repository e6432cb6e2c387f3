"""A structured answer, read into a pydantic model.

Run:  fakeai server          (in another terminal)
      pip install openai
      python examples/python/structured_output.py
"""

import os
from enum import Enum

from openai import OpenAI
from pydantic import BaseModel, Field


class Mood(str, Enum):
    happy = "happy"
    sad = "sad"


class Review(BaseModel):
    product: str
    stars: int = Field(ge=1, le=5)
    mood: Mood
    reasons: list[str] = Field(min_length=1, max_length=3)


client = OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1"), api_key="any")
response = client.responses.parse(
    model="gpt-4o",
    input="Review the product 'Acme kettle'.",
    text_format=Review,
)
# Valid whenever the response is complete, whatever the schema asks for.
print(response.output_parsed.model_dump_json(indent=2))
