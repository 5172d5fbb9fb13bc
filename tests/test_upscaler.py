"""The upscaler on real models: frames of every kind, tiles, turns, other formats; and `enlarge`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType
from clips import Clip, write_clip
from cubic import places, resampled
from framelift.engine import Upscaler, enlarge
from framelift.engine.colour import ColourTags, Matrix, Range, Siting
from framelift.engine.compute import Compute
from framelift.engine.errors import ModelError
from framelift.engine.frame import DecodedFrame, Ledger, UpscaledFrame
from framelift.engine.geometry import TargetSize, plan_geometry
from framelift.engine.layout import layout_of, planar
from framelift.engine.model import load_model
from framelift.engine.orientation import Turn
from framelift.engine.pixel_format import tags_after
from framelift.engine.planes import planes_of
from framelift.engine.timing import STAGES
from frames import Samples, frame_of, noise, samples_of
from networks import enlarging, stack
from numpy.typing import NDArray

TURNS = [Turn(quarters, flipped=flipped) for quarters in range(4) for flipped in (False, True)]


@contextmanager
def upscaler(
    model: Path,
    pix_fmt: str,
    width: int,
    height: int,
    *,
    tags: ColourTags | None = None,
    target: TargetSize | None = None,
    even: tuple[bool, bool] = (False, False),
    **options: Any,
) -> Iterator[Upscaler]:
    loaded = load_model(model)
    decided = (tags or ColourTags()).decided(lines=height, pix_fmt=pix_fmt)
    geometry = plan_geometry(width, height, Fraction(1), target or TargetSize(), loaded.scale, even=even)
    made = Upscaler(loaded, layout_of(pix_fmt), decided, geometry, compute=Compute(threads=1), **options)
    try:
        yield made
    finally:
        made.close()


def decoded(picture: av.VideoFrame, **changed: Any) -> DecodedFrame:
    facts: dict[str, Any] = {
        "index": 3,
        "pts": 1001,
        "duration": 7,
        "time_base": Fraction(1, 90_000),
        "colour": ColourTags(),
        "sample_aspect_ratio": Fraction(1),
        "ledger": Ledger(),
    }
    return DecodedFrame(picture, **facts | changed)


def upscaled(model: Path, picture: av.VideoFrame, **options: Any) -> av.VideoFrame:
    with upscaler(model, picture.format.name, picture.width, picture.height, **options) as made:
        return made.upscale(decoded(picture)).picture


def repeated(plane: Samples, times: int = 2) -> Samples:
    return plane.repeat(times, 0).repeat(times, 1)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Repeats every luma sample."""
    return enlarging(tmp_path / "luma.onnx")


@pytest.fixture
def rgb_model(tmp_path: Path) -> Path:
    """Repeats every pixel."""
    return enlarging(tmp_path / "rgb.onnx", channels=3)


# ---- frames


@pytest.mark.parametrize(
    "pix_fmt",
    ["yuv420p", "yuv422p10le", "yuv444p12le", "yuv411p", "yuv440p", "yuva420p", "gray", "gray16le", "yuvj420p", "nv12",
     "p010le", "yuv420p10be", "uyvy422"],
)  # fmt: skip
def test_luma_is_the_model_s_in_every_format(model: Path, pix_fmt: str) -> None:
    picture = noise(planar(av.VideoFrame(36, 22, pix_fmt)).format.name, 36, 22).reformat(format=pix_fmt, threads=1)
    source, found = planar(picture), upscaled(model, picture)
    assert found.format.name == layout_of(pix_fmt).name
    assert (found.width, found.height) == (72, 44)
    np.testing.assert_array_equal(samples_of(found)[0], repeated(samples_of(source)[0]))
    assert len(found.planes) == len(source.planes)


