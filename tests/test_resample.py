"""Where resampled samples lie and what they hold. test_native.py compares the kernel with its reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from framelift.engine.colour import Siting
from framelift.engine.resample import Grid, Taps, resample_plane, resample_values, taps_between
from framelift.training.imresize import imresize
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

LENGTHS = st.integers(1, 90)


def resized(src: NDArray[Any], rows: Taps, columns: Taps, max_code: int = 255) -> NDArray[Any]:
    dst = np.zeros((len(rows.first), len(columns.first)), src.dtype)
    resample_plane(src, dst, rows, columns, max_code)
    return dst


def luma_taps(length: int, target_length: int) -> Taps:
    return taps_between(Grid(length), Grid(target_length))


def interior(taps: Taps, length: int) -> NDArray[np.intp]:
    """Which output samples are made from samples within the source only."""
    return np.flatnonzero((taps.first >= 0) & (taps.first + taps.weights.shape[1] <= length))


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """Smooth shapes, an edge and some noise; far enough from 0 and 255 that no result is clipped."""
    y, x = np.mgrid[:height, :width]
    waves = 110 + 30 * np.sin(x / 5) + 20 * np.cos(y / 7) + 40 * (x > width // 2)
    noise = np.random.default_rng(5).uniform(-10, 10, waves.shape)
    return np.asarray(waves + noise, np.uint8)


@settings(deadline=None)
@given(LENGTHS, LENGTHS, LENGTHS, LENGTHS, st.integers(0, 65535))
def test_constant_plane_stays_constant(h: int, w: int, out_h: int, out_w: int, code: int) -> None:
    result = resized(np.full((h, w), code, np.uint16), luma_taps(h, out_h), luma_taps(w, out_w), 65535)
    assert (result == code).all()


SLOPES = 100, 200  # codes a luma row, codes a luma column; even, so that half positions have whole codes


def linear(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """A picture's codes at the luma positions y and x."""
    return np.asarray(SLOPES[0] * y[:, None] + SLOPES[1] * x + 1000, np.float64)


def positions_in(source: Grid, target: Grid) -> NDArray[np.float64]:
    """The target's samples, in luma samples of the source: both pictures have the same outer edges."""
    return np.asarray((target.positions + 0.5) / target.length * source.length - 0.5, np.float64)


def displacement(source: Grid, target: Grid) -> float:
    """What the kernel may displace by, in luma samples: 0.03 samples when it is stretched to shrink."""
    return 0.03 * source.subsampling if target.length < source.length else 0.0


@settings(deadline=None)
@given(*[st.integers(12, 120)] * 4, st.sampled_from(list(Siting)), st.sampled_from([(1, 1), (2, 1), (2, 2)]))
def test_linear_picture_stays_in_place_under_any_siting(
    h: int, w: int, out_h: int, out_w: int, siting: Siting, subsampling: tuple[int, int]
) -> None:
    """A linear function sampled where the chroma lies, resampled, is that function where the output lies."""
    (across, down), (x, y) = subsampling, siting.offsets
    x, y = x * (across - 1), y * (down - 1)  # no offset where nothing is subsampled
    tall, target_tall = Grid(h, down, y), Grid(out_h, down, y)
    wide, target_wide = Grid(w, across, x), Grid(out_w, across, x)
    rows, columns = taps_between(tall, target_tall), taps_between(wide, target_wide)
    result = resized(linear(tall.positions, wide.positions).astype(np.uint16), rows, columns, 65535)
    expected = linear(positions_in(tall, target_tall), positions_in(wide, target_wide))
    inside = np.ix_(interior(rows, tall.samples), interior(columns, wide.samples))
    assume(result[inside].size)
    moved = SLOPES[0] * displacement(tall, target_tall) + SLOPES[1] * displacement(wide, target_wide)
    assert np.abs(result - expected)[inside].max() <= 0.51 + moved  # half a code is rounding


@pytest.mark.parametrize("siting", Siting)
def test_chroma_brought_to_full_resolution_and_back_stays_in_place(siting: Siting) -> None:
    coarse, fine = Grid(41, 2, siting.offsets[0]), Grid(41)
    up, down = taps_between(coarse, fine), taps_between(fine, coarse)
    single = taps_between(Grid(1), Grid(1))
    ramp = (100 * coarse.positions[None] + 1000).astype(np.uint16)
    full = resized(ramp, single, up, 65535)
    inside = interior(up, coarse.samples)
    np.testing.assert_array_equal(full[0, inside], 100 * fine.positions[inside] + 1000)
    back = resized(full, single, down, 65535)
    inside = np.arange(4, coarse.samples - 4)
    assert np.abs(back[0, inside] - ramp[0, inside].astype(int)).max() <= 1


