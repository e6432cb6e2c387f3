"""Tells Schemathesis what a stream of events is.

The provider's document gives the schema of what an event's data is as JSON. Schemathesis takes a
schema of `text/event-stream` for one of the events themselves, with their data as a text, so that
every stream would be a fault. It knows what OpenAPI 3.2 has for this, so each stream is told in
that form here: an event has a text, and the text is JSON of the schema or what ends a stream.
"""

import schemathesis

END = "[DONE]"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for response in operation.get("responses", {}).values():
                events = response.get("content", {}).get("text/event-stream")
                if events is not None:
                    events["itemSchema"] = event(events.pop("schema"))


def event(data):
    """The schema of an event with this data."""
    as_json = {"contentMediaType": "application/json", "contentSchema": data}
    return {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "string", "anyOf": [{"const": END}, as_json]}},
    }