@pytest.mark.parametrize("pix_fmt", ["gbrp", "gbrap", "gbrp10le", "rgb24", "bgra", "rgb48le"])
def test_rgb_passes_an_rgb_model_in_every_format(rgb_model: Path, pix_fmt: str) -> None:
    picture = noise(planar(av.VideoFrame(35, 21, pix_fmt)).format.name, 35, 21).reformat(format=pix_fmt, threads=1)
    found = samples_of(upscaled(rgb_model, picture))
    for plane, source in zip(found[:3], samples_of(planar(picture))[:3], strict=True):
        np.testing.assert_array_equal(plane, repeated(source))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv444p"])
def test_a_flat_colour_stays_itself_in_an_rgb_model(tmp_path: Path, pix_fmt: str, scale: int) -> None:
    codes = [200, 90, 170] if pix_fmt == "yuv444p" else [701, 333, 690]
    model = enlarging(tmp_path / "rgb.onnx", channels=3, scale=scale)
    found = upscaled(model, frame_of(pix_fmt, 9, 7, codes), tags=ColourTags(matrix=9, range=1))
    assert [np.unique(plane).tolist() for plane in samples_of(found)] == [[code] for code in codes]


def test_what_a_frame_carries_is_carried_on(model: Path) -> None:
    tags = ColourTags(Matrix.BT2020_NCL, Range.LIMITED, 9, 16, Siting.TOPLEFT)
    with upscaler(model, "yuv420p10le", 16, 12, tags=tags) as made:
        frame = decoded(noise("yuv420p10le", 16, 12), ledger=Ledger({"decode": (0, 1)}))
        found = made.upscale(frame)
    assert isinstance(found, UpscaledFrame)
    assert (found.index, found.pts, found.duration, found.time_base) == (3, 1001, 7, Fraction(1, 90_000))
    assert found.colour == tags
    assert (found.picture.colorspace, found.picture.color_range) == (9, 1)
    assert tuple(found.ledger.spans) == STAGES[:4]


def test_the_three_steps_make_the_whole(model: Path) -> None:
    with upscaler(model, "yuv420p", 18, 10) as made:
        picture = noise("yuv420p", 18, 10)
        apart = made.finish(made.infer(made.prepare(decoded(picture))))
        whole = made.upscale(decoded(picture))
    for one, other in zip(samples_of(apart.picture), samples_of(whole.picture), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_frame_that_came_is_left_alone(model: Path) -> None:
    picture = noise("yuv420p", 18, 10)
    before = samples_of(picture)
    upscaled(model, picture, turn=Turn(1, flipped=True))
    for one, other in zip(samples_of(picture), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "gray", "yuva444p"])
def test_an_odd_size_is_made_even_by_repeating_the_edge(tmp_path: Path, pix_fmt: str) -> None:
    model, picture = enlarging(tmp_path / "x3.onnx", scale=3), noise(pix_fmt, 13, 7)
    exact = samples_of(upscaled(model, picture))
    found = samples_of(upscaled(model, picture, even=(True, True)))
    assert exact[0].shape == (21, 39)
    for padded, plane in zip(found, exact, strict=True):
        down, across = np.subtract(padded.shape, plane.shape)
        np.testing.assert_array_equal(padded, np.pad(plane, ((0, down), (0, across)), mode="edge"))
    assert found[0].shape == (22, 40)


@pytest.mark.parametrize("target", [TargetSize(height=50), TargetSize(width=47, height=61)], ids=str)
def test_any_size_may_be_asked_for(model: Path, target: TargetSize) -> None:
    picture = noise("gray", 21, 17)
    found = samples_of(upscaled(model, picture, target=target))[0]
    rows, columns = places(34, found.shape[0]), places(42, found.shape[1])
    exact = resampled(repeated(samples_of(picture)[0]), rows, columns)
    assert np.abs(found - np.clip(exact, 0, 255)).max() <= 0.51
    assert found.shape[0] == target.height


def test_captions_come_along(tmp_path: Path, model: Path) -> None:
    """Each frame's own, whatever is done with it."""
    path = write_clip(tmp_path / "captions.mp4", Clip(captions=True, frames=3, width=48, height=32))
    with av.open(str(path)) as file:
        pictures = list(file.decode(video=0))
    captions = [captions_of(picture) for picture in pictures]
    assert len(set(captions)) == 3
    layout = layout_of("yuv444p10le")
    for options in ({}, {"turn": Turn(2, flipped=False)}, {"turn": Turn(1, flipped=False), "out_layout": layout}):
        assert [captions_of(upscaled(model, picture, **options)) for picture in pictures] == captions


