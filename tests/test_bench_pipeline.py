"""Whole runs, measured: what a run tells, energy and GPU where a machine has them, live streams at once."""

from __future__ import annotations

import json
import os
import signal
from itertools import count
from math import ceil, log2
from pathlib import Path

import numpy as np
import pytest
from clips import Clip, write_clip
from framelift.benchmarks.pages.contents import markdown as shown
from framelift.benchmarks.pages.figures import Bars, Lines
from framelift.benchmarks.pipeline import capacity, cases, energy, gpu, levels
from framelift.benchmarks.pipeline.bench import Bench
from framelift.benchmarks.pipeline.capacity import most
from framelift.benchmarks.pipeline.cases import cases_of, first_model
from framelift.benchmarks.pipeline.figures import figures
from framelift.benchmarks.pipeline.live import Streamed
from framelift.benchmarks.pipeline.measure import measure
from framelift.benchmarks.pipeline.process import alone
from framelift.benchmarks.pipeline.reading import by_case
from framelift.benchmarks.pipeline.sample import Job, take_sample
from framelift.benchmarks.pipeline.settings import Settings
from framelift.benchmarks.pipeline.sources import live_source
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.statistics.calibration import Calibration
from framelift.benchmarks.workloads import workload_named
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError, OutputError, UsageError
from framelift.engine.live.settings import LiveSettings
from framelift.engine.plan import Options
from hypothesis import given
from hypothesis import strategies as st
from runs import framelift

TINY = "natural:64x48:5f"
PLAIN, MODEL = "bicubic-x2, swscale, 64x48", "tiny-16-x2, auto, 64x48, 1 thread"
STAGES = {"decode", "prepare", "upscale", "finish", "encode"}
MEGABYTE = 1_000_000


def quiet(_: str) -> None:
    """Says nothing."""


@pytest.fixture(scope="module")
def report() -> Report:
    """Two turns of one model on a small clip, started by a process that itself holds much memory."""
    held = np.ones(400 * MEGABYTE, np.uint8)
    said: list[str] = []
    made = measure(Settings(TINY, threads=1, repeat=2), said.append)
    assert len(said) == 1 + 2 * 2
    assert held[-1] == 1
    return made


def test_the_report_has_what_is_needed_to_judge_and_repeat_it(report: Report) -> None:
    assert report["complete"]
    assert report["command"].startswith(f"framelift bench pipeline --clip {TINY} --model tiny-16 --scale 2 ")
    assert [(row["case"], row["part"], row["frames"]) for row in report["rows"]] == [
        (PLAIN, "speed", 5),
        (MODEL, "speed", 5),
    ]
    assert [(row["input_size"], row["output_size"]) for row in report["rows"]] == [([64, 48], [128, 96])] * 2
    assert report["models"].keys() == {"tiny-16-x2-int8"} or report["models"].keys() == {"tiny-16-x2"}
    assert 0 < report["overhead"]["share"] < 1


def test_each_case_is_measured_once_a_turn(report: Report) -> None:
    found = by_case(report)
    assert found.keys() == {PLAIN, MODEL}
    for case, stages in ((PLAIN, STAGES - {"prepare", "finish"}), (MODEL, STAGES)):
        metrics = found[case]
        assert {len(measurement.turns) for measurement in metrics.values()} == {2}
        assert {stage for stage in STAGES if stage in metrics} == stages
        assert {len(turn) for stage in stages for turn in metrics[stage].turns} == {5}
        assert {"throughput", "CPU", "peak memory", "memory before the run"} <= metrics.keys()
    assert all(f"{stage}: CPU" in found[MODEL] for stage in STAGES)


