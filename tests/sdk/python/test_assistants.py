"""Assistants answer threads: polled, streamed, with functions, with limits, cancelled."""

import time

import openai
import pytest
from openai import AssistantEventHandler

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather for a location",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}


@pytest.fixture
def assistant(world):
    return world.beta.assistants.create(
        model="gpt-4o", name="Weather desk", instructions="Answer briefly.", tools=[WEATHER]
    )


def thread_asking(world, text):
    return world.beta.threads.create(messages=[{"role": "user", "content": text}])


def outputs(run, said="18 degrees and rain"):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": said} for call in calls]


class Recorder(AssistantEventHandler):
    """Remembers the names of events, those of a row once."""

    def __init__(self):
        super().__init__()
        self.names = []
        self.text = ""

    def on_event(self, event):
        if self.names[-1:] != [event.event]:
            self.names.append(event.event)

    def on_text_delta(self, delta, snapshot):
        self.text += delta.value or ""


MESSAGE = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.completed",
    "thread.run.step.completed",
    "thread.run.completed",
]


def test_assistants_from_create_to_delete(world):
    made = [world.beta.assistants.create(model="gpt-4o", name=f"number {n}") for n in range(3)]
    assert [a.id for a in world.beta.assistants.list(limit=2)] == [a.id for a in reversed(made)]
    page = world.beta.assistants.list(limit=2, order="asc")
    assert [a.name for a in page.data] == ["number 0", "number 1"] and page.has_more
    changed = world.beta.assistants.update(made[0].id, instructions="Be kind.", metadata={"team": "blue"})
    assert world.beta.assistants.retrieve(made[0].id) == changed
    thread = thread_asking(world, "Hello!")
    run = world.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=made[0].id)
    assert (run.status, run.instructions) == ("completed", "Be kind.")
    assert world.beta.assistants.delete(made[0].id).deleted
    with pytest.raises(openai.NotFoundError, match="No assistant found with id"):
        world.beta.assistants.retrieve(made[0].id)
    with pytest.raises(openai.NotFoundError, match="No assistant found with id"):
        world.beta.threads.runs.create(thread.id, assistant_id=made[0].id)


