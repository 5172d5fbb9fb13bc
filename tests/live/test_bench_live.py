"""The live harness: what it counts is right, its processes end, and it sees the difference between two servers."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from framelift.benchmarks.live.child import Child, Link
from framelift.benchmarks.live.codecs import codec_named
from framelift.benchmarks.live.failures import ChildFailed, NothingSeen
from framelift.benchmarks.live.figures import figures
from framelift.benchmarks.live.frame_id import read, read_picture, stamp
from framelift.benchmarks.live.glass import Seen, glass_of
from framelift.benchmarks.live.measure import measure
from framelift.benchmarks.live.names import ADDED, GLASS, P95, P99, PROCESSES
from framelift.benchmarks.live.processes import Usage, family_of
from framelift.benchmarks.live.results import Target
from framelift.benchmarks.live.run import Peers, run
from framelift.benchmarks.live.scene import Scene, write_scene
from framelift.benchmarks.live.servers import stock_server
from framelift.benchmarks.live.settings import Settings
from framelift.benchmarks.live.slow_model import HEAVY
from framelift.benchmarks.live.stock import StockSettings
from framelift.benchmarks.live.tables import document
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.statistics.measurement import find, measurements_of
from framelift.benchmarks.workloads import Clip
from framelift.engine.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

LARGE = Clip(width=512, height=256, frames=4, rate=30)
SECONDS = 4.0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"), LARGE, 2)


def test_a_scene_goes_to_and_fro_and_never_jumps(scene: Scene) -> None:
    shown = [scene.luma(number) for number in range(13)]
    assert all(luma.shape == (256, 512) for luma in shown)
    for number, same in ((4, 2), (5, 1), (6, 0), (7, 1), (12, 0)):
        np.testing.assert_array_equal(shown[number], shown[same])
    assert len({luma.tobytes() for luma in shown}) == 4


def test_a_published_picture_has_its_number_and_time(scene: Scene) -> None:
    picture = scene.picture(4711)
    assert (picture.width, picture.height) == (256, 128)
    assert read_picture(picture) == 4711
    assert picture.time == pytest.approx(4711 / 30)
    assert read(scene.small(0)[:128]) is None


def test_where_the_number_lies_does_not_count_as_a_loss(scene: Scene) -> None:
    luma = scene.luma(2).copy()
    stamp(luma, 2)
    assert scene.psnr(luma, 2) == float("inf")
    luma[128, 0] ^= 64
    assert 40 < scene.psnr(luma, 2) < float("inf")
    assert scene.psnr(luma, 3) < 40


@given(
    st.lists(st.floats(0.001, 0.5), min_size=20, max_size=60),
    st.sets(st.integers(1, 18), max_size=5),
    st.sets(st.integers(1, 18), max_size=5),
)
def test_what_is_counted_is_what_happened(latencies: list[float], lost: set[int], doubled: set[int]) -> None:
    """Frames that come in any order, some never, some again."""
    made = {number: float(number) for number in range(len(latencies))}
    arrivals = [(made[n] + latency, n) for n, latency in enumerate(latencies) if n not in lost]
    arrivals += [(made[n] + 0.9, n) for n in doubled - lost]
    glass = glass_of(made, [Seen(number, at) for at, number in sorted(arrivals)], warm_up=0)
    kept = [1000 * latency for n, latency in enumerate(latencies) if n not in lost]
    assert (glass.frames, glass.lost, glass.doubled) == (len(latencies), len(lost), len(doubled - lost))
    assert glass.out_of_order == 0
    assert glass.ms.p50 == pytest.approx(np.percentile(kept, 50), abs=0.01)
    assert glass.ms.max == pytest.approx(max(kept), abs=0.01)


def test_order_and_unread_pictures_are_counted() -> None:
    made = {number: number / 10 for number in range(5)}
    numbers = [0, 1, 3, 2, None, 4]
    glass = glass_of(made, [Seen(number, 1 + i / 10) for i, number in enumerate(numbers)], warm_up=0)
    assert (glass.out_of_order, glass.unread, glass.lost, glass.fps) == (1, 1, 0, 10.0)
    assert glass.longest_gap_ms == pytest.approx(100)


def test_latency_that_builds_up_is_seen() -> None:
    made = {number: number / 10 for number in range(30)}
    glass = glass_of(made, [Seen(number, at + at / 10) for number, at in made.items()], warm_up=0)
    assert glass.late_ms > 3 * glass.early_ms


@pytest.mark.parametrize("seen", [[Seen(None, 0.0), Seen(None, 9.0)], [Seen(1, 0.0)], [Seen(7, 5.0), Seen(8, 6.0)]])
def test_a_viewer_that_saw_no_frame_of_ours_is_an_error(seen: list[Seen]) -> None:
    with pytest.raises(NothingSeen, match="0 with a number"):
        glass_of({1: 0.0}, seen)


def give_back(link: Link, value: int) -> int:
    link.ready(value + 1)
    asyncio.run(link.told_to_end())
    return value + 2


def fail(_: Link) -> None:
    raise ValueError("as it should")


def fail_at_the_end(link: Link) -> None:
    link.ready()
    asyncio.run(link.told_to_end())
    raise ValueError("nobody listens")


def never_end(link: Link) -> None:
    link.ready()
    time.sleep(60)


def test_a_child_gives_its_result_when_told_to_end() -> None:
    with Child(give_back, 40) as child:
        assert child.ready(60) == 41
        assert child.result(60) == 42


def test_a_child_that_fails_says_why() -> None:
    with Child(fail) as child, pytest.raises(ChildFailed, match="ValueError: as it should"):
        child.ready(60)


def test_an_interruption_is_for_the_parent_which_ends_the_child(capfd: pytest.CaptureFixture[str]) -> None:
    with Child(give_back, 40) as child, Child(fail_at_the_end) as other:
        child.ready(60)
        other.ready(60)
        for pid in (child.pid, other.pid):
            os.kill(pid, signal.SIGINT)
        assert child.result(60) == 42
    assert capfd.readouterr().err == ""


def test_a_child_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framelift.benchmarks.live.child._GRACE", 0.1)
    with Child(never_end) as child:
        child.ready(60)
        pid = child.pid
        with pytest.raises(ChildFailed, match=r"not done within 0.1 seconds"):
            child.result(0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


HOG = """
import os, subprocess, sys, threading
held = bytearray(os.urandom(1 << 20) * 100)
files = [open(os.devnull) for _ in range(50)]
threads = [threading.Thread(target=threading.Event().wait, daemon=True) for _ in range(7)]
[thread.start() for thread in threads]
while sum(os.times()[:2]) < 0.3: pass
child = subprocess.Popen([sys.executable, "-c", "print('ready', flush=True); input()"])
child.wait()
"""


@pytest.fixture
def hog() -> Iterator[subprocess.Popen[str]]:
    """A process with a child, once it holds what it holds."""
    command = [sys.executable, "-c", HOG]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.communicate("\n", timeout=30)


def test_usage_counts_a_process_and_its_children(hog: subprocess.Popen[str]) -> None:
    usage = Usage.of(hog.pid)
    assert usage.processes == len(family_of(hog.pid)) == 2
    assert usage.memory > 100 << 20
    assert usage.threads == 7 + 2
    assert usage.files >= 50 + 6
    assert usage.cpu >= 0.3


def test_of_a_process_that_is_gone_there_is_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert Usage.of(process.pid) == Usage(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target("at most", 2.0, most=2), True),
        (Target("at most", 2.1, most=2), False),
        (Target("at least", 1.0, least=1), True),
        (Target("at least", 0.9, least=1), False),
        (Target("not measured", None, most=2), False),
    ],
)
def test_a_target_is_met_or_missed(target: Target, met: bool) -> None:
    assert target.as_row()["met"] is met


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UsageError, match="no case is named 'speed'"):
        Settings(cases=("speed",))
    with pytest.raises(UsageError, match="no codec is named 'av1'"):
        codec_named("av1")


def test_the_heavy_model_passes_the_picture(tmp_path: Path) -> None:
    path = HEAVY.write(tmp_path / "heavy.onnx")
    picture = np.random.default_rng(1).random((1, 1, 9, 11), np.float32)
    (larger,) = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": picture})
    np.testing.assert_allclose(larger, picture.repeat(2, 2).repeat(2, 3), atol=1e-6)


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_plain_aiortc_is_measured(scene: Scene, codec: str) -> None:
    """Twice as large, and late by two frames at least: its jitter buffer holds a frame until the next one begins."""
    with stock_server(StockSettings("tiny-8", 2)) as server:
        ran = run(server, Peers(scene, codec_named(codec), tuned=False, seconds=SECONDS, viewers=2, compare=True))
    assert ran.size == (512, 256)
    assert ran.glass.frames > 10
    assert ran.glass.lost + ran.glass.doubled + ran.glass.unread < 0.2 * ran.glass.frames
    assert ran.glass.ms.p50 > 2 * 33
    assert len(ran.each) == 2
    assert ran.psnr is not None
    assert 20 < ran.psnr < 50
    assert 50_000 < ran.bitrate < 3_000_000
    assert ran.memory > 50 << 20
    assert ran.session is None


def test_plain_aiortc_falls_behind_where_a_stage_is_too_slow(scene: Scene) -> None:
    with stock_server(StockSettings("tiny-8", 2, slow_ms=100)) as server:
        ran = run(server, Peers(scene, "h264", tuned=False, seconds=SECONDS))
    assert ran.glass.late_ms > ran.glass.early_ms + 200


def test_lost_datagrams_are_noticed(scene: Scene) -> None:
    with stock_server(StockSettings("tiny-8", 2)) as server:
        try:
            ran = run(server, Peers(scene, "vp8", tuned=False, seconds=SECONDS, loss=0.5))
        except NothingSeen:
            return
    assert ran.glass.lost > 0 or ran.glass.longest_gap_ms > 100


@pytest.fixture(scope="module")
def report() -> Report:
    """Latency of all systems and a short soak, on a small scene."""
    settings = Settings(("latency", "soak"), ("h264",), 3.0, repeat=1, size=(256, 128), frames=4, sessions=2)
    said: list[str] = []
    kept: list[list[str]] = []
    made = measure(settings, said.append, lambda so_far: kept.append(list(so_far["cases"])))
    assert len(said) == 1 + 4 + 1
    assert kept == [["latency"], ["latency", "soak"]]
    return made


def test_our_server_is_measured_beside_plain_aiortc(report: Report) -> None:
    rows = {row["system"]: row for row in report["cases"]["latency"]["rows"]}
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    assert list(rows) == ["ours, our peers", "ours, stock peers", "stock, our peers", "stock, stock peers"]
    for row in rows.values():
        assert row["size"] == [512, 256]
        assert row["frames"] > 10
        glass = found[row["case"], GLASS]
        assert len(glass.turns) == 1
        assert 10 < len(glass.values) <= row["frames"]
        assert glass.median <= found[row["case"], P95].median <= found[row["case"], P99].median <= max(glass.values)
        assert ((row["case"], ADDED) in found) is row["system"].startswith("ours")
        assert (row["rungs"] is not None) is row["system"].startswith("ours")
    assert report["complete"]
    assert len(report["calibration"]["compute"]) == 4 + 1
    assert 0 < report["overhead"]["share"] < 0.01


def test_the_soak_says_what_became_of_the_sessions(report: Report) -> None:
    (row,) = report["cases"]["soak"]["rows"]
    assert row["sessions"] == {"opened": 2, "failed": 0, "why": None}
    processes = find(measurements_of(report), row["case"], PROCESSES)
    assert processes is not None
    assert set(processes.values) == {2}
    assert len(processes.values) == len(row["at"])
    last = {target["what"]: target for target in report["cases"]["soak"]["targets"]}
    assert last["sessions opened and closed"]["met"]


def test_every_target_is_in_the_report_met_or_missed(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "report.json")
    text = document(read_report(tmp_path / "report.json"))
    lines = [re.split(r" *\| *", line.strip("| ")) for line in text.splitlines() if line.startswith("|")]
    words = {line[0]: line[-1] for line in lines if len(line) == 4}
    for result in report["cases"].values():
        for target in result["targets"]:
            assert words[target["what"]] == ("met" if target["met"] else "**missed**")
    assert report["command"] in text
    assert {plot.name for plot in figures(report)} == {"live-latency-h264", "live-soak"}
    assert "framelift bench live --case latency --case soak --codec h264 --seconds 3 " in report["command"]


def test_a_case_that_fails_is_reported_and_others_go_on() -> None:
    settings = Settings(("loss",), ("h264",), 3.0, model="no-such-model", size=(256, 128), frames=2)
    made = measure(settings, lambda _: None)
    assert "no-such-model" in made["cases"]["loss"]["failed"]
    assert [target["met"] for target in made["cases"]["loss"]["targets"]] == [False]
    assert "Not measured: framelift serve did not begin" in document(made)
