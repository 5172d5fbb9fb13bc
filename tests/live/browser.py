"""A headless Chromium of the system's for the tests, with a camera that shows numbered frames."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from framelift.benchmarks.live import frame_id
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

Luma = NDArray[np.uint8]

WIDTH, HEIGHT, RATE = 640, 360, 30
NUMBERS = range(1000, 1060)
"""Frame ids that the camera and the clips show, in turn and again."""

FAKE_CAMERA = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"  # nobody is there to press Allow
_FLAGS = (
    "--no-sandbox",  # which needs rights that containers lack; it opens nothing but our own page
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
WAIT_MS = 30_000


@contextlib.contextmanager
def playing() -> Iterator[Playwright]:
    """What starts browsers; one at a time in a process, and while it is open no asyncio loop can be run."""
    with sync_playwright() as playwright:
        yield playwright


@contextlib.contextmanager
def chromium(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """A browser; skips the test where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium here: install the system's package `chromium`")
    browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *flags])
    try:
        yield browser
    finally:
        browser.close()


def camera_of(clip: Path) -> tuple[str, ...]:
    """Flags for a camera that shows a .y4m file over and over."""
    return ALLOWED, f"{FAKE_CAMERA}=fps={RATE}", f"--use-file-for-fake-video-capture={clip}"


def scenes() -> Iterator[tuple[int, Luma]]:
    """A pattern that moves, with each of NUMBERS drawn in it."""
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    for number in NUMBERS:
        luma = (126 + 90 * np.sin((x + 4 * number) / 23) * np.cos(y / 17)).astype(np.uint8)
        frame_id.stamp(luma, number)
        yield number, luma


def write_y4m(path: Path) -> Path:
    """The scenes as a camera's file: YUV4MPEG2, as `yuv4mpeg(5)` describes it."""
    chroma = np.full(WIDTH * HEIGHT // 2, 128, np.uint8).tobytes()
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for _, luma in scenes():
            file.write(b"FRAME\n" + luma.tobytes() + chroma)
    return path


def write_clip(path: Path, frames: int = len(NUMBERS)) -> Path:
    """The first of the scenes as a video file that browsers play."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libvpx" if path.suffix == ".webm" else "libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 4_000_000
        for (_, luma), index in zip(scenes(), range(frames), strict=False):
            chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.concatenate((luma, chroma)), "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def until(page: Page, condition: str, milliseconds: int = WAIT_MS) -> None:
    """Wait until a JavaScript expression is true in the page.

    Playwright's own way compiles text while it waits, which the page's Content-Security-Policy forbids.
    """
    page.evaluate(
        f"""async () => {{
            const end = performance.now() + {milliseconds};
            while (!({condition})) {{
                if (performance.now() > end) {{
                    const words = [...document.querySelectorAll("[role=status]")].map((place) => place.textContent);
                    throw new Error(`not within {milliseconds} ms; the page says: ${{words.join(" | ")}}`);
                }}
                await new Promise((resolve) => setTimeout(resolve, 20));
            }}
        }}"""
    )


def shown_numbers(page: Page, video: str, count: int) -> list[int | None]:
    """The frame ids of the next `count` frames that a <video> shows; None for one that cannot be read."""
    page.evaluate(frame_id.javascript())
    numbers: list[int | None] = page.evaluate(
        """([selector, count, milliseconds]) => new Promise((resolve, reject) => {
            const video = document.querySelector(selector), seen = [];
            setTimeout(() => reject(new Error(`${seen.length} of ${count} frames were shown`)), milliseconds);
            const look = () => {
                seen.push(window.frameId.read(video));
                if (seen.length === count) resolve(seen);
                else video.requestVideoFrameCallback(look);
            };
            video.requestVideoFrameCallback(look);
        })""",
        [video, count, WAIT_MS],
    )
    return numbers


def keep_screenshot(page: Page, name: str, folder: Path) -> None:
    """Keep what the page shows as `name`.png, in FRAMELIFT_ARTEFACTS where that is set, else in `folder`."""
    kept = Path(os.environ.get("FRAMELIFT_ARTEFACTS", folder))
    kept.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=kept / f"{name}.png", full_page=True)
