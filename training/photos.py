"""Photographs, and what they are reduced to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .files import replacing
from .imresize import crop_to_multiple, imresize
from .metrics import y_from_rgb

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


@dataclass(frozen=True)
class Pair:
    """A photograph's codes, 0..255, and its reduction's: luma [s*H, s*W] and [H, W], or RGB with [..., 3]."""

    name: str
    high: NDArray[np.uint8]
    low: NDArray[np.uint8]


def photo_paths(folder: Path) -> list[Path]:
    """Every picture below `folder`, sorted. Raises DataError when there is none."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"no picture lies below {folder}", f"give a folder with {', '.join(sorted(SUFFIXES))}")
    return paths


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """uint8 [H, W, 3]. Raises DataError for what OpenCV cannot read."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise DataError(f"{path} is not a readable picture", "repair it or move it out of the folder")
    return np.ascontiguousarray(bgr[..., ::-1])


def luma_codes(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Studio-range luma rounded to codes, which is what a video file holds."""
    return np.round(y_from_rgb(rgb)).astype(np.uint8)


def codes_for(channels: int, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a network of so many channels sees of a picture: luma [H, W] for one, RGB [H, W, 3] for three."""
    return rgb if channels == 3 else luma_codes(rgb)


def bicubic_pair(path: Path, scale: int, channels: int = 1) -> Pair:
    """The photograph cropped to a multiple of `scale`, and its MATLAB bicubic reduction."""
    rgb = crop_to_multiple(read_rgb(path), scale)
    return Pair(path.stem, codes_for(channels, rgb), codes_for(channels, imresize(rgb, 1 / scale)))


def listing_of(folder: Path) -> str:
    """Which pictures lie below `folder`: a line each with name and size, the same wherever the folder is."""
    return "\n".join(f"{path.relative_to(folder)} {path.stat().st_size}" for path in photo_paths(folder))


def short_hash(text: str) -> str:
    """The first 16 hexadecimal digits of its sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_pairs(folder: Path, scale: int, cache: Path, channels: int = 1) -> list[Pair]:
    """All pairs below `folder`, sorted by path, from `cache` when the same pictures were reduced before."""
    paths = photo_paths(folder)
    kind = "rgb" if channels == 3 else "luma"
    cached = cache / f"{kind}-x{scale}-{short_hash(listing_of(folder))}.npz"
    if not cached.exists():
        pairs = [bicubic_pair(path, scale, channels) for path in paths]
        high = {f"{i}-high": pair.high for i, pair in enumerate(pairs)}
        low = {f"{i}-low": pair.low for i, pair in enumerate(pairs)}
        with replacing(cached) as partial, partial.open("wb") as file:
            np.savez(file, **high, **low)  # type: ignore[arg-type]  # the stub takes keys for options
    with np.load(cached) as arrays:
        return [Pair(p.stem, arrays[f"{i}-high"], arrays[f"{i}-low"]) for i, p in enumerate(paths)]
