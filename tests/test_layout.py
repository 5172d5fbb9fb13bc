"""Pixel formats and planes: as FFmpeg itself describes them, repacked to the last bit, or refused."""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
import framelift.engine
import numpy as np
import pytest
from av.video.format import VideoFormat
from framelift.engine.errors import InputError
from framelift.engine.layout import layout_of, planar, planar_name
from framelift.engine.planes import new_picture, planes_of
from frames import FORMATS, PLANAR_FORMATS, Samples, frame_of, noise, samples_of

FEW_BITS = {"monob", "monow", "pal8", "bgr8", "rgb8"}  # fewer than 8 a component; "rgb555" and "rgb565" too


def taken(pix_fmt: str) -> bool:
    try:
        planar_name(pix_fmt)
    except InputError:
        return False
    return True


WORDS = np.uint16
TAKEN = [*filter(taken, FORMATS)]


def test_every_planar_format_of_ffmpeg_is_taken_and_none_else_left() -> None:
    assert sorted({planar_name(name) for name in TAKEN}) == PLANAR_FORMATS


@pytest.mark.parametrize("name", PLANAR_FORMATS)
def test_a_layout_is_what_ffmpeg_says(name: str) -> None:
    layout, described = layout_of(name), VideoFormat(name)
    colour = [c for c in described.components if not c.is_alpha]
    assert layout.name == name
    assert {c.bits for c in described.components} == {layout.depth}
    assert layout.kind == ("gray" if len(colour) == 1 else "rgb" if described.is_rgb else "yuv")
    assert layout.colour_planes == len(colour)
    assert layout.alpha == any(c.is_alpha for c in described.components)
    assert [c.plane for c in colour] == ([2, 0, 1] if layout.kind == "rgb" else [*range(len(colour))])
    assert not described.is_big_endian
    for width, height in ((64, 64), (1, 1), (35, 21), (175, 97)):
        shapes = [(c.height, c.width) for c in VideoFormat(name, width, height).components]
        assert [layout.plane_shape(c.plane, width, height) for c in described.components] == shapes
    pixels = sum(c.height * c.width for c in VideoFormat(name, 64, 64).components) / 64**2
    assert layout.bytes_per_pixel == pixels * np.dtype(layout.dtype).itemsize
    assert layout.max_code == 2**layout.depth - 1 <= np.iinfo(layout.dtype).max


@pytest.mark.parametrize("name", TAKEN)
def test_the_planar_form_holds_the_same_samples(name: str) -> None:
    """As many components, as deep, subsampled as much."""
    packed, flat = VideoFormat(name, 64, 64), VideoFormat(planar_name(name), 64, 64)
    if name in FEW_BITS or name.startswith(("rgb555", "rgb565")):
        assert {c.bits for c in flat.components} == {8}
        return
    assert [(c.bits, c.width, c.height) for c in packed.components] == [
        (c.bits, c.width, c.height) for c in flat.components
    ]


@pytest.mark.parametrize("name", ["ya8", "gbrpf32le", "grayf32le", "rgb4", "xyz12le", "bayer_rggb8", "cuda", "tape"])
def test_other_formats_are_refused_by_name(name: str) -> None:
    with pytest.raises(InputError, match=f"pixel format {name} is not supported"):
        layout_of(name)


def rows_of(frame: av.VideoFrame, plane: int, dtype: Any = np.uint8, per_pixel: int = 1) -> Samples:
    """A packed plane, [rows, values of the picture's width]."""
    view = np.frombuffer(memoryview(frame.planes[plane]), dtype)
    stride = frame.planes[plane].line_size // view.itemsize
    return view.reshape(-1, stride)[: frame.planes[plane].height, : frame.planes[plane].width * per_pixel].copy()


def pixels(*order: int, dtype: Any = np.uint8) -> Callable[[av.VideoFrame], list[Samples]]:
    """Unpacks pixels whose values at `order` are the planes."""

    def unpack(frame: av.VideoFrame) -> list[Samples]:
        each = len(frame.format.components) + ("0" in frame.format.name)
        row = rows_of(frame, 0, dtype, each)
        return [row[:, first::each] for first in order]

    return unpack