def test_a_stage_works_or_waits(report: Report) -> None:
    for metrics in by_case(report).values():
        for stage in STAGES & metrics.keys():
            shares = [metrics[f"{stage}: {share}"].values for share in ("busy", "starved", "blocked")]
            assert all(0 <= value <= 1 for turns in shares for value in turns)
            assert all(sum(turn) <= 1.001 for turn in zip(*shares, strict=True))
        assert set(metrics["decode: starved"].values) == {0.0}  # nobody is before it
        assert min(metrics["encode: starved"].values) > 0  # it cannot begin with the first frame


def test_memory_is_that_of_the_run_alone(report: Report) -> None:
    for metrics in by_case(report).values():
        before, peak = metrics["memory before the run"].values, metrics["peak memory"].values
        assert all(20 < low <= high < 400 for low, high in zip(before, peak, strict=True))


def test_the_report_is_read_back_and_shown(report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    write_report(report, file)
    assert read_report(file) == json.loads(json.dumps(report))
    assert exit_code_of(["bench", "report", str(file)]) == ExitCode.DONE
    document = capsys.readouterr().out
    assert document == shown(report)
    assert {"## Speed and memory", f"## {PLAIN}", f"## {MODEL}"} <= set(document.splitlines())
    assert all(document.count(f"| {stage} | ") >= 2 for stage in STAGES)
    assert "one value" not in document


def test_models_and_backends_are_measured_side_by_side() -> None:
    backends = ("auto", "onnxruntime")
    made = measure(Settings("noise:64x48:2f", backends=backends, preset="ultrafast", repeat=1, reuse=False), quiet)
    assert " --backend auto --backend onnxruntime --precision auto " in made["command"]
    assert " --no-reuse --preset ultrafast " in made["command"]
    auto, other = (row for row in made["rows"] if row["model"])
    assert auto["case"] == "tiny-16-x2, auto, 64x48, ultrafast, nothing reused"
    assert other["case"] == "tiny-16-x2, onnxruntime auto, 64x48, ultrafast, nothing reused"
    assert other["backend_reason"].startswith("as asked for")
    assert "; libx264 ultrafast." in shown(made)


def test_precisions_are_cases_of_their_own_and_none_is_run_twice() -> None:
    settings = Settings(TINY, models=("tiny-16", "tiny-16-x2"), precisions=("fp32", "int8"))
    assert [(case.name, case.options.precision) for case in cases_of(settings)[1:3]] == [
        ("tiny-16-x2, auto fp32, 64x48", "fp32"),
        ("tiny-16-x2, auto int8, 64x48", "int8"),
    ]
    assert len(cases_of(settings)) == 3


def test_growth_with_pixels_and_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "SIZES", ((32, 32), (64, 48)))
    monkeypatch.setattr(cases, "LEAST_FRAMES", 3)
    monkeypatch.setattr(cases, "LENGTHS", (2, 4))
    monkeypatch.setattr(cases, "LENGTH_SIZE", (32, 32))
    made = measure(Settings(TINY, threads=1, repeat=1, sizes=True, long=True), quiet)
    parts = [(row["part"], row["input_size"], row["frames"]) for row in made["rows"]]
    assert parts[2:] == [("sizes", [32, 32], 15), ("lengths", [32, 32], 2), ("lengths", [32, 32], 4)]
    document = shown(made)
    assert "| 32x32 | 0.001 | " in document
    assert "| 64x48 | 0.003 | " in document
    assert "## Growth with the length\n\ntiny-16-x2, auto, 1 thread, 32x32. From " in document
    pixels, length = (plot for plot in figures(made) if isinstance(plot, Lines))
    assert [point.label for line in pixels.series.values() for point in line] == ["32x32", "64x48"]
    assert [point.x for line in length.series.values() for point in line] == [2, 4]


