"""Workloads: what each scene shows, names that make the same clip again, files of the user's, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import BT709, write_clip
from clips import Clip as VideoFile
from framelift.benchmarks.workloads import SCENES, Clip, Rgb, render, video_frame, workload_named, written
from framelift.benchmarks.workloads.clip import clip_named
from framelift.benchmarks.workloads.lettering import LETTERS, draw_text
from framelift.engine.errors import InputError, UsageError
from framelift.engine.media import probe
from framelift.training.imresize import imresize
from hypothesis import given
from hypothesis import strategies as st
from runs import frames_of

SIZE = "160x96"
SMALL = Clip(width=64, height=48, frames=3)


def frames(scene: str, count: int = 24) -> list[Rgb]:
    return list(workload_named(f"{scene}:{SIZE}:{count}f:24fps").pictures())


def changes(scene: str) -> list[float]:
    """From each frame to the next: the share of the pixels that change."""
    return [float((a != b).any(axis=2).mean()) for a, b in pairwise(frames(scene))]


def steps(scene: str) -> list[float]:
    """From each frame to the next: the mean difference, in codes."""
    return [float(np.abs(a.astype(float) - b).mean()) for a, b in pairwise(frames(scene))]


# ---- all scenes


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_rendered_alike_each_time_and_written_whole(scene: str, tmp_path: Path) -> None:
    workload = workload_named(f"{scene}:{SIZE}:15f:30fps:seed3")
    first, again = list(workload.pictures()), list(workload.pictures())
    np.testing.assert_array_equal(first, again)
    assert {(frame.shape, frame.dtype) for frame in first} == {((96, 160, 3), np.dtype(np.uint8))}
    assert (workload.frames, float(workload.rate), len(first)) == (15, 30.0, 15)
    facts = probe(written(workload, tmp_path)).video
    assert (facts.width, facts.height, float(facts.rate), facts.frames) == (160, 96, 30.0, 15)


@pytest.mark.parametrize("scene", SCENES)
def test_another_seed_is_another_clip(scene: str) -> None:
    one, other = (next(render(Clip(160, 96, 2, scene=scene, seed=seed))) for seed in (1, 2))
    assert np.abs(one.astype(float) - other).mean() > 1


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize(("width", "height"), [(32, 32), (32, 98), (322, 34)])
def test_any_size_can_be_rendered(scene: str, width: int, height: int) -> None:
    assert [frame.shape for frame in render(Clip(width, height, 2, scene=scene))] == [(height, width, 3)] * 2


# ---- single ones


def test_natural_grain_is_new_in_each_frame_and_as_strong_as_told() -> None:
    clean, grainy = (np.array(list(render(replace(SMALL, scene=scene))), float) for scene in ("natural", "grain"))
    inside = (clean > 30) & (clean < 225)  # where nothing is clipped
    grain = np.where(inside, grainy - clean, np.nan)
    assert np.nanstd(grain) == pytest.approx(6, rel=0.05)
    assert np.nanmean(grain[0] * grain[1]) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("scene", ["natural", "pan", "zoom", "text", "texture"])
def test_everything_moves_all_the_time(scene: str) -> None:
    assert min(steps(scene)[1:]) > 1
    assert min(changes(scene)[1:]) > 0.2


def test_a_pan_moves_the_picture_across() -> None:
    first, *_, last = frames("pan", 9)
    moved = round(8 * 160 / 128)
    assert np.abs(first[:, moved:].astype(float) - last[:, :-moved]).mean() < 1
    assert np.abs(first.astype(float) - last).mean() > 20


def test_a_zoom_makes_the_middle_larger() -> None:
    first, *_, last = (picture.astype(float) for picture in frames("zoom", 49))  # 2 s: twice the size
    middle = first[24:72, 40:120]
    assert np.abs(imresize(last.astype(np.uint8), 0.5) - middle).mean() < 7
    assert np.abs(last[24:72, 40:120] - middle).mean() > 20


def test_a_static_scene_never_changes() -> None:
    assert set(changes("static")) == {0.0}


def test_cuts_are_seen_and_shots_hold_together() -> None:
    moved = steps("cuts")
    assert moved[11] > 2 * max(moved[:11] + moved[12:])


def test_texture_is_finer_than_natural_pictures() -> None:
    detail = {scene: _lost_by_halving(frames(scene, 2)[0]) for scene in ("texture", "natural", "talking-head")}
    assert detail["texture"] > 1.5 * detail["natural"] > 1.5 * detail["talking-head"]


def _lost_by_halving(picture: Rgb) -> float:
    return float(np.abs(imresize(imresize(picture, 0.5), 2).astype(float) - picture).mean() / picture.std())


def test_a_head_talks_before_a_still_background() -> None:
    shown = np.array(frames("talking-head", 48), float)
    moving = shown.std(axis=0).max(axis=2)
    assert moving[:, :35].max() == moving[:, -35:].max() == 0
    assert 0.02 < (moving > 0).mean() < 0.5
    mouth, eyes, hair = moving[60:68, 74:86].mean(), moving[36:44, 68:92].mean(), moving[20:24, 76:84].mean()
    assert mouth > 15
    assert eyes > 3
    assert min(mouth, eyes) > hair


def test_a_screen_changes_in_few_places_and_jumps_once() -> None:
    shares = changes("screen")
    assert sum(share > 0.1 for share in shares) == 1
    assert sum(share == 0 for share in shares) > len(shares) / 2
    assert any(0 < share < 0.02 for share in shares)


def test_a_camera_has_noise_everywhere() -> None:
    assert min(changes("camera")) > 0.5


def test_drawings_are_shown_twice() -> None:
    shares = changes("animation")
    assert set(shares[::2]) == {0.0}
    assert all(0 < share < 0.5 for share in shares[1::2])


def test_of_noise_nothing_stays() -> None:
    assert min(changes("noise")) > 0.99


# ---- lettering


@given(st.text(LETTERS + " ", max_size=3), st.integers(-40, 60), st.integers(-40, 60), st.sampled_from([3.0, 9.5]))
def test_text_is_cut_at_the_edges(text: str, left: int, top: int, height: float) -> None:
    part, whole = np.zeros((30, 40, 3), np.float32), np.zeros((130, 200, 3), np.float32)
    draw_text(part, text, left, top, height, (1, 1, 1))
    draw_text(whole, text, left + 50, top + 50, height, (1, 1, 1))
    np.testing.assert_allclose(part, whole[50:80, 50:90], atol=1e-4)


@pytest.mark.parametrize("letter", LETTERS)
def test_letters_differ_and_fill_their_height(letter: str) -> None:
    pictures = {}
    for other in LETTERS:
        pictures[other] = np.zeros((16, 16, 3), np.float32)
        draw_text(pictures[other], other, 2, 2, 12, (1, 1, 1))
    inked = np.flatnonzero(pictures[letter].any(axis=(1, 2)))
    assert inked.min() <= 2
    assert inked.max() >= 13
    assert sum(np.array_equal(pictures[letter], picture) for picture in pictures.values()) == 1


# ---- names

CLIPS = st.builds(
    Clip,
    st.integers(16, 4096).map(lambda half: 2 * half),
    st.integers(16, 4096).map(lambda half: 2 * half),
    st.integers(2, 10_000),
    st.integers(1, 240),
    st.sampled_from(list(SCENES)),
    st.integers(0, 10**9 - 1),
)


@given(CLIPS)
def test_a_name_makes_the_same_clip_again(clip: Clip) -> None:
    assert clip_named(clip.name, SCENES) == clip
    workload = workload_named(clip.name)
    assert workload.name == clip.name
    assert (workload.width, workload.height, workload.frames) == (clip.width, clip.height, clip.frames)
    assert int(workload.rate) == clip.rate
    assert not set(workload.stem) & set(':/\\ *?"<>|')


@given(CLIPS, st.data())
def test_parameters_may_be_left_out_and_stand_in_any_order(clip: Clip, data: st.DataObject) -> None:
    scene, *words = clip.name.split(":")
    chosen = data.draw(st.lists(st.sampled_from(words), unique=True))
    fields = dict(zip(words, (("width", "height"), ("frames",), ("rate",), ("seed",)), strict=True))
    wanted = {name: getattr(clip, name) for word in chosen for name in fields[word]}
    assert clip_named(":".join([scene, *chosen]), SCENES) == Clip(scene=scene, **wanted)


def test_every_parameter_is_in_the_name() -> None:
    changed: dict[str, Any] = dict.fromkeys(("width", "height", "frames", "rate", "seed"), 2) | {"scene": "zoom"}
    assert len({Clip().name, *(replace(Clip(), **{name: value}).name for name, value in changed.items())}) == 7


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is neither a scene nor a file"),
        ("abacus", "'abacus' is neither a scene nor a file"),
        ("Natural", "'Natural' is neither"),
        ("natural:", "'' is none of size, number of frames, rate, seed"),
        ("natural:640", "'640' is none of"),
        ("natural:640x360:grain", "'grain' is none of"),
        ("natural:-640x360", "'-640x360' is none of"),
        ("natural:\u0666\u0664x360", "is none of"),
        ("natural:640x360:320x180", "width, height stands there twice"),
        ("natural:seed1:seed2", "seed stands there twice"),
        ("natural:641x360", "both sides are even, 32 to 8192"),
        ("natural:640x361", "both sides are even"),
        ("natural:640x30", "both sides are even, 32 to 8192"),
        ("natural:99999x64", "both sides are even, 32 to 8192"),
        ("natural:0f", "0f is too short"),
        ("natural:1f", "1f is too short"),
        ("natural:0fps", "0fps never shows a second frame"),
    ],
)
def test_what_cannot_be_a_workload_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        workload_named(text)
    assert words in caught.value.message
    assert caught.value.hint


# ---- files


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    clip = VideoFile("ffv1", "yuv444p", 97, 61, 7, Fraction(30000, 1001), colour=BT709)
    return write_clip(folder / "my clip.mkv", clip)


def test_a_file_is_a_workload(file: Path) -> None:
    workload = workload_named(str(file))
    assert (workload.name, workload.path, workload.stem) == ("my clip.mkv", file, "my clip")
    assert (workload.width, workload.height, workload.frames) == (97, 61, 7)
    assert float(workload.rate) == pytest.approx(29.97, abs=0.01)
    pictures = list(workload.pictures())
    np.testing.assert_array_equal(pictures, list(workload.pictures()))
    assert [picture.shape for picture in pictures] == [(61, 97, 3)] * 7


def test_a_file_has_the_colours_that_its_tags_say(file: Path) -> None:
    """Against the matrix of BT.709 written out."""
    for picture, frame in zip(workload_named(str(file)).pictures(), frames_of(file), strict=True):
        y, cb, cr = (plane.astype(float) for plane in frame.to_ndarray())
        y, cb, cr = (y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224
        rgb = np.stack([y + 1.5748 * cr, y - 0.187324 * cb - 0.468124 * cr, y + 1.8556 * cb], axis=-1)
        difference = np.abs(picture - np.clip(rgb, 0, 1) * 255)
        assert difference.mean() < 1
        assert difference.max() < 4


def test_a_workload_may_be_cut_short(file: Path) -> None:
    for workload in (workload_named(str(file)), workload_named(f"text:{SIZE}:7f")):
        short = workload.first(3)
        assert (short.frames, len(list(short.pictures()))) == (3, 3)
        np.testing.assert_array_equal(list(short.pictures()), list(workload.pictures())[:3])
        assert workload.first(99).frames == 7


def test_a_file_of_odd_size_is_written_smaller(file: Path, tmp_path: Path) -> None:
    large, small = (workload_named(str(file)), written(workload_named(str(file)), tmp_path, smaller_by=2, crf=1))
    facts = probe(small).video
    assert (facts.codec, facts.width, facts.height) == ("h264", 48, 30)
    for frame, picture in zip(frames_of(small), large.pictures(), strict=True):
        wanted = video_frame(imresize(picture[:60, :96], 0.5)).to_ndarray()[:30]
        assert np.abs(frame.to_ndarray()[:30].astype(float) - wanted).mean() < 1


def test_a_workload_is_written_without_loss(tmp_path: Path) -> None:
    workload = workload_named(f"noise:{SIZE}:2f")
    path = written(workload, tmp_path, crf=None)
    assert probe(path).video.codec == "ffv1"
    for frame, picture in zip(frames_of(path), workload.pictures(), strict=True):
        np.testing.assert_array_equal(frame.to_ndarray(), video_frame(picture).to_ndarray())


def bad_files(folder: Path) -> Iterator[tuple[str, str]]:
    (folder / "notes.mp4").write_text("no video")
    (folder / "empty.mp4").touch()
    write_clip(folder / "one.mkv", VideoFile("ffv1", frames=1))
    yield "missing.mp4", "no such file"
    yield "notes.mp4", "cannot be read as video"
    yield "empty.mp4", "is empty"
    yield "one.mkv", "one.mkv has 1 frame"
    yield ".", "is a directory"
    yield "x" * 5000, "name too long"


def test_files_that_cannot_serve_are_refused(tmp_path: Path) -> None:
    for name, words in bad_files(tmp_path):
        with pytest.raises(InputError, match=words) as caught:
            workload_named(str(tmp_path / name))
        assert caught.value.hint
