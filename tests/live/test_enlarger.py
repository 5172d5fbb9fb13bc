"""The enlarger: whatever comes, a larger frame of the right size and colour, at once."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import onnx
import pytest
from cubic import places, resampled
from framelift.engine import Upscaler, enlarge
from framelift.engine.colour import ColourTags, Matrix, Range, Siting
from framelift.engine.errors import FrameliftError, InputError, ModelError, UsageError
from framelift.engine.frame import DecodedFrame, Ledger
from framelift.engine.fused import fast_paths
from framelift.engine.layout import planar
from framelift.engine.live.enlarger import KINDS_KEPT, Enlarger
from framelift.engine.live.incoming import decoded_frame
from framelift.engine.live.settings import LiveSettings
from framelift.engine.manifest import METADATA_KEY
from frames import frame_of, noise, samples_of
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import enlarging, stack
from waiting import threads_of_ours, until

FORMATS = [
    "yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv444p", "yuv420p10le", "p010le", "gray", "gray10le", "gbrp", "bgra",
    "yuva420p",
]  # fmt: skip


def frame_from(picture: av.VideoFrame, index: int = 0) -> DecodedFrame:
    picture.pts, picture.time_base = 3000 * index, Fraction(1, 90_000)
    return decoded_frame(picture, index, Ledger({"arrive": (0.0, 0.0)}))


def picture_of(pix_fmt: str, width: int, height: int, seed: int = 0) -> av.VideoFrame:
    """Noise in any format."""
    like = planar(av.VideoFrame(width, height, pix_fmt)).format.name.replace("yuvj", "yuv")
    return noise(like, width, height, seed).reformat(format=pix_fmt, threads=1)


@contextmanager
def enlarger(model: str = "tiny-8", scale: int = 2, **options: Any) -> Iterator[Enlarger]:
    largest = {"largest": options.pop("largest")} if "largest" in options else {}
    with closing(Enlarger(LiveSettings(model, scale, threads=1, **options), **largest)) as made:
        yield made


def opened(made: Enlarger, picture: av.VideoFrame) -> None:
    """Show it a frame, and wait until the models for such frames are there."""
    made.enlarge(frame_from(picture))
    until(lambda: not made.state().opening)


# ---- what a frame becomes


@pytest.mark.parametrize("pix_fmt", FORMATS)
@pytest.mark.parametrize("scale", [2, 3])
def test_bicubic_is_bicubic_in_every_format(pix_fmt: str, scale: int) -> None:
    picture = picture_of(pix_fmt, 23, 17)
    with enlarger("bicubic", scale) as made:
        found = made.enlarge(frame_from(picture)).picture
    source, larger = samples_of(planar(picture)), samples_of(found)
    assert (found.width, found.height) == (23 * scale, 17 * scale)
    rows, columns = places(17, 17 * scale), places(23, 23 * scale)
    largest = (1 << found.format.components[0].bits) - 1
    exact = np.clip(resampled(source[0], rows, columns), 0, largest)
    assert np.abs(larger[0] - exact).max() <= 0.51
    assert len(larger) == len(source)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv420p10le", "yuva420p"])
def test_colour_does_not_move_between_rungs(pix_fmt: str) -> None:
    """Chroma and alpha by the model's rung are those of bicubic, so nothing but sharpness changes with the rung."""
    picture = picture_of(pix_fmt, 21, 13)
    with enlarger() as made:
        plain = samples_of(made.enlarge(frame_from(picture), best=9).picture)
        opened(made, picture)
        sharp = samples_of(made.enlarge(frame_from(picture)).picture)
        assert made.state().rung == "tiny-8"
    assert not np.array_equal(plain[0], sharp[0])
    for one, other in zip(plain[1:], sharp[1:], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("pix_fmt", FORMATS)
def test_a_model_makes_what_it_makes_elsewhere(pix_fmt: str) -> None:
    pictures = [picture_of(pix_fmt, 31, 19, seed) for seed in range(3)]
    with enlarger("tiny-8", 2) as made:
        opened(made, pictures[0])
        found = [samples_of(made.enlarge(frame_from(picture)).picture) for picture in pictures]
        assert made.state().rung == "tiny-8"
    for planes, picture in zip(found, pictures, strict=True):
        for plane, expected in zip(planes, samples_of(enlarge(picture, "tiny-8", scale=2)), strict=True):
            np.testing.assert_array_equal(plane, expected)


def test_eight_bits_are_computed_in_int8_and_more_in_fp32() -> None:
    if not fast_paths("int8"):
        pytest.skip("this processor has no fast INT8")
    for pix_fmt, form in (("yuv420p", "int8"), ("yuv420p10le", "f32")):
        with enlarger() as made:
            picture = picture_of(pix_fmt, 16, 16)
            opened(made, picture)
            made.enlarge(frame_from(picture))
            assert form in str(made.state().reason)


def test_what_a_frame_carries_is_carried_on() -> None:
    picture = frame_of("yuv420p", 16, 12, [60, 90, 200])
    picture.colorspace, picture.color_range = int(Matrix.BT2020_NCL), int(Range.FULL)
    picture.pts, picture.time_base = 1001, Fraction(1, 90_000)
    frame = decoded_frame(picture, 7, Ledger({"arrive": (1.0, 2.0)}))
    assert frame.colour == ColourTags(Matrix.BT2020_NCL, Range.FULL, 2, 2, Siting.LEFT)
    for scale in (1, 2):
        with enlarger("bicubic", scale) as made:
            found = made.enlarge(frame)
        assert (found.index, found.pts, found.time_base, found.ledger) == (7, 1001, Fraction(1, 90_000), frame.ledger)
        assert found.colour == frame.colour
        assert (found.picture.colorspace, found.picture.color_range) == (Matrix.BT2020_NCL, Range.FULL)
        assert [np.unique(plane).tolist() for plane in samples_of(found.picture)] == [[60], [90], [200]]


def test_a_picture_without_pts_has_the_time_it_came() -> None:
    frame = decoded_frame(av.VideoFrame(16, 16, "yuv420p"), 0, Ledger({"arrive": (1.0, 2.5)}))
    assert (frame.pts, frame.time_base) == (225_000, Fraction(1, 90_000))


def test_no_frame_is_written_into() -> None:
    """Neither those that came nor those that were made, for what did not change is kept from them."""
    pictures = [picture_of("yuv420p", 32, 24, seed // 2) for seed in range(6)]  # each twice
    before = [samples_of(picture) for picture in pictures]
    with enlarger() as made:
        opened(made, pictures[0])
        results = [made.enlarge(frame_from(picture)).picture for picture in pictures]
        after = [samples_of(result) for result in results]
        made.enlarge(frame_from(picture_of("yuv420p", 32, 24, 99)))
    for pairs in (zip(pictures, before, strict=True), zip(results, after, strict=True)):
        for picture, planes in pairs:
            for one, other in zip(samples_of(picture), planes, strict=True):
                np.testing.assert_array_equal(one, other)


# ---- whatever comes


@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(st.sampled_from(FORMATS), st.integers(1, 70), st.integers(1, 50), st.integers(0, 3)),
        min_size=3,
        max_size=15,
    )
)
def test_size_and_format_may_change_with_every_frame(kinds: list[tuple[str, int, int, int]]) -> None:
    with enlarger("tiny-16", 2) as made:
        for number, (pix_fmt, width, height, best) in enumerate(kinds):
            found = made.enlarge(frame_from(picture_of(pix_fmt, width, height), number), best)
            assert (found.picture.width, found.picture.height, found.index) == (2 * width, 2 * height, number)
        assert sum(made.state().frames.values()) == len(kinds)
        assert made.state().note is None
    assert threads_of_ours() == set()


def test_models_of_few_sizes_are_held_and_none_after_the_end() -> None:
    gc.collect()
    before = sum(isinstance(found, Upscaler) for found in gc.get_objects())
    with enlarger("tiny-16") as made:
        for width in range(16, 36, 2):
            opened(made, picture_of("yuv420p", width, 16))
        held = sum(isinstance(found, Upscaler) for found in gc.get_objects()) - before
        assert 2 <= held <= 2 * KINDS_KEPT
    assert sum(isinstance(found, Upscaler) for found in gc.get_objects()) == before


def test_a_size_that_comes_back_has_its_models_at_once() -> None:
    with enlarger() as made:
        wide, tall = picture_of("yuv420p", 32, 18), picture_of("yuv420p", 18, 32)
        opened(made, wide)
        opened(made, tall)
        made.enlarge(frame_from(wide))
        assert made.state().rung == "tiny-8"


@pytest.mark.parametrize(
    ("size", "scale", "largest", "expected"),
    [((64, 36), 4, (200, 120), 3), ((36, 64), 4, (200, 120), 3), ((64, 36), 2, (128, 72), 2),
     ((64, 36), 2, (127, 72), 1), ((300, 20), 3, (200, 120), 1), ((64, 36), 3, (3840, 2160), 3)],
)  # fmt: skip
def test_the_largest_output_lowers_the_scale(
    size: tuple[int, int], scale: int, largest: tuple[int, int], expected: int
) -> None:
    with enlarger("tiny-8", scale, largest=largest) as made:
        found = made.enlarge(frame_from(picture_of("yuv420p", *size))).picture
        state = made.state()
    assert (found.width, found.height) == state.output == (size[0] * expected, size[1] * expected)
    assert state.scale == expected
    assert (state.note is None) == (expected == scale)


def test_a_scale_of_one_passes_the_picture_through() -> None:
    picture = picture_of("yuv420p", 31, 17)
    with enlarger("tiny-16", 1) as made:
        assert made.enlarge(frame_from(picture)).picture is picture
        assert made.names == ("bicubic",)
        assert "passed through" in str(made.state().reason)


def test_a_format_without_a_form_is_an_input_error() -> None:
    with enlarger() as made:
        with pytest.raises(InputError, match="not supported"):
            made.enlarge(frame_from(av.VideoFrame(16, 16, "xyz12le")))
        assert made.enlarge(frame_from(picture_of("yuv420p", 16, 16))).picture.width == 32


# ---- settings


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"model": "huge-99"}, ModelError), ({"model": "no/such/file.onnx"}, ModelError), ({"scale": 5}, UsageError),
     ({"scale": 0}, UsageError), ({"model": "tiny-8-x4"}, UsageError), ({"backend": "abacus"}, ModelError),
     ({"precision": "fp7"}, UsageError), ({"threads": 1000}, UsageError), ({"budget": 0.0}, UsageError),
     ({"budget": float("nan")}, UsageError), ({"model": "tiny-8-int8", "precision": "fp32"}, ModelError)],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_starts(wrong: dict[str, Any], error: type[FrameliftError]) -> None:
    with pytest.raises(error) as caught:
        Enlarger(LiveSettings(**wrong))
    assert caught.value.hint
    assert threads_of_ours() == set()
    with enlarger() as made:
        with pytest.raises(error):
            made.change(LiveSettings(**wrong))
        assert made.settings.model == "tiny-8"
        assert made.enlarge(frame_from(picture_of("yuv420p", 16, 16))).picture.width == 32


