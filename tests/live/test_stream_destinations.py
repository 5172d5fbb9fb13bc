"""Streams to real servers: what arrives, and what happens when a server goes away, comes back, or takes nothing."""

from __future__ import annotations

import math
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import pytest
from framelift.engine.errors import OutputError, UsageError
from framelift.engine.frame import Ledger
from framelift.engine.live.delay import LONGEST_DELAY, Delay
from framelift.engine.live.encoded import RTP_TIME_BASE, EncodedFrame
from framelift.engine.live.stream.addresses import Destination, destination_at
from framelift.engine.live.stream.run import Stream, stream
from framelift.engine.live.stream.sender import AHEAD, Sender
from framelift.engine.live.stream.sound import Sound, SoundPacket
from framelift.engine.media import AnyPacket
from hypothesis import given
from hypothesis import strategies as st
from runs import assert_two_lines, framelift, names_in
from serving import LiveServer
from stream_clips import BOUND, FPS, Marked, Seen, read_marked, write_marked
from stream_rtsp import annex_b
from stream_servers import Receiver, ended, free_port, rtmp_receiver, rtsp_receiver
from stream_whip import whip_server
from test_stream_files import QUICK
from waiting import threads_of_ours, until

CLIP = Marked(seconds=3.0)
TOKEN = "s3cretTokenOfTheTests"  # noqa: S105


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return str(write_marked(tmp_path / "in.mkv", CLIP))


def assert_arrived(seen: Seen, *, beginning_at: float | None = 0.0) -> None:
    """Frames in order, at the distances they had; sound beside them. Their clock may have another zero."""
    assert len(seen.numbers) > CLIP.seconds * FPS / 3  # connecting took some, a busy machine others
    assert all(a < b for a, b in pairwise(seen.numbers))
    assert set(seen.sizes) == {(320, 192)}
    zeros = [time - number / FPS for number, time in zip(seen.numbers, seen.times, strict=True)]
    assert max(zeros) - min(zeros) < 0.003
    if beginning_at is not None:
        assert zeros[0] == pytest.approx(beginning_at, abs=0.003)
    assert_together(seen.offsets())


def assert_together(offsets: list[float]) -> None:
    """Tones are with their flashes."""
    assert offsets
    assert max(map(abs, offsets)) <= 0.020


def test_rtmp(clip: str) -> None:
    port = free_port()
    receiver = rtmp_receiver(port)
    report = stream(clip, f"rtmp://127.0.0.1:{port}/live/x", QUICK)
    assert_arrived(receiver.result())
    assert report.frames_out == len(receiver.seen.numbers)


def test_rtsp(clip: str) -> None:
    port = free_port()
    receiver = rtsp_receiver(port)
    stream(clip, f"rtsp://127.0.0.1:{port}/live", QUICK)
    assert_arrived(receiver.result(), beginning_at=None)


def test_udp(clip: str) -> None:
    port = free_port(socket.SOCK_DGRAM)
    receiver = Receiver(f"udp://127.0.0.1:{port}?timeout=2000000")
    stream(clip, f"udp://127.0.0.1:{port}", QUICK)
    assert_arrived(receiver.result())


def test_whip(clip: str) -> None:
    with whip_server(TOKEN) as server:
        report = stream(clip, server.url, replace(QUICK, token=TOKEN))
        numbers = server.seen.numbers
        assert len(numbers) > CLIP.seconds * FPS / 3
        assert all(a < b for a, b in pairwise(numbers))
        assert_together(server.offsets())
        assert (server.publishers, server.deleted) == (1, 1)
    assert report.sound == "encoded as opus"


def test_whip_with_a_wrong_token(clip: str) -> None:
    with whip_server(TOKEN) as server, pytest.raises(OutputError, match="401"):
        stream(clip, server.url, replace(QUICK, token=TOKEN[::-1]))


def test_whip_to_our_own_server(clip: str, server: LiveServer) -> None:
    running = Stream(clip, f"{server.url}whip/streamed", QUICK)
    try:
        until(lambda: _size_of(server, "streamed") == [320, 192], BOUND)
    finally:
        running.close()
    until(lambda: _size_of(server, "streamed") is None, BOUND)  # it said goodbye


