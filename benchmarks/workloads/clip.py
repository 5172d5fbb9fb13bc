"""A rendered clip's parameters, and its name, which is made of them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ...engine.errors import UsageError

SMALLEST_SIDE, LARGEST_SIDE = 32, 8192
FEWEST_FRAMES = 2
_PARAMETERS = {
    "size": re.compile(r"(?P<width>\d{1,9})x(?P<height>\d{1,9})", re.ASCII),
    "number of frames": re.compile(r"(?P<frames>\d{1,9})f", re.ASCII),
    "rate": re.compile(r"(?P<rate>\d{1,9})fps", re.ASCII),
    "seed": re.compile(r"seed(?P<seed>\d{1,9})", re.ASCII),
}
_HINT = "for instance talking-head:640x360:48f:30fps:seed2, of which all but the scene may be left out"


@dataclass(frozen=True)
class Clip:
    """What is rendered; all of it is in the name."""

    width: int = 640
    height: int = 360
    frames: int = 48
    rate: int = 25  # frames a second
    scene: str = "natural"  # one of `SCENES`
    seed: int = 1

    @property
    def name(self) -> str:
        """Such as natural:640x360:48f:25fps:seed1."""
        return f"{self.scene}:{self.width}x{self.height}:{self.frames}f:{self.rate}fps:seed{self.seed}"

    @property
    def seconds(self) -> list[float]:
        """When each frame is shown."""
        return [number / self.rate for number in range(self.frames)]


def clip_named(text: str, scenes: Collection[str]) -> Clip:
    """The inverse of `Clip.name`, of which any part but the scene may be left out or stand elsewhere.

    Raises UsageError for what is not one of `scenes`, an unknown parameter, and what cannot be rendered and encoded.
    """
    scene, *words = text.split(":")
    if scene not in scenes:
        raise UsageError(f"{scene!r} is neither a scene nor a file", f"scenes are {', '.join(scenes)}")
    given: dict[str, Any] = {"scene": scene}
    for word in words:
        values = _values(word, text)
        if values.keys() & given.keys():
            raise UsageError(f"workload {text!r}: {', '.join(values)} stands there twice", _HINT)
        given |= values
    clip = Clip(**given)
    _check(clip, text)
    return clip


def _values(word: str, text: str) -> dict[str, int]:
    """Of a parameter, by the clip's field."""
    for pattern in _PARAMETERS.values():
        match = pattern.fullmatch(word)
        if match:
            return {name: int(value) for name, value in match.groupdict().items()}
    raise UsageError(f"workload {text!r}: {word!r} is none of {', '.join(_PARAMETERS)}", _HINT)


def _check(clip: Clip, text: str) -> None:
    sides = clip.width, clip.height
    if min(sides) < SMALLEST_SIDE or max(sides) > LARGEST_SIDE or any(side % 2 for side in sides):
        raise UsageError(
            f"workload {text!r}: both sides are even, {SMALLEST_SIDE} to {LARGEST_SIDE} pixels", "for instance 640x360"
        )
    if clip.frames < FEWEST_FRAMES:
        raise UsageError(f"workload {text!r}: {clip.frames}f is too short", f"{FEWEST_FRAMES}f is the least")
    if clip.rate < 1:
        raise UsageError(f"workload {text!r}: {clip.rate}fps never shows a second frame", "1fps is the least")
