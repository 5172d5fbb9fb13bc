"""`framelift bench quality`: the papers' protocol, networks of others, speed beside quality, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from framelift.benchmarks.pages.contents import markdown
from framelift.benchmarks.pages.figures import Cloud
from framelift.benchmarks.quality.figures import figures
from framelift.benchmarks.quality.filters import NAMES, Filter
from framelift.benchmarks.quality.frozen_graph import onnx_from_frozen
from framelift.benchmarks.quality.macs import macs_per_pixel
from framelift.benchmarks.quality.measure import measure
from framelift.benchmarks.quality.network import network_on
from framelift.benchmarks.quality.rows import placed
from framelift.benchmarks.quality.scores import scores
from framelift.benchmarks.quality.settings import Settings
from framelift.benchmarks.quality.vmaf import vmaf, why_absent
from framelift.benchmarks.quality.way import Enlarged, Rgb
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.statistics.measurement import Measurement, find, measurements_of
from framelift.benchmarks.workloads import Clip, render
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError, ModelError, UsageError
from framelift.engine.model import available_models, load_model
from framelift.training.errors import DataError
from framelift.training.evaluate import evaluate, evaluate_bicubic
from framelift.training.imresize import crop_to_multiple, imresize
from framelift.training.lpips import LPIPS
from framelift.training.metrics import y_from_rgb
from framelift.training.networks.carn import CARN
from framelift.training.networks.srvgg import SRVGGNetCompact
from framelift.training.photos import read_rgb
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Values = NDArray[np.float32]


def ignore(_: object) -> None:
    """Whoever wants to know what was measured reads the report."""


def measured(**settings: Any) -> Report:
    return measure(Settings(**{"models": ("tiny-8",), "parts": ("pictures",)} | settings), ignore, ignore)


def noise(height: int, width: int, *, seed: int = 0) -> Rgb:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of different sizes, neither a multiple of the scale."""
    place = tmp_path_factory.mktemp("sets") / "photos"
    place.mkdir()
    for seed, (width, height) in enumerate([(98, 66), (71, 83)]):
        picture = next(iter(render(Clip(width + width % 2, height + height % 2, 2, seed=seed))))[:height, :width]
        cv2.imwrite(str(place / f"{seed}.png"), picture[..., ::-1])
    return place


# ---- frozen graphs, written byte by byte


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def field(number: int, value: bytes | int) -> bytes:
    """Of protobuf's wire format: a number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def node(name: str, op: str, inputs: tuple[str, ...] = (), **attributes: bytes) -> bytes:
    """A NodeDef as a field of a GraphDef."""
    parts = [field(1, name.encode()), field(2, op.encode()), *(field(3, each.encode()) for each in inputs)]
    parts += [field(5, field(1, key.encode()) + field(2, value)) for key, value in attributes.items()]
    return field(1, b"".join(parts))


def constant(name: str, array: NDArray[Any]) -> bytes:
    """Scalars as a list of numbers, all else as packed bytes, as TensorFlow writes them."""
    shape = b"".join(field(2, field(1, side)) for side in array.shape)
    kind = {"float32": 1, "int32": 3}[array.dtype.name]
    values = field(4, array.tobytes()) if array.ndim else field(5, array.tobytes())
    return node(name, "Const", value=field(8, field(1, kind) + field(2, shape) + values))


def frozen(scale: int, kernels: list[Values], biases: list[Values], slope: Values) -> bytes:
    """FSRCNN's parts: convolutions, PReLU spelled out after each but the last, the shuffle, a bias after it."""
    parts = [node("x", "Placeholder"), constant("slope", slope), constant("half", np.array(0.5, np.float32))]
    parts.append(constant("order", np.array([0, 3, 1, 2], np.int32)))
    previous = "x"
    for i, kernel in enumerate(kernels):
        parts += [constant(f"f{i}", kernel), constant(f"b{i}", biases[i])]
        parts.append(node(f"conv{i}", "Conv2D", (previous, f"f{i}"), padding=field(2, b"SAME")))
        previous = f"conv{i}"
        if i < len(kernels) - 1:
            parts += [
                node(f"sum{i}", "Add", (previous, f"b{i}")),
                node(f"abs{i}", "Abs", (f"sum{i}",)),
                node(f"less{i}", "Sub", (f"sum{i}", f"abs{i}")),
                node(f"bent{i}", "Mul", ("slope", f"less{i}")),
                node(f"halved{i}", "Mul", (f"bent{i}", "half")),
                node(f"relu{i}", "Relu", (f"sum{i}",)),
                node(f"out{i}", "Add", (f"relu{i}", f"halved{i}")),
            ]
            previous = f"out{i}"
    parts.append(node("shuffled", "DepthToSpace", (previous,), block_size=field(3, scale)))
    parts.append(node("biased", "BiasAdd", ("shuffled", f"b{len(kernels) - 1}")))
    return b"".join([*parts, node("result", "Transpose", ("biased", "order"))])