def test_known_taps_of_doubling() -> None:
    """Keys' kernel at a quarter and three quarters of a sample, worked out by hand."""
    taps = luma_taps(8, 16)
    np.testing.assert_array_equal(taps.weights[0::2] * 128, [[-3, 29, 111, -9]] * 8)
    np.testing.assert_array_equal(taps.weights[1::2] * 128, [[-9, 111, 29, -3]] * 8)
    np.testing.assert_array_equal(taps.first[:4], [-2, -1, -1, 0])


def test_known_taps_of_left_sited_chroma() -> None:
    """At x2, output chroma 0 and 1 lie on luma -0.25 and 0.75 of the input: chroma -1/8 and 3/8."""
    taps = taps_between(Grid(16, 2, 0.0), Grid(32, 2, 0.0))
    index = taps.first[:, None] + np.arange(4)
    centres = (taps.weights * index).sum(axis=1)
    np.testing.assert_allclose(centres[:4], [-0.125, 0.375, 0.875, 1.375], atol=1e-6)


@pytest.mark.parametrize("scale", [2, 3, 4, 1.5, 1 / 2, 1 / 3, 1 / 4, 2 / 3])
def test_equals_matlab_bicubic_within(scale: float) -> None:
    """Within one code, for MATLAB rounds between its passes; borders differ (mirrored there, held here)."""
    src = picture(72, 96)
    expected = imresize(src, scale)
    rows, columns = (luma_taps(n, out) for n, out in zip(src.shape, expected.shape, strict=True))
    inside = np.ix_(interior(rows, 72), interior(columns, 96))
    difference = resized(src, rows, columns).astype(int) - expected
    assert difference[inside].size > difference.size / 2
    assert np.abs(difference[inside]).max() <= 1


@pytest.mark.parametrize("size", [(90, 130), (46, 62), (33, 40)])
def test_equals_torch_antialiased_bicubic_within(size: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    src = picture(45, 65)
    tensor = torch.from_numpy(src).double()[None, None]
    exact = torch.nn.functional.interpolate(tensor, size, mode="bicubic", antialias=True)[0, 0].numpy()
    rows, columns = luma_taps(45, size[0]), luma_taps(65, size[1])
    inside = np.ix_(interior(rows, 45), interior(columns, 65))
    difference = resized(src, rows, columns) - np.clip(exact, 0, 255)
    assert difference[inside].size > 100
    assert np.abs(difference[inside]).max() <= 0.51


def test_same_size_changes_nothing() -> None:
    src = picture(31, 44)
    np.testing.assert_array_equal(resized(src, luma_taps(31, 31), luma_taps(44, 44)), src)


def test_overshoot_is_clipped_to_the_codes() -> None:
    edge = np.repeat(np.array([[0, 1023]], np.uint16), 8, axis=1)
    result = resized(edge, luma_taps(1, 1), luma_taps(16, 32), 1023)
    assert result.min() == 0
    assert result.max() == 1023


def test_taps_are_made_once_and_cannot_be_changed() -> None:
    taps = taps_between(Grid(19, 2, 0.5), Grid(38, 2, 0.5))
    assert taps_between(Grid(19, 2, 0.5), Grid(38, 2, 0.5)) is taps
    with pytest.raises(ValueError, match="read-only"):
        taps.weights[0, 0] = 1


def test_values_are_neither_rounded_nor_clipped() -> None:
    values = np.array([[-0.25, 1.5, 0.3]], np.float32)
    out = np.empty_like(values)
    resample_values(values, out, luma_taps(1, 1), luma_taps(3, 3))
    np.testing.assert_array_equal(out, values)


@pytest.mark.parametrize(("outputs", "inputs"), [(2, 1), (3, 1), (4, 1), (3, 2), (1, 2), (3, 4), (2, 3), (1, 1)])
@given(st.integers(6, 400), st.sampled_from([(1, 0.0), (2, 0.0), (2, 0.5), (2, 1.0), (4, 0.0), (4, 1.5)]))
def test_taps_of_a_simple_ratio_repeat(outputs: int, inputs: int, samples: int, grid: tuple[int, float]) -> None:
    """To the last bit: by this the kernel takes many samples at a time."""
    source, target = (Grid(n * samples * grid[0], *grid) for n in (inputs, outputs))
    taps = taps_between(source, target)
    np.testing.assert_array_equal(taps.first[outputs:], taps.first[:-outputs] + inputs)
    np.testing.assert_array_equal(taps.weights[outputs:], taps.weights[:-outputs])


@pytest.mark.parametrize("grid", [(50,), (50, 2, 0.5), (51, 4, 1.5)])
def test_a_grid_s_own_samples_take_one_tap(grid: tuple[Any, ...]) -> None:
    taps = taps_between(Grid(*grid), Grid(*grid))
    np.testing.assert_array_equal(taps.weights, np.ones((Grid(*grid).samples, 1)))
    np.testing.assert_array_equal(taps.first, np.arange(Grid(*grid).samples))
