"""`framelift bench latency`: whole ways of frames, cold starts, honest rows, what is kept of an interrupted run."""

from __future__ import annotations

import signal
import statistics
import sys
import time
from itertools import count, product
from pathlib import Path

import numpy as np
import pytest
from clips import Clip, write_clip
from framelift.benchmarks.cases import case_name, model_name
from framelift.benchmarks.latency.chain import Chain, Times, timed
from framelift.benchmarks.latency.choices import Choice, choices_of, refusals
from framelift.benchmarks.latency.cold import PARTS, WHOLE, start
from framelift.benchmarks.latency.figures import figures
from framelift.benchmarks.latency.measure import measure
from framelift.benchmarks.latency.settings import SIZES, Settings
from framelift.benchmarks.latency.sources import workloads_of
from framelift.benchmarks.latency.tables import document
from framelift.benchmarks.latency.turn import LEAST, MOST_WARM, Turn, steady_frames, take
from framelift.benchmarks.pages.figures import Bars, Distributions, Lines
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.statistics.measurement import Measurement, measurements_of
from framelift.benchmarks.statistics.steady import BATCH
from framelift.cli.main import exit_code_of
from framelift.engine.backends import available_backends
from framelift.engine.errors import ExitCode, ModelError, UsageError
from framelift.engine.plan import Plan, make_plan
from hypothesis import given
from hypothesis import strategies as st
from networks import enlarging
from runs import framelift

STAGES = ("decode", "prepare", "upscale", "finish", "encode")
SMALL = ((64, 48), (96, 64))
SETTINGS = Settings(
    models=("tiny-8",), backends=("native", "onnxruntime"), sizes=SMALL, threads=(1, 2), turns=2, seconds=0
)
WORDS = st.text("abc-8", min_size=1)


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def report(said: list[str]) -> Report:
    """Of `SETTINGS`."""
    return measure(SETTINGS, said.append)


@pytest.fixture(scope="module")
def made(report: Report) -> dict[tuple[str, str], Measurement]:
    return {(m.case, m.metric): m for m in measurements_of(report)}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", Clip())


def plan_of(clip: Path) -> Plan:
    return make_plan(clip, clip.with_name("out.mkv"), Choice("tiny-8", 2, "native", "fp32").options(1))


# ---- names


@given(*[st.tuples(WORDS, WORDS, WORDS, st.tuples(*[st.integers(2, 9)] * 2), st.none() | st.integers(1, 3), WORDS)] * 2)
def test_cases_of_one_name_are_the_same(
    a: tuple[str, str, str, tuple[int, int], int | None, str], b: tuple[str, str, str, tuple[int, int], int | None, str]
) -> None:
    same_backend = dict.fromkeys(a[1:3]) == dict.fromkeys(b[1:3])  # "auto auto" is written once
    assert (case_name(*a) == case_name(*b)) == (same_backend and (a[0], *a[3:]) == (b[0], *b[3:]))


def test_a_name_has_what_makes_a_case() -> None:
    assert model_name("tiny-16", 2) == "tiny-16-x2"
    assert model_name("tiny-16-x3", 3) == "tiny-16-x3"
    assert model_name("some/where/mine.onnx", 4) == "mine"
    assert case_name("m", "native", "int8", (640, 360), 1) == "m, native int8, 640x360, 1 thread"
    assert case_name("m", "auto", "auto", (64, 36), 2, "throughput") == "m, auto, 64x36, 2 threads, throughput"


# ---- a frame's way


def test_steps_take_the_value_of_the_one_before_and_their_time() -> None:
    seen: list[int] = []
    began = time.perf_counter()
    times = timed(lambda _: 1, lambda x: x + 1, lambda x: [x] * 200_000, sum, seen.append)
    assert seen == [400_000]
    assert min(times) >= 0
    assert times.frame == pytest.approx(sum(times))
    assert times.frame <= (time.perf_counter() - began) * 1000


def test_frames_go_on_where_the_clip_begins_again(clip: Path) -> None:
    with Chain(plan_of(clip)) as chain:
        frames = [chain.frame() for _ in range(3 * Clip().frames)]
        assert "1 thread" in chain.reason
    assert all(min(times) > 0 for times in frames)


def test_the_first_frame_of_a_clip_is_not_timed(tmp_path: Path) -> None:
    alone = write_clip(tmp_path / "alone.mkv", Clip(frames=1))
    with Chain(plan_of(alone)) as chain, pytest.raises(StopIteration):
        chain.frame()


