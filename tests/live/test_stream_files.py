"""Files in and out: frames in order with their times, sound beside them, and a file that is whole or not there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import pytest
from framelift.engine.errors import InputError, OutputError
from framelift.engine.live.settings import LiveSettings
from framelift.engine.live.stream.addresses import destination_at
from framelift.engine.live.stream.decoding import Counts, Decoding, Order
from framelift.engine.live.stream.place import Place
from framelift.engine.live.stream.run import Stream, StreamOptions, stream
from framelift.engine.media import AnyPacket
from stream_clips import FPS, HEIGHT, WIDTH, Marked, Seen, read_marked, write_marked
from waiting import threads_of_ours, until

QUICK = StreamOptions(LiveSettings(model="tiny-8", threads=1))


def assert_kept(seen: Seen, clip: Marked, *, sound: bool = True, apart: float = 0.020) -> None:
    """Frames in order, each at its own time and twice as large; each flash beside its tone."""
    assert all(a < b for a, b in pairwise(seen.numbers))
    assert set(seen.numbers) <= set(range(clip.first, clip.first + round(clip.seconds * FPS)))
    for number, time in zip(seen.numbers, seen.times, strict=True):
        assert time == pytest.approx(clip.start + (number - clip.first) / FPS, abs=0.0011)
    assert set(seen.sizes) == {(2 * clip.size[0], 2 * clip.size[1])}
    if sound:
        assert seen.offsets()
        assert seen.offsets() == pytest.approx([0.0] * len(seen.offsets()), abs=apart)


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("out.mkv", "h264", "aac"),
        ("out.mp4", "h264", "aac"),
        ("out.mov", "h264", "aac"),
        ("out.ts", "h264", "aac"),
        ("out.webm", "vp8", "opus"),
        ("hls/", "h264", "aac"),
    ],
)
def test_a_file_at_its_own_pace(tmp_path: Path, name: str, codec: str, sound: str) -> None:
    clip = Marked(start=3.0)
    source = write_marked(tmp_path / "in.mkv", clip)
    report = stream(str(source), str(tmp_path / name) + ("/" if name.endswith("/") else ""), QUICK)
    written = tmp_path / name / "index.m3u8" if name.endswith("/") else tmp_path / name
    seen = read_marked(written)
    assert_kept(seen, clip)
    assert (seen.video, seen.sound) == (codec, sound)
    assert report.ended == "source ended"
    assert report.frames_in == clip.seconds * FPS
    assert report.frames_out == len(seen.numbers) == report.frames_in - sum(report.dropped.values())
    assert report.seconds >= clip.seconds - 0.1
    assert report.sound == ("copied" if sound == "aac" else "encoded as opus")
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


@pytest.mark.parametrize(("sound", "target"), [("pcm_s16le", "out.ts"), ("flac", "out.mp4"), ("libmp3lame", "out.mkv")])
def test_sound_that_is_encoded_or_copied_stays_in_time(tmp_path: Path, sound: str, target: str) -> None:
    clip = Marked(sound=sound)
    stream(str(write_marked(tmp_path / "in.mkv", clip)), str(tmp_path / target), QUICK)
    assert_kept(read_marked(tmp_path / target), clip)


def test_without_sound(tmp_path: Path) -> None:
    clip = Marked(seconds=1)
    source = write_marked(tmp_path / "in.mkv", clip)
    stream(str(source), str(tmp_path / "out.mkv"), replace(QUICK, sound=False))
    seen = read_marked(tmp_path / "out.mkv")
    assert seen.sound is None
    assert_kept(seen, clip, sound=False)


def test_a_source_that_has_none(tmp_path: Path) -> None:
    clip = Marked(seconds=1, sound=None)
    stream(str(write_marked(tmp_path / "in.mkv", clip)), str(tmp_path / "out.mp4"), QUICK)
    assert_kept(read_marked(tmp_path / "out.mp4"), clip, sound=False)


def test_frames_are_shown_in_order_with_b_frames(tmp_path: Path) -> None:
    clip = Marked(options={"preset": "medium", "bf": "3", "g": "25"})
    stream(str(write_marked(tmp_path / "in.mp4", clip)), str(tmp_path / "out.mkv"), QUICK)
    assert_kept(read_marked(tmp_path / "out.mkv"), clip)


def test_a_size_that_changes_on_the_way(tmp_path: Path) -> None:
    both = (tmp_path / "in.ts").open("wb")
    with both:
        for part, size in enumerate(((WIDTH, HEIGHT), (240, 144))):
            clip = Marked(seconds=1, start=part, first=FPS * part, size=size, sound=None)
            both.write(write_marked(tmp_path / f"{part}.ts", clip).read_bytes())
    report = stream(str(tmp_path / "in.ts"), str(tmp_path / "out.ts"), QUICK)
    seen = read_marked(tmp_path / "out.ts")
    assert set(seen.sizes) == {(320, 192), (480, 288)}
    assert all(a < b for a, b in pairwise(seen.times))
    assert report.frames_out == len(seen.numbers)


def test_the_aspect_of_pixels_is_kept(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.ts", Marked(seconds=0.6, aspect=Fraction(16, 15)))
    stream(str(source), str(tmp_path / "out.ts"), QUICK)
    with av.open(str(tmp_path / "out.ts")) as file:
        assert file.streams.video[0].sample_aspect_ratio == Fraction(16, 15)


def test_interlaced_video_is_deinterlaced(tmp_path: Path) -> None:
    clip = Marked(seconds=1, options={"flags": "+ildct+ilme", "x264-params": "tff=1:bframes=0", "preset": "ultrafast"})
    report = stream(str(write_marked(tmp_path / "in.ts", clip)), str(tmp_path / "out.ts"), QUICK)
    seen = read_marked(tmp_path / "out.ts")
    assert report.frames_in == FPS
    assert all(a < b for a, b in pairwise(seen.numbers))
    zeros = [time - number / FPS for number, time in zip(seen.numbers, seen.times, strict=True)]
    assert max(zeros) - min(zeros) < 0.003
    with av.open(str(tmp_path / "out.ts")) as file:
        assert not any(frame.interlaced_frame for frame in file.decode(video=0))


def test_what_is_there_is_kept_unless_told(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=0.4))
    (tmp_path / "out.mkv").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists"):
        stream(str(source), str(tmp_path / "out.mkv"), QUICK)
    assert (tmp_path / "out.mkv").read_bytes() == b"precious"
    stream(str(source), str(tmp_path / "out.mkv"), replace(QUICK, overwrite=True))
    assert read_marked(tmp_path / "out.mkv").numbers


def test_what_was_recorded_before_a_failure_is_kept_beside_others(tmp_path: Path) -> None:
    for content in ("first", "second", "third"):
        with Place(destination_at(str(tmp_path / "out.mkv")), None, overwrite=False) as place:
            Path(place.destination.url.removeprefix("file:")).write_text(content)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {
        "out.incomplete.mkv": "first", "out.incomplete-2.mkv": "second", "out.incomplete-3.mkv": "third",
    }  # fmt: skip


def test_options_of_the_user_reach_a_file(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=0.4))
    with pytest.raises(InputError, match="cannot be read"):
        stream(str(source), str(tmp_path / "out.mkv"), replace(QUICK, source_options={"format_whitelist": "mov"}))


def test_encoded_sound_goes_on_to_its_end(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=1, sound="pcm_s16le"))
    stream(str(source), str(tmp_path / "out.ts"), QUICK)
    with av.open(str(tmp_path / "out.ts")) as file:
        ends = [(frame.time or 0.0) + frame.samples / frame.sample_rate for frame in file.decode(audio=0)]
    assert ends[-1] >= 1.0 - 0.001


def test_a_failure_while_the_last_pictures_are_decoded_is_not_lost(tmp_path: Path) -> None:
    """They come when the decoder is flushed: with B-frames it holds some back."""
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=0.4, options={"preset": "medium", "bf": "3"}))

    def refuse(*_: object) -> None:
        raise RuntimeError("a bug")

    counts = Counts()
    with av.open(str(source)) as file:
        decoding = Decoding(file.streams.video[0], refuse, Order(counts), counts)
        decoding.add(next(iter(cast(Iterable[AnyPacket], file.demux(file.streams.video[0])))))
        with pytest.raises(RuntimeError, match="a bug"):
            decoding.close()
    assert threads_of_ours() == set()


def test_no_folder(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=0.4))
    with pytest.raises(OutputError, match="folder"):
        stream(str(source), str(tmp_path / "none" / "out.mkv"), QUICK)


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000])
def test_garbage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.mkv").write_bytes(content)
    with pytest.raises(InputError):
        stream(str(tmp_path / "in.mkv"), str(tmp_path / "out.mkv"), QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv"]


def test_no_video(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=0.4, video=False))
    with pytest.raises(InputError, match="holds no video"):
        stream(str(source), str(tmp_path / "out.mkv"), QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv"]


def test_a_stop_on_the_way_leaves_a_whole_file(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=20))
    running = Stream(str(source), str(tmp_path / "out.mp4"), QUICK)
    until(lambda: running.report().frames_out >= 10)
    report = running.close()
    assert report.ended == "stopped"
    assert report.seconds < 15
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert file.duration is not None
        assert len(list(file.decode(video=0))) == report.frames_out


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=0.4))
    stream(str(source), str(tmp_path / "0.mkv"), QUICK)
    before = open_things()
    for number in range(1, 4):
        stream(str(source), str(tmp_path / f"{number}.mkv"), QUICK)
    assert open_things() == before
    assert threads_of_ours() == set()


def open_things() -> tuple[int, int, str]:
    """How many files and threads this process has, and its children."""
    files = len(list(Path("/proc/self/fd").iterdir()))
    return files, threading.active_count(), Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def test_a_trace_is_written(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=0.4))
    stream(str(source), str(tmp_path / "out.mkv"), replace(QUICK, trace=tmp_path / "trace.json"))
    assert '"send"' in (tmp_path / "trace.json").read_text()
