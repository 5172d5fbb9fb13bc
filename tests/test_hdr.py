"""Static HDR metadata: as numbers from FFmpeg's structures, and whole through each encoder that takes it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.sidedata.sidedata import Type as SideDataType
from clips import BT2020_PQ, HDR10_X264, HDR10_X265, Clip, write_clip
from facts import plan_for, video_facts
from framelift.engine.encode import VideoEncoder
from framelift.engine.encoders import ENCODERS, Encoder, EncodeSettings
from framelift.engine.frame import Ledger, UpscaledFrame
from framelift.engine.hdr import hdr_parameters
from framelift.engine.media import probe
from frames import ramps
from hypothesis import given
from hypothesis import strategies as st

BY_NAME = {encoder.name: encoder for encoder in ENCODERS}
DISPLAY, LIGHT = SideDataType.MASTERING_DISPLAY_METADATA, SideDataType.CONTENT_LIGHT_LEVEL
X = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,50)"
"""BT.2020 and D65 in units of 0.00002, 1000 and 0.005 cd/m2 in units of 0.0001: as x264 and x265 take it."""


def mastering_display(numbers: Sequence[Fraction]) -> bytes:
    """AVMasteringDisplayMetadata: x and y of red, green, blue and white, least and most luminance, two flags."""
    pairs = [part for number in numbers for part in (number.numerator, number.denominator)]
    return struct.pack("<20i2i", *pairs, 1, 1)


SCREEN = mastering_display([
    *(Fraction(n, 50_000) for n in (35400, 14600, 8500, 39850, 6550, 2300, 15635, 16450)),
    *(Fraction(50, 10_000), Fraction(1000)),
])  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("libx264", {"mastering-display": X, "cll": "1000,400"}),
        ("libx265", {"master-display": X, "max-cll": "1000,400"}),
        (
            "libsvtav1",
            {
                "mastering-display": "G(0.170000,0.797000)B(0.131000,0.046000)R(0.708000,0.292000)"
                "WP(0.312700,0.329000)L(1000.000000,0.005000)",
                "content-light": "1000,400",
            },
        ),
    ],
)
def test_each_encoder_gets_its_own_words(name: str, expected: dict[str, str]) -> None:
    side_data = {DISPLAY: SCREEN, LIGHT: struct.pack("<II", 1000, 400)}
    assert hdr_parameters(side_data, BY_NAME[name]) == expected


def test_the_encoders_that_take_it() -> None:
    assert {e.name for e in ENCODERS if e.hdr} == {"libx264", "libx264rgb", "libx265", "libsvtav1"}


def test_without_metadata_there_is_nothing_to_say() -> None:
    assert hdr_parameters({SideDataType.A53_CC: b"x"}, BY_NAME["libx265"]) == {}


def test_one_of_the_two_may_be_missing() -> None:
    assert hdr_parameters({DISPLAY: SCREEN}, BY_NAME["libx264"]) == {"mastering-display": X}
    light = {LIGHT: struct.pack("<II", 4000, 0)}
    assert hdr_parameters(light, BY_NAME["libx265"]) == {"max-cll": "4000,0"}


@given(st.lists(st.integers(0, 50_000), min_size=8, max_size=8), st.integers(0, 50_000), st.integers(1, 10**8))
def test_every_number_comes_through(points: list[int], least: int, most: int) -> None:
    numbers = [Fraction(n, 50_000) for n in points] + [Fraction(least, 10_000), Fraction(most, 10_000)]
    rx, ry, gx, gy, bx, by, wx, wy = points
    found = hdr_parameters({DISPLAY: mastering_display(numbers)}, BY_NAME["libx264"])
    assert found == {"mastering-display": f"G({gx},{gy})B({bx},{by})R({rx},{ry})WP({wx},{wy})L({most},{least})"}


@pytest.mark.parametrize(("codec", "options"), [("libx264", HDR10_X264), ("libx265", HDR10_X265)])
def test_ffmpeg_s_own_structures_are_read(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    """What the clip's encoder was told is what the next encoder would be told."""
    clip = Clip(codec, "yuv420p10le", frames=1, options=options, colour=BT2020_PQ)
    side_data = probe(write_clip(tmp_path / "hdr.mkv", clip)).video.side_data
    assert hdr_parameters(side_data, BY_NAME["libx264"]) == {"mastering-display": X, "cll": "1000,400"}


@pytest.mark.parametrize("encoder", [e for e in ENCODERS if e.hdr], ids=lambda encoder: encoder.name)
def test_metadata_comes_through_the_encoder(tmp_path: Path, encoder: Encoder) -> None:
    """Read by a decoder, from the stream itself."""
    pix_fmt = "gbrp" if encoder.name == "libx264rgb" else "yuv420p10le"
    video = video_facts(
        pix_fmt=pix_fmt, width=32, height=32, side_data={DISPLAY: SCREEN, LIGHT: struct.pack("<II", 1000, 400)}
    )
    path = tmp_path / "hdr.mkv"
    plan = plan_for(path, video, EncodeSettings(codec=encoder.name))
    with av.open(str(path), "w") as file:
        encoded = VideoEncoder(file, plan)
        encoded.open()
        picture = ramps(pix_fmt, 64, 64)
        frame = UpscaledFrame(picture, 0, 0, 40, Fraction(1, 1000), plan.output_colour, Fraction(1), Ledger())
        file.mux([*encoded.encode(frame), *encoded.flush()])
    found = probe(path).video.side_data
    assert struct.unpack("<II", found[LIGHT][:8]) == (1000, 400)
    assert values(found[DISPLAY]) == pytest.approx(values(SCREEN), abs=2e-5)


def values(display: bytes) -> list[float]:
    numbers = struct.unpack("<20i", display[:80])
    return [n / d for n, d in zip(numbers[::2], numbers[1::2], strict=True)]
