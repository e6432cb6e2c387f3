"""Gives every worker of the official suite a world of its own, and every test an empty one.

The tests of the suite know nothing of state: without this, what one of them makes would be met by
another, and what fails would depend on their order. The tests themselves stay as they are.
"""

import os
import urllib.request

import pytest

origin = os.environ["TEST_API_BASE_URL"].removesuffix("/v1")
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    origin += f"/w/{worker}"
    # The tests read the address when they are imported, which is later.
    os.environ["TEST_API_BASE_URL"] = f"{origin}/v1"


@pytest.fixture(autouse=True)
def empty_world():
    """A reset before each test."""
    with urllib.request.urlopen(urllib.request.Request(f"{origin}/_fakeai/reset", method="POST")):
        pass
