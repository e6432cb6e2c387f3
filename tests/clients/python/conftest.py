"""Addresses of the servers that `cargo xtask check --full --only clients` starts.

Each has its base URL, with `/v1`, in an environment variable; see xtask/src/clients.rs for their
flags. Each file is run in the environment that has its client.
"""

import base64
import os
import socket
import struct
import zlib

import pytest

# litellm asks the network for prices, the agents send traces there.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"
os.environ["ANONYMIZED_TELEMETRY"] = "False"
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

KEY = "sk-right-key"


def address(name: str) -> str:
    """The base URL of a server, from the environment."""
    try:
        return os.environ[name]
    except KeyError:
        raise pytest.UsageError(f"{name} is not set; run `cargo xtask check --full --only clients`") from None


def picture(width: int = 64, height: int = 64) -> str:
    """A red PNG as a data URL."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def base_url() -> str:
    """A server with nothing but a seed."""
    return address("FAKEAI_BASE_URL")


@pytest.fixture(scope="session")
def keyed_url() -> str:
    """A server that wants a key and knows listed models alone."""
    return address("FAKEAI_KEYED_BASE_URL")


@pytest.fixture(scope="session")
def slow_url() -> str:
    """A server whose first token takes a minute."""
    return address("FAKEAI_SLOW_BASE_URL")


@pytest.fixture(scope="session")
def faulty_url() -> str:
    """A server that fails every other request with a 500."""
    return address("FAKEAI_FAULTY_BASE_URL")


@pytest.fixture(autouse=True)
def settled(base_url, monkeypatch):
    """What clients read from the environment points at the plain server."""
    monkeypatch.setenv("OPENAI_BASE_URL", base_url)
    monkeypatch.setenv("OPENAI_API_BASE", base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    monkeypatch.delenv("OPENAI_ORG_ID", raising=False)


@pytest.fixture
def tokenizer(monkeypatch):
    """cl100k for tiktoken, which fetches it otherwise: litellm's package has it."""
    from importlib.util import find_spec
    from pathlib import Path

    folder = Path(find_spec("litellm").origin).parent / "litellm_core_utils" / "tokenizers"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
