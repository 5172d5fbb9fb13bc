"""Frames to tensors and back: luma by the model, all else by bicubic in its place, colour as it was.

The models here are plain functions: every pixel repeated, or a straight line between pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from cubic import places, resampled
from framelift.engine.backends.base import Batch
from framelift.engine.colour import ColourTags, Matrix, Range, Siting
from framelift.engine.convert import Converter, repeat_edges
from framelift.engine.geometry import Geometry, TargetSize, plan_geometry
from framelift.engine.layout import layout_of
from framelift.engine.planes import planes_of
from frames import Samples, frame_of, noise, samples_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[Any]
Network = Callable[[Batch], Batch]

YUV = ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv440p", "yuv410p", "yuv420p10le", "yuv422p12le", "yuv444p16le"]
ALPHA = ["yuva420p", "yuva444p10le", "gbrap", "gbrap16le"]
RGB = ["gbrp", "gbrp10le"]
GRAY = ["gray", "gray10le", "gray16le"]
MATRICES = [Matrix.BT709, Matrix.FCC, Matrix.BT470BG, Matrix.SMPTE170M, Matrix.SMPTE240M, Matrix.BT2020_NCL]
RANGES = [Range.LIMITED, Range.FULL]


def nearest(scale: int) -> Network:
    return lambda x: x.repeat(scale, 2).repeat(scale, 3)


def linear(x: Batch) -> Batch:
    """Twice as large, by straight lines between pixels."""
    for axis in (2, 3):
        before, after = (np.take(x, clipped(x.shape[axis], step), axis) for step in (-1, 1))
        pair = np.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis + 1)
        x = pair.reshape([2 * n if i == axis else n for i, n in enumerate(x.shape)])
    return x.astype(np.float32)


def clipped(length: int, step: int) -> Array:
    return np.clip(np.arange(length) + step, 0, length - 1)


def through(
    frame: av.VideoFrame, network: Network, geometry: Geometry, tags: ColourTags, *, rgb: bool = False
) -> list[Samples]:
    """The planes of the enlarged picture."""
    layout = layout_of(frame.format.name)
    converter, planes = Converter(layout, tags, geometry), planes_of(frame, layout)
    larger = av.VideoFrame(geometry.picture_width, geometry.picture_height, frame.format.name)
    x = converter.rgb_input(planes) if rgb else converter.luma_input(planes)
    assert x.dtype == np.float32
    assert x.shape == (1, 3 if rgb else 1, frame.height, frame.width)
    write = converter.write_rgb if rgb else converter.write_luma
    write(np.ascontiguousarray(network(x)), planes, planes_of(larger, layout))
    return samples_of(larger)


def scaled(frame: av.VideoFrame, scale: int = 2, **target: int) -> Geometry:
    return plan_geometry(frame.width, frame.height, Fraction(1), TargetSize(**target), scale)


def decided(frame: av.VideoFrame, **tags: Any) -> ColourTags:
    return ColourTags(**tags).decided(lines=frame.height, pix_fmt=frame.format.name)


def enlarged(frame: av.VideoFrame, plane: int, geometry: Geometry, offsets: tuple[float, float] = (0, 0)) -> Array:
    """A plane by Keys' formula, its samples lying at `offsets` (x, y) luma samples."""
    height, width = frame.height, frame.width
    samples = samples_of(frame)[plane]
    down, across = (-(-n // count) for n, count in zip((height, width), samples.shape, strict=True))
    rows = places(height, geometry.picture_height, down, offsets[1])
    columns = places(width, geometry.picture_width, across, offsets[0])
    return resampled(samples, rows, columns)


def assert_codes(found: Samples, exact: Array, largest: int) -> None:
    """Rounded and clipped, but for what float32 sums may err."""
    assert found.shape == exact.shape
    assert np.abs(found - np.clip(exact, 0, largest)).max() <= 0.5 + 5e-7 * largest


# ---- luma models


@pytest.mark.parametrize("scale", [2, 3])
@pytest.mark.parametrize("pix_fmt", [*YUV, *GRAY, "yuva420p", "yuva444p10le"])
def test_luma_is_the_model_s_to_the_last_bit(pix_fmt: str, scale: int) -> None:
    """In all depths: nothing passes through 8 bits."""
    frame = noise(pix_fmt, 35, 21)
    found = through(frame, nearest(scale), scaled(frame, scale), decided(frame))
    np.testing.assert_array_equal(found[0], samples_of(frame)[0].repeat(scale, 0).repeat(scale, 1))


OFFSETS = {
    Siting.LEFT: (0, 0.5),
    Siting.CENTER: (0.5, 0.5),
    Siting.TOPLEFT: (0, 0),
    Siting.TOP: (0.5, 0),
    Siting.BOTTOMLEFT: (0, 1),
    Siting.BOTTOM: (0.5, 1),
}
"""(x, y) of chroma within its luma samples, as a share of them: H.273 figure 1."""


@pytest.mark.parametrize("siting", OFFSETS, ids=lambda siting: siting.value)
@pytest.mark.parametrize("pix_fmt", [*YUV, "yuva420p"])
def test_chroma_is_bicubic_and_stays_in_its_place(pix_fmt: str, siting: Siting) -> None:
    frame = noise(pix_fmt, 37, 22)
    geometry, layout = scaled(frame), layout_of(pix_fmt)
    found = through(frame, nearest(2), geometry, decided(frame, siting=siting))
    across, down = layout.subsampling
    offsets = OFFSETS[siting][0] * (across - 1), OFFSETS[siting][1] * (down - 1)
    for plane in (1, 2):
        assert_codes(found[plane], enlarged(frame, plane, geometry, offsets), layout.max_code)


@pytest.mark.parametrize("rgb", [False, True])
@pytest.mark.parametrize("pix_fmt", ALPHA)
def test_alpha_is_bicubic(pix_fmt: str, *, rgb: bool) -> None:
    frame = noise(pix_fmt, 19, 14)
    geometry = scaled(frame)
    found = through(frame, nearest(2), geometry, decided(frame), rgb=rgb)
    assert_codes(found[3], enlarged(frame, 3, geometry), layout_of(pix_fmt).max_code)


@pytest.mark.parametrize("pix_fmt", [*RGB, "gbrap"])
def test_rgb_gets_the_luma_s_detail(pix_fmt: str) -> None:
    """What the model adds to bicubic's luma is added to R, G and B; the colour stays bicubic's."""
    frame = noise(pix_fmt, 23, 17)
    geometry, largest = scaled(frame), layout_of(pix_fmt).max_code
    found = through(frame, nearest(2), geometry, decided(frame))
    green, blue, red = samples_of(frame)[:3]
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    rows, columns = (places(n, 2 * n) for n in luma.shape)
    detail = luma.repeat(2, 0).repeat(2, 1) - resampled(luma, rows, columns)
    for plane in range(3):
        assert_codes(found[plane], enlarged(frame, plane, geometry) + detail, largest)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p10le", "gbrp", "gray12le"])
@pytest.mark.parametrize("size", [{"height": 50}, {"width": 41, "height": 70}, {"height": 22}])
def test_any_target_size_is_reached_from_the_model_s_output(pix_fmt: str, size: dict[str, int]) -> None:
    """Luma is the model's, then bicubic; chroma goes straight from the source."""
    frame = noise(pix_fmt, 25, 21)
    geometry, layout = scaled(frame, 2, **size), layout_of(pix_fmt)
    found = through(frame, nearest(2), geometry, decided(frame, siting=Siting.CENTER), rgb=layout.kind == "rgb")
    target = geometry.picture_height, geometry.picture_width
    rows, columns = places(42, target[0]), places(50, target[1])
    shrink = max(1, 42 / target[0]), max(1, 50 / target[1])
    for plane in range(3 if layout.kind == "rgb" else 1):
        twice = samples_of(frame)[plane].repeat(2, 0).repeat(2, 1)
        assert_codes(found[plane], resampled(twice, rows, columns, shrink), layout.max_code)
    if layout.kind == "yuv":
        across, down = layout.subsampling
        assert_codes(found[1], enlarged(frame, 1, geometry, ((across - 1) / 2, (down - 1) / 2)), layout.max_code)


@given(
    st.sampled_from([*YUV, *GRAY, *RGB, *ALPHA]), st.integers(1, 12), st.integers(1, 12), st.integers(2, 4), st.data()
)
def test_a_flat_picture_stays_flat_at_any_size(
    pix_fmt: str, width: int, height: int, scale: int, data: st.DataObject
) -> None:
    layout = layout_of(pix_fmt)
    codes = [data.draw(st.integers(0, layout.max_code)) for _ in range(layout.colour_planes + layout.alpha)]
    frame = frame_of(pix_fmt, width, height, codes)
    for found, code in zip(through(frame, nearest(scale), scaled(frame, scale), decided(frame)), codes, strict=True):
        assert (found == code).all()


# ---- RGB models


@pytest.mark.parametrize("code_range", RANGES)
@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv411p", "yuv422p10le", "yuv444p12le", "yuva420p"])
def test_every_flat_colour_survives_an_rgb_model(pix_fmt: str, matrix: Matrix, code_range: Range) -> None:
    """Also codes outside the range, and those that are no colour."""
    rng, layout = np.random.default_rng(7), layout_of(pix_fmt)
    for _ in range(6):
        codes = rng.integers(0, layout.max_code + 1, 4 if layout.alpha else 3)
        frame = frame_of(pix_fmt, 7, 5, list(codes))
        tags = decided(frame, matrix=matrix, range=code_range)
        for found, code in zip(through(frame, nearest(2), scaled(frame), tags, rgb=True), codes, strict=True):
            assert (found == code).all()


@pytest.mark.parametrize("code_range", RANGES)
@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv444p10le", "yuv444p16le"])
def test_every_sample_survives_an_rgb_model(pix_fmt: str, matrix: Matrix, code_range: Range) -> None:
    frame = noise(pix_fmt, 15, 9)
    found = through(frame, nearest(2), scaled(frame), decided(frame, matrix=matrix, range=code_range), rgb=True)
    for plane, source in zip(found, samples_of(frame), strict=True):
        np.testing.assert_array_equal(plane, source.repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize("pix_fmt", [*RGB, *GRAY])
def test_rgb_and_grey_pass_an_rgb_model_as_they_are(pix_fmt: str) -> None:
    frame = noise(pix_fmt, 15, 9)
    found = through(frame, nearest(3), scaled(frame, 3), decided(frame), rgb=True)
    for plane, source in zip(found, samples_of(frame), strict=True):
        np.testing.assert_array_equal(plane, source.repeat(3, 0).repeat(3, 1))


@pytest.mark.parametrize("siting", OFFSETS, ids=lambda siting: siting.value)
@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv422p10le", "yuv440p10le", "yuv411p", "yuv444p10le"])
def test_colour_stays_in_its_place_in_an_rgb_model(pix_fmt: str, siting: Siting) -> None:
    """Planes that rise evenly with the place they show still do, at twice the size."""
    layout, (across, down) = layout_of(pix_fmt), layout_of(pix_fmt).subsampling
    offsets = OFFSETS[siting][0] * (across - 1), OFFSETS[siting][1] * (down - 1)
    unit = 2 ** (layout.depth - 8)
    slopes = [(1.5 * unit, 0.5 * unit), (2 * unit, -1 * unit), (-1 * unit, 2 * unit)]  # codes a luma sample

    def rising(width: int, height: int, size: float) -> list[Array]:
        """The planes of a picture of this size, whose luma samples are `size` of the input's."""
        made = []
        for plane, (right, down_) in enumerate(slopes):
            step = (across, down) if plane else (1, 1)
            x, y = (
                (f * np.arange(-(-n // f)) + (o if plane else 0) + 0.5) * size - 0.5
                for f, n, o in zip(step, (width, height), offsets, strict=True)
            )
            made.append(100 * unit + right * x + down_ * y[:, None])
        return made

    frame = frame_of(pix_fmt, 36, 28, [np.rint(plane) for plane in rising(36, 28, 1)])
    found = through(frame, linear, scaled(frame), decided(frame, siting=siting), rgb=True)
    for plane, exact in zip(found, rising(72, 56, 0.5), strict=True):
        margins = [10 * n // whole for n, whole in zip(plane.shape, (56, 72), strict=True)]
        inside = tuple(slice(margin, -margin) for margin in margins)
        assert np.abs(plane - exact)[inside].max() <= 1.1 + 0.1 * unit


LUMA_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
                9: (0.2627, 0.0593)}  # fmt: skip
"""Kr and Kb of H.273 table 4, by its MatrixCoefficients."""


def signals_per_code(code_range: int, depth: int) -> tuple[float, float, float, float]:
    """(Y of black, Y of a whole luma, middle of chroma, chroma's codes from -1/2 to 1/2): H.273 equations 31 to 36."""
    unit, largest = 2 ** (depth - 8), 2**depth - 1
    if code_range == Range.FULL:
        return 0, largest, 128 * unit, largest
    return 16 * unit, 219 * unit, 128 * unit, 224 * unit


def standard_rgb(yuv: list[Array], matrix: int, code_range: int, depth: int) -> Array:
    """R, G and B of codes [H, W], in float64."""
    (kr, kb), (black, luma, middle, chroma) = LUMA_WEIGHTS[matrix], signals_per_code(code_range, depth)
    y, b, r = (yuv[0] - black) / luma, (yuv[1] - middle) / chroma, (yuv[2] - middle) / chroma
    red, blue = y + 2 * (1 - kr) * r, y + 2 * (1 - kb) * b
    return np.stack([red, (y - kr * red - kb * blue) / (1 - kr - kb), blue])


def standard_yuv(rgb: Array, matrix: int, code_range: int, depth: int) -> list[Array]:
    """Codes [H, W] of Y, U and V, not rounded, in float64."""
    (kr, kb), (black, luma, middle, chroma) = LUMA_WEIGHTS[matrix], signals_per_code(code_range, depth)
    red, green, blue = rgb.astype(np.float64)
    y = kr * red + (1 - kr - kb) * green + kb * blue
    b, r = (blue - y) / (2 - 2 * kb), (red - y) / (2 - 2 * kr)
    return [luma * y + black, chroma * b + middle, chroma * r + middle]


ANY_YUV = st.sampled_from([*YUV, "yuv422p9le", "yuv420p14le", "yuv440p10le", "yuva422p12le"])
SIZES = st.integers(1, 24)
COLOURS = st.builds(
    ColourTags, matrix=st.sampled_from(MATRICES), range=st.sampled_from(RANGES), siting=st.sampled_from(list(OFFSETS))
)


@settings(deadline=None)
@given(ANY_YUV, SIZES, SIZES, COLOURS)
def test_an_rgb_model_sees_the_standard_s_colours(pix_fmt: str, width: int, height: int, tags: ColourTags) -> None:
    """Chroma is bicubic from its place to luma's; then H.273."""
    frame, layout = noise(pix_fmt, width, height), layout_of(pix_fmt)
    planes, (across, down) = samples_of(frame), layout.subsampling
    x, y = (o * (f - 1) for o, f in zip(OFFSETS[tags.siting], (across, down), strict=True))
    rows, columns = (np.arange(height) - y) / down, (np.arange(width) - x) / across
    full = [planes[0].astype(np.float64), *(resampled(plane, rows, columns) for plane in planes[1:3])]
    found = Converter(layout, tags, scaled(frame)).rgb_input(planes_of(frame, layout))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], standard_rgb(full, tags.matrix, tags.range, layout.depth), atol=3e-6)


@settings(deadline=None)
@given(ANY_YUV, SIZES, SIZES, COLOURS, st.integers(0, 2**32))
def test_an_rgb_model_s_colours_are_written_as_the_standard_s_codes(
    pix_fmt: str, width: int, height: int, tags: ColourTags, seed: int
) -> None:
    """H.273; then chroma is bicubic from luma's places to its own, the kernel as wide as the step."""
    frame, layout = noise(pix_fmt, width, height), layout_of(pix_fmt)
    geometry, (across, down) = scaled(frame), layout.subsampling
    rgb = np.random.default_rng(seed).uniform(-0.2, 1.2, (1, 3, 2 * height, 2 * width)).astype(np.float32)
    larger = av.VideoFrame(2 * width, 2 * height, pix_fmt)
    Converter(layout, tags, geometry).write_rgb(rgb, planes_of(frame, layout), planes_of(larger, layout))
    found, exact = samples_of(larger), standard_yuv(rgb[0], tags.matrix, tags.range, layout.depth)
    assert_codes(found[0], exact[0], layout.max_code)
    x, y = (o * (f - 1) for o, f in zip(OFFSETS[tags.siting], (across, down), strict=True))
    rows, columns = down * np.arange(len(found[1])) + y, across * np.arange(len(found[1][0])) + x
    for plane in (1, 2):
        assert_codes(found[plane], resampled(exact[plane], rows, columns, (down, across)), layout.max_code)


@settings(deadline=None)
@given(st.sampled_from([*RGB, "gbrp12le", "gbrap16le"]), SIZES, SIZES)
def test_a_luma_model_sees_the_luma_of_rgb(pix_fmt: str, width: int, height: int) -> None:
    frame, layout = noise(pix_fmt, width, height), layout_of(pix_fmt)
    found = Converter(layout, decided(frame), scaled(frame)).luma_input(planes_of(frame, layout))
    green, blue, red = samples_of(frame)[:3]
    exact = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / layout.max_code
    np.testing.assert_allclose(found[0, 0], exact, atol=3e-7)


@settings(deadline=None)
@given(st.sampled_from([*GRAY, "gray12le"]), SIZES, SIZES, st.integers(0, 2**32))
def test_grey_of_an_rgb_model_is_its_luma(pix_fmt: str, width: int, height: int, seed: int) -> None:
    frame, layout = noise(pix_fmt, width, height), layout_of(pix_fmt)
    rgb = np.random.default_rng(seed).uniform(-0.2, 1.2, (1, 3, 2 * height, 2 * width)).astype(np.float32)
    larger = av.VideoFrame(2 * width, 2 * height, pix_fmt)
    converter = Converter(layout, decided(frame), scaled(frame))
    converter.write_rgb(rgb, planes_of(frame, layout), planes_of(larger, layout))
    exact = np.tensordot([0.2126, 0.7152, 0.0722], rgb[0].astype(np.float64), 1) * layout.max_code
    assert_codes(samples_of(larger)[0], exact, layout.max_code)


# ---- edges


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3), st.integers(0, 3))
def test_edges_are_repeated(rows: int, columns: int, below: int, beyond: int) -> None:
    inner = np.arange(rows * columns).reshape(rows, columns).astype(np.uint16)
    plane = np.full((rows + below, columns + beyond), 9999, np.uint16)
    plane[:rows, :columns] = inner
    repeat_edges(plane, rows, columns)
    np.testing.assert_array_equal(plane, np.pad(inner, ((0, below), (0, beyond)), mode="edge"))
