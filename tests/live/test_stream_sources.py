"""Streams from real servers: what comes in, and what happens when a source goes away, comes back, or sends nonsense."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import av
import pytest
from framelift.engine.errors import InputError
from framelift.engine.live.stream.report import StreamReport
from framelift.engine.live.stream.run import Stream, stream
from stream_clips import BOUND, FPS, Marked, Seen, read_marked, write_marked
from stream_rtsp import RtspServer
from stream_servers import ended, free_port, listening, sending
from test_stream_files import QUICK
from waiting import threads_of_ours, until

CLIP = Marked(seconds=4.0)
IMPATIENT = replace(QUICK, timeout=1.5)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_marked(tmp_path / "in.ts", CLIP)


def assert_recorded(seen: Seen, *, sound: bool = True) -> None:
    """Frames in order, at the distances they had; sound beside them; a live source begins near 0."""
    assert len(seen.numbers) > FPS / 2
    assert all(a < b for a, b in pairwise(seen.numbers))
    zeros = [time - number / FPS for number, time in zip(seen.numbers, seen.times, strict=True)]
    assert max(zeros) - min(zeros) < 0.003
    assert 0 <= seen.times[0] < 2
    if sound:
        assert seen.offsets()
        assert max(map(abs, seen.offsets())) <= 0.020


def recorded(source: str, target: Path, frames: int = 2 * FPS) -> StreamReport:
    """A live source, recorded until so many frames have come."""
    running = Stream(source, str(target), IMPATIENT)
    try:
        until(lambda: running.ended.is_set() or running.report().frames_out >= frames, BOUND)
    finally:
        report = running.close()
    return report


def test_udp(clip: Path, tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    with ended(sending(clip, f"udp://127.0.0.1:{port}?pkt_size=1316", "mpegts")):
        report = recorded(f"udp://127.0.0.1:{port}", tmp_path / "out.mkv")
    assert_recorded(read_marked(tmp_path / "out.mkv"))
    assert report.ended == "stopped"
    assert report.sound == "copied"


def test_rtmp(tmp_path: Path) -> None:
    port = free_port()
    flv = write_marked(tmp_path / "in.flv", CLIP)
    with ended(sending(flv, f"[f=flv:listen=1]rtmp://127.0.0.1\\:{port}/live/x", "tee")):
        until(lambda: listening(port), BOUND)
        recorded(f"rtmp://127.0.0.1:{port}/live/x", tmp_path / "out.mkv")
    assert_recorded(read_marked(tmp_path / "out.mkv"))


def test_rtsp(clip: Path, tmp_path: Path) -> None:
    with RtspServer(clip) as server:
        report = recorded(server.url, tmp_path / "out.mp4")
    assert_recorded(read_marked(tmp_path / "out.mp4"), sound=False)
    assert "secret" not in report.source


def test_a_burst_at_the_beginning_costs_no_keyframe(tmp_path: Path) -> None:
    """Most of the burst is dropped, decoded: what follows has no other keyframe to begin with."""
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "1000"}
    clip = write_marked(tmp_path / "in.mkv", Marked(seconds=12, sound=None, options=options))
    with RtspServer(clip, at_once=150) as server:
        report = recorded(server.url, tmp_path / "out.mkv", 20)
    numbers = read_marked(tmp_path / "out.mkv").numbers
    assert len(numbers) >= 20
    assert all(a < b for a, b in pairwise(numbers))
    assert report.dropped["decode"] == 0


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg command")
def test_srt(clip: Path, tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    words = [
        "ffmpeg",
        "-loglevel",
        "error",
        "-re",
        "-i",
        str(clip),
        "-c",
        "copy",
        "-flush_packets",
        "1",
        "-f",
        "mpegts",
    ]
    listener = [*words, f"srt://127.0.0.1:{port}?mode=listener"]
    with ended(subprocess.Popen(listener, stdin=subprocess.DEVNULL)):
        until(lambda: f":{port:04X} " in Path("/proc/net/udp").read_text(encoding="ascii"), BOUND)
        recorded(f"srt://127.0.0.1:{port}", tmp_path / "out.mkv", FPS)
    assert_recorded(read_marked(tmp_path / "out.mkv"))


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Files of a folder over HTTP; gives its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", ["in.mp4", "hls/index.m3u8"])
def test_a_finished_video_over_http_is_as_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "hls").mkdir()
    write_marked(tmp_path / name, replace(CLIP, seconds=2), "hls" if "hls" in name else None)
    with web_server(tmp_path) as address:
        report = stream(f"{address}/{name}", str(tmp_path / "out.mkv"), QUICK)
    seen = read_marked(tmp_path / "out.mkv")
    assert_recorded(seen)
    assert report.ended == "source ended"
    assert report.frames_in == 2 * FPS
    assert report.seconds > 1.9  # at its own pace, not as fast as it loads


def test_a_finished_video_over_http_that_does_not_say_how_long_it_is(tmp_path: Path) -> None:
    clip = write_marked(tmp_path / "in.mkv", replace(CLIP, seconds=2))
    with av.open(str(clip)) as whole, av.open(str(tmp_path / "live.mkv"), "w", container_options={"live": "1"}) as file:
        copies = {s.index: file.add_stream_from_template(s, opaque=True) for s in whole.streams}
        for packet in whole.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                file.mux(packet)
    with web_server(tmp_path) as address:
        assert_plays_once(f"{address}/live.mkv", tmp_path / "out.mkv")


def test_a_live_playlist_that_ends(tmp_path: Path) -> None:
    (tmp_path / "hls").mkdir()
    playlist = write_marked(tmp_path / "hls" / "index.m3u8", replace(CLIP, seconds=2), "hls")
    finished = playlist.read_text()
    playlist.write_text(finished.replace("#EXT-X-ENDLIST", ""))
    with web_server(tmp_path) as address:
        running = Stream(f"{address}/hls/index.m3u8", str(tmp_path / "out.mkv"), IMPATIENT)
        playlist.write_text(finished)
        ended_by_itself = running.ended.wait(BOUND)
        assert running.close().frames_in == 2 * FPS
    assert ended_by_itself


def test_a_recording_from_an_rtsp_server(tmp_path: Path) -> None:
    clip = write_marked(tmp_path / "in.ts", replace(CLIP, seconds=2))
    with RtspServer(clip, seconds=2) as server:
        assert_plays_once(server.url, tmp_path / "out.mkv", sound=False)
        assert server.plays == 1


def assert_plays_once(source: str, target: Path, *, sound: bool = True) -> None:
    """A source of two seconds ends by itself, at its own pace, and is not begun again."""
    running = Stream(source, str(target), IMPATIENT)
    ended_by_itself = running.ended.wait(BOUND)
    report = running.close()
    assert ended_by_itself
    assert report.frames_in == 2 * FPS
    assert report.seconds > 1.9
    assert_recorded(read_marked(target), sound=sound)


def test_a_live_playlist_that_another_stream_writes(tmp_path: Path) -> None:
    source = write_marked(tmp_path / "in.ts", replace(CLIP, seconds=30))
    writer = Stream(str(source), f"{tmp_path}/hls/", QUICK)
    try:
        until((tmp_path / "hls" / "index.m3u8").exists, BOUND)
        with web_server(tmp_path) as address:
            report = recorded(f"{address}/hls/index.m3u8", tmp_path / "out.mkv")
    finally:
        writer.close()
    numbers = read_marked(tmp_path / "out.mkv").numbers
    assert all(a < b for a, b in pairwise(numbers))
    assert report.ended == "stopped"
    assert report.seconds > 1.5  # segments are not read as fast as they load


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no Xvfb command")
def test_a_screen(tmp_path: Path) -> None:
    arguments = ["Xvfb", "-displayfd", "1", "-screen", "0", "320x240x24", "-nolisten", "tcp"]
    with ended(subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)) as screen:
        assert screen.stdout is not None
        with screen.stdout as words:
            display = words.readline().decode().strip()
        report = recorded(f"screen::{display}", tmp_path / "out.mkv", 10)
    seen = read_marked(tmp_path / "out.mkv")
    assert set(seen.sizes) == {(640, 480)}
    assert 0 <= seen.times[0] < 2
    assert report.sound == "none"


def test_a_playlist_from_the_network_opens_no_local_file(clip: Path, tmp_path: Path) -> None:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXTINF:4,", f"file://{clip}", "#EXT-X-ENDLIST"]
    (tmp_path / "evil.m3u8").write_text("\n".join(lines))
    with web_server(tmp_path) as address, pytest.raises(InputError):
        stream(f"{address}/evil.m3u8", str(tmp_path / "out.mkv"), IMPATIENT)
    assert not (tmp_path / "out.mkv").exists()


# ---- sources that go and come back


def test_a_camera_that_drops_and_comes_back(clip: Path, tmp_path: Path) -> None:
    with RtspServer(clip, most_frames=15) as server:
        running = Stream(server.url, str(tmp_path / "out.mkv"), IMPATIENT)
        until(lambda: server.plays >= 3 and running.report().frames_out > 40, BOUND)
        report = running.close()
    seen = read_marked(tmp_path / "out.mkv")
    assert threads_of_ours() == set()
    assert report.reconnects["source"] >= 2
    assert report.clock_restarts == report.reconnects["source"]  # each connection begins at its 0
    assert all(a < b for a, b in pairwise(seen.times))
    again = [place for place, (a, b) in enumerate(pairwise(seen.numbers)) if b < a]
    assert len(again) >= 2
    for place in again:  # the time away is in the recording; it is the first wait, 0.5 s and a fifth, or more
        assert seen.times[place + 1] - seen.times[place] > 0.35
    assert report.frames_in == report.frames_out + sum(report.dropped.values())


def test_a_sender_that_falls_silent_and_comes_back(clip: Path, tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    later = write_marked(tmp_path / "later.ts", replace(CLIP, start=5000.0, first=1000, seconds=10))
    url = f"udp://127.0.0.1:{port}?pkt_size=1316"
    with ended(sending(clip, url, "mpegts")):
        running = Stream(f"udp://127.0.0.1:{port}", str(tmp_path / "out.mkv"), replace(QUICK, timeout=0.7))
        until(lambda: running.report().frames_out > 10, BOUND)
    before = running.report().frames_out
    with ended(sending(later, url, "mpegts")):
        until(lambda: running.report().frames_out > before + 20, BOUND)
        report = running.close()
    seen = read_marked(tmp_path / "out.mkv")
    assert all(a < b for a, b in pairwise(seen.times))
    assert {number >= 1000 for number in seen.numbers} == {True, False}
    assert seen.times[-1] < 60
    assert max(map(abs, seen.offsets())) <= 0.020
    assert report.clock_restarts >= 1


def test_a_source_that_stays_away(clip: Path, tmp_path: Path) -> None:
    with RtspServer(clip, most_frames=15) as server:
        running = Stream(server.url, str(tmp_path / "out.mkv"), replace(IMPATIENT, give_up_after=1.0))
        until(lambda: running.report().frames_out > 5, BOUND)
    assert running.ended.wait(BOUND)
    with pytest.raises(InputError, match="has been gone for"):
        running.close()
    assert read_marked(tmp_path / "out.mkv").numbers  # what came before is whole


# ---- sources that are none


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1:{}/x", "rtmp://127.0.0.1:{}/a/b", "http://127.0.0.1:{}/x.m3u8"])
def test_nobody_is_there(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="refused"):
        stream(url.format(free_port()), str(tmp_path / "out.mkv"), IMPATIENT)
    assert list(tmp_path.iterdir()) == []
    assert threads_of_ours() == set()


def test_not_found(tmp_path: Path) -> None:
    with web_server(tmp_path) as address, pytest.raises(InputError, match="404"):
        stream(f"{address}/none.mp4", str(tmp_path / "out.mkv"), IMPATIENT)


@pytest.mark.parametrize("scheme", ["rtsp", "rtmp", "http"])
def test_a_server_that_never_answers(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(InputError, match="cannot be opened"):
        stream(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/x", str(tmp_path / "out.mkv"), IMPATIENT)
    assert threads_of_ours() == set()


def test_silence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        stream(f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", str(tmp_path / "out.mkv"), IMPATIENT)


def test_garbage(tmp_path: Path) -> None:
    port, stop = free_port(socket.SOCK_DGRAM), threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            number = 0
            while not stop.wait(0.001):
                sender.sendto(bytes((number * 7 + i * i) % 251 for i in range(1316)), ("127.0.0.1", port))
                number += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        with pytest.raises(InputError, match=r"cannot be opened|holds no video"):
            stream(f"udp://127.0.0.1:{port}", str(tmp_path / "out.mkv"), IMPATIENT)
    finally:
        stop.set()
        thread.join()


def test_sound_alone(tmp_path: Path) -> None:
    write_marked(tmp_path / "in.ts", replace(CLIP, video=False))
    with web_server(tmp_path) as address, pytest.raises(InputError, match="holds no video"):
        stream(f"{address}/in.ts", str(tmp_path / "out.mkv"), IMPATIENT)