def test_threads_and_messages_from_create_to_delete(world):
    thread = thread_asking(world, "First.")
    messages = world.beta.threads.messages
    second = messages.create(thread.id, role="user", content=[{"type": "text", "text": "Second."}])
    assert [m.content[0].text.value for m in messages.list(thread.id, order="asc", limit=1)] == ["First.", "Second."]
    assert messages.update(second.id, thread_id=thread.id, metadata={"a": "b"}).metadata == {"a": "b"}
    assert messages.retrieve(second.id, thread_id=thread.id).metadata == {"a": "b"}
    assert messages.delete(second.id, thread_id=thread.id).deleted
    with pytest.raises(openai.NotFoundError):
        messages.retrieve(second.id, thread_id=thread.id)
    assert world.beta.threads.update(thread.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert world.beta.threads.delete(thread.id).deleted
    with pytest.raises(openai.NotFoundError, match="No thread found with id"):
        messages.list(thread.id)


def test_a_run_answers_and_its_usage_is_that_of_its_steps(world, assistant):
    thread = thread_asking(world, "Tell me about rivers.")
    run = world.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed" and run.expires_at is None
    answer, question = world.beta.threads.messages.list(thread.id).data
    assert (question.role, answer.role, answer.run_id) == ("user", "assistant", run.id)
    (step,) = world.beta.threads.runs.steps.list(run.id, thread_id=thread.id).data
    assert step.step_details.message_creation.message_id == answer.id
    assert step.usage.to_dict() == run.usage.to_dict()
    direct = world.chat.completions.create(
        model="gpt-4o",
        messages=[
            {"role": "system", "content": "Answer briefly."},
            {"role": "user", "content": "Tell me about rivers."},
        ],
        tools=[WEATHER],
    )
    assert (run.usage.prompt_tokens, run.usage.completion_tokens) == (
        direct.usage.prompt_tokens,
        direct.usage.completion_tokens,
    )
    assert answer.content[0].text.value == direct.choices[0].message.content
    listed = world.beta.threads.messages.list(thread.id, run_id=run.id)
    assert [m.id for m in listed] == [answer.id]


def test_a_streamed_run_tells_everything_in_order(world, assistant):
    recorder = Recorder()
    with world.beta.threads.create_and_run_stream(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Tell me about rivers."}]},
        event_handler=recorder,
    ) as stream:
        stream.until_done()
        run = stream.get_final_run()
    started = ["thread.created", "thread.run.created", "thread.run.queued", "thread.run.in_progress"]
    assert recorder.names == started + MESSAGE
    assert recorder.text
    (message, _) = world.beta.threads.messages.list(run.thread_id).data
    assert message.content[0].text.value == recorder.text
    assert world.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run


def test_a_run_waits_for_its_functions(world, assistant):
    thread = thread_asking(world, "What's the weather in Paris?")
    runs = world.beta.threads.runs
    run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "requires_action" and run.usage is None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"location":"Paris"}')
    with pytest.raises(openai.BadRequestError, match=f"while a run {run.id} is active"):
        world.beta.threads.messages.create(thread.id, role="user", content="Well?")
    with pytest.raises(openai.BadRequestError, match=f"already has an active run {run.id}"):
        runs.create(thread.id, assistant_id=assistant.id)
    wrong = [{"tool_call_id": "call_nobody", "output": ""}]
    with pytest.raises(openai.BadRequestError, match=r"Expected tool outputs for call_ids \['call_"):
        runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=wrong)
    done = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run))
    assert done.status == "completed" and done.id == run.id
    steps = runs.steps.list(run.id, thread_id=thread.id, order="asc").data
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    assert steps[0].step_details.tool_calls[0].function.output == "18 degrees and rain"
    assert sum(step.usage.total_tokens for step in steps) == done.usage.total_tokens
    answer = world.beta.threads.messages.list(thread.id).data[0]
    assert "18 degrees" in answer.content[0].text.value
    with pytest.raises(openai.BadRequestError, match='Runs in status "completed" do not accept tool outputs'):
        runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs(run))


def test_a_run_that_waits_is_streamed_on(world, assistant):
    thread = thread_asking(world, "What's the weather in Paris?")
    asked = Recorder()
    with world.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=asked
    ) as stream:
        stream.until_done()
        run = stream.current_run
        (step,) = stream.get_final_run_steps()
    assert asked.names == [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.run.step.delta",
        "thread.run.requires_action",
    ]
    assert step.step_details.tool_calls[0].function.arguments == '{"location":"Paris"}'
    answered = Recorder()
    with world.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run), event_handler=answered
    ) as stream:
        stream.until_done()
    resumed = ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert answered.names == resumed + MESSAGE
    assert "18 degrees" in answered.text


def test_limits_make_a_run_incomplete(world, assistant):
    thread = thread_asking(world, "Write a story of 2000 words about the sea.")
    runs = world.beta.threads.runs
    cut = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, max_completion_tokens=256)
    assert (cut.status, cut.incomplete_details.reason) == ("incomplete", "max_completion_tokens")
    assert cut.usage.completion_tokens == 256
    message = world.beta.threads.messages.list(thread.id).data[0]
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "max_tokens")
    long = [{"role": "user", "content": "word " * 400}]
    over = runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, additional_messages=long, max_prompt_tokens=256
    )
    assert (over.status, over.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")
    assert over.usage.completion_tokens == 0


def test_a_run_sees_only_the_last_messages_where_it_wants_no_more(world, assistant):
    thread = world.beta.threads.create(
        messages=[{"role": "user", "content": "word " * 500}, {"role": "user", "content": "Hello!"}]
    )
    runs = world.beta.threads.runs
    whole = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    last = runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant.id,
        truncation_strategy={"type": "last_messages", "last_messages": 1},
    )
    assert whole.usage.prompt_tokens > 500 > last.usage.prompt_tokens