def test_a_frame_is_computed_whole_on_all_threads(clip: Path) -> None:
    options = plan_of(clip).options
    assert (options.reuse, options.mode, options.threads) == (False, "latency", 1)


def test_a_turn_opens_the_case_and_takes_its_frames(clip: Path) -> None:
    turn = take(plan_of(clip), seconds=0)
    assert "1 thread" in turn.reason
    assert len(turn.frames) >= LEAST


@given(st.integers(0, 12), st.sampled_from([0.0, 0.05, 0.5]))
def test_slow_first_frames_are_left_out_and_the_rest_lasts_long_enough(slow: int, seconds: float) -> None:
    numbers = count()

    def frame() -> Times:
        number = next(numbers)
        return Times(0, 0, 100 - number if number < slow else 5 + number % 2, 0, 0)

    warm_up, frames = steady_frames(frame, seconds)
    assert BATCH <= warm_up <= max(BATCH, slow + BATCH - 1)
    assert sum(times.frame > 6 for times in frames) <= BATCH // 2  # of a batch whose median is fast
    assert slow > BATCH or max(times.frame for times in frames) <= 6
    assert len(frames) >= LEAST
    assert sum(times.frame for times in frames) >= 1000 * seconds


def test_what_never_becomes_steady_is_measured_all_the_same() -> None:
    numbers = count()
    warm_up, frames = steady_frames(lambda: Times(0, 0, 1e6 * 0.8 ** next(numbers), 0, 0), 0)
    assert (warm_up, len(frames)) == (MOST_WARM, LEAST)


@given(st.lists(st.floats(0.5, 500), min_size=2, max_size=20))
def test_jitter_is_how_much_a_frame_differs_from_the_one_before(ms: list[float]) -> None:
    turn = Turn("", 0, [Times(0, 0, value, 0, 0) for value in ms])
    assert turn.jitter == pytest.approx(float(np.diff(ms).std()), abs=1e-9)


def test_a_steady_growth_is_no_jitter() -> None:
    assert Turn("", 0, [Times(0, 0, 10 + n, 0, 0) for n in range(9)]).jitter == pytest.approx(0)


# ---- a cold start


def test_a_cold_start_is_all_of_a_process_until_its_first_frame(clip: Path) -> None:
    began = time.monotonic()
    run = start(Choice("tiny-8", 2, "native", "int8"), clip, clip.parent)
    assert tuple(run) == (WHOLE, *PARTS)
    assert min(run.values()) > 0
    assert run[WHOLE] == pytest.approx(sum(run[part] for part in PARTS))
    assert run[WHOLE] < (time.monotonic() - began) * 1000
    assert [path.name for path in clip.parent.iterdir()] == [clip.name]


def test_a_start_that_fails_says_why(clip: Path) -> None:
    with pytest.raises(ModelError, match=r"abacus, native int8 failed: .*'abacus'"):
        start(Choice("abacus", 2, "native", "int8"), clip, clip.parent)


# ---- what there is to measure


def test_all_there_is_is_tried_and_what_is_missing_says_so(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # as if it were not installed
    settings = Settings(models=("tiny-8",), threads=(1,))
    choices = choices_of(settings)
    refused = refusals(choices, settings, clip, clip.parent)
    words = {str(choice): why for choice, why in refused.items()}
    assert "there is no backend 'openvino'" in words["tiny-8-x2, openvino fp32"]
    assert {(c.backend, c.precision) for c in choices} >= {
        ("native", "int8"),
        ("native", "fp32"),
        ("onnxruntime", "fp32"),
    }
    assert all(choice.backend not in available_backends() for choice in refused)


def test_a_precision_that_a_model_lacks_has_a_row_of_words(clip: Path) -> None:
    settings = Settings(models=(str(enlarging(clip.with_name("mine.onnx"))),), backends=("native", "onnxruntime"))
    refused = refusals(choices_of(settings), settings, clip, clip.parent)
    assert [str(choice) for choice in refused] == ["mine, native int8", "mine, native fp32"]


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        (Settings(models=("tiny-9",)), ModelError, "tiny-9"),
        (Settings(models=("tiny-8", "missing.onnx")), ModelError, r"missing\.onnx"),
        (Settings(backends=("onnxruntime", "abacus")), ModelError, "abacus"),
        (Settings(backends=("onnxruntime",), precisions=("fp32", "bf16")), ModelError, "bf16"),
        (Settings(precisions=("int4",)), UsageError, "int4"),
        (Settings(scales=(2, 7)), UsageError, "7"),
        (Settings(threads=(1, 1000)), UsageError, "1000"),
        (Settings(clip="nowhere"), UsageError, "nowhere"),
        (Settings(clip="pan:4f"), UsageError, "4 frames"),
        (Settings(clip="pan:64x48", sizes=SMALL), UsageError, "has a size, and --size gives another"),
    ],
)
def test_what_was_named_is_refused_before_any_work(settings: Settings, error: type[Exception], words: str) -> None:
    said: list[str] = []
    with pytest.raises(error, match=words):
        measure(settings, said.append)
    assert said == []


