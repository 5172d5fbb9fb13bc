"""The training curve: from a run's log through export to the manifest the engine reads."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="export needs the extra `train`")
pytest.importorskip("cv2", reason="export needs the extra `train`")

from framelift.engine.manifest import Manifest
from framelift.engine.model import available_models, load_model
from framelift.export.curve import MOST_POINTS, curve_from_log
from framelift.export.manifest import DataSource, Rights
from framelift.export.onnx_from_checkpoint import export
from framelift.training import checkpoint
from framelift.training.errors import DataError
from framelift.training.networks.tiers import make
from framelift.training.run import LOG


def write_log(path: Path, points: list[tuple[int, float]]) -> Path:
    entries = [{"step": step, "loss": 0.01, "seconds": 1, "psnr_y": psnr_y} for step, psnr_y in points]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def test_a_model_carries_the_curve_of_its_run(tmp_path: Path) -> None:
    network = make("tiny-8", 2)
    info = checkpoint.CheckpointInfo("tiny-8", 2, 20, {"batch": 4})
    checkpoint.save(tmp_path / "last.safetensors", network.state_dict(), info)
    write_log(tmp_path / LOG, [(10, 30.12344), (20, 31.0), (30, 99.0)])
    rights = Rights("CC0", "the tests", (DataSource("none", 0, "CC0"),))
    export(tmp_path / "last.safetensors", tmp_path / "a.onnx", name="a", rights=rights, sets={})
    read = load_model(tmp_path / "a.onnx").manifest
    assert read is not None
    assert read.curve == ((10, 30.1234), (20, 31.0)), "what came after the checkpoint is not its own"


@pytest.mark.parametrize("length", [0, 1, MOST_POINTS, MOST_POINTS + 1, 1000])
def test_a_long_curve_is_thinned_evenly(tmp_path: Path, length: int) -> None:
    points = [(100 * i, round(30 + i / 1000, 4)) for i in range(1, length + 1)]
    curve = curve_from_log(write_log(tmp_path / LOG, points), 100 * length)
    assert len(curve) == min(length, MOST_POINTS)
    assert curve[:1] + curve[-1:] == tuple(points[:1] + points[-1:])
    gaps = {later - step for (step, _), (later, _) in pairwise(curve)}
    assert not gaps or max(gaps) - min(gaps) <= 100
    assert set(curve) <= set(points)


def test_a_run_gone_on_with_has_one_point_a_step(tmp_path: Path) -> None:
    log = write_log(tmp_path / LOG, [(10, 30.0), (20, 31.0), (20, 31.5), (30, 32.0)])
    assert curve_from_log(log, 30) == ((10, 30.0), (20, 31.5), (30, 32.0))


def test_a_run_without_a_log_or_measurements_has_no_curve(tmp_path: Path) -> None:
    assert curve_from_log(tmp_path / LOG, 10) == ()
    (tmp_path / LOG).write_text('{"step": 10, "loss": 0.1, "seconds": 1}\n')
    assert curve_from_log(tmp_path / LOG, 10) == ()


@pytest.mark.parametrize("line", [b'{"step": 10, "ps', b'{"psnr_y": 1}', b"7", b"\xff"])
def test_a_log_that_is_something_else_is_refused(tmp_path: Path, line: bytes) -> None:
    (tmp_path / LOG).write_bytes(b'{"step": 5, "psnr_y": 30}\n' + line)
    with pytest.raises(DataError, match="not a log"):
        curve_from_log(tmp_path / LOG, 10)


def test_a_manifest_from_before_there_were_curves_still_loads() -> None:
    manifest = load_model(available_models()[0]).manifest
    assert manifest is not None
    fields = {name: value for name, value in _as_written(manifest).items() if name != "curve"}
    assert Manifest.from_json(json.dumps(fields)).curve == ()


def test_every_shipped_model_shows_how_it_was_trained() -> None:
    for name in available_models():
        manifest = load_model(name).manifest
        assert manifest is not None
        steps, psnr_y = zip(*manifest.curve, strict=True)
        assert list(steps) == sorted(steps)
        assert steps[-1] == manifest.steps
        assert psnr_y[-1] == pytest.approx(manifest.quality["Set5"].psnr_y, abs=0.1), "Set5 was watched; INT8 differs"


def _as_written(manifest: Manifest) -> dict[str, object]:
    text = json.dumps(manifest, default=vars)
    fields: dict[str, object] = json.loads(text)
    return fields