def pairs(y: tuple[int, int], u: int, v: int) -> Callable[[av.VideoFrame], list[Samples]]:
    """Unpacks 4:2:2 pixels of four bytes for two."""

    def unpack(frame: av.VideoFrame) -> list[Samples]:
        row = rows_of(frame, 0, np.uint8, 2)
        luma = np.stack([row[:, y[0] :: 4], row[:, y[1] :: 4]], axis=-1)
        return [luma.reshape(len(row), -1), row[:, u::4], row[:, v::4]]

    return unpack


def words_of_pairs(frame: av.VideoFrame) -> list[Samples]:
    """Unpacks Y U Y V of ten upper bits each."""
    row = rows_of(frame, 0, WORDS, 2) >> 6
    return [row[:, 0::2], row[:, 1::4], row[:, 3::4]]


def fours(frame: av.VideoFrame) -> list[Samples]:
    """Unpacks U Y Y V Y Y."""
    size = -(-frame.width // 4) * 6
    row = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(frame.height, -1)[:, :size]
    luma = np.stack([row[:, at::6] for at in (1, 2, 4, 5)], axis=-1).reshape(frame.height, -1)
    return [luma[:, : frame.width], row[:, 0::6], row[:, 3::6]]


def bits(frame: av.VideoFrame) -> list[Samples]:
    """Unpacks bits, 1 being white."""
    row = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(frame.height, -1)
    return [255 * np.unpackbits(row, axis=1)[:, : frame.width]]


def semi_planar(u: int, v: int, dtype: Any = np.uint8, shift: int = 0) -> Callable[[av.VideoFrame], list[Samples]]:
    """Unpacks a plane of Y and one of pairs, whose values may stand in the upper bits."""

    def unpack(frame: av.VideoFrame) -> list[Samples]:
        chroma = rows_of(frame, 1, dtype, 2)
        return [plane >> shift for plane in (rows_of(frame, 0, dtype), chroma[:, u::2], chroma[:, v::2])]

    return unpack


def ten_of_thirty_two(*shifts: int) -> Callable[[av.VideoFrame], list[Samples]]:
    def unpack(frame: av.VideoFrame) -> list[Samples]:
        row = rows_of(frame, 0, np.uint32)
        return [row >> shift & 1023 for shift in shifts]

    return unpack


def swapped(frame: av.VideoFrame) -> list[Samples]:
    return [plane.byteswap() for plane in samples_of(frame)]


GBR, GBRA = pixels(1, 2, 0), pixels(1, 2, 0, 3)
UNPACKED = {
    "nv12": semi_planar(0, 1),
    "nv21": semi_planar(1, 0),
    "nv16": semi_planar(0, 1),
    "nv24": semi_planar(0, 1),
    "nv42": semi_planar(1, 0),
    "p010le": semi_planar(0, 1, WORDS, 6),
    "p012le": semi_planar(0, 1, WORDS, 4),
    "p016le": semi_planar(0, 1, WORDS),
    "p210le": semi_planar(0, 1, WORDS, 6),
    "p216le": semi_planar(0, 1, WORDS),
    "p410le": semi_planar(0, 1, WORDS, 6),
    "yuyv422": pairs((0, 2), 1, 3),
    "yvyu422": pairs((0, 2), 3, 1),
    "uyvy422": pairs((1, 3), 0, 2),
    "y210le": words_of_pairs,
    "uyyvyy411": fours,
    "monob": bits,
    "monow": lambda frame: [255 - plane for plane in bits(frame)],
    "rgb24": GBR,
    "bgr24": pixels(1, 0, 2),
    "rgb0": GBR,
    "bgr0": pixels(1, 0, 2),
    "0rgb": pixels(2, 3, 1),
    "0bgr": pixels(2, 1, 3),
    "rgba": GBRA,
    "bgra": pixels(1, 0, 2, 3),
    "argb": pixels(2, 3, 1, 0),
    "abgr": pixels(2, 1, 3, 0),
    "rgb48le": pixels(1, 2, 0, dtype=WORDS),
    "bgr48le": pixels(1, 0, 2, dtype=WORDS),
    "rgba64le": pixels(1, 2, 0, 3, dtype=WORDS),
    "bgra64le": pixels(1, 0, 2, 3, dtype=WORDS),
    "x2rgb10le": ten_of_thirty_two(10, 0, 20),
    "x2bgr10le": ten_of_thirty_two(10, 20, 0),
    "yuv420p16be": swapped,
    "gray16be": swapped,
    "gbrp16be": swapped,
    "gbrap16be": swapped,
}
"""How planes lie in a format that is not planar (or not little endian), written here from FFmpeg's pixfmt.h."""


@pytest.mark.parametrize("width", [34, 642])
@pytest.mark.parametrize("tags", [(2, 0), (1, 1), (5, 2), (0, 2)], ids=str)
@pytest.mark.parametrize("name", UNPACKED)
def test_repacking_changes_no_sample(name: str, tags: tuple[int, int], width: int) -> None:
    frame = random_bytes(name, width, 22)
    frame.colorspace, frame.color_range = tags
    result = planar(frame)
    assert result.format.name == planar_name(name)
    for found, expected in zip(samples_of(result), UNPACKED[name](frame), strict=True):
        np.testing.assert_array_equal(found, expected)


def random_bytes(pix_fmt: str, width: int, height: int) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, pix_fmt)
    rng = np.random.default_rng(width)
    for plane in frame.planes:
        plane.update(rng.bytes(plane.buffer_size))
    return frame


