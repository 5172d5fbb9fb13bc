"""Chromium to Chromium: a headless browser publishes a canvas and watches what the server makes of it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from ...engine.errors import UsageError
from . import signalling
from .codecs import MIME_TYPES, Codec
from .failures import NothingSeen
from .frame_id import javascript
from .glass import Glass, Seen, glass_of
from .scene import RATE
from .servers import Server

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-gpu",
    "--no-sandbox",  # which needs rights that containers lack; it opens nothing but our own page
)
_FIRST_PICTURE = 20.0  # seconds


@dataclass(frozen=True)
class BrowserRan:
    """What the browser saw."""

    browser: str
    glass: Glass
    size: tuple[int, int]
    jitter_buffer_ms: float | None  # the browser's own share, a mean
    decode_ms: float | None


def chromium() -> str:
    """The path of a Chromium of the system's. Raises UsageError."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise UsageError("there is no Chromium here", "install the system's package `chromium`, or leave this case out")
    return path


def run_browser(server: Server, codec: Codec, seconds: float, size: tuple[int, int] = (640, 360)) -> BrowserRan:
    """Publish and watch for a time after the first picture. Raises UsageError, Refused, NothingSeen."""
    return asyncio.run(_run(server, codec, seconds, size))


async def _run(server: Server, codec: Codec, seconds: float, size: tuple[int, int]) -> BrowserRan:
    async with blank_page() as (page, version), AsyncExitStack() as sessions:
        await page.evaluate(javascript())
        await page.evaluate(Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))
        sessions.push_async_callback(page.evaluate, "bench.close()")
        for name, url in (("publisher", server.publishing("browser")), ("viewer", server.viewing("browser"))):
            sdp = await page.evaluate("a => bench.offer(...a)", [name, MIME_TYPES[codec], *size, RATE])
            answer = await signalling.offer(url, sdp)
            sessions.push_async_callback(signalling.end, answer)
            await page.evaluate("a => bench.accept(...a)", [name, answer.sdp])
        await _first_picture(page)
        await asyncio.sleep(seconds)
        return _summed_up(version, await page.evaluate("bench.result()"))


@asynccontextmanager
async def blank_page() -> AsyncIterator[tuple[Page, str]]:
    """A blank page in a browser of its own, and the browser's version."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        try:
            yield await browser.new_page(), browser.version
        finally:
            await browser.close()


async def _first_picture(page: Page) -> None:
    end = time.monotonic() + _FIRST_PICTURE
    while not await page.evaluate("bench.seen.length"):
        if time.monotonic() > end:
            raise NothingSeen(f"the browser showed nothing within {_FIRST_PICTURE:g} seconds")
        await asyncio.sleep(0.05)


def _summed_up(version: str, result: dict[str, Any]) -> BrowserRan:
    made = {int(number): at / 1000 for number, at in result["made"].items()}
    seen = [Seen(number, at / 1000) for number, at, _, _ in result["seen"]]
    stats = result["stats"]
    return BrowserRan(
        browser=version,
        glass=glass_of(made, seen),
        size=tuple(result["seen"][-1][2:]),
        jitter_buffer_ms=_mean_ms(stats, "jitterBufferDelay", "jitterBufferEmittedCount"),
        decode_ms=_mean_ms(stats, "totalDecodeTime", "framesDecoded"),
    )


def _mean_ms(stats: dict[str, Any], seconds: str, count: str) -> float | None:
    return round(1000 * stats[seconds] / stats[count], 2) if stats.get(count) else None
