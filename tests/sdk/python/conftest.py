"""Clients of the servers that `cargo xtask check --only sdk-python` starts.

Each server has its address, with `/v1`, in an environment variable; see SERVERS in
xtask/src/suites.rs for their flags.
"""

import os

import openai
import pytest

# Where the server of FAKEAI_WEBHOOKS_BASE_URL sends its events, and how it signs them.
WEBHOOK_PORT = 47811
WEBHOOK_SECRET = "whsec_aG93IHRvIHNpZ24gYW4gZXZlbnQ="


def address(name: str) -> str:
    """The base URL of a server, from the environment."""
    try:
        return os.environ[name]
    except KeyError:
        raise pytest.UsageError(f"{name} is not set; run `cargo xtask check --only sdk-python`") from None


@pytest.fixture(scope="session")
def base_url() -> str:
    """A server with nothing but a seed."""
    return address("FAKEAI_BASE_URL")


@pytest.fixture(scope="session")
def client(base_url):
    """The SDK's client of the plain server. It never tries again, so that no failure is hidden."""
    with openai.OpenAI(base_url=base_url, api_key="sk-any", max_retries=0, timeout=30) as client:
        yield client


@pytest.fixture
async def async_client(base_url):
    """The asynchronous client of the plain server."""
    async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-any", max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def slow_client():
    """A client of a server whose first token takes a minute."""
    url = address("FAKEAI_SLOW_BASE_URL")
    with openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def limited_client():
    """A client of a server that takes 60 requests a minute of each model."""
    url = address("FAKEAI_LIMITED_BASE_URL")
    with openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0, timeout=30) as client:
        yield client


@pytest.fixture
def world(base_url, client, request):
    """A client of a world of the test's own, empty at its start."""
    name = request.node.name.replace("[", "-").replace("]", "")
    origin = base_url.replace("/v1", f"/w/{name}")
    client.post(f"{origin}/_fakeai/reset", cast_to=object)
    return client.with_options(base_url=f"{origin}/v1")
