"""The examples do what they say, so that they can't rot. Those for Node and Rust run elsewhere:
tests/sdk/node/examples.test.mjs, and xtask/src/suites.rs."""

import os
import subprocess
import sys
from pathlib import Path

from conftest import address

EXAMPLES = Path(__file__).parents[3] / "examples"


def run(server, *command):
    environment = os.environ | {"OPENAI_BASE_URL": address(server)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(name):
    return run("FAKEAI_BASE_URL", sys.executable, EXAMPLES / "python" / name)


def curl(name, server="FAKEAI_BASE_URL"):
    return run(server, "bash", EXAMPLES / "curl" / name)


def test_chat_stream():
    assert " tokens for " in python("chat_stream.py").splitlines()[-1]


def test_tool_loop():
    lines = python("tool_loop.py").splitlines()
    assert lines[:2] == ['-> get_weather({"city":"Lisbon"})', '-> get_weather({"city":"Oslo"})']
    assert len(lines) > 2


def test_structured_output():
    assert '"stars": ' in python("structured_output.py")


def test_background_response():
    lines = python("background_response.py").splitlines()
    assert lines[1].endswith(" is completed")
    assert len(lines[2]) > 20


def test_curl_chat():
    shown = curl("chat.sh")
    assert '"object":"chat.completion"' in shown
    assert '"completion_tokens":5' in shown
    assert shown.rstrip().endswith("data: [DONE]")


def test_curl_worlds_and_journal():
    shown = curl("worlds_and_journal.sh")
    assert "not found" in shown
    assert '"operation":"createResponse"' in shown
    assert '"reset":true' in shown


def test_curl_faults_and_virtual_clock():
    shown = curl("faults_and_virtual_clock.sh", "FAKEAI_VIRTUAL_BASE_URL")
    assert "429 Too Many Requests" in shown
    assert "retry-after: 2" in shown
    assert '"object":"chat.completion"' in shown


def test_all_examples_are_run():
    with_code = {path.name for path in EXAMPLES.rglob("*.*") if path.parent.name in ("python", "curl")}
    text = Path(__file__).read_text()
    assert with_code
    assert all(f'"{name}"' in text for name in with_code)
