"""What the live tests share: a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import TOKEN, LiveServer, served


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    """One server for all tests that leave it as they found it."""
    with served("--max-sessions", "8") as started:
        yield started


@pytest.fixture(scope="session")
def guarded() -> Iterator[LiveServer]:
    """Likewise, with a token."""
    with served(token=TOKEN) as started:
        yield started
