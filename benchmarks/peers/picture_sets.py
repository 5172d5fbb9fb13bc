"""Folders of pictures: PSNR-Y of what a peer makes of them, by the papers' protocol but for the cut to even sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from ...engine.errors import InputError
from ...training.imresize import crop_to_multiple, imresize
from ...training.metrics import psnr, y_from_rgb
from .apart.serving import Codes
from .formats import PixFmt
from .running import Running

_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
_NEUTRAL = 128


@dataclass(frozen=True)
class PictureSet:
    """RGB pictures, and what MATLAB's bicubic made of them."""

    name: str
    pairs: list[tuple[Codes, Codes]]  # [H, W, 3]: large, small


def picture_sets(folders: Sequence[Path], scale: int) -> list[PictureSet]:
    """Raises InputError for a folder without pictures, and for what cannot be read."""
    return [_picture_set(folder, scale) for folder in folders]


def psnr_of(running: Running, pix_fmt: PixFmt, pictures: PictureSet, border: int) -> float:
    """dB, the mean over the set: BT.601 luma, `border` pixels cut off. Raises PeerFailed."""
    found = []
    for large, small in pictures.pairs:
        height, width = small.shape[:2]
        running.resize((width, height))
        made = running.enlarged(_given(small, pix_fmt))
        found.append(psnr(_luma(made, pix_fmt), y_from_rgb(large), border))
    return fmean(found)


def _picture_set(folder: Path, scale: int) -> PictureSet:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise InputError(f"{folder} has no pictures", f"give a folder with {', '.join(_SUFFIXES)}")
    large = [crop_to_multiple(_read(path), 2 * scale) for path in paths]
    return PictureSet(folder.name, [(picture, imresize(picture, 1 / scale)) for picture in large])


def _read(path: Path) -> Codes:
    try:
        with av.open(str(path)) as file:
            return next(file.decode(video=0)).to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    except (av.error.FFmpegError, StopIteration) as error:
        raise InputError(f"{path} is not a readable picture", "repair it or move it out of the folder") from error


def _given(rgb: Codes, pix_fmt: PixFmt) -> Codes:
    if pix_fmt == "rgb24":
        return rgb
    if pix_fmt == "bgr24":
        return np.ascontiguousarray(rgb[..., ::-1])
    luma = np.rint(y_from_rgb(rgb)).astype(np.uint8)
    if pix_fmt == "gray":
        return luma
    chroma = np.full((luma.shape[0] // 2, luma.shape[1]), _NEUTRAL, np.uint8)
    return np.vstack([luma, chroma])


def _luma(made: Codes, pix_fmt: PixFmt) -> NDArray[np.float64] | NDArray[np.uint8]:
    if pix_fmt in ("rgb24", "bgr24"):
        return y_from_rgb(made if pix_fmt == "rgb24" else made[..., ::-1])
    return made if pix_fmt == "gray" else made[: len(made) * 2 // 3]
