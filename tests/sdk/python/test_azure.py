"""The SDK's own client for Azure OpenAI: deployments, keys, versions, content filter; and the plain
client over Azure's newer path."""

import openai
import pytest
from conftest import address

VERSION = "2024-10-21"


@pytest.fixture(scope="module")
def origin():
    """A server that wants the key `sk-right-key` and has the deployments `mine` and `vectors`."""
    return address("FAKEAI_AZURE_BASE_URL").removesuffix("/v1")


@pytest.fixture(scope="module")
def azure(origin):
    with openai.AzureOpenAI(
        azure_endpoint=origin, api_key="sk-right-key", api_version=VERSION, max_retries=0, timeout=30
    ) as client:
        yield client


def ask(text="Say something about the sea."):
    return [{"role": "user", "content": text}]


def test_a_deployment_chats(azure):
    answer = azure.chat.completions.create(model="mine", messages=ask())
    assert answer.choices[0].message.content
    assert answer.model.startswith("gpt-4o")
    prompt = answer.model_extra["prompt_filter_results"][0]
    assert prompt["content_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    own = answer.choices[0].model_extra["content_filter_results"]
    assert own["violence"]["severity"] == "safe"


def test_a_stream_ends_with_its_usage(azure):
    stream = azure.chat.completions.create(
        model="mine", messages=ask(), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert chunks[0].choices == [] and chunks[0].model_extra["prompt_filter_results"]
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert chunks[-1].usage.completion_tokens == len(pieces)
    whole = azure.chat.completions.create(model="mine", messages=ask())
    assert "".join(pieces) == whole.choices[0].message.content


def test_tools_are_called(azure):
    tool = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    answer = azure.chat.completions.create(model="mine", messages=ask("What is the weather in Paris?"), tools=[tool])
    call = answer.choices[0].message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Paris"}')
    assert answer.choices[0].finish_reason == "tool_calls"


def test_vectors(azure):
    answer = azure.embeddings.create(model="vectors", input=["one", "two"])
    assert [len(one.embedding) for one in answer.data] == [1536, 1536]


def test_files_and_models_stand_beside_the_deployments(azure):
    made = azure.files.create(file=("a.jsonl", b'{"a":1}\n'), purpose="assistants")
    assert azure.files.retrieve(made.id).filename == "a.jsonl"
    assert azure.files.delete(made.id).deleted
    assert azure.models.list().data


def test_a_token_is_as_good_as_a_key(origin):
    client = openai.AzureOpenAI(
        azure_endpoint=origin, azure_ad_token="sk-right-key", api_version=VERSION, max_retries=0
    )
    assert client.chat.completions.create(model="mine", messages=ask()).choices


def test_what_is_refused_says_so_as_azure_does(azure):
    wrong = azure.with_options(api_key="sk-wrong")
    with pytest.raises(openai.AuthenticationError) as caught:
        wrong.chat.completions.create(model="mine", messages=ask())
    assert caught.value.code == "401" and "invalid subscription key" in caught.value.message
    with pytest.raises(openai.NotFoundError) as caught:
        azure.chat.completions.create(model="other", messages=ask())
    assert caught.value.code == "DeploymentNotFound"
    with pytest.raises(openai.BadRequestError) as caught:
        azure.chat.completions.create(model="mine", messages=ask("I will kill you."))
    assert (caught.value.code, caught.value.param) == ("content_filter", "prompt")
    inner = caught.value.body["innererror"]
    assert inner["code"] == "ResponsibleAIPolicyViolation"
    assert inner["content_filter_result"]["violence"] == {"filtered": True, "severity": "high"}


def test_the_plain_client_works_over_the_newer_path(origin):
    client = openai.OpenAI(base_url=f"{origin}/openai/v1", api_key="sk-right-key", max_retries=0)
    first = client.responses.create(model="mine", input="My name is Ada.")
    second = client.responses.create(model="mine", input="What is my name?", previous_response_id=first.id)
    assert second.previous_response_id == first.id and second.output_text
    assert client.responses.retrieve(first.id).output_text == first.output_text
    events = [event.type for event in client.responses.create(model="mine", input="Hi.", stream=True)]
    assert (events[0], events[-1]) == ("response.created", "response.completed")
    answer = client.chat.completions.create(model="mine", messages=ask())
    assert answer.model_extra["prompt_filter_results"]
