"""A run that ends early, by Ctrl-C or by an error, leaves nothing; one that goes on for long takes no more memory."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import onnx
import pytest
from clips import Clip, Sound, write_clip
from framelift.cli.main import exit_code_of
from framelift.engine import ModelError, upscale
from framelift.engine.plan import Options
from onnx import TensorProto, helper, numpy_helper
from runs import QUICKLY, assert_two_lines, framelift, names_in, refusal

SMALL = Clip(width=64, height=48)
SLOWLY = (*QUICKLY, "--height", "960", "--preset", "ultrafast")  # but with packets at once
BOUND = 60  # seconds that nothing here should take


def wait_for_partial_output(run: subprocess.Popen[str], folder: Path, size: int) -> None:
    """Returns when the unfinished output has `size` bytes; fails when the run ends before."""
    ends = time.monotonic() + BOUND
    while not any(path.stat().st_size >= size for path in folder.glob(".framelift-*.partial")):
        with pytest.raises(subprocess.TimeoutExpired):  # it goes on
            run.wait(timeout=0.01)
        assert time.monotonic() < ends


@pytest.mark.parametrize(
    ("output", "size"),
    [("out.mkv", 0), ("out.mkv", 20_000), ("out.mp4", 20_000)],
    ids=["at the beginning", "in the middle", "in the middle of mp4"],
)
def test_ctrl_c_ends_a_run_and_leaves_nothing(tmp_path: Path, output: str, size: int) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=200, sounds=(Sound(),)))
    run = framelift("upscale", str(source), str(tmp_path / output), *SLOWLY)
    wait_for_partial_output(run, tmp_path, size)
    run.send_signal(signal.SIGINT)
    words = run.communicate(timeout=BOUND)[1].splitlines()
    assert run.returncode == 130
    assert_two_lines(words)
    assert names_in(tmp_path) == ["in.mkv"]


def test_being_told_to_end_leaves_nothing_either(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=200))
    run = framelift("upscale", str(source), str(tmp_path / "out.mkv"), *SLOWLY)
    wait_for_partial_output(run, tmp_path, 1)
    run.terminate()
    assert_two_lines(run.communicate(timeout=BOUND)[1].splitlines())
    assert run.returncode == 130
    assert names_in(tmp_path) == ["in.mkv"]


def test_ctrl_c_keeps_the_output_there_was(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=200))
    (tmp_path / "out.mkv").write_bytes(b"precious")
    run = framelift("upscale", str(source), str(tmp_path / "out.mkv"), *SLOWLY, "--overwrite")
    wait_for_partial_output(run, tmp_path, 1)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=BOUND)
    assert run.returncode == 130
    assert (tmp_path / "out.mkv").read_bytes() == b"precious"
    assert names_in(tmp_path) == ["in.mkv", "out.mkv"]


# ---- errors of a stage


def brightening(path: Path, frames: int = 40) -> Path:
    """Grey pictures, each lighter than the one before, from black to white."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for number in range(frames):
            grey = np.full((48, 64), 255 * number // (frames - 1), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, "gray")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def failing_in_the_light(path: Path) -> Path:
    """A network that repeats every pixel, but cannot run on pictures that are lighter than seven tenths.

    Their mean is beyond the table that it looks a factor up in; on noise, as a probe has it, all is well.
    """
    weights = {
        "scales": np.array([1, 1, 2, 2], np.float32),
        "ten": np.array(10, np.float32),
        "ones": np.ones(7, np.float32),
    }
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "ten"], ["tenths"]),
        helper.make_node("Cast", ["tenths"], ["row"], to=TensorProto.INT64),
        helper.make_node("Gather", ["ones", "row"], ["factor"]),
        helper.make_node("Resize", ["x", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("Mul", ["large", "factor"], ["y"]),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("N", 1, None, None)) for name in ("x", "y")]
    tables = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "failing", ports[:1], ports[1:], tables)
    onnx.save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def test_a_model_that_fails_on_the_way_ends_the_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source, model = brightening(tmp_path / "in.mkv"), failing_in_the_light(tmp_path / "failing.onnx")
    arguments = ["upscale", str(source), str(tmp_path / "out.mkv"), "--model", str(model)]
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(arguments) == 4
    assert "failing" in words[0]
    assert "ONNX Runtime cannot run" in words[0]


def test_a_run_that_failed_leaves_no_thread(tmp_path: Path) -> None:
    source, model = brightening(tmp_path / "in.mkv"), failing_in_the_light(tmp_path / "failing.onnx")
    with pytest.raises(ModelError):
        upscale(source, tmp_path / "out.mkv", options=Options(model=model))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("framelift")]
    assert names_in(tmp_path) == ["failing.onnx", "in.mkv"]


# ---- memory


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    peaks = []
    for frames in (60, 600):
        source = write_clip(tmp_path / f"{frames}.mkv", replace(SMALL, frames=frames, sounds=(Sound(),)))
        report = tmp_path / f"{frames}.json"
        large = tmp_path / f"{frames}-large.mkv"
        run = framelift("upscale", str(source), str(large), *QUICKLY, "--json", str(report))
        run.communicate(timeout=BOUND)
        peaks.append(json.loads(report.read_text())["files"][0]["memory_peak"])
    assert peaks[1] - peaks[0] < 16_000_000  # 540 frames, decoded, are 2.5 MB; enlarged 10 MB; as tensors 33 MB
