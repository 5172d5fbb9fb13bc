"""The frame id drawn in pixels: read as it was drawn, through scaling and real encoders, and never read wrongly."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from framelift.benchmarks.live.frame_id import (
    NUMBERS,
    SMALLEST,
    Luma,
    javascript,
    luma_of,
    read,
    read_picture,
    stamp,
    stamped_rows,
)
from framelift.engine.errors import UsageError
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

NUMBER = st.integers(0, NUMBERS - 1)
WIDTH, HEIGHT = st.integers(SMALLEST, 1000), st.integers(30, 60)

CODECS = {
    "libx264": ("h264", {"preset": "superfast", "tune": "zerolatency", "profile": "baseline"}),
    "libvpx": ("libvpx", {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0", "qmax": "63"}),
}


def scenery(width: int, height: int, seed: int) -> Luma:
    """Coarse and fine noise: costly for any encoder."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1)).repeat(8, 0).repeat(8, 1)[:height, :width]
    return np.asarray(np.clip(coarse + rng.integers(-30, 30, (height, width)), 0, 255), np.uint8)


def picture_of(luma: Luma, number: int = 0) -> av.VideoFrame:
    planes = np.full((luma.shape[0] * 3 // 2, luma.shape[1]), 128, np.uint8)
    planes[: luma.shape[0]] = luma
    picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    picture.pts, picture.time_base = number, Fraction(1, 30)
    return picture


@given(NUMBER, WIDTH, HEIGHT, st.integers(0, 9))
def test_what_was_drawn_is_read(number: int, width: int, height: int, seed: int) -> None:
    luma = scenery(width, height, seed)
    stamp(luma, number)
    assert read(luma) == number
    assert read(luma[: stamped_rows(width)]) == number


@given(NUMBER, st.integers(1, 5))
def test_numbers_begin_again(number: int, rounds: int) -> None:
    luma = scenery(200, 40, 1)
    stamp(luma, number + rounds * NUMBERS)
    assert read(luma) == number


@given(WIDTH, HEIGHT, NUMBER)
def test_nothing_below_the_row_is_touched(width: int, height: int, number: int) -> None:
    luma = scenery(width, height, 2)
    before = luma.copy()
    stamp(luma, number)
    changed = np.argwhere(luma != before)
    assert changed[:, 0].max() < stamped_rows(width)
    assert changed[:, 1].max() < 0.61 * width


@given(st.integers(1, SMALLEST - 1))
def test_what_is_too_small_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match=f"{width}x40"):
        stamp(np.zeros((40, width), np.uint8), 1)
    assert read(np.zeros((40, width), np.uint8)) is None


@given(st.integers(0, 255), WIDTH)
def test_a_plain_picture_has_no_number(code: int, width: int) -> None:
    assert read(np.full((60, width), code, np.uint8)) is None


def test_scenery_has_no_number() -> None:
    """In 2000 pictures, none: 8 bits are checked, and every block must be clearly black or white."""
    assert [read(scenery(320, 16, seed)) for seed in range(2000)] == [None] * 2000


@given(NUMBER, st.integers(0, 23))
def test_a_single_wrong_block_is_noticed(number: int, block: int) -> None:
    luma = scenery(400, 20, 3)
    stamp(luma, number)
    part = luma[:10, 10 * block : 10 * (block + 1)]
    part[:] = 235 + 16 - part
    assert read(luma) is None


@settings(max_examples=30, deadline=None)
@given(NUMBER, st.sampled_from([2, 3, 4]), st.sampled_from(["BICUBIC", "BILINEAR", "LANCZOS"]), st.integers(80, 200))
def test_it_survives_scaling(number: int, scale: int, by: str, half: int) -> None:
    luma = scenery(2 * half, 60, 4)
    stamp(luma, number)
    larger = picture_of(luma).reformat(2 * half * scale, 60 * scale, interpolation=by)
    assert read_picture(larger) == number
    assert read_picture(larger.reformat(2 * half, 60, interpolation=by)) == number


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("encoder", CODECS)
def test_it_survives_two_real_encoders_at_low_bitrates(encoder: str, scale: int) -> None:
    """Published small at 300 kb/s, enlarged, sent on: all numbers are read, none wrongly."""
    numbers = [*range(20), 12345, 65535, 0x5555, 0xAAAA]
    sent = [numbered(number, i) for i, number in enumerate(numbers)]
    arrived = transcoded(sent, encoder, 300_000)
    error = np.subtract(luma_of(arrived[-1]), luma_of(sent[-1]), dtype=float)
    assert np.abs(error).mean() > 8, "the bitrate is not a low one"
    larger = [picture.reformat(320 * scale, 180 * scale, interpolation="BICUBIC") for picture in arrived]
    seen = [read_picture(picture) for picture in transcoded(larger, encoder, 300_000 * scale)]
    assert seen == numbers


def numbered(number: int, time: int) -> av.VideoFrame:
    luma = scenery(320, 180, time)  # nothing can be predicted from the frame before
    stamp(luma, number)
    return picture_of(luma, time)


def transcoded(pictures: list[av.VideoFrame], encoder: str, bitrate: int) -> list[av.VideoFrame]:
    """Encoded at `bitrate` in bits a second, and decoded."""
    decoder_name, options = CODECS[encoder]
    coder: Any = av.CodecContext.create(encoder, "w")
    coder.width, coder.height, coder.pix_fmt = pictures[0].width, pictures[0].height, "yuv420p"
    coder.bit_rate, coder.time_base, coder.framerate, coder.options = bitrate, Fraction(1, 30), 30, options
    decoder: Any = av.CodecContext.create(decoder_name, "r")
    arrived = []
    for picture in [*pictures, None]:
        for packet in coder.encode(picture):
            arrived += decoder.decode(packet)
    return [*arrived, *decoder.decode(None)]


def test_the_browser_draws_and_reads_the_same() -> None:
    """Python reads what the canvas drew, the canvas reads what Python drew, at odd widths too."""
    browser = pytest.importorskip("framelift.benchmarks.live.browser", reason="playwright is not installed")
    try:
        browser.chromium()
    except UsageError as error:
        pytest.skip(error.message)
    cases = [(640, 0), (640, 65535), (1283, 4711), (333, 0xAAAA), (SMALLEST, 1)]
    drawn, seen = asyncio.run(in_browser(browser, cases))
    assert [read(luma) for luma in drawn] == [number for _, number in cases]
    assert seen == [number for _, number in cases] + [None]


async def in_browser(browser: Any, cases: list[tuple[int, int]]) -> tuple[list[NDArray[np.uint8]], list[int | None]]:
    """What the page drew for each width and number; and what it read of Python's pictures, then of a plain one."""
    drawn, seen = [], []
    async with browser.blank_page() as (page, _):
        await page.evaluate(javascript())
        await page.evaluate(PAGE)
        for width, number in cases:
            rows = stamped_rows(width)
            pixels = await page.evaluate("a => drawn(...a)", [width, rows, number])
            drawn.append(np.array(pixels, np.uint8).reshape(rows, width, 4)[..., 1])
            luma = np.full((rows, width), 128, np.uint8)
            stamp(luma, number)
            seen.append(await page.evaluate("a => readBack(...a)", [width, rows, luma.ravel().tolist()]))
        seen.append(await page.evaluate("a => readBack(...a)", [200, 5, [255] * 1000]))
    return drawn, seen


PAGE = """
const canvasOf = (width, height) => new OffscreenCanvas(width, height);
window.drawn = (width, height, number) => {
  const context = canvasOf(width, height).getContext("2d");
  window.frameId.stamp(context, width, number);
  return [...context.getImageData(0, 0, width, height).data];
};
window.readBack = (width, height, codes) => {
  const canvas = canvasOf(width, height);
  const pixels = new Uint8ClampedArray(codes.flatMap((code) => [code, code, code, 255]));
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return window.frameId.read(canvas);
};
undefined  // the last value would be called if it were a function
"""