def test_model_and_scale_change_without_a_gap() -> None:
    picture = picture_of("yuv420p", 32, 18)
    with enlarger("tiny-8", 2) as made:
        opened(made, picture)
        for model, scale, rungs in (
            ("tiny-16", 3, ("tiny-16", "tiny-8", "bicubic")),
            ("tiny-8-x4", 4, ("tiny-8-x4", "bicubic")),
            ("bicubic", 2, ("bicubic",)),
        ):
            made.change(LiveSettings(model, scale, threads=1))
            assert made.enlarge(frame_from(picture)).picture.width == 32 * scale
            assert made.names == rungs
            opened(made, picture)
            made.enlarge(frame_from(picture))
            assert made.state().rung == made.state().model == model


def test_another_bitrate_or_budget_opens_nothing_anew() -> None:
    picture = picture_of("yuv420p", 32, 18)
    with enlarger("tiny-8", 2) as made:
        opened(made, picture)
        made.change(replace(made.settings, bitrate=1_000_000, budget=20.0))
        made.enlarge(frame_from(picture))
        assert made.state().rung == "tiny-8"


# ---- models that fail


def test_a_foreign_model_comes_before_the_shipped_ones(tmp_path: Path) -> None:
    model, picture = enlarging(tmp_path / "nearest.onnx"), picture_of("yuv420p", 32, 18)
    with enlarger(str(model)) as made:
        opened(made, picture)
        found = samples_of(made.enlarge(frame_from(picture)).picture)[0]
        assert made.names == (str(model), "tiny-16", "tiny-8", "bicubic")
        assert made.state().backend == "onnxruntime"
    np.testing.assert_array_equal(found, samples_of(picture)[0].repeat(2, 0).repeat(2, 1))