def test_a_file_is_measured_as_it_is(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mkv", Clip(width=64, height=48, frames=6))
    made = measure(Settings(str(source), threads=1, repeat=1), quiet)
    assert [row["frames"] for row in made["rows"]] == [6, 6]
    assert f"--clip {source} " in made["command"]
    with pytest.raises(UsageError, match="is a file"):
        measure(Settings(str(source), sizes=True), quiet)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "640"], "640x360"),
        (["--size", "641x360"], "640x360"),
        (["--size", "640x30"], "640x360"),
        (["--clip", "nonsense"], "neither a scene nor a file"),
        (["--clip", "nonsense", "--frames", "20"], "'nonsense' is neither"),
        (["--clip", "text:48f", "--frames", "20"], "twice"),
        (["--clip", __file__, "--frames", "20"], "leave --size and --frames out"),
    ],
)
def test_clips_that_cannot_be_are_refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "pipeline", *arguments]) == ExitCode.USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--model", "nonsense"], ExitCode.MODEL),
        (["--backend", "nonsense"], ExitCode.MODEL),
        (["--preset", "nonsense"], ExitCode.USAGE),
        (["--json", "missing/out.json"], ExitCode.OUTPUT),
    ],
)
def test_what_cannot_run_is_said_before_the_work(
    arguments: list[str], code: ExitCode, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["bench", "pipeline", "--model", "tiny-16", *arguments]) == code
    assert "preparing" not in capsys.readouterr().err


def test_an_error_in_the_measured_process_arrives_whole(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", Clip(frames=2))
    with pytest.raises(OutputError, match="is not a folder") as caught:
        alone(take_sample, Job(source, tmp_path / "missing" / "out.mkv", Options()))
    assert caught.value.hint


def test_what_was_measured_until_an_interruption_is_kept() -> None:
    kept: list[Report] = []
    said = count()

    def interrupting(_: str) -> None:
        if next(said) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(Settings(TINY, threads=1, repeat=2), interrupting, kept.append)
    turns = {case: len(metrics["throughput"].turns) for case, metrics in by_case(kept[-1]).items()}
    assert turns == {PLAIN: 1, MODEL: 2}
    assert not kept[-1]["complete"]
    assert "**Interrupted" in shown(kept[-1])
    assert "Fixed work before each of 2 turns" in shown(kept[-1])
    assert figures(kept[-1])


def test_ctrl_c_leaves_words_and_what_was_measured(tmp_path: Path) -> None:
    arguments = ["bench", "pipeline", "--clip", TINY, "--threads", "1", "--repeat", "50"]
    place = tmp_path / "report.json"
    process = framelift(*arguments, "--json", str(place), before="import os; os.setsid()")
    assert process.stderr is not None
    while "2 of 50" not in process.stderr.readline():
        pass
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of its processes
    document, words = process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in words
    assert "## Speed and memory" in document
    assert not read_report(place)["complete"]


# Energy


def zone(folder: Path, directory: str, name: str, energy_uj: int, largest: int = 262_143_328_850) -> Path:
    """As /sys/class/powercap has it."""
    made = folder / directory
    made.mkdir(parents=True)
    (made / "name").write_text(f"{name}\n")
    (made / "energy_uj").write_text(f"{energy_uj}\n")
    (made / "max_energy_range_uj").write_text(f"{largest}\n")
    return made


def powercap(folder: Path) -> list[Path]:
    """Of a machine with two processors; the first two, and each package's memory, add up to all there is."""
    (folder / "intel-rapl").mkdir()
    counted = [zone(folder, f"intel-rapl:{n}", f"package-{n}", 1_000_000 * n) for n in (0, 1)]
    counted += [zone(folder, f"intel-rapl:{n}:1", "dram", 500) for n in (0, 1)]
    zone(folder, "intel-rapl:0:0", "core", 7)
    zone(folder, "intel-rapl:2", "psys", 7)
    zone(folder, "intel-rapl-mmio:0", "package-0", 0)
    return counted


def test_energy_is_that_of_the_packages_and_their_memory(tmp_path: Path) -> None:
    counted = powercap(tmp_path)
    counters = energy.counters(tmp_path)
    before = energy.readings(counters)
    for place in tmp_path.glob("*:*"):
        (place / "energy_uj").write_text(f"{int((place / 'energy_uj').read_text()) + 3_000_000}\n")
    assert energy.joules(counters, before, energy.readings(counters)) == pytest.approx(3 * len(counted))


@given(st.integers(1, 2**40), st.data())
def test_a_counter_that_began_again_is_read_right(largest: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, largest))
    spent = data.draw(st.integers(0, largest))  # less than a round
    after = (before + spent) % (largest + 1)
    assert energy.Counter(Path(), largest).spent(before, after) == pytest.approx(spent / 1e6)