def test_one_turn_has_no_spread() -> None:
    with pytest.raises(UsageError, match="--turns 1"):
        Settings(turns=1)


def test_a_scene_has_the_sizes_asked_for_or_its_own() -> None:
    def sizes(settings: Settings) -> list[tuple[int, int]]:
        return [(workload.width, workload.height) for workload in workloads_of(settings)]

    assert sizes(Settings()) == list(SIZES)
    assert sizes(Settings(clip="pan", sizes=SMALL)) == list(SMALL)
    assert sizes(Settings(clip="pan:64x48")) == [(64, 48)]


def test_a_file_has_its_own_size_and_enough_frames(clip: Path) -> None:
    (workload,) = workloads_of(Settings(clip=str(clip)))
    assert (workload.path, workload.width, workload.height) == (clip, 96, 64)
    with pytest.raises(UsageError, match="its own size"):
        workloads_of(Settings(clip=str(clip), sizes=SMALL))
    short = write_clip(clip.with_name("short.mp4"), Clip(frames=LEAST - 1))
    with pytest.raises(UsageError, match="7 frames"):
        workloads_of(Settings(clip=str(short)))


# ---- the report


def test_there_is_a_row_for_each_case(report: Report) -> None:
    choices = ("native int8", "native fp32", "onnxruntime fp32")
    wanted = [
        f"tiny-8-x2, {choice}, {width}x{height}, {threads} thread{'s' if threads > 1 else ''}"
        for (width, height), threads, choice in product(SMALL, (1, 2), choices)
    ]
    assert [row["case"] for row in report["rows"]] == wanted
    assert [row["case"] for row in report["cold"]] == [f"tiny-8-x2, {choice}, 64x48" for choice in choices]
    assert all(f"{row['threads']} thread" in row["backend_reason"] for row in report["rows"])
    assert report["refused"] == []
    assert report["complete"]
    assert set(report["models"]) == {"tiny-8-x2", "tiny-8-x2-int8"}


def test_a_frame_is_its_stages(report: Report, made: dict[tuple[str, str], Measurement]) -> None:
    for row in report["rows"]:
        frames = made[row["case"], "frame"]
        assert len(frames.turns) == len(row["warm_up_frames"]) == SETTINGS.turns
        assert min(map(len, frames.turns)) >= LEAST
        stages = np.array([made[row["case"], stage].values for stage in STAGES])
        np.testing.assert_allclose(frames.values, stages.sum(0), rtol=1e-5)
        jitter = [statistics.pstdev(np.diff(turn).tolist()) for turn in frames.turns]
        np.testing.assert_allclose(made[row["case"], "jitter"].values, jitter, rtol=1e-3, atol=1e-5)


def test_a_start_is_its_parts(report: Report, made: dict[tuple[str, str], Measurement]) -> None:
    for row in report["cold"]:
        whole = made[row["case"], WHOLE]
        assert [len(turn) for turn in whole.turns] == [1] * SETTINGS.turns
        np.testing.assert_allclose(whole.values, sum(np.array(made[row["case"], p].values) for p in PARTS), rtol=1e-5)


def test_how_far_the_figures_can_be_trusted_is_in_the_report(report: Report, said: list[str]) -> None:
    assert len(report["calibration"]["compute"]) == 2 * SETTINGS.turns  # before each turn of frames and of starts
    assert report["overhead"]["ms"] > 0
    assert sum("turn 2 of 2" in line for line in said) == 2


def test_the_command_makes_the_report_again(report: Report) -> None:
    words = report["command"].split()
    assert words[:3] == ["framelift", "bench", "latency"]
    assert [words[i + 1] for i, word in enumerate(words) if word == "--size"] == ["64x48", "96x64"]
    assert [words[i + 1] for i, word in enumerate(words) if word == "--threads"] == ["1", "2"]
    assert "--no-cold" not in words


