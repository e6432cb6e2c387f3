"""The litellm proxy in front of FakeAI, used with the official SDK."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import openai
import pytest

from conftest import KEY, free_port

CONFIG = """
model_list:
  - model_name: "*"
    litellm_params: {{model: "openai/*", api_base: "{plain}", api_key: sk-any}}
  - model_name: refused
    litellm_params: {{model: openai/gpt-4o, api_base: "{keyed}", api_key: sk-wrong}}
  - model_name: unknown
    litellm_params: {{model: openai/gpt-none, api_base: "{keyed}", api_key: {key}}}
  - model_name: shaky
    litellm_params: {{model: openai/gpt-4o, api_base: "{faulty}", api_key: sk-any, max_retries: 0}}
litellm_settings: {{num_retries: 8, request_timeout: 30}}
general_settings: {{master_key: sk-master}}
"""


@pytest.fixture(scope="module")
def proxy(base_url, keyed_url, faulty_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(plain=base_url, keyed=keyed_url, faulty=faulty_url, key=KEY))
    port = free_port()
    program = Path(sys.executable).parent / "litellm"
    command = [program, "--config", config, "--host", "127.0.0.1", "--port", str(port)]
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "OPENAI_API_KEY": ""})
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{url}/health/liveliness", timeout=1)
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()[-2000:]
                time.sleep(0.25)
        yield openai.OpenAI(base_url=f"{url}/v1", api_key="sk-master", max_retries=0, timeout=60)
    finally:
        process.terminate()
        process.wait()


def ask(text):
    return [{"role": "user", "content": text}]


def test_answers_and_streams_with_their_costs(proxy):
    raw = proxy.chat.completions.with_raw_response.create(model="gpt-4o", messages=ask("How do tides work?"))
    answer = raw.parse()
    usage = answer.usage
    cost = float(raw.headers["x-litellm-response-cost"])
    assert cost == pytest.approx(usage.prompt_tokens * 2.5e-6 + usage.completion_tokens * 10e-6)
    stream = proxy.chat.completions.create(
        model="gpt-4o", messages=ask("How do tides work?"), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == answer.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == usage.completion_tokens


def test_tools_responses_and_embeddings_pass(proxy):
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": parameters}}
    answer = proxy.chat.completions.create(model="gpt-4o", messages=ask("What is the weather in Paris?"), tools=[tool])
    [call] = answer.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    answer = proxy.responses.create(model="gpt-4.1", input="How do tides work?")
    assert answer.output_text
    kinds = [event.type for event in proxy.responses.create(model="gpt-4.1", input="Hi", stream=True)]
    assert kinds[-1] == "response.completed"
    vectors = proxy.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    assert len(vectors.data) == 2


def test_errors_keep_their_status(proxy):
    with pytest.raises(openai.AuthenticationError):
        proxy.chat.completions.create(model="refused", messages=ask("Hi"))
    with pytest.raises(openai.NotFoundError):
        proxy.chat.completions.create(model="unknown", messages=ask("Hi"))
    with pytest.raises(openai.BadRequestError, match="maximum context length"):
        proxy.chat.completions.create(model="gpt-4", messages=ask("word " * 9000))


def test_failures_are_tried_again(proxy):
    assert proxy.chat.completions.create(model="shaky", messages=ask("Hi")).choices