def convolved(x: NDArray[np.float64], kernel: Values) -> NDArray[np.float64]:
    """[H, W, C] by [k, k, C, D], one output at a time; zeros around."""
    reach = len(kernel) // 2
    padded = np.pad(x, ((reach, reach), (reach, reach), (0, 0)))
    height, width, _ = x.shape
    return np.array(
        [
            [
                np.einsum("ijc,ijcd->d", padded[top : top + len(kernel), left : left + len(kernel)], kernel)
                for left in range(width)
            ]
            for top in range(height)
        ]
    )


def expected(luma: Values, scale: int, kernels: list[Values], biases: list[Values], slope: Values) -> NDArray[Any]:
    """The network of `frozen` on studio-range luma over 255, rows and columns before channels as in TensorFlow."""
    x = (luma[..., None].astype(float) * 255 - 16) / 219
    for i, kernel in enumerate(kernels):
        x = convolved(x, kernel)
        if i < len(kernels) - 1:
            x = x + biases[i]
            x = np.where(x > 0, x, slope * x)
    height, width, _ = x.shape
    large = np.zeros((height * scale, width * scale))
    for row, column in np.ndindex(large.shape):  # tf.nn.depth_to_space: depth (row, column) goes to that sub-pixel
        large[row, column] = x[row // scale, column // scale, row % scale * scale + column % scale]
    return ((large + biases[-1]) * 219 + 16) / 255


def a_network(scale: int) -> tuple[list[Values], list[Values], Values]:
    rng = np.random.default_rng(scale)
    shapes = ((5, 5, 1, 4), (1, 1, 4, 4), (3, 3, 4, scale**2))
    kernels = [rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes]
    biases = [rng.normal(0, 0.1, n).astype(np.float32) for n in (4, 4, 1)]
    return kernels, biases, rng.normal(0, 0.3, 4).astype(np.float32)


@pytest.mark.parametrize("scale", [2, 3])
def test_a_frozen_graph_computes_the_same_as_onnx(scale: int, tmp_path: Path) -> None:
    network = a_network(scale)
    path = tmp_path / "net.pb"
    path.write_bytes(frozen(scale, *network))
    luma = np.random.default_rng(9).random((7, 6), np.float32)
    session = onnxruntime.InferenceSession(onnx_from_frozen(path).SerializeToString())
    (result,) = session.run(None, {"x": luma[None, None]})
    np.testing.assert_allclose(result[0, 0], expected(luma, scale, *network), atol=1e-5)


def test_what_is_no_frozen_graph_is_refused(tmp_path: Path) -> None:
    whole = frozen(2, *a_network(2))
    for data, words in (
        (b"", "holds no such network"),
        (whole[: len(whole) // 2], "holds no such network"),
        (b"not a graph", "holds no such network"),
        (node("x", "Placeholder") + node("y", "Softmax", ("x",)), "operation Softmax"),
    ):
        path = tmp_path / "bad.pb"
        path.write_bytes(data)
        with pytest.raises(ModelError, match=words):
            onnx_from_frozen(path)
    with pytest.raises(ModelError, match="cannot be read"):
        onnx_from_frozen(tmp_path / "absent.pb")


# ---- what networks cost


@pytest.mark.parametrize("name", available_models())
def test_macs_of_shipped_models_are_those_they_state(name: str) -> None:
    model = load_model(name)
    assert model.manifest is not None
    assert macs_per_pixel(model) == model.manifest.macs_per_pixel


def test_macs_are_counted_at_the_size_of_each_layer(tmp_path: Path) -> None:
    """A convolution of stride 2 to 6 channels, then a transposed one by 4: 1/4 of 54 and of 6 x 16 weights a pixel."""
    first, second = np.zeros((6, 1, 3, 3), np.float32), np.zeros((6, 1, 4, 4), np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "first"], ["small"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("ConvTranspose", ["small", "second"], ["y"], strides=[4, 4]),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, "h", "w"]) for name in "xy"]
    weights = [numpy_helper.from_array(array, name) for array, name in ((first, "first"), (second, "second"))]
    graph = helper.make_graph(nodes, "strides", ports[:1], ports[1:], weights)
    path = tmp_path / "strides.onnx"
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), path)
    assert macs_per_pixel(load_model(path)) == round((54 + 96) / 4)