def test_the_document_has_every_case_with_its_spread(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "report.json")
    text = document(read_report(tmp_path / "report.json"))
    lines = text.splitlines()
    for width, height in SMALL:
        assert f"## {width}x{height} to {2 * width}x{2 * height}, 2 threads" in lines
    rows = [line for line in lines if line.startswith("| tiny-8-x2, ") and " to " in line]
    assert len(rows) == 2 * len(report["rows"]) + len(report["cold"])
    assert "Reuse is off" in text
    assert "page cache" in text
    assert "## Not measured" not in text
    refused = report | {"refused": [{"case": "tiny-8-x2, abacus", "why": "too slow"}]}
    assert "| tiny-8-x2, abacus | too slow |" in document(refused)


def test_the_figures_show_every_frame(report: Report, made: dict[tuple[str, str], Measurement]) -> None:
    drawn = figures(report)
    assert len({figure.name for figure in drawn}) == len(drawn) == 2 * 2 * 2 + 2 + 1
    by_name = {figure.name: figure for figure in drawn}
    case = "tiny-8-x2, native int8, 96x64, 2 threads"
    spread, parts, growth, cold = (
        by_name[name]
        for name in (
            "latency-96x64-x2-2-threads",
            "stages-96x64-x2-2-threads",
            "latency-by-size-2-threads",
            "cold-start",
        )
    )
    assert isinstance(spread, Distributions)
    assert spread.rows["tiny-8-x2, native int8"] == made[case, "frame"].values
    assert isinstance(parts, Bars)
    assert parts.rows["tiny-8-x2, native int8"] == {stage: made[case, stage].median for stage in STAGES}
    assert isinstance(growth, Lines)
    points = growth.series["tiny-8-x2, native int8"]
    assert [point.x for point in points] == pytest.approx([64 * 48 / 1e6, 96 * 64 / 1e6])
    assert points[1].y == made[case, "frame"].median
    assert isinstance(cold, Bars)
    assert all(set(bar) == {part.removeprefix("cold start: ") for part in PARTS} for bar in cold.rows.values())


# ---- the command


def test_a_turn_that_is_interrupted_is_kept_as_far_as_it_came() -> None:
    kept: list[int] = []
    samples: list[int] = []

    def say(line: str) -> None:
        if "turn 2" in line:
            raise KeyboardInterrupt

    def keep(report: Report) -> None:
        samples.append(len(report["calibration"]["compute"]))
        kept.extend(len(m.turns) for m in measurements_of(report) if m.metric == "frame")

    settings = Settings(models=("tiny-8",), backends=("native",), sizes=SMALL[:1], threads=(1,), seconds=0)
    with pytest.raises(KeyboardInterrupt):
        measure(settings, say, keep)
    assert kept == [1, 1, 2, 2]
    assert samples == [1, 2]


def test_an_interrupted_run_keeps_what_it_measured(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("report.json", "report.md")]
    endless = ["--model=tiny-8", "--backend=native", "--size=64x48", "--threads=1", "--turns=1000", "--seconds=0"]
    with framelift("bench", "latency", *endless, f"--json={places[0]}", f"--markdown={places[1]}") as run:
        assert run.stderr is not None
        next(line for line in run.stderr if "turn 2 of 1000" in line)
        run.send_signal(signal.SIGTERM)
        shown, errors = run.communicate(timeout=30)
    assert run.returncode == ExitCode.INTERRUPTED
    assert "interrupted" in errors
    kept = read_report(places[0])
    assert not kept["complete"]
    assert all(len(m.turns) >= 2 for m in measurements_of(kept))
    assert shown == places[1].read_text(encoding="utf-8")
    assert "Interrupted" in shown


def test_a_report_is_printed_and_written(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = clip.with_name("report.json")
    case = ["--model=tiny-8", "--backend=native", "--precision=fp32", "--threads=1", f"--clip={clip}"]
    options = ["--turns=2", "--seconds=0", "--no-cold", f"--json={place}"]
    assert exit_code_of(["bench", "latency", *case, *options]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "clip.mp4" in shown
    assert "## Cold start" not in shown
    written = read_report(place)
    assert shown == document(written)
    assert [row["case"] for row in written["rows"]] == ["tiny-8-x2, native fp32, 96x64, 1 thread"]


def test_a_backend_that_was_named_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "latency", "--backend", "abacus"]) == ExitCode.MODEL
    assert "abacus" in capsys.readouterr().err
