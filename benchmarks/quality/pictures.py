"""The pictures that are made small and enlarged again: folders of the user's, or a few that are rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...engine.errors import InputError
from ...training.photos import photo_paths, read_rgb
from ..workloads import Clip, render
from .way import Rgb

SMALLEST = 16
"""Pixels a side that a reduced picture must have: what the windows of SSIM leave, and networks can work on."""
RENDERED = "rendered"
_SIDES = (384, 256)
_SCENES = ("natural", "texture", "text", "talking-head", "animation", "screen")


@dataclass(frozen=True)
class PictureSet:
    """Pictures by name; each is made when it is asked for. Sizes may differ: each picture counts as much."""

    name: str
    pictures: Mapping[str, Callable[[], Rgb]]


def picture_sets(folders: Sequence[Path], scale: int, smallest: int) -> list[PictureSet]:
    """A set for each folder, named as it is, or the rendered one; every picture has been looked at.

    `scale` is the largest there is, `smallest` what else is asked of a picture's sides, in pixels. Raises InputError
    for a folder that is missing and for two of one name, DataError for one without pictures and for pictures that
    cannot be read, InputError for those that are too small.
    """
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}", "give a folder of full-size pictures, such as Set5")
    names = [folder.resolve().name for folder in folders]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two folders are named {name}", "give each a name of its own, or one of them")
    least = max(SMALLEST * scale, smallest)
    return [_folder_set(folder, least) for folder in folders] or [_rendered_set()]


def _folder_set(folder: Path, least: int) -> PictureSet:
    pictures = {str(path.relative_to(folder)): partial(read_rgb, path) for path in photo_paths(folder)}
    for name, read in pictures.items():
        height, width, _ = read().shape
        if min(height, width) < least:
            raise InputError(
                f"{folder / name} is {width}x{height}, allowed: {least} pixels a side or more",
                "move it out of the folder, or choose a smaller scale",
            )
    return PictureSet(folder.resolve().name, pictures)


def _rendered_set() -> PictureSet:
    """The first pictures of some of the scenes."""
    width, height = _SIDES
    clips = [Clip(width, height, frames=2, scene=scene) for scene in _SCENES]
    return PictureSet(RENDERED, {clip.scene: partial(_first, clip) for clip in clips})


def _first(clip: Clip) -> Rgb:
    return next(iter(render(clip)))