def captions_of(picture: av.VideoFrame) -> bytes:
    entries = cast("list[SideData]", list(picture.side_data))
    return b"".join(bytes(entry) for entry in entries if entry.type == SideDataType.A53_CC)


# ---- turns


@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuva420p", "gray10le", "gbrp"])
def test_a_turned_frame_is_the_frame_turned(rgb_model: Path, pix_fmt: str, turn: Turn) -> None:
    """Centred chroma keeps its place in every turn."""
    picture, tags = noise(pix_fmt, 10, 7), ColourTags(siting=Siting.CENTER)
    plain = samples_of(upscaled(rgb_model, picture, tags=tags))
    found = upscaled(rgb_model, picture, tags=tags, turn=turn)
    assert (found.width, found.height) == ((14, 20) if turn.swaps_axes else (20, 14))
    for plane, expected in zip(samples_of(found), plain, strict=True):
        np.testing.assert_array_equal(plane, turn.apply(expected))


@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize(
    ("pix_fmt", "siting"),
    [("yuv422p", Siting.LEFT), ("yuv420p", Siting.LEFT), ("yuv420p", Siting.TOPLEFT), ("yuv411p", Siting.LEFT),
     ("yuv440p", Siting.LEFT), ("yuv410p", Siting.CENTER)],
)  # fmt: skip
def test_colour_turns_with_the_picture(model: Path, pix_fmt: str, siting: Siting, turn: Turn) -> None:
    """Chroma that rises with the place it shows still does, in a format whose chroma lies otherwise now."""
    layout = layout_of(pix_fmt)

    def rising(width: int, height: int) -> NDArray[Any]:
        """What chroma should be at each luma sample of a picture of this size."""
        y, x = np.mgrid[:height, :width] + 0.5
        return np.asarray(60 + 100 * x / width + 60 * y / height)

    def sampled(whole: NDArray[Any]) -> NDArray[Any]:
        """A plane of the layout, from the values at each luma sample."""
        (across, down), (x, y) = layout.subsampling, siting.offsets
        rows = down * np.arange(len(whole) // down) + y * (down - 1)
        columns = across * np.arange(len(whole[0]) // across) + x * (across - 1)
        return resampled(whole, rows, columns)

    chroma = np.rint(sampled(rising(32, 24)))
    picture = frame_of(pix_fmt, 32, 24, [np.arange(32), chroma, 255 - chroma])
    found = samples_of(upscaled(model, picture, tags=ColourTags(siting=siting), turn=turn))
    exact = sampled(turn.apply(rising(64, 48)))
    margins = [4 * max(layout.subsampling) // factor for factor in layout.subsampling[::-1]]
    inside = tuple(slice(margin, -margin) for margin in margins)
    assert found[1].shape == exact.shape
    assert np.abs(found[1] - exact)[inside].max() <= 1.5
    assert np.abs(255 - found[2] - exact)[inside].max() <= 1.5


# ---- other formats


@pytest.mark.parametrize(
    ("pix_fmt", "codes", "tags", "wanted", "expected"),
    [
        ("yuv420p10le", [701, 333, 690], ColourTags(), "yuv420p", [175, 83, 172]),
        ("yuv420p", [175, 83, 172], ColourTags(matrix=1), "yuv444p10le", [700, 332, 688]),
        ("yuvj420p", [255, 128, 128], ColourTags(range=2), "yuv420p10le", [1023, 512, 512]),
        ("gbrp", [0, 0, 255], ColourTags(), "yuv444p", [63, 102, 240]),
        ("gbrp", [255, 255, 255], ColourTags(), "yuv420p", [235, 128, 128]),
        ("yuv444p", [63, 102, 240], ColourTags(matrix=1, range=1), "gbrp", [0, 0, 255]),
        ("yuv444p", [81, 90, 240], ColourTags(matrix=6, range=1), "gbrp", [0, 0, 255]),
        ("yuv444p", [74, 97, 240], ColourTags(matrix=9, range=1), "gbrp", [0, 0, 255]),
        ("yuvj444p", [120, 110, 150], ColourTags(matrix=6, range=2), "gbrp", [110, 88, 151]),
        ("yuv420p", [17, 20, 230], ColourTags(range=1), "gray", [17]),
        ("gray", [201], ColourTags(range=1), "yuv420p", [201, 128, 128]),
    ],
)
def test_another_pixel_format_means_the_same_colour(
    model: Path, pix_fmt: str, codes: list[int], tags: ColourTags, wanted: str, expected: list[int]
) -> None:
    old, new = layout_of(pix_fmt), layout_of(wanted)
    out_tags = tags_after(tags.decided(lines=16, pix_fmt=pix_fmt), old, new)
    picture = frame_of(pix_fmt, 16, 16, codes)
    found = upscaled(model, picture, tags=tags, out_layout=new, out_tags=out_tags)
    assert found.format.name == wanted
    assert found.color_range == out_tags.range
    one = 2 ** (new.depth - 8)
    for plane, code in zip(samples_of(found), expected, strict=True):
        assert np.abs(plane.astype(int) - code).max() <= (2 if new.kind != old.kind else 1) * one


# ---- tiles and sizes


@pytest.mark.parametrize("scale", [2, 3])
@pytest.mark.parametrize(("multiple", "size"), [(1, (50, 37)), (4, (50, 37)), (2, (33, 64))])
@pytest.mark.parametrize("tile", [5, 16, 1000])
def test_tiles_leave_no_seam(tmp_path: Path, scale: int, multiple: int, size: tuple[int, int], tile: int) -> None:
    model, picture = stack(tmp_path / "stack.onnx", scale=scale, multiple=multiple), noise("gray16le", *size)
    whole = samples_of(upscaled(model, picture, tile=0))[0]
    tiled = samples_of(upscaled(model, picture, tile=tile))[0]
    assert np.ptp(whole) > 1000
    assert np.abs(whole.astype(int) - tiled).max() <= 1


@pytest.mark.parametrize("size", [(50, 37), (24, 20), (7, 5), (23, 61)])
def test_a_model_of_one_size_serves_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = noise("gray16le", *size)
    whole = samples_of(upscaled(stack(tmp_path / "free.onnx"), picture))[0]
    fixed = samples_of(upscaled(stack(tmp_path / "fixed.onnx", fixed=(20, 24)), picture))[0]
    inside = (slice(None, -6 if size[1] < 20 else None), slice(None, -6 if size[0] < 24 else None))
    assert np.abs(whole.astype(int) - fixed)[inside].max(initial=0) <= 1  # a smaller picture has its edge repeated


@pytest.mark.parametrize("window", [(16, 24), (64, 64)])
def test_a_foreign_model_of_one_small_size_serves_too(tmp_path: Path, window: tuple[int, int]) -> None:
    """How far it sees is not known; it is given what there is."""
    picture = noise("gray16le", 90, 70)
    whole = samples_of(upscaled(stack(tmp_path / "free.onnx", manifest=False), picture))[0]
    fixed = samples_of(upscaled(stack(tmp_path / "fixed.onnx", fixed=window, manifest=False), picture))[0]
    assert np.abs(whole.astype(int) - fixed).max() <= 1


@pytest.mark.parametrize("matrix", [Matrix.YCGCO, Matrix.BT2020_CL])
def test_a_matrix_an_rgb_model_cannot_serve_is_refused(rgb_model: Path, model: Path, matrix: Matrix) -> None:
    tags = ColourTags(matrix=matrix, range=1)
    with pytest.raises(ModelError, match=f"matrix coefficients {int(matrix)}") as error:
        upscaled(rgb_model, noise("yuv420p", 8, 8), tags=tags)
    assert "luma model" in error.value.hint
    upscaled(model, noise("yuv420p", 8, 8), tags=tags)


def test_a_model_of_8_bits_is_refused_for_more(tmp_path: Path) -> None:
    model = enlarging(tmp_path / "codes.onnx", codes=True)
    picture = noise("yuv420p", 8, 8)
    assert np.array_equal(samples_of(upscaled(model, picture))[0], samples_of(picture)[0].repeat(2, 0).repeat(2, 1))
    with pytest.raises(ModelError, match="gives 8 bits, and this video has 10"):
        upscaled(model, noise("yuv420p10le", 8, 8))


# ---- one picture


def scene(width: int, height: int) -> av.VideoFrame:
    """Shapes with sharp edges at many angles, in colour."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    rings = 128 + 90 * np.tanh(6 * np.sin(np.hypot(x - width / 3, y - height / 2) / 7))
    stripes = 128 + 90 * np.tanh(6 * np.sin((x + 0.6 * y) / 6))
    bars = np.where(x < width / 2, rings, stripes)
    rgb = np.stack([bars, 0.8 * bars + 20, 200 - 0.5 * bars], axis=-1)
    return av.VideoFrame.from_ndarray(rgb.clip(0, 255).astype(np.uint8), "rgb24").reformat(format="yuv420p", threads=1)


def shrunk(picture: av.VideoFrame) -> av.VideoFrame:
    """Half the size, by bicubic with the kernel stretched, as networks are trained for."""
    halves = []
    for plane in samples_of(picture):
        rows, columns = (places(n, n // 2) for n in plane.shape)
        halves.append(np.clip(np.rint(resampled(plane, rows, columns, (2, 2))), 0, 255))
    return frame_of("yuv420p", picture.width // 2, picture.height // 2, halves)


def psnr(one: Samples, other: NDArray[Any]) -> float:
    inner = np.s_[8:-8, 8:-8]
    return float(10 * np.log10(255**2 / np.mean((one[inner] - other[inner].astype(np.float64)) ** 2)))


@pytest.mark.parametrize("name", ["tiny-16", "tiny-16-x2"])
def test_enlarge_beats_bicubic(name: str) -> None:
    large = scene(192, 128)
    small = shrunk(large)
    found = enlarge(small, name, scale=2 if name == "tiny-16" else None)
    luma, shown = samples_of(large)[0], samples_of(small)[0]
    bicubic = np.clip(np.rint(resampled(shown, places(64, 128), places(96, 192))), 0, 255)
    assert (found.width, found.height, found.format.name) == (192, 128, "yuv420p")
    assert psnr(luma, samples_of(found)[0]) > psnr(luma, bicubic) + 1


def test_enlarge_tags_what_it_decided() -> None:
    """A JPEG's format says full range by its name; the result's does not, so its tags must."""
    found = enlarge(noise("yuvj420p", 16, 12), "tiny-16")
    assert (found.format.name, found.color_range, found.colorspace) == ("yuv420p", Range.FULL, Matrix.SMPTE170M)


@pytest.mark.parametrize("pix_fmt", ["rgb24", "gray", "yuva420p", "nv12", "gbrp10le"])
def test_enlarge_takes_any_format(pix_fmt: str) -> None:
    picture = noise(planar(av.VideoFrame(17, 11, pix_fmt)).format.name, 17, 11).reformat(format=pix_fmt, threads=1)
    found = enlarge(picture, "tiny-16")
    assert (found.width, found.height, found.format.name) == (34, 22, layout_of(pix_fmt).name)


def test_a_frame_that_is_filled_anew_is_computed_anew() -> None:
    picture = frame_of("gray", 64, 48, [np.full((48, 64), 50.0)])
    path = load_model("tiny-16-x2").path
    with upscaler(path, "gray", 64, 48) as made:
        assert samples_of(made.upscale(decoded(picture)).picture)[0][48, 64] == 50
        planes_of(picture, layout_of("gray"))[0][:] = 200
        assert samples_of(made.upscale(decoded(picture)).picture)[0][48, 64] == 200