def test_a_machine_without_counters_says_so(tmp_path: Path) -> None:
    zone(tmp_path, "dtpm:0", "package-0", 1)
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(energy.Untold, match="no energy counters"):
            energy.counters(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_counters_that_may_not_be_read_are_said_so(tmp_path: Path) -> None:
    for place in powercap(tmp_path):
        (place / "energy_uj").chmod(0)
    with pytest.raises(energy.Untold, match="root"):
        energy.counters(tmp_path)


def test_energy_is_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of counters that stand still, no figure is made."""
    powercap(tmp_path)
    monkeypatch.setattr(energy, "POWERCAP", tmp_path)
    source = write_clip(tmp_path / "clip.mp4", Clip(frames=2))
    counters = energy.counters(tmp_path)
    sample = take_sample(Job(source, tmp_path / "out.mkv", Options(threads=1), costed=False, counters=counters))
    assert sample.joules == 0
    assert sample.frames == 2


# GPU

LINES = """0, 10, 1000, 100.00
1, 80, 2000, 300.00
0, 30, 1000, 120.00
1, 90, 2500, 310.50
1, 90, 2500, 3"""


def test_the_busiest_gpu_counts() -> None:
    assert told(gpu.load_of(LINES)) == pytest.approx((0.85, 2500 * 1.048576, 305.25))


def test_what_a_board_does_not_tell_is_left_out() -> None:
    load = gpu.load_of("0, 10, 1024, [N/A]\n")
    assert load is not None
    assert load.watts is None
    assert gpu.load_of("0, [N/A], [N/A], 50.00\n") is None
    assert gpu.load_of("") is None


def told(load: gpu.GpuLoad | None) -> tuple[float | None, ...]:
    assert load is not None
    return load.busy, load.memory, load.watts


def test_a_gpu_is_watched_by_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script stands for it, which speaks its format, and says when it has spoken."""
    spoken = tmp_path / "spoken"
    os.mkfifo(spoken)
    script = tmp_path / "nvidia-smi"
    script.write_text(
        '#!/bin/sh\ncase "$1" in *=name) echo "NVIDIA H200";;\n'
        f"*) echo '0, 45, 1024, 250.00'; echo > {spoken}; exec sleep 60;; esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert gpu.gpus() == ["NVIDIA H200"]
    monitor = gpu.GpuMonitor()
    monitor.start()
    spoken.read_text()
    monitor.stop()
    assert told(monitor.load) == pytest.approx((0.45, 1073.741824, 250.0))


def test_without_a_driver_there_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu.gpus() == []


# Streams


@given(st.integers(0, 300), st.integers(1, 300), st.integers(1, 256))
def test_the_search_finds_the_most_and_tries_few(true: int, guess: int, limit: int) -> None:
    tried: list[int] = []

    def on_time(streams: int) -> bool:
        tried.append(streams)
        return streams <= true

    assert most(on_time, guess, limit) == min(true, limit)
    assert len(set(tried)) == len(tried)
    assert all(1 <= streams <= limit for streams in tried)
    assert len(tried) <= 2 * ceil(log2(limit + 1)) + 2


def stream(times: list[float], frames: int = 100, without_model: int = 0) -> Streamed:
    return Streamed(frames, times, without_model, cpu=1.0, seconds=4.0, memory_peak=1)


@pytest.mark.parametrize(
    ("made", "late"),
    [
        (stream([39.0] * 100), False),
        (stream([39.0] * 95 + [41.0] * 5), False),
        (stream([39.0] * 94 + [41.0] * 6), True),
        (stream([39.0] * 94), True),  # six were dropped
        (stream([39.0] * 97, without_model=3), True),
        (stream([], without_model=100), True),
    ],
)
def test_a_stream_is_late_when_more_than_one_frame_in_twenty_is(made: Streamed, late: bool) -> None:
    level = levels.Level([stream([1.0] * 100), made], interval=40.0)
    assert level.late is late
    assert 0 <= level.on_time <= 1
    assert level.cores == 0.5


def test_streams_run_at_once_in_real_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through decoder, model and encoder. How fast depends on the machine; a frame is never ready before it is due."""
    monkeypatch.setattr(levels, "SECONDS", 0.4)
    source = live_source(workload_named("pan:64x48:6f"), 30, tmp_path)
    level = levels.level(source, LiveSettings(threads=1), 30, 2)
    assert level.interval == pytest.approx(1000 / 30)
    assert [made.frames for made in level.streams] == [12, 12]  # the clip is played twice
    for made in level.streams:
        assert len(made.times) <= 12
        assert all(took > 0 for took in made.times)
        assert made.seconds >= 11 / 30
        assert 0 <= made.without_model <= 12
        assert made.cpu > 0
        assert made.memory_peak > 20 * MEGABYTE


def test_an_error_of_one_stream_ends_all_and_arrives(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        levels.level(tmp_path / "missing.mp4", LiveSettings(), 25, 2)


def test_the_capacity_is_searched_and_what_was_tried_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "SECONDS", 0.5)
    kept: list[Report] = []

    def interrupting(words: str) -> None:
        if "2 at once" in words:
            raise KeyboardInterrupt

    settings = Settings("pan:64x48:6f", threads=1, repeat=1, streams=True, rate=2)  # one frame, with half a second
    with pytest.raises(KeyboardInterrupt):
        measure(settings, interrupting, kept.append)
    name = "tiny-16-x2, auto, 64x48, 1 thread, live at 2 fps"
    assert kept[-1]["streams"]["case"] == name
    assert kept[-1]["streams"]["levels"] == {f"{name}, 1 at once": 1, f"{name}, 2 at once": 2}
    assert {"frames on time", "cores busy", "peak memory"} <= by_case(kept[-1])[f"{name}, 1 at once"].keys()
    assert "The search was interrupted." in shown(kept[-1])
    load = next(plot for plot in figures(kept[-1]) if plot.name == "pipeline-streams-load")
    assert isinstance(load, Lines)
    assert [point.x for point in load.series["cores busy"]] == [1, 2]


def test_a_search_that_has_found_nothing_yet_leaves_nothing(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing.mp4"
    monkeypatch.setattr(capacity, "live_source", lambda *_: missing)
    kept: list[Report] = []
    settings = Settings(TINY, threads=1, repeat=1, streams=True)
    bench = Bench(settings, {**report, "streams": None}, tmp_path, Calibration(), quiet, kept.append)
    with pytest.raises(InputError):
        capacity.find_capacity(bench, first_model(cases_of(settings)))
    assert kept[-1]["streams"] is None
    assert figures(kept[-1])
    assert "Streams at once" not in shown(kept[-1])


def test_plots_say_what_a_stage_costs_and_where_it_waits(report: Report) -> None:
    costs, waits = figures(report)
    assert isinstance(costs, Bars)
    assert isinstance(waits, Bars)
    assert costs.rows.keys() == {MODEL}
    assert costs.rows[MODEL].keys() == waits.rows.keys() == STAGES
    assert all(sum(parts.values()) == pytest.approx(100, abs=0.1) for parts in waits.rows.values())
