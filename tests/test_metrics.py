"""PSNR, SSIM and bicubic resizing against their formulas, written out pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from framelift.training.imresize import crop_to_multiple, imresize
from framelift.training.metrics import psnr, ssim, y_from_rgb
from numpy.typing import NDArray

Array = NDArray[Any]
Codes = NDArray[np.uint8]


def random_picture(*shape: int) -> Codes:
    return np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)


def test_luma_spans_the_studio_range() -> None:
    rgb = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]], np.uint8)
    assert y_from_rgb(rgb) == pytest.approx(np.array([[16.0, 235.0, 81.481]]))


def test_psnr_of_one_code_everywhere() -> None:
    plane = np.full((5, 7), 100.0)
    assert psnr(plane, plane + 1) == pytest.approx(20 * math.log10(255))


def test_psnr_of_identical_planes_is_infinite() -> None:
    assert psnr(random_picture(4, 5), random_picture(4, 5)) == math.inf


def test_psnr_leaves_the_border_out() -> None:
    a = random_picture(12, 9)
    b = a.copy()
    b[:2], b[-2:], b[:, :2], b[:, -2:] = 0, 0, 0, 0
    assert psnr(a, b, border=2) == math.inf
    assert psnr(a, b, border=1) < 30


@pytest.mark.parametrize("measure", [psnr, ssim])
def test_planes_of_two_shapes_are_refused(measure: Callable[[Array, Array], float]) -> None:
    with pytest.raises(ValueError, match=r"\(20, 21\) and \(21, 20\)"):
        measure(random_picture(20, 21), random_picture(21, 20))


def test_ssim_needs_one_window() -> None:
    with pytest.raises(ValueError, match=r"11 x 11.*\(10, 20\)"):
        ssim(random_picture(14, 24), random_picture(14, 24), border=2)


def ssim_window_by_window(a: Array, b: Array) -> float:
    """Wang et al. 2004, equation 13, for each position of the window."""
    offsets = np.arange(11) - 5
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for top in range(a.shape[0] - 10):
        for left in range(a.shape[1] - 10):
            x, y = (plane[top : top + 11, left : left + 11].astype(float) for plane in (a, b))
            mx, my = (window * x).sum(), (window * y).sum()
            vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
            cov = (window * (x - mx) * (y - my)).sum()
            c1, c2 = 2.55**2, 7.65**2
            values.append((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2)))
    return float(np.mean(values))


def test_ssim_equals_its_formula() -> None:
    a = random_picture(17, 23)
    b = np.clip(a + np.random.default_rng(4).normal(0, 20, a.shape), 0, 255)
    assert ssim(a, b) == pytest.approx(ssim_window_by_window(a, b), abs=1e-9)


def keys_cubic(x: float) -> float:
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def mirrored(index: int, length: int) -> int:
    while not 0 <= index < length:
        index = -1 - index if index < 0 else 2 * length - 1 - index
    return index


def resized_line(line: Codes, scale: float) -> Codes:
    """One line, every output pixel on its own: MATLAB's contributions, rounded half up."""
    shrink = min(scale, 1.0)
    out = []
    for position in range(math.ceil(len(line) * scale)):
        centre = (position + 0.5) / scale - 0.5
        near = range(math.floor(centre - 2 / shrink) - 1, math.ceil(centre + 2 / shrink) + 2)
        weights = np.array([keys_cubic((centre - index) * shrink) for index in near])
        pixels = np.array([float(line[mirrored(index, len(line))]) for index in near])
        out.append(min(255, max(0, math.floor((weights / weights.sum() * pixels).sum() + 0.5))))
    return np.array(out, np.uint8)


@pytest.mark.parametrize("scale", [1 / 2, 1 / 3, 1 / 4, 2, 3])
@pytest.mark.parametrize("shape", [(13, 18), (9, 7, 3), (3, 5)])
def test_imresize_equals_its_definition(scale: float, shape: tuple[int, ...]) -> None:
    picture = random_picture(*shape)
    rows = np.apply_along_axis(resized_line, 0, picture, scale)
    expected = np.apply_along_axis(resized_line, 1, rows, scale)
    difference = np.abs(imresize(picture, scale).astype(int) - expected)
    thirds = scale in (1 / 3, 3)  # not exact in floating point: a half may round either way
    assert difference.max() <= (1 if thirds else 0)
    assert (difference > 0).mean() < 0.05


def test_imresize_keeps_a_flat_picture() -> None:
    assert (imresize(np.full((7, 11, 3), 201, np.uint8), 1 / 3) == 201).all()


def test_crop_to_multiple_cuts_right_and_bottom() -> None:
    picture = random_picture(11, 13, 3)
    assert np.array_equal(crop_to_multiple(picture, 4), picture[:8, :12])