# ---- figures of one picture


def test_figures_of_the_picture_itself() -> None:
    picture = noise(40, 44)
    found = {metric.name: value for metric, value in scores(picture, Enlarged(y_from_rgb(picture), picture), 2).items()}
    assert found == {"PSNR-Y": 100.0, "PSNR-RGB": 100.0, "SSIM": pytest.approx(1), "MSE": 0.0}


@given(st.integers(0, 2**31), st.integers(1, 4))
def test_figures_are_their_formulas(seed: int, border: int) -> None:
    original, other = noise(31, 37, seed=seed), noise(31, 37, seed=seed + 1)
    luma = y_from_rgb(other)
    found = {metric.name: value for metric, value in scores(original, Enlarged(luma, other), border).items()}
    inner = (slice(border, -border), slice(border, -border))
    squares = (original[inner].astype(float) - other[inner]) ** 2
    assert found["PSNR-RGB"] == pytest.approx(10 * np.log10(255**2 / squares.mean()))
    error = ((y_from_rgb(original)[inner] - luma[inner]) ** 2).mean()
    assert found["MSE"] == pytest.approx(error)
    assert found["PSNR-Y"] == pytest.approx(10 * np.log10(255**2 / error))


@pytest.mark.parametrize("scale", [2, 3])
@pytest.mark.parametrize("method", NAMES)
def test_filters_enlarge_and_keep_what_is_plain(method: str, scale: int) -> None:
    plain = np.full((20, 23, 3), (10, 200, 90), np.uint8)
    enlarged = Filter(method, scale).enlarge(plain)
    assert enlarged.rgb.shape == (20 * scale, 23 * scale, 3)
    assert (enlarged.rgb == plain[0, 0]).all()
    assert enlarged.luma == pytest.approx(y_from_rgb(enlarged.rgb))
    with Filter(method, scale).opened((64, 48), 1) as frame:
        large = frame()
    assert isinstance(large, np.ndarray)
    assert large.shape == (48 * scale, 64 * scale)


def test_a_luma_network_keeps_the_hue_of_bicubic() -> None:
    low = next(iter(render(Clip(64, 48, 2))))
    enlarged = network_on("auto", "framelift", "tiny-8-x2", load_model("tiny-8")).enlarge(low)
    inside = (enlarged.rgb > 0).all(-1) & (enlarged.rgb < 255).all(-1)
    assert inside.mean() > 0.5
    assert np.abs(y_from_rgb(enlarged.rgb) - enlarged.luma)[inside].max() < 0.5
    chroma = Filter("bicubic", 2).enlarge(low).rgb.astype(float)
    difference = (enlarged.rgb - chroma)[inside]
    assert np.ptp(difference, axis=-1).max() <= 1  # R, G and B all moved alike, but for rounding


# ---- pictures


def test_figures_are_those_of_the_papers_protocol(folder: Path) -> None:
    report = measured(pictures=(folder,), scales=(2, 3))
    found = measurements_of(report)
    for scale in (2, 3):
        bicubic = evaluate_bicubic(folder, scale)
        assert value_of(found, f"bicubic-x{scale}, photos", "PSNR-Y") == pytest.approx(bicubic.psnr_y, abs=1e-3)
        assert value_of(found, f"bicubic-x{scale}, photos", "SSIM") == pytest.approx(bicubic.ssim, abs=1e-5)
        ours = evaluate(folder, scale, luma_of(scale))
        assert value_of(found, f"tiny-8-x{scale}, native fp32, photos", "PSNR-Y") == pytest.approx(
            ours.psnr_y, abs=1e-2
        )
    assert report["sets"] == [{"name": "photos", "pictures": ["0.png", "1.png"]}]
    assert report["complete"]


def value_of(found: list[Measurement], case: str, metric: str) -> float:
    measurement = find(found, case, metric)
    assert measurement is not None, case
    return measurement.median


