"""What a picture's numbers mean and how it is shown: format, colour, shape, orientation, side data."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction

from av.sidedata.sidedata import Type as SideDataType

from ..colour import ColourTags, Range, is_rgb
from .report import Finding
from .survey import Picture
from .thumbnails import has_chroma
from .turn import Turn, linear_part

SHAPES_DIFFER = Fraction(5, 1000)  # share of the display aspect ratio; Matroska stores it in whole pixels
MASTERING_DIFFERS = 1e-3  # share of a value; Matroska stores floats, H.264 and HEVC fixed point

WHOLE_CLIP = {
    "hdr.light": SideDataType.CONTENT_LIGHT_LEVEL,
    "side_data.icc": SideDataType.ICC_PROFILE,
    "side_data.spherical": SideDataType.SPHERICAL,
    "side_data.stereo": SideDataType.STEREO3D,
}
"""Side data that holds for all frames and is compared byte for byte."""


def compare_pictures(ours: Picture, theirs: Picture) -> Iterator[Finding]:
    """All that holds for the whole clip."""
    yield from _layout(ours, theirs)
    yield from _colour(ours, theirs)
    yield from _orientation(ours, theirs)
    yield from _mastering(ours, theirs)
    for check, kind in WHOLE_CLIP.items():
        had, kept = ours.side_data.get(kind), theirs.side_data.get(kind)
        if had is not None and kept != had:
            yield Finding(check, f"{kind.name} is {_hex(kept)}, the input's is {_hex(had)}")


def _hex(data: bytes | None) -> str:
    return "missing" if data is None else data[:16].hex()


def _layout(ours: Picture, theirs: Picture) -> Iterator[Finding]:
    names = f"{theirs.layout.name}, the input's is {ours.layout.name}"
    if theirs.width * theirs.height < ours.width * ours.height:
        sizes = f"{theirs.width}x{theirs.height}, the input's is {ours.width}x{ours.height}"
        yield Finding("format.size", f"the picture is smaller: {sizes}")
    if _depth(theirs) < _depth(ours):
        yield Finding("format.depth", f"{_depth(theirs)} bits a sample instead of {_depth(ours)}: {names}")
    if _has_coarser_chroma(theirs, ours):
        yield Finding("format.chroma", f"chroma is coarser or lost: {names}")
    if _has_alpha(ours) and not _has_alpha(theirs):
        yield Finding("format.alpha", f"alpha is lost: {names}")


def _has_coarser_chroma(theirs: Picture, ours: Picture) -> bool:
    if is_grey(ours) or is_grey(theirs):
        return not is_grey(ours)
    return any(b > a for a, b in zip(_steps(ours), _steps(theirs), strict=True))


def _depth(picture: Picture) -> int:
    return max(component.bits for component in picture.layout.components)


def _has_alpha(picture: Picture) -> bool:
    return picture.layout.has_palette or any(component.is_alpha for component in picture.layout.components)


def _steps(picture: Picture) -> tuple[int, int]:
    """Pixels for each sample of colour, across and down."""
    if is_rgb(picture.layout.name):
        return 1, 1
    return 16 // picture.layout.chroma_width(16), 16 // picture.layout.chroma_height(16)


def is_grey(picture: Picture) -> bool:
    """Whether the format has no colour."""
    return not is_rgb(picture.layout.name) and not has_chroma(picture.layout)


def _colour(ours: Picture, theirs: Picture) -> Iterator[Finding]:
    """What a player takes the numbers for: the tags, or where there are none, what the one rule decides.

    An untagged output is thus right only while the rule says the same of its size. Primaries and transfer
    have no rule: they stay as they are.
    """
    had, kept = _meaning(ours), _meaning(theirs)
    for name in ("matrix", "range", "primaries", "transfer", "siting"):
        a, b = getattr(had, name), getattr(kept, name)
        if a != b and _matters(name, ours, theirs):
            tag_a, tag_b = getattr(ours.colour, name), getattr(theirs.colour, name)
            yield Finding(f"colour.{name}", f"{b!s} (tagged {tag_b!s}), the input's is {a!s} (tagged {tag_a!s})")


def _meaning(picture: Picture) -> ColourTags:
    return picture.colour.decided(lines=picture.height, pix_fmt=picture.layout.name)


def _matters(name: str, ours: Picture, theirs: Picture) -> bool:
    if name in ("primaries", "transfer"):
        return True
    if name == "siting":
        return _steps(ours) == _steps(theirs) == (2, 2)
    if is_grey(ours):
        return name == "range" and ours.colour.range != Range.UNSPECIFIED
    return is_rgb(ours.layout.name) == is_rgb(theirs.layout.name)  # else converted: the pictures tell


def turn_between(ours: Picture, theirs: Picture) -> Turn | None:
    """How the output's picture must be turned against the input's: not at all while the matrix is kept.

    None when there is no telling: another matrix, or one lost that is not of quarter turns.
    """
    had, kept = linear_part(ours.display_matrix), linear_part(theirs.display_matrix)
    if had == kept:
        return Turn.none()
    return Turn.of(had) if kept == linear_part(None) else None


def _orientation(ours: Picture, theirs: Picture) -> Iterator[Finding]:
    turn = turn_between(ours, theirs)
    if turn is None:
        a, b = ours.display_matrix, theirs.display_matrix
        yield Finding("rotation", f"display matrix {b}, the input's is {a}")
        return
    shape = _display_aspect(ours)
    if turn.swaps_axes:
        shape = 1 / shape
    if abs(_display_aspect(theirs) / shape - 1) > SHAPES_DIFFER:
        check = "rotation" if turn.swaps_axes else "aspect"
        yield Finding(check, f"shown {_described(theirs)}, the input {_described(ours)}")


def _display_aspect(picture: Picture) -> Fraction:
    return Fraction(picture.width, picture.height) * picture.sample_aspect_ratio


def _described(picture: Picture) -> str:
    return (
        f"{float(_display_aspect(picture)):.4f}:1 ({picture.width}x{picture.height}, "
        f"sample aspect ratio {picture.sample_aspect_ratio}, display matrix {picture.display_matrix})"
    )


def _mastering(ours: Picture, theirs: Picture) -> Iterator[Finding]:
    """AVMasteringDisplayMetadata: ten rationals (primaries, white point, luminances) and two flags."""
    kind = SideDataType.MASTERING_DISPLAY_METADATA
    had, kept = _rationals(ours.side_data.get(kind)), _rationals(theirs.side_data.get(kind))
    if had is None:
        return
    if kept is None or any(abs(a - b) > MASTERING_DIFFERS * abs(a) for a, b in zip(had, kept, strict=True)):
        yield Finding("hdr.mastering", f"mastering display {_numbers(kept)}, the input's {_numbers(had)}")


def _rationals(data: bytes | None) -> list[float] | None:
    if data is None:
        return None
    numbers = struct.unpack_from("<22i", data)
    rationals = zip(numbers[:20:2], numbers[1:20:2], strict=True)
    return [a / b if b else 0.0 for a, b in rationals] + list(numbers[20:])


def _numbers(values: list[float] | None) -> str:
    return "missing" if values is None else " ".join(f"{value:g}" for value in values[:10])