def test_overrides_are_the_runs_own(world, assistant):
    thread = thread_asking(world, "What's the weather in Paris?")
    run = world.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant.id,
        model="gpt-4o-mini",
        tools=[],
        additional_instructions="Answer as JSON.",
        response_format={"type": "json_object"},
        temperature=0.5,
        metadata={"case": "7"},
    )
    assert (run.status, run.model, run.tools, run.metadata) == ("completed", "gpt-4o-mini", [], {"case": "7"})
    assert run.instructions == "Answer briefly.\nAnswer as JSON."
    assert world.beta.threads.messages.list(thread.id).data[0].content[0].text.value.startswith("{")
    with pytest.raises(openai.BadRequestError, match="Tool choice 'nothing' not found"):
        choice = {"type": "function", "function": {"name": "nothing"}}
        world.beta.threads.runs.create(thread.id, assistant_id=assistant.id, tool_choice=choice)


def test_a_run_under_way_is_cancelled(slow_client):
    assistant = slow_client.beta.assistants.create(model="gpt-4o")
    thread = thread_asking(slow_client, "Take a minute.")
    runs = slow_client.beta.threads.runs
    run = runs.create(thread.id, assistant_id=assistant.id)
    assert run.status == "queued"
    assert runs.cancel(run.id, thread_id=thread.id).status == "cancelling"
    done = runs.poll(run.id, thread_id=thread.id)
    assert done.status == "cancelled" and done.cancelled_at
    with pytest.raises(openai.BadRequestError, match="Cannot cancel run with status 'cancelled'"):
        runs.cancel(run.id, thread_id=thread.id)
    slow_client.beta.threads.messages.create(thread.id, role="user", content="Again.")


def test_the_beta_header_is_wanted(world):
    wanted = "You must provide the 'OpenAI-Beta' header to access the Assistants API"
    with pytest.raises(openai.BadRequestError, match=wanted) as caught:
        world.get("/assistants", cast_to=object)
    assert caught.value.code == "invalid_beta"
    with pytest.raises(openai.BadRequestError, match="The v1 Assistants API has been deprecated"):
        world.get("/assistants", cast_to=object, options={"headers": {"OpenAI-Beta": "assistants=v1"}})


def test_an_unknown_model_makes_no_assistant(world):
    with pytest.raises(openai.BadRequestError, match="cannot be used with the Assistants API") as caught:
        world.beta.assistants.create(model="text-embedding-3-small")
    assert (caught.value.code, caught.value.param) == ("unsupported_model", "model")


HANDBOOK = b"""# Handbook

The office in Lisbon opens at nine in the morning.

Parental leave lasts thirty weeks for every employee.

The canteen serves soup on Thursdays.
"""


def read(world, store):
    """The store once its files are read."""
    for _ in range(200):
        now = world.vector_stores.retrieve(store)
        if now.status == "completed":
            return now
        time.sleep(0.02)
    pytest.fail(f"still {now.status}")


def test_a_run_searches_files_and_cites_them(world):
    file = world.files.create(file=("handbook.md", HANDBOOK), purpose="assistants")
    assistant = world.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file.id]}]}},
    )
    (store,) = assistant.tool_resources.file_search.vector_store_ids
    assert read(world, store).file_counts.completed == 1
    thread = thread_asking(world, "How long is parental leave?")
    run = world.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed"
    include = ["step_details.tool_calls[*].file_search.results[*].content"]
    steps = world.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc", include=include).data
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    (call,) = steps[0].step_details.tool_calls
    best = call.file_search.results[0]
    assert (best.file_id, best.file_name) == (file.id, "handbook.md")
    assert "thirty weeks" in best.content[0].text
    text = world.beta.threads.messages.list(thread.id).data[0].content[0].text
    assert "thirty weeks" in text.value
    (annotation, *_) = text.annotations
    assert annotation.file_citation.file_id == file.id
    assert text.value[annotation.start_index : annotation.end_index] == annotation.text
    assert annotation.text.endswith("†handbook.md】")
    plain = world.beta.threads.runs.steps.retrieve(steps[0].id, run_id=run.id, thread_id=thread.id)
    assert plain.step_details.tool_calls[0].file_search.results[0].content is None