def luma_of(scale: int) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    """The FP32 model, by ONNX Runtime alone."""
    session = onnxruntime.InferenceSession(str(load_model("tiny-8", scale=scale).path))

    def upscale(low: NDArray[np.uint8]) -> NDArray[np.uint8]:
        (y,) = session.run(None, {session.get_inputs()[0].name: low[None, None].astype(np.float32) / np.float32(255)})
        codes: NDArray[np.uint8] = np.rint(np.clip(y[0, 0], 0, 1) * 255).astype(np.uint8)
        return codes

    return upscale


def test_rendered_pictures_are_measured_by_default() -> None:
    report = measured()
    shown = markdown(report)
    assert "Pictures: rendered (6 pictures)" in shown
    assert "### rendered, x2" in shown
    case = "tiny-8-x2, native int8, rendered"
    assert value_of(measurements_of(report), case, "PSNR-Y") == pytest.approx(
        np.mean(report["by_picture"][case]["PSNR-Y"]), abs=1e-3
    )
    assert "| SRCNN | no weights were given" in shown


def test_the_command_writes_the_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "report.json"
    words = ["--pictures", str(folder), "--model", "tiny-8-x2-int8", "--part", "pictures", "--json", str(place)]
    assert exit_code_of(["bench", "quality", *words]) == ExitCode.DONE
    report = read_report(place)
    assert "--pictures photos --model tiny-8-x2-int8" in report["command"]
    assert capsys.readouterr().out == markdown(report)
    assert {m.metric for m in measurements_of(report)} >= {"PSNR-Y", "PSNR-RGB", "SSIM", "MSE"}


