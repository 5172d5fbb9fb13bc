"""The benchmark of reuse: scenes that change as they say, equal outputs, a report that is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import Clip, write_clip
from framelift.benchmarks import render
from framelift.benchmarks.documents import markdown
from framelift.benchmarks.report import Report, read_report
from framelift.benchmarks.reuse import THREADS, Settings, measure
from framelift.benchmarks.reuse_scenes import KINDS, Scene
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, UsageError
from runs import frames_of

SCENES = [Scene(kind, width=160, height=96, frames=24) for kind in KINDS]
BY_KIND = {scene.kind: scene for scene in SCENES}


def changes(scene: Scene) -> list[float]:
    """From each frame to the next: the share of the pixels that change."""
    frames = list(KINDS[scene.kind](scene))
    assert len(frames) == scene.frames
    assert {frame.shape for frame in frames} == {(scene.height, scene.width, 3)}
    return [float((a != b).any(axis=2).mean()) for a, b in pairwise(frames)]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.kind)
def test_a_scene_is_rendered_alike_each_time_and_written_whole(scene: Scene, tmp_path: Path) -> None:
    first, again = list(KINDS[scene.kind](scene)), list(KINDS[scene.kind](scene))
    np.testing.assert_array_equal(first, again)
    file = scene.write(tmp_path)
    assert file.stem == scene.name
    pictures = frames_of(file)
    assert [(frame.width, frame.height) for frame in pictures] == [(160, 96)] * scene.frames


def test_every_parameter_is_in_the_name() -> None:
    scene = SCENES[0]
    changed: dict[str, Any] = dict.fromkeys(("width", "height", "frames", "rate", "seed"), 2)
    others = [replace(scene, **{name: value}) for name, value in changed.items()]
    assert len({other.name for other in [*SCENES, *others]}) == len(KINDS) + len(others)


def test_a_screen_changes_in_few_places_and_jumps_once() -> None:
    shares = changes(BY_KIND["screen"])
    assert sum(share > 0.1 for share in shares) == 1
    assert sum(share == 0 for share in shares) > len(shares) / 2
    assert any(0 < share < 0.02 for share in shares)


def test_a_camera_has_noise_everywhere() -> None:
    assert min(changes(BY_KIND["camera"])) > 0.5


def test_drawings_are_shown_twice() -> None:
    shares = changes(BY_KIND["animation"])
    assert set(shares[::2]) == {0.0}
    assert all(0 < share < 0.5 for share in shares[1::2])


def test_of_noise_nothing_stays() -> None:
    assert min(changes(BY_KIND["noise"])) > 0.99


# ---- the report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Noise, and a file in which nothing moves."""
    file = tmp_path_factory.mktemp("clips") / "still.mkv"
    still = next(render.render(render.Clip(96, 64, frames=1)))
    render.write_clip(file, [still] * 24, 24, codec="ffv1", options={})
    said: list[str] = []
    made = measure(Settings(("noise", str(file)), ("tiny-8",), (96, 64), frames=24, repeat=2), said.append)
    assert len(said) == 1 + 2 * 2
    return made


def test_there_is_a_row_for_each_clip_and_mode(report: Report) -> None:
    clips = [replace(BY_KIND["noise"], width=96, height=64).name, "still.mkv"]
    assert [(row["clip"], row["mode"], row["threads"]) for row in report["rows"]] == [
        (clip, mode, threads) for clip in clips for mode, threads in THREADS.items()
    ]
    assert {row["model"].removesuffix("-int8") for row in report["rows"]} == {"tiny-8-x2"}


def test_what_stays_is_kept_and_noise_is_not(report: Report) -> None:
    *noise, still, still_in_two = (row["kept_share"] for row in report["rows"])
    assert noise == [0, 0]
    assert still == pytest.approx(23 / 24)  # all but the first frame
    assert still_in_two == pytest.approx(22 / 24)  # each thread's first


def test_ratios_are_of_the_same_pass(report: Report) -> None:
    for row in report["rows"]:
        assert len(row["turns"]) == 2
        ratios = [turn["ms"] / turn["ms_without"] for turn in row["turns"]]
        assert row["ratio"] == {"median": pytest.approx(sum(ratios) / 2), "min": min(ratios), "max": max(ratios)}


def test_the_command_measures_what_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "--clip screen --model tiny-8 --model tiny-16 --size 64x48 --frames 3 --repeat 1"
    file = tmp_path / "report.json"
    assert exit_code_of(["bench", "reuse", *words.split(), "--json", str(file)]) == ExitCode.DONE
    made = read_report(file)
    assert made["command"] == f"framelift bench reuse {words}"
    document = capsys.readouterr().out
    assert document == markdown(json.loads(json.dumps(made)))
    assert sum(line.startswith(f"| {made['rows'][0]['clip']}, tiny-") for line in document.splitlines()) == 4


def test_an_unknown_clip_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "reuse", "--clip", "abacus"]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "'abacus'" in said
    assert "screen, camera, animation, noise" in said


def test_a_clip_of_which_nothing_can_be_kept_is_refused(tmp_path: Path) -> None:
    file = write_clip(tmp_path / "rgb.mkv", Clip(frames=2, codec="ffv1", pix_fmt="gbrp10le"))
    with pytest.raises(UsageError, match=r"nothing of rgb\.mkv \(gbrp10le\)"):
        measure(Settings((str(file),), ("tiny-8",)), lambda _: None)