def _size_of(server: LiveServer, name: str) -> list[int] | None:
    found = [session for session in server.get("sessions") if session["stream"] == name]
    return found[0]["video"]["input"] if found else None


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg command")
def test_srt(clip: str, tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    listener = ["ffmpeg", "-loglevel", "error", "-i", f"srt://127.0.0.1:{port}?mode=listener", "-c", "copy", "got.ts"]
    with ended(subprocess.Popen(listener, cwd=tmp_path, stdin=subprocess.DEVNULL)) as process:
        until(lambda: _bound(port), BOUND)
        stream(clip, f"srt://127.0.0.1:{port}", QUICK)
        process.wait(BOUND)
    assert_arrived(read_marked(tmp_path / "got.ts"), beginning_at=None)


def _bound(port: int) -> bool:
    return f":{port:04X} " in Path("/proc/net/udp").read_text(encoding="ascii")


def test_srt_without_the_command(clip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="needs the ffmpeg command"):
        stream(clip, "srt://127.0.0.1:9", QUICK)


# ---- what goes wrong


def test_nobody_is_there(clip: str) -> None:
    with pytest.raises(OutputError, match="refused"):
        stream(clip, f"rtmp://127.0.0.1:{free_port()}/live/x", QUICK)
    assert threads_of_ours() == set()


def test_a_server_that_never_answers(clip: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(OutputError, match="nothing was taken for 5 s"):
        stream(clip, f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/x", QUICK)
    assert threads_of_ours() == set()


def test_a_server_that_goes_and_comes_back(tmp_path: Path) -> None:
    clip = write_marked(tmp_path / "in.mkv", Marked(seconds=30))
    port = free_port()
    first = rtmp_receiver(port, last=30)
    running = Stream(str(clip), f"rtmp://127.0.0.1:{port}/live/x", QUICK)
    first.result()
    until(lambda: running.report().dropped["away"] > 5, BOUND)
    second = rtmp_receiver(port)
    until(lambda: running.report().reconnects["destination"] == 1 and len(second.seen.numbers) > 10, BOUND)
    report = running.close()
    seen = second.result()
    assert seen.numbers[0] > 30
    assert all(a < b for a, b in pairwise(seen.numbers))
    assert seen.times[0] == pytest.approx(seen.numbers[0] / FPS, abs=0.003)  # the clock went on
    assert report.reconnects == {"source": 0, "destination": 1}
    assert report.dropped["away"] > 5
    assert report.frames_in == report.frames_out + sum(report.dropped.values())


def test_a_server_that_stays_away(tmp_path: Path) -> None:
    clip = write_marked(tmp_path / "in.mkv", Marked(seconds=60))
    port = free_port()
    receiver = rtmp_receiver(port, last=10)
    running = Stream(str(clip), f"rtmp://127.0.0.1:{port}/live/x", replace(QUICK, give_up_after=1.0))
    receiver.result()
    assert running.ended.wait(BOUND)
    with pytest.raises(OutputError, match="gone for"):
        running.close()


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    write_marked(tmp_path / "in.mkv", CLIP)
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))"
    run = framelift("stream", str(tmp_path / "in.mkv"), str(tmp_path / "out.mkv"), "--threads", "1", before=full)
    words = run.communicate(timeout=BOUND)[1].splitlines()
    assert run.returncode == 5
    assert_two_lines(words)
    assert "cannot be written" in words[0]
    assert names_in(tmp_path) == ["in.mkv", "out.incomplete.mkv"]  # what was recorded is not thrown away
    assert read_marked(tmp_path / "out.incomplete.mkv").numbers


# ---- sound waits for the video


@given(st.lists(st.floats(0.0, 100.0), min_size=1), st.floats(0.0, 1e6))
def test_sound_is_due_when_the_video_is(took: list[float], opened: float) -> None:
    delay = Delay(opened=math.inf)
    delay.sent(opened - 1, opened)
    assert delay.due(opened, AHEAD) == opened  # nothing is known yet
    delay.opened(opened)
    delay.sent(opened - 1, opened + 30)  # waited for the destination
    assert delay.due(opened, AHEAD) == opened
    for seconds in took:
        delay.sent(opened, opened + seconds)
    held = delay.due(opened, AHEAD) - opened
    least, most = (min(edge(took), LONGEST_DELAY) for edge in (min, max))
    assert max(0.0, least - AHEAD) - 1e-6 <= held <= max(0.0, most - AHEAD) + 1e-6


def test_sound_is_held_back_by_what_the_video_takes(tmp_path: Path) -> None:
    """By what frames say that were sent; it does not leave before."""
    clip = write_marked(tmp_path / "in.mkv", CLIP)
    destination = destination_at(str(tmp_path / "out.ts"))
    packets, description = sound_of(clip, destination)
    sender = Sender(destination, None, lambda: None, lambda _: None, lambda: None)
    sender.expect(sound=True, rate=Fraction(FPS))
    sender.put_sound(packets[0], description)
    for number, data in enumerate(annex_b(clip)[0][:10]):
        came = time.perf_counter()
        ledger = Ledger({"arrive": (came, came)})
        until(partial(_has_passed, came + 0.1 * (number > 0)), BOUND)  # all but the one that connects are upscaled
        sender.put_video(EncodedFrame(data, "h264", number % 12 == 0, 3600 * number, RTP_TIME_BASE, 160, 96, ledger))
        until(partial(_has_sent, sender, number + 1), BOUND)
    assert 0.1 <= sender.delay.seconds <= LONGEST_DELAY
    due, before = sender.delay.due(time.perf_counter(), AHEAD), sender.counts.sound_sent
    sender.put_sound(packets[1], description)
    until(lambda: sender.counts.sound_sent > before, BOUND)
    assert time.perf_counter() >= due
    sender.close()


def _has_passed(time_: float) -> bool:
    return time.perf_counter() >= time_


def _has_sent(sender: Sender, frames: int) -> bool:
    return sender.counts.sent == frames


def sound_of(clip: Path, destination: Destination) -> tuple[list[SoundPacket], bytes | None]:
    """The sound of a clip for a destination."""
    sound = Sound(destination)
    with av.open(str(clip)) as file:
        sound.connected(file.streams.audio[0])
        came = cast(Iterable[AnyPacket], file.demux(file.streams.audio[0]))
        packets = [ready for packet in came if packet.size for ready in sound.packets(packet)]
    return packets, sound.description
