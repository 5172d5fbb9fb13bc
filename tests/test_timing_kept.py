"""Time, end to end: every pts is the source's, rounded to the output's time base; nothing drifts, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from clips import MILLISECOND, Clip, Sound, Text, write_clip
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode
from framelift.engine.verify import verify
from runs import QUICKLY, frames_of, kept

SMALL = Clip(width=64, height=48, frames=8)
UNEVEN = (0, 40, 100, 130, 131, 290, 300, 900)  # ms
NTSC = Fraction(30000, 1001)


def moments(path: Path) -> list[Fraction]:
    """The pts of all frames in seconds, in the order they are shown."""
    return [moment(frame.pts, frame.time_base) for frame in frames_of(path)]


def moment(pts: int | None, time_base: Fraction | None) -> Fraction:
    """Seconds; both must be known."""
    assert pts is not None
    assert time_base is not None
    return pts * time_base


def time_base_of(path: Path) -> Fraction:
    with av.open(f"file:{path}") as file:
        return moment(1, file.streams.video[0].time_base)


def assert_same_moments(source: Path, output: Path) -> None:
    base = time_base_of(output)
    ours, theirs = moments(source), moments(output)
    assert len(ours) == len(theirs)
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= base / 2


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(replace(SMALL, pts=UNEVEN, time_base=MILLISECOND), id="variable rate"),
        pytest.param(replace(SMALL, pts=UNEVEN, time_base=MILLISECOND, options={"bf": "0"}), id="no B-frames"),
        pytest.param(replace(SMALL, options={"bf": "3", "b_strategy": "0"}), id="B-frames"),
        pytest.param(replace(SMALL, rate=NTSC), id="29.97"),
        pytest.param(replace(SMALL, rate=Fraction(24000, 1001)), id="23.976"),
        pytest.param(replace(SMALL, rate=Fraction(60000, 1001)), id="59.94"),
        pytest.param(replace(SMALL, rate=Fraction(120)), id="120"),
        pytest.param(replace(SMALL, rate=Fraction(10, 3)), id="slow"),
        pytest.param(replace(SMALL, start=25), id="late start"),
        pytest.param(replace(SMALL, pts=(7, 8, 15, 16, 20), time_base=Fraction(1, 97)), id="odd time base"),
        pytest.param(replace(SMALL, pts=(3, 1004, 1104), time_base=Fraction(1, 90_000)), id="hardly a millisecond"),
        pytest.param(replace(SMALL, frames=1, start=3), id="one late frame"),
    ],
)
@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("mkv", "mkv"),
        ("mp4", "mp4"),
        ("mkv", "mp4"),
        ("mp4", "mkv"),
        ("mp4", "ts"),
        ("ts", "mp4"),
        ("mp4", "mov"),
        ("mp4", "webm"),
    ],
)
def test_every_pts_is_kept(tmp_path: Path, clip: Clip, source: str, output: str) -> None:
    with_sound = replace(clip, sounds=(Sound("aac" if output != "webm" else "libopus"),))
    made = write_clip(tmp_path / f"in.{source}", with_sound)
    assert_same_moments(made, kept(made, tmp_path / f"out.{output}"))


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libvpx-vp9", "libsvtav1", "ffv1"])
def test_every_encoder_keeps_a_variable_rate(tmp_path: Path, codec: str) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, pts=UNEVEN, time_base=MILLISECOND))
    output = kept(source, tmp_path / "out.mkv", "--codec", codec)
    assert moments(output) == moments(source)


def test_matroska_rounds_to_milliseconds_and_no_more(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", replace(SMALL, frames=12, rate=NTSC))
    matroska = kept(source, tmp_path / "out.mkv")
    assert [round(1000 * shown) for shown in moments(matroska)] == [round(1001 * n / 30) for n in range(12)]
    back = kept(matroska, tmp_path / "back.mp4")
    assert moments(back) == moments(matroska)


@pytest.mark.parametrize("output", ["mp4", "mkv", "ts", "mov"])
@pytest.mark.parametrize(
    "clip", [SMALL, replace(SMALL, options={"bf": "0"}), replace(SMALL, rate=NTSC)], ids=["25", "no B-frames", "29.97"]
)
def test_a_raw_stream_gets_timestamps_from_its_rate(tmp_path: Path, clip: Clip, output: str) -> None:
    source = write_clip(tmp_path / "in.h264", clip)
    made = kept(source, tmp_path / f"out.{output}")
    expected = [n / clip.rate for n in range(clip.frames)]
    base = time_base_of(made)
    assert all(abs(a - b) <= base for a, b in zip(moments(made), expected, strict=True))


@pytest.mark.parametrize("output", ["mp4", "mkv"])
@pytest.mark.parametrize("options", [{}, {"bf": "0"}], ids=["B-frames", "none"])
def test_avi_without_timestamps_plays_at_its_rate(tmp_path: Path, options: dict[str, str], output: str) -> None:
    source = write_clip(tmp_path / "in.avi", replace(SMALL, options=options, sounds=(Sound("libmp3lame"),)))
    made = moments(kept(source, tmp_path / f"out.{output}"))
    assert {b - a for a, b in pairwise(made)} == {Fraction(1, 25)}


@pytest.mark.parametrize("output", ["mkv", "mp4", "mov", "webm"])
@pytest.mark.parametrize("pts", [(0, 40, 80, 280), (0,)], ids=["four frames", "one frame"])
def test_the_last_frame_stays_as_long_as_it_did(tmp_path: Path, pts: tuple[int, ...], output: str) -> None:
    clip = replace(SMALL, pts=pts, time_base=MILLISECOND, rate=Fraction(1, 5))
    source = write_clip(tmp_path / "in.mkv", clip)
    with av.open(str(kept(source, tmp_path / f"out.{output}"))) as file:
        assert file.duration == 1000 * (pts[-1] + 5000)


@pytest.mark.parametrize("source", ["mkv", "mp4", "ts"])
@pytest.mark.parametrize("output", ["mkv", "mp4", "mov", "ts"])
def test_sound_begins_before_the_picture_as_it_did(tmp_path: Path, source: str, output: str) -> None:
    """AAC begins with what primes the decoder, before 0."""
    clip = write_clip(tmp_path / f"in.{source}", replace(SMALL, frames=12, sounds=(Sound("aac"),)))
    made = kept(clip, tmp_path / f"out.{output}")
    ours, theirs = (moments_of_sound(path)[0] for path in (clip, made))
    assert abs(ours - theirs) <= Fraction(1, 500)


@pytest.mark.parametrize("output", ["mkv", "mp4"])
def test_picture_sound_and_text_that_start_late_stay_together(tmp_path: Path, output: str) -> None:
    text = Text(lines=((1240, 1300, "one"), (1400, 1450, "two")))
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, start=30, sounds=(Sound(),), texts=(text,)))
    kept(source, tmp_path / f"out.{output}")


def test_large_timestamps_do_not_lose_precision(tmp_path: Path) -> None:
    ten_hours = 36_000_000
    pts = tuple(ten_hours + ms for ms in UNEVEN)
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, pts=pts, time_base=MILLISECOND))
    assert moments(kept(source, tmp_path / "out.mkv")) == moments(source)


@pytest.mark.parametrize("suffix", ["ts", "mpg"])
def test_sound_and_picture_go_on_where_the_clock_jumps_back(tmp_path: Path, suffix: str) -> None:
    """As in recordings that are joined byte by byte."""
    part = write_clip(
        tmp_path / f"part.{suffix}", replace(SMALL, codec="mpeg2video", frames=25, sounds=(Sound("mp2"),))
    )
    source = tmp_path / f"in.{suffix}"
    source.write_bytes(2 * part.read_bytes())
    output = tmp_path / "out.mkv"
    joined = ExitCode.DAMAGED if suffix == "ts" else ExitCode.DONE  # its packet counters jump as after a loss
    assert exit_code_of(["upscale", str(source), str(output), *QUICKLY]) == joined
    assert verify(source, output).findings == ()
    picture, sound = moments(output), moments_of_sound(output)
    assert len(picture) == 50
    assert max(b - a for a, b in pairwise(picture)) <= Fraction(80, 1000)
    assert max(b - a for a, b in pairwise(sound)) <= Fraction(25, 1000)
    assert abs(picture[-1] - sound[-1]) < Fraction(100, 1000)


def moments_of_sound(path: Path) -> list[Fraction]:
    with av.open(str(path)) as file:
        return [moment(packet.pts, packet.time_base) for packet in file.demux(audio=0) if packet.size]
