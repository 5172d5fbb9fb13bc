"""Photographs to luma pairs and random training crops."""

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
class LumaPair:
    """A photograph's luma codes, 0..255: `high` [s*H, s*W] and its bicubic reduction `low` [H, W]."""

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


def luma_pair(path: Path, scale: int) -> LumaPair:
    """The photograph cropped to a multiple of `scale`, and its MATLAB bicubic reduction."""
    rgb = crop_to_multiple(read_rgb(path), scale)
    return LumaPair(path.stem, luma_codes(rgb), luma_codes(imresize(rgb, 1 / scale)))


def load_pairs(folder: Path, scale: int, cache: Path) -> list[LumaPair]:
    """All pairs below `folder`, from `cache` when the same pictures were reduced before."""
    paths = photo_paths(folder)
    listing = "\n".join(f"{p.relative_to(folder)} {p.stat().st_size}" for p in paths)
    cached = cache / f"luma-x{scale}-{hashlib.sha256(listing.encode()).hexdigest()[:16]}.npz"
    if not cached.exists():
        pairs = [luma_pair(path, scale) for path in paths]
        high = {f"{i}-high": pair.high for i, pair in enumerate(pairs)}
        low = {f"{i}-low": pair.low for i, pair in enumerate(pairs)}
        with replacing(cached) as partial, partial.open("wb") as file:
            np.savez(file, **high, **low)  # type: ignore[arg-type]  # the stub takes keys for options
    with np.load(cached) as arrays:
        return [LumaPair(p.stem, arrays[f"{i}-high"], arrays[f"{i}-low"]) for i, p in enumerate(paths)]


class Crops:
    """Random training crops; those of a step depend on its number alone, so that resuming needs no state."""

    def __init__(self, pairs: list[LumaPair], scale: int, size: int, seed: int) -> None:
        """`size` is the side of the low-resolution crop; pairs smaller than it are left out.

        Raises DataError when that leaves none.
        """
        self._pairs = [pair for pair in pairs if min(pair.low.shape) >= size]
        self._scale, self._size, self._seed = scale, size, seed
        if not self._pairs:
            raise DataError(
                f"none of {len(pairs)} pictures is {scale * size} pixels or more on its shorter side",
                "give larger pictures, or a smaller crop",
            )

    def batch(self, step: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Codes (low [B, 1, size, size], high [B, 1, s*size, s*size]), each crop flipped and turned."""
        rng = np.random.default_rng((self._seed, step))
        crops = [self._crop(self._pairs[rng.integers(len(self._pairs))], rng) for _ in range(count)]
        low, high = zip(*crops, strict=True)
        return np.stack(low)[:, None], np.stack(high)[:, None]

    def _crop(self, pair: LumaPair, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        scale, size = self._scale, self._size
        top = int(rng.integers(pair.low.shape[0] - size + 1))
        left = int(rng.integers(pair.low.shape[1] - size + 1))
        low = pair.low[top : top + size, left : left + size]
        high = pair.high[scale * top : scale * (top + size), scale * left : scale * (left + size)]
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        if mirrored:
            low, high = low[:, ::-1], high[:, ::-1]
        return np.rot90(low, turns), np.rot90(high, turns)
