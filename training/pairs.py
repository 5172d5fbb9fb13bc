"""Folders of pictures with their reductions, as DIV2K and the NTIRE challenges publish them.

    DIV2K_train_HR/0001.png
    DIV2K_train_LR_bicubic/X2/0001x2.png      DIV2K_train_LR_unknown/X2/0001x2.png
    DIV2K_train_LR_mild/0001x4m.png           DIV2K_train_LR_difficult/0001x4d.png
    DIV2K_train_LR_wild/0001x4w1.png ... 0001x4w4.png

A reduction is named as its picture with `x<scale>`, the track's letter and a number after it, as far as there are any;
`0001.png` in both folders is a pair too. Agustsson and Timofte, CVPRW 2017; Timofte et al., CVPRW 2018.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import DataError
from .files import replacing
from .photos import Pair, codes_for, photo_paths, read_rgb, short_hash

_REDUCED = re.compile(r"(?P<stem>.+)x(?P<scale>\d+)(?P<track>[a-z]?\d*)")


@dataclass(frozen=True)
class PairPaths:
    """A picture and one of its reductions, as files."""

    high: Path
    low: Path


def find_pairs(high_folder: Path, low_folder: Path, scale: int) -> list[PairPaths]:
    """Every reduction below `low_folder` with its picture below `high_folder`, sorted by the reduction's path.

    Raises DataError for a folder that cannot be read or holds no picture, for a picture or a reduction without the
    other, two pictures of one name, and reductions of another scale.
    """
    highs: dict[str, Path] = {}
    for path in _pictures(high_folder):
        if path.stem in highs:
            raise DataError(f"{highs[path.stem]} and {path} have one name", "pairs are found by name: rename one")
        highs[path.stem] = path
    pairs = [PairPaths(_high_of(low, highs, scale), low) for low in _pictures(low_folder)]
    alone = sorted(set(highs.values()) - {pair.high for pair in pairs})
    if alone:
        raise DataError(
            f"{_some(alone)} of {high_folder}: no reduction by {scale} lies below {low_folder}",
            f"add what is missing, such as {alone[0].stem}x{scale}.png, or move the picture out of the folder",
        )
    return pairs


def read_pair(paths: PairPaths, scale: int, channels: int = 1) -> Pair:
    """The luma of both, or the RGB. Raises DataError for an unreadable picture, or sizes that do not fit each other.

    A picture whose sides are not multiples of `scale` is cut at the right and bottom, as its reduction was.
    """
    high, low = read_rgb(paths.high), read_rgb(paths.low)
    height, width = low.shape[:2]
    if (high.shape[0] // scale, high.shape[1] // scale) != (height, width):
        raise DataError(
            f"{paths.low} is {width} x {height}, {paths.high} {high.shape[1]} x {high.shape[0]}: not {scale} times it",
            "give the scale these pictures were reduced by, or the pictures that belong together",
        )
    high = high[: scale * height, : scale * width]
    return Pair(paths.low.stem, codes_for(channels, high), codes_for(channels, low))


def load_paired(high_folder: Path, low_folder: Path, scale: int, cache: Path, channels: int = 1) -> list[Pair]:
    """All pairs of two folders, from `cache` when the same files were read before. Raises DataError."""
    found = find_pairs(high_folder, low_folder, scale)
    listing = "\n".join(
        f"{p} {p.stat().st_size} {p.stat().st_mtime_ns}" for pair in found for p in (pair.high, pair.low)
    )
    kind = "rgb" if channels == 3 else "luma"
    cached = cache / f"paired-{kind}-x{scale}-{short_hash(listing)}.npz"
    if not cached.exists():
        pairs = [read_pair(paths, scale, channels) for paths in found]
        planes = {f"{i}-high": pair.high for i, pair in enumerate(pairs)}
        planes |= {f"{i}-low": pair.low for i, pair in enumerate(pairs)}
        with replacing(cached) as partial, partial.open("wb") as file:
            np.savez(file, **planes)  # type: ignore[arg-type]  # the stub takes keys for options
    with np.load(cached) as arrays:
        return [Pair(p.low.stem, arrays[f"{i}-high"], arrays[f"{i}-low"]) for i, p in enumerate(found)]


def _pictures(folder: Path) -> list[Path]:
    """As `photo_paths`, but says what is wrong with a folder that cannot be read."""
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}", "give a folder of pictures")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise DataError(f"the folder {folder} may not be read", "change its permissions")
    return photo_paths(folder)


def _high_of(low: Path, highs: dict[str, Path], scale: int) -> Path:
    """The picture that `low` is a reduction of."""
    if low.stem in highs:
        return highs[low.stem]
    name = _REDUCED.fullmatch(low.stem)
    if name is None or name["stem"] not in highs:
        raise DataError(f"{low} belongs to no picture of the other folder", "add its picture, or move it out")
    if int(name["scale"]) != scale:
        raise DataError(f"{low} is a reduction by {name['scale']}, not {scale}", "give the folder of that scale")
    return highs[name["stem"]]


def _some(paths: Sequence[Path]) -> str:
    """The first three names and how many more there are."""
    names = ", ".join(path.name for path in paths[:3])
    return names if len(paths) <= 3 else f"{names} and {len(paths) - 3} more"