def test_what_messages_bring_along_is_searched_too(world):
    file = world.files.create(file=("handbook.md", HANDBOOK), purpose="assistants")
    attachment = {"file_id": file.id, "tools": [{"type": "file_search"}]}
    asked = {"role": "user", "content": "When does the office open?", "attachments": [attachment]}
    thread = world.beta.threads.create(messages=[asked])
    (store,) = thread.tool_resources.file_search.vector_store_ids
    assert read(world, store).expires_after.days == 7
    assistant = world.beta.assistants.create(model="gpt-4o", tools=[{"type": "file_search"}])
    names = []
    with world.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        for event in stream:
            names.append(event.event)
        message = stream.get_final_messages()[0]
    assert "thread.run.step.delta" in names
    assert "nine in the morning" in message.content[0].text.value
    assert message.content[0].text.annotations[0].file_citation.file_id == file.id
    other = world.files.create(file=("other.txt", b"Nothing."), purpose="assistants")
    attachment["file_id"] = other.id
    world.beta.threads.messages.create(thread.id, role="user", content="More.", attachments=[attachment])
    assert read(world, store).file_counts.total == 2


def test_a_run_searches_what_came_with_it(world):
    file = world.files.create(file=("handbook.md", HANDBOOK), purpose="assistants")
    other = world.files.create(file=("other.txt", b"Nothing of use."), purpose="assistants")
    assistant = world.beta.assistants.create(model="gpt-4o", tools=[{"type": "file_search"}])
    asked = {
        "role": "user",
        "content": "When does the office open?",
        "attachments": [{"file_id": file.id, "tools": [{"type": "file_search"}]}],
    }
    run = world.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread={"messages": [asked]})
    message = world.beta.threads.messages.list(run.thread_id).data[0]
    assert "nine in the morning" in message.content[0].text.value
    assert message.content[0].text.annotations[0].file_citation.file_id == file.id
    thread = world.beta.threads.retrieve(run.thread_id)
    (store,) = thread.tool_resources.file_search.vector_store_ids
    assert world.vector_stores.retrieve(store).expires_after.days == 7

    thread = world.beta.threads.create()
    run = world.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, additional_messages=[asked]
    )
    message = world.beta.threads.messages.list(thread.id).data[0]
    assert "nine in the morning" in message.content[0].text.value

    stores = [{"file_ids": [other.id], "metadata": {"of": "the thread"}}]
    run = world.beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={
            "messages": [{"role": "user", "content": "What is in there?"}],
            "tool_resources": {"file_search": {"vector_stores": stores}},
        },
    )
    (store,) = world.beta.threads.retrieve(run.thread_id).tool_resources.file_search.vector_store_ids
    assert world.vector_stores.retrieve(store).metadata == {"of": "the thread"}
    asked["attachments"][0]["file_id"] = "file-none"
    before = len(world.vector_stores.list().data)
    with pytest.raises(openai.NotFoundError):
        world.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": [asked]})
    assert len(world.vector_stores.list().data) == before


def test_a_program_is_run_where_one_is_asked_to_calculate(world):
    assistant = world.beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}])
    thread = thread_asking(world, "What is 17 * 3?")
    run = world.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    steps = world.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc").data
    (call,) = steps[0].step_details.tool_calls
    assert call.code_interpreter.input == "print(17 * 3)"
    assert call.code_interpreter.outputs[0].logs == "51\n"
    assert "51" in world.beta.threads.messages.list(thread.id).data[0].content[0].text.value
    assert sum(step.usage.total_tokens for step in steps) == run.usage.total_tokens
