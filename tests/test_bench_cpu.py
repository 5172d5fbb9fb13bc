"""The benchmark of networks on the processor: one network in every runtime, honest rows, a report that is shown."""

from __future__ import annotations

import json
import statistics
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from framelift.benchmarks.cpu.figures import figures
from framelift.benchmarks.cpu.gauge import COPYING, ONE_CORE
from framelift.benchmarks.cpu.group import CPU, DIFFERENCE, NETWORK, OF_PEAK, REFERENCES, WHOLE
from framelift.benchmarks.cpu.measure import measure
from framelift.benchmarks.cpu.settings import Settings
from framelift.benchmarks.cpu.tables import document as markdown
from framelift.benchmarks.networks import Network, default_networks, network_named
from framelift.benchmarks.pages.figures import Lines
from framelift.benchmarks.random_stack import RandomStack
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.runners import RUNTIMES, Case, Codes, all_cases
from framelift.benchmarks.runners.ncnn import ncnn_form
from framelift.benchmarks.runners.openvino import BEST, byte_form
from framelift.benchmarks.statistics.bootstrap import paired
from framelift.benchmarks.statistics.measurement import Measurement, measurements_of
from framelift.cli.main import exit_code_of
from framelift.engine.backends import choose_backend
from framelift.engine.compute import Compute
from framelift.engine.errors import ExitCode, ModelError, UsageError
from framelift.engine.fused import PRECISIONS, fast_paths
from framelift.engine.model import load_model
from framelift.engine.stack import KEYS_A, Layer, Stack

SIZE = (27, 18)
CASES = all_cases(RUNTIMES)
PACKAGES = {"openvino": "openvino", "ncnn": "ncnn", "opencv": "cv2"}  # by runtime
TOLERANCE = {"fp32": 1, "bf16": 4, "int8": 2}  # codes; two codes of INT8, for roundings add up


def plane(size: tuple[int, int] = SIZE) -> Codes:
    return np.random.default_rng(5).integers(0, 256, size[::-1], np.uint8)


def frame(case: Case, network: Network, threads: int = 1) -> Codes:
    """What `case` makes of `plane`; skips where it cannot be run here."""
    package = PACKAGES.get(case.runtime)
    if package is not None and find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    try:
        runner = case.open(network, SIZE, threads)
    except ModelError as error:
        if case.name != "openvino bf16":
            raise
        pytest.skip(error.message)
    runner.take(plane())
    runner.run()
    return runner.give()


def expected(network: Network, form: str) -> Codes:
    """By the engine on ONNX Runtime, rounded to codes."""
    backend = choose_backend(load_model(network.form(form)), Compute("onnxruntime", threads=1))
    y = backend.run(plane()[None, None].astype(np.float32) / np.float32(255))
    backend.close()
    codes: Codes = np.rint(np.clip(y[0, 0], 0, 1) * 255).astype(np.uint8)
    return codes


# ---- the same network everywhere


@pytest.mark.parametrize("scale", [2, 3])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_runs_the_same_random_stack(case: Case, scale: int, tmp_path: Path) -> None:
    stack = RandomStack(8, 4, scale)
    forms = {"fp32": stack.write(tmp_path / "fp32.onnx"), "int8": stack.write_int8(tmp_path / "int8.onnx")}
    network = Network("random", scale, 1, forms)
    wanted = expected(network, "int8" if case.precision == "int8" else "fp32").astype(int)
    assert np.abs(frame(case, network) - wanted).max() <= TOLERANCE[case.precision]


@pytest.mark.parametrize("case", [case for case in CASES if case.precision == "fp32"], ids=lambda case: case.name)
def test_every_case_runs_the_same_shipped_model(case: Case, tmp_path: Path) -> None:
    network = network_named("tiny-16-x2", tmp_path)
    assert np.abs(frame(case, network, threads=2) - expected(network, "fp32").astype(int)).max() <= 1


def test_int8_is_near_fp32_in_a_random_stack(tmp_path: Path) -> None:
    network = network_named("c8x6", tmp_path)
    difference = expected(network, "int8").astype(int) - expected(network, "fp32")
    assert 0 < np.abs(difference).max() < 12
    assert expected(network, "fp32").std() > 4


