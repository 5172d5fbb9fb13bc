"""What the live tests share: a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import chromium, playing
from playwright.sync_api import Browser, Playwright
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


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """One at a time: nothing of asyncio may run in the thread until it ends, so a module's tests share it."""
    with playing() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Without a camera, unless a module has one of its own."""
    with chromium(playwright) as running:
        yield running