def test_what_was_measured_is_kept_when_interrupted(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "others"
    other.mkdir()
    cv2.imwrite(str(other / "a.png"), noise(64, 64))
    kept: list[Report] = []

    def interrupt(report: Report) -> None:
        kept.append(report)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(Settings(pictures=(folder, other), models=("tiny-8",)), ignore, interrupt)
    (report,) = kept
    assert not report["complete"]
    shown = markdown(report)
    assert "**Interrupted" in shown
    assert "### photos, x2" in shown
    assert "### others, x2" not in shown


# ---- what is refused before any work


def refused(error: type[Exception], words: str, **settings: Any) -> None:
    with pytest.raises(error, match=words):
        measured(**settings)


def test_folders_that_cannot_be_measured_are_refused(folder: Path, tmp_path: Path) -> None:
    empty, broken, small, again = (tmp_path / name for name in ("empty", "broken", "small", "again/photos"))
    for place in (empty, broken, small, again):
        place.mkdir(parents=True)
    (broken / "a.png").write_bytes(b"no picture")
    cv2.imwrite(str(small / "a.png"), noise(40, 63))
    refused(InputError, "no folder .*absent", pictures=(tmp_path / "absent",))
    refused(DataError, "no picture lies below .*empty", pictures=(empty,))
    refused(DataError, "a.png is not a readable picture", pictures=(folder, broken))
    refused(InputError, "a.png is 63x40, allowed: 48 pixels", pictures=(small,), scales=(2, 3))
    refused(InputError, "two folders are named photos", pictures=(folder, again))


def test_wishes_that_nothing_fulfils_are_refused(tmp_path: Path) -> None:
    refused(ModelError, "no model is named 'huge'", models=("huge",))
    refused(ModelError, "tiny-8 has no scale 7", scales=(7,))
    refused(UsageError, "no shipped model enlarges by 7", models=(), scales=(2, 7))
    refused(UsageError, "tiny-8-x3 enlarges by 3, not by 2", models=("tiny-8-x3",))
    refused(ModelError, "no backend 'abacus'", backends=("abacus",))
    refused(UsageError, "no part is named 'all'", parts=("all",))
    refused(UsageError, "LPIPS needs two files", lpips=tmp_path / "alexnet.pth")
    refused(InputError, "holds no weights", weights=(tmp_path,))


# ---- networks of others


def test_frozen_networks_are_measured_and_named(folder: Path, tmp_path: Path) -> None:
    for scale in (2, 3):
        (tmp_path / f"FSRCNN_x{scale}.pb").write_bytes(frozen(scale, *a_network(scale)))
    (tmp_path / "odd.pb").write_bytes(b"no graph")
    report = measured(pictures=(folder,), weights=(tmp_path,))
    rows = {row["way"]: row for row in report["rows"]}
    assert rows["FSRCNN_x2, onnxruntime fp32"]["macs_per_pixel"] == 25 * 4 + 16 + 9 * 4 * 4
    assert "FSRCNN_x3, onnxruntime fp32" not in rows
    reasons = {each["name"]: each["reason"] for each in report["unmeasured"]}
    assert "holds no such network" in reasons["odd.pb"]
    assert "FSRCNN" not in reasons
    assert {"SRCNN", "ESPCN", "VDSR", "EDSR", "CARN-M"} <= reasons.keys()
    with pytest.raises(ModelError, match="holds no such network"):
        measured(weights=(tmp_path / "odd.pb",))


def test_networks_of_torch_are_measured_at_each_scale(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = CARN(2, 3, 16, mobile=True).eval()
    torch.save(network.state_dict(), tmp_path / "carn_m.pth")
    report = measured(pictures=(folder,), weights=(tmp_path / "carn_m.pth",), scales=(2, 4))
    found = measurements_of(report)
    for scale in (2, 4):
        network.scale = scale
        psnrs = []
        for path in sorted(folder.iterdir()):
            original = crop_to_multiple(read_rgb(path), scale)
            low = torch.from_numpy(np.moveaxis(imresize(original, 1 / scale), -1, 0)[None] / np.float32(255))
            large = np.moveaxis(network(low)[0].detach().numpy(), 0, -1)
            made = np.rint(np.clip(large, 0, 1) * 255)[scale:-scale, scale:-scale]
            psnrs.append(10 * np.log10(255**2 / ((made - original[scale:-scale, scale:-scale]) ** 2).mean()))
        case = f"carn_m-x{scale}, onnxruntime fp32, photos"
        assert value_of(found, case, "PSNR-RGB") == pytest.approx(np.mean(psnrs), abs=0.01)
    assert "CARN-M" not in {each["name"] for each in report["unmeasured"]}


def test_weights_of_another_scale_are_left_out(folder: Path, tmp_path: Path) -> None:
    torch.save(SRVGGNetCompact(4, 3, 8, 2).state_dict(), tmp_path / "compact_x4.pth")
    ways = {row["way"] for row in measured(pictures=(folder,), weights=(tmp_path,))["rows"]}
    assert not any("compact" in way for way in ways)


def test_lpips_is_measured_with_weights(folder: Path, tmp_path: Path) -> None:
    lpips = LPIPS("squeezenet1_1")
    linear = {f"lin{name[0]}.model.1.weight": value.abs() for name, value in lpips.linear.state_dict().items()}
    backbone = {f"features.{name}": value for name, value in lpips.features.state_dict().items()}
    for name, weights in (("backbone.pth", backbone), ("linear.pth", linear)):
        torch.save(weights, tmp_path / name)
    given = {"lpips": tmp_path / "backbone.pth", "lpips_linear": tmp_path / "linear.pth"}
    report = measured(pictures=(folder,), **given)
    assert value_of(measurements_of(report), "bicubic-x2, photos", "LPIPS") > 0
    assert "LPIPS" not in report["absent"]
    assert "| LPIPS |" in markdown(report)


def test_without_torch_its_rows_say_so(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "carn_m.pth").write_bytes(b"weights")
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed
    report = measured(
        pictures=(folder,), weights=(tmp_path,), lpips=tmp_path / "a.pth", lpips_linear=tmp_path / "b.pth"
    )
    assert report["absent"]["LPIPS"] == "torch is not installed"
    assert {"name": "carn_m.pth", "reason": "torch is not installed"} in report["unmeasured"]


def test_vmaf_needs_an_ffmpeg_that_has_it(folder: Path, tmp_path: Path) -> None:
    assert (
        measured(pictures=(folder,), ffmpeg="no-such-ffmpeg")["absent"]["VMAF"] == "there is no command no-such-ffmpeg"
    )
    other = tmp_path / "ffmpeg"
    other.write_text("#!/bin/sh\necho ' ... scale  V->V  Scale'\n")
    other.chmod(0o755)
    assert measured(pictures=(folder,), ffmpeg=str(other))["absent"]["VMAF"] == f"{other} has no libvmaf"


@pytest.mark.skipif(why_absent("ffmpeg") is not None, reason="there is no ffmpeg with libvmaf")
def test_vmaf_falls_with_noise() -> None:
    picture = next(iter(render(Clip(128, 96, 2))))
    worse = np.clip(picture + np.random.default_rng(0).normal(0, 25, picture.shape), 0, 255).astype(np.uint8)
    assert vmaf("ffmpeg", picture, picture) > 90 > vmaf("ffmpeg", picture, worse) + 5


# ---- speed beside quality


def test_speed_and_quality_stand_together(folder: Path) -> None:
    report = measured(pictures=(folder,), parts=("front",), size=(64, 48), repeat=2)
    found = measurements_of(report)
    time = find(found, "tiny-8-x2, native int8, 64x48, 1 thread", "frame")
    assert time is not None
    assert len(time.turns) == 2
    assert report["calibration"] is not None
    assert report["overhead"] is not None
    shown = markdown(report)
    assert "## Speed and quality: 64x48, 1 thread" in shown
    by_time, by_macs = figures(report)
    assert isinstance(by_time, Cloud)
    assert isinstance(by_macs, Cloud)
    assert {point.label for point in by_time.groups["framelift"]} == {"tiny-8-x2", "tiny-8-x2 int8"}
    assert [point.x for point in by_macs.groups["framelift"]] == [2792, 2792]
    assert by_time.front


def test_a_report_of_pictures_alone_has_no_front(folder: Path) -> None:
    report = measured(pictures=(folder,))
    assert "## Speed and quality" not in markdown(report)
    assert figures(report) == []


figure = st.integers(1, 6).map(float)  # few values, so that some are alike


@given(st.lists(st.tuples(figure, figure, st.sampled_from([2, 3])), min_size=1, max_size=8))
def test_the_front_is_what_nothing_beats(ways: list[tuple[float, float, int]]) -> None:
    rows = [{"way": str(i), "front_case": f"{i}, timed", "scale": scale} for i, (_, _, scale) in enumerate(ways)]
    found = [Measurement(f"{i}, timed", "frame", "ms", "lower", ((ms,),)) for i, (ms, _, _) in enumerate(ways)]
    found += [
        Measurement(f"{i}, set", "PSNR-Y", "dB", "higher", ((psnr,),), 0.01) for i, (_, psnr, _) in enumerate(ways)
    ]
    for way, (ms, psnr, scale) in zip(placed({"rows": rows, "sets": [{"name": "set"}]}, found), ways, strict=True):
        same = [(other_ms, other_psnr) for other_ms, other_psnr, other_scale in ways if other_scale == scale]
        best_as_fast = max(other_psnr for other_ms, other_psnr in same if other_ms <= ms)
        fastest_as_good = min(other_ms for other_ms, other_psnr in same if other_psnr >= psnr)
        assert way.on_front == (psnr == best_as_fast and ms == fastest_as_good)


# ---- clips, whose figures have tests of their own


def test_clips_and_rates_are_part_of_the_report(tmp_path: Path) -> None:
    clip = "natural:128x96:3f:25fps:seed1"
    report = measured(parts=("clips", "rates"), clips=(clip, "natural:128x96:3f"), crfs=(20, 40))
    found = measurements_of(report)
    for way in ("bicubic-x2", "tiny-8-x2, native int8"):
        assert value_of(found, f"{way}, {clip}", "PSNR-Y") > 15
        assert value_of(found, f"{way}, {clip}, h264 crf 20", "bit rate") > 0
    assert report["sets"] == []
    shown = markdown(report)
    assert f"### {clip}, x2" in shown
    assert "## Pictures" not in shown
    assert len(figures(report)) == 2
    path = tmp_path / "report.json"
    write_report(report, path)
    assert "Clips are not shown: OpenCV is not installed" in shown_without_opencv(path)


def test_clips_that_cannot_be_measured_are_refused() -> None:
    small = ("natural:128x96:3f",)
    refused(UsageError, "'nature' is neither a scene nor a file", parts=("clips",), clips=("nature",))
    refused(InputError, "a side is less than 32 pixels", parts=("clips",), clips=small, scales=(2, 4))
    refused(UsageError, "no codec is named 'mjpeg'", parts=("rates",), clips=small, codecs=("mjpeg",))
    refused(UsageError, "CRF 70", parts=("rates",), clips=small, crfs=(70,))


def test_pictures_are_shown_without_opencv(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_report(measured(pictures=(folder,)), path)
    assert "### photos, x2" in shown_without_opencv(path)


def shown_without_opencv(path: Path) -> str:
    code = (
        "import sys; sys.modules['cv2'] = None; from pathlib import Path; "
        "from framelift.benchmarks.kinds import kind_of; from framelift.benchmarks.report import read_report; "
        f"report = read_report(Path({str(path)!r})); kind = kind_of(report); kind.figures(report); "
        "print(kind.document(report))"
    )
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