def test_repacking_is_the_same_each_time() -> None:
    """With several threads, swscale spoils the first samples of a row now and then."""
    frame = noise("yuv420p10le", 642, 360).reformat(format="p010le", threads=1)
    expected = UNPACKED["p010le"](frame)
    for _ in range(40):
        for found, plane in zip(samples_of(planar(frame)), expected, strict=True):
            np.testing.assert_array_equal(found, plane)


def test_the_engine_never_asks_swscale_for_threads() -> None:
    calls = [
        (path.name, call.lineno, {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords})
        for path in Path(framelift.engine.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "reformat"
    ]
    assert calls
    assert [call for call in calls if call[2].get("threads") != "1"] == []


@pytest.mark.parametrize("name", ["yuv420p", "yuvj422p", "gbrp10le", "gray16le", "yuva444p12le"])
def test_a_planar_picture_is_left_as_it_is(name: str) -> None:
    frame = noise(name, 17, 11)
    assert planar(frame) is frame


@pytest.mark.parametrize("size", [(1, 1), (35, 21), (64, 48), (642, 6)])
@pytest.mark.parametrize("name", ["yuv420p", "yuv411p", "yuv440p10le", "yuva422p", "gray", "gray12le", "gbrap16le"])
def test_planes_share_the_frame(name: str, size: tuple[int, int]) -> None:
    frame = noise(name, *size)
    layout, expected = layout_of(name), samples_of(frame)
    planes = planes_of(frame, layout)
    assert len(planes) == layout.colour_planes + layout.alpha
    for plane, samples in zip(planes, expected, strict=True):
        np.testing.assert_array_equal(plane, samples)
        plane[:] = layout.max_code - plane
    for found, samples in zip(samples_of(frame), expected, strict=True):
        np.testing.assert_array_equal(found, layout.max_code - samples)


def test_planes_of_a_bottom_up_frame() -> None:
    frame = noise("yuv420p10le", 35, 21)
    flipped = upside_down(frame)
    assert all(plane.line_size < 0 for plane in flipped.planes)
    for found, samples in zip(planes_of(flipped, layout_of("yuv420p10le")), samples_of(frame), strict=True):
        np.testing.assert_array_equal(found, samples[::-1])


def upside_down(frame: av.VideoFrame) -> av.VideoFrame:
    """The same memory, read from its last row up."""
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1)),
        graph.add("vflip"),
        graph.add("buffersink"),
    ).configure()
    graph.push(frame)
    flipped = graph.pull()
    assert isinstance(flipped, av.VideoFrame)
    return flipped


def test_a_new_picture_has_the_properties_of_the_old() -> None:
    old = frame_of("yuv420p", 16, 16, [100, 110, 120])
    old.colorspace, old.color_range, old.color_primaries, old.color_trc = 9, 2, 9, 16
    old.pict_type = 1
    new = new_picture(old, 35, 21, "yuv422p10le")
    assert (new.width, new.height, new.format.name) == (35, 21, "yuv422p10le")
    assert (new.colorspace, new.color_range, new.color_primaries, new.color_trc) == (9, 2, 9, 16)
    assert new.pict_type == 0  # the encoder decides