def test_random_stacks_are_the_same_each_time() -> None:
    for one, other in zip(RandomStack(8, 3).weights(), RandomStack.named("c8x3").weights(), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_cost_is_counted_in_multiplications(tmp_path: Path) -> None:
    assert network_named("c16x6", tmp_path).macs_per_pixel == 9 * (16 + 4 * 16 * 16 + 4 * 16)
    model = load_model("tiny-16-x2")
    assert model.manifest is not None
    assert network_named("tiny-16", tmp_path).macs_per_pixel == model.manifest.macs_per_pixel


def test_slopes_and_additions_are_written_for_ncnn() -> None:
    weight, values = np.ones((3, 3, 3, 3), np.float32), np.zeros(3, np.float32)
    layers = (
        Layer(weight[:, :1], values, values, None, None, None),
        Layer(weight, values, None, 0, None, None),
        Layer(np.ones((4, 3, 1, 1), np.float32), np.zeros(4, np.float32), None, None, None, None),
    )
    text, data = ncnn_form(Stack(layers, 2, 1, "nearest", KEYS_A))
    lines = text.splitlines()
    kinds = [line.split()[0] for line in lines[2:]]
    assert kinds.count("Convolution") == 3
    assert kinds[-3:] == ["Convolution", "BinaryOp", "PixelShuffle"]
    assert "PReLU" in kinds
    assert int(lines[1].split()[0]) == len(kinds)
    assert len(data) == 4 * (sum(layer.weight.size + layer.bias.size for layer in layers) + 3 + 3)
    with pytest.raises(ModelError, match="bicubic"):
        ncnn_form(Stack(layers, 2, 1, "bicubic", KEYS_A))


def test_only_what_ends_with_the_shuffle_can_give_bytes(tmp_path: Path) -> None:
    stack = RandomStack(4, 2)
    made = byte_form(stack.write_int8(tmp_path / "int8.onnx"))
    onnx.checker.check_model(made, full_check=True)
    assert {node.op_type for node in made.graph.node} == {"Conv", "Relu", "QuantizeLinear", "DequantizeLinear"}
    with pytest.raises(ModelError, match=r"fp32\.onnx cannot take and give bytes"):
        byte_form(stack.write(tmp_path / "fp32.onnx"))


# ---- the report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A random stack, and a file of which there is no INT8 form, each case in two turns."""
    said: list[str] = []
    alone = RandomStack(4, 3).write(tmp_path_factory.mktemp("models") / "alone.onnx")
    settings = Settings(("c4x2", str(alone)), sizes=((33, 7),), threads=(1, 2), repeat=2, seconds=0)
    kept: list[int] = []
    made = measure(settings, said.append, lambda so_far: kept.append(len(so_far["rows"])))
    assert len(said) == 1 + 2 * 2
    assert kept == [len(CASES) * group for group in (1, 2, 3, 4)]
    return made


def by_name(report: Report) -> dict[tuple[str, str], Measurement]:
    return {(m.case, m.metric): m for m in measurements_of(report)}


def test_there_is_a_row_for_each_case_of_each_group(report: Report) -> None:
    groups = {(row["network"], tuple(row["input_size"]), row["threads"]) for row in report["rows"]}
    assert groups == {(name, (33, 7), threads) for name in ("c4x2", "alone") for threads in (1, 2)}
    for group in groups:
        rows = [row for row in report["rows"] if (row["network"], tuple(row["input_size"]), row["threads"]) == group]
        assert [row["way"] for row in rows] == [case.name for case in CASES]
    paths = [row["path"] for row in report["rows"][: len(CASES)] if row["runtime"] == "native"]
    assert sorted(paths) == sorted(path for precision in PRECISIONS for path in fast_paths(precision))


def test_a_case_has_every_frame_by_turn(report: Report) -> None:
    found = by_name(report)
    rows = {row["way"]: row for row in report["rows"] if row["network"] == "c4x2" and row["threads"] == 2}
    measured = {way: row["case"] for way, row in rows.items() if not row["reason"]}
    assert {"onnxruntime fp32", "onnxruntime int8"} <= measured.keys()
    assert rows["onnxruntime fp32"]["case"] == "c4x2, onnxruntime fp32, 33x7, 2 threads"
    for case in measured.values():
        network, cpu, whole = (found[case, metric] for metric in (NETWORK, CPU, WHOLE))
        assert len(network.turns) == len(cpu.turns) == len(whole.turns) == 2
        assert all(0 < ours <= all_of_it for ours, all_of_it in zip(network.values, whole.values, strict=True))
        assert found[case, DIFFERENCE].median <= 16
    assert found[measured["onnxruntime fp32"], DIFFERENCE].median == 0


def test_ratios_are_of_the_same_turn(report: Report) -> None:
    found, shown = by_name(report), markdown(report)
    for row in report["rows"]:
        reference = row["case"].replace(row["way"], REFERENCES[0])
        if not row["reason"]:
            own, theirs = found[row["case"], NETWORK], found[reference, NETWORK]
            times = statistics.median(b / a for a, b in zip(own.middles, theirs.middles, strict=True))
            assert paired(own, theirs).middle == pytest.approx(times)
            assert f"{times:.2f} (" in shown
    assert "1.00 (1.00 to 1.00)" in shown


def test_the_share_of_the_peak_is_of_what_one_core_can_do(report: Report) -> None:
    found = by_name(report)
    paths = {row["path"] for row in report["rows"] if row["path"]}
    assert {metric for case, metric in found if case == ONE_CORE} == paths | {COPYING}
    assert all(len(found[ONE_CORE, path].turns) == 3 for path in paths)
    for row in report["rows"]:
        assert ((row["case"], OF_PEAK) in found) is (row["runtime"] == "native" and not row["reason"])
    shares = [m.median for (_, metric), m in found.items() if metric == OF_PEAK]
    assert all(0 < share < 1.5 for share in shares)


def test_the_report_says_how_far_to_trust_it(report: Report) -> None:
    assert report["complete"]
    assert len(report["calibration"]["compute"]) == 4 * 2
    assert report["overhead"]["ms"] > 0
    assert {"alone", "c4x2", "c4x2-int8"} == report["models"].keys()


def test_times_are_drawn_by_cost(report: Report) -> None:
    plots = figures(report)
    assert [plot.name for plot in plots] == ["networks-33x7-1", "networks-33x7-2"]
    for plot in plots:
        assert isinstance(plot, Lines)
        assert {"native fp32", "onnxruntime fp32", "onnxruntime int8"} <= plot.series.keys()
        assert [point.label for point in plot.series["onnxruntime int8"]] == ["c4x2"]  # `alone` has no such form
        assert {point.label for point in plot.series["native fp32"]} == {"c4x2", "alone"}


def test_what_there_is_no_form_of_is_a_row_that_says_so(report: Report) -> None:
    rows = [row for row in report["rows"] if row["network"] == "alone" and row["precision"] == "int8"]
    assert {row["reason"] for row in rows if row["runtime"] == "onnxruntime"} == {"alone has no INT8 form"}
    assert not {row["case"] for row in rows} & {case for case, _ in by_name(report)}


def test_a_peer_that_is_not_installed_is_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in PACKAGES.values():
        monkeypatch.setitem(sys.modules, package, None)  # as Python marks what is not there
    settings = Settings(("c4x2",), tuple(PACKAGES), sizes=((32, 24),), threads=(1,), repeat=1, seconds=0)
    made = measure(settings, lambda _: None)
    assert {row["reason"] for row in made["rows"]} == {f"{name} is not installed" for name in PACKAGES.values()}
    assert "not measured: cv2 is not installed" in markdown(made)


def test_a_report_is_read_back_and_shown(report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    write_report(report, file)
    assert read_report(file) == json.loads(json.dumps(report))
    assert exit_code_of(["bench", "report", str(file)]) == ExitCode.DONE
    document = capsys.readouterr().out
    assert document == markdown(report)
    assert {"## Overview", "### c4x2, 33x7, 1 thread", "### alone, 33x7, 2 threads"} <= set(document.splitlines())
    assert f"times {REFERENCES[0]}" in document
    assert sum(line.startswith(f"| {BEST} | ") for line in document.splitlines()) == 4


def test_the_command_measures_what_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "--network c4x2 --runtime onnxruntime --size 32x32 --threads 1 --repeat 1"
    file = tmp_path / "report.json"
    assert exit_code_of(["bench", "cpu", *words.split(), "--json", str(file)]) == ExitCode.DONE
    made = read_report(file)
    assert made["command"] == f"framelift bench cpu {words}"
    assert [row["way"] for row in made["rows"]] == ["onnxruntime fp32", "onnxruntime int8"]
    assert capsys.readouterr().out == markdown(made)


def test_what_is_measured_by_default() -> None:
    settings = Settings().completed()
    assert {"c8x6", "c16x6", "c32x6", "tiny-16-x2"} <= set(settings.networks)
    assert settings.networks == default_networks()
    assert settings.threads[0] == 1


@pytest.mark.parametrize("name", ["c8x1", "c8x", "abacus", "c0x4", "missing.onnx"])
def test_an_unknown_network_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises((UsageError, ModelError)) as caught:
        network_named(name, tmp_path)
    assert name in caught.value.message
    assert caught.value.hint


def test_an_unknown_runtime_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "cpu", "--runtime", "abacus"]) == ExitCode.USAGE
    assert "native, onnxruntime" in capsys.readouterr().err