def lying(path: Path) -> None:
    """A network that enlarges twice and whose file states three times."""
    proto = onnx.load(stack(path))
    (entry,) = [entry for entry in proto.metadata_props if entry.key == METADATA_KEY]
    entry.value = json.dumps(json.loads(entry.value) | {"scale": 3})
    onnx.save(proto, path)


@pytest.mark.parametrize("when", ["opened", "run"])
def test_a_model_that_fails_gives_way_to_the_next_and_the_state_says_why(tmp_path: Path, when: str) -> None:
    path, picture = tmp_path / "bad.onnx", picture_of("yuv420p", 32, 18)
    if when == "run":
        lying(path)
    else:
        path.write_bytes(b"no network at all")
    with enlarger(str(path), 3, backend="onnxruntime") as made:
        opened(made, picture)
        for _ in range(3):
            assert made.enlarge(frame_from(picture)).picture.width == 96
        state = made.state()
    assert state.rung == "tiny-16"
    assert str(path) in str(state.note)
    assert state.opening == ()


def test_a_file_of_another_scale_is_told(tmp_path: Path) -> None:
    picture = picture_of("yuv420p", 32, 18)
    with enlarger(str(enlarging(tmp_path / "x3.onnx", scale=3)), 2) as made:
        opened(made, picture)
        assert made.enlarge(frame_from(picture)).picture.width == 64
        assert "enlarges 3 times, not 2" in str(made.state().note)


def test_closing_ends_the_thread_and_may_be_repeated(tmp_path: Path) -> None:
    made = Enlarger(LiveSettings(str(stack(tmp_path / "large.onnx", layers=40))))
    made.enlarge(frame_from(picture_of("yuv420p", 32, 18)))
    made.close()
    made.close()
    assert threads_of_ours() == set()
    assert made.state().rung == "bicubic"
