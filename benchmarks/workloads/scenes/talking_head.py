"""Somebody speaks before a still wall: the head sways, the mouth moves, the eyes blink and look about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..clip import Clip
from ..drawing import Colour, Picture, Rgb, add_ellipse, codes, noise

_SKIN, _HAIR, _COAT = (0.78, 0.58, 0.48), (0.2, 0.13, 0.09), (0.2, 0.27, 0.38)
_LIPS, _TEETH, _DARK = (0.62, 0.3, 0.3), (0.9, 0.88, 0.84), (0.12, 0.06, 0.06)
_WHITE, _IRIS = (0.93, 0.92, 0.9), (0.25, 0.4, 0.35)
_BLINK = (3.3, 0.15)  # seconds from one to the next, and how long the eyes are shut
_STRANDS = 70


@dataclass(frozen=True)
class _Pose:
    """Of the head at one time. Lengths in pixels; shares 0..1."""

    x: float  # of its middle
    y: float
    size: float  # from its middle to its top
    mouth: float  # how far it is open
    gaze: float  # -1 to the left, 1 to the right
    shut: bool  # the eyes


def talking_head(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    background = _room(clip)
    for time in clip.seconds:
        picture = background.copy()
        pose = _pose(clip, time)
        _add_body(picture, clip)
        _add_hair_and_face(picture, pose)
        for side in (-1, 1):
            _add_eye(picture, pose, side)
        _add_mouth(picture, pose)
        yield codes(picture)


def _pose(clip: Clip, time: float) -> _Pose:
    """Swaying in about 3 s, syllables of a sixth of a second in phrases of two."""
    turns = 2 * np.pi * (time + 0.37 * clip.seed)
    phrase = max(0.0, np.sin(turns / 2.1) + 0.6)
    return _Pose(
        x=clip.width * (0.5 + 0.012 * np.sin(turns / 3.1)),
        y=clip.height * (0.45 + 0.012 * np.sin(turns / 1.7)),
        size=clip.height * 0.29,
        mouth=min(1.0, phrase * abs(np.sin(turns / 0.33))),
        gaze=float(np.sin(turns / 4.7)),
        shut=(time + 1) % _BLINK[0] < _BLINK[1],
    )


def _room(clip: Clip) -> Picture:
    """A plastered wall with a shelf of books on it."""
    rng = np.random.default_rng(clip.seed)
    light = 0.62 + 0.06 * noise(rng, clip.height, clip.width, 1.8) + 0.02 * noise(rng, clip.height, clip.width, 0.8)
    room = np.asarray(light[..., None] * (1.0, 0.97, 0.9), np.float32)
    left, unit = 0.0, clip.height / 60
    while left < clip.width:
        wide, high = rng.uniform(1, 3) * unit, rng.uniform(9, 14) * unit
        book = np.s_[round(15 * unit - high) : round(15 * unit), round(left) : round(left + wide)]
        room[book] = rng.uniform(0.15, 0.7, 3)
        left += wide * 1.15
    room[round(15 * unit) : round(16 * unit)] = (0.35, 0.25, 0.18)
    return room


def _add_body(picture: Picture, clip: Clip) -> None:
    """Neck and shoulders, which stand still."""
    x, height = clip.width / 2, clip.height
    add_ellipse(picture, (x, 1.08 * height), (0.52 * height, 0.32 * height), _COAT)
    add_ellipse(picture, (x, 0.76 * height), (0.12 * height, 0.16 * height), _lit(picture, _SKIN, x, height / 2, 0.75))


def _add_hair_and_face(picture: Picture, pose: _Pose) -> None:
    _add(picture, pose, (0.0, -0.1), (0.86, 1.04), _HAIR)
    rng = np.random.default_rng(7)  # the same strands in each frame: they move with the head
    for _ in range(_STRANDS):
        across = rng.uniform(-0.75, 0.75)
        high = 1.04 * np.sqrt(1 - (across / 0.86) ** 2)  # of the hair, there
        shade = rng.uniform(0.6, 2.2) * np.array(_HAIR, np.float32)
        _add(picture, pose, (across, -0.1 - 0.6 * high), (0.008, 0.25 * high), shade)
    _add(picture, pose, (0.0, 0.08), (0.7, 0.92), _lit(picture, _SKIN, pose.x, pose.size, 1.0))
    _add(picture, pose, (0.06, 0.2), (0.09, 0.26), _lit(picture, _SKIN, pose.x, pose.size, 0.9))
    _add(picture, pose, (0.03, 0.16), (0.07, 0.26), _lit(picture, _SKIN, pose.x, pose.size, 1.08))


def _add_eye(picture: Picture, pose: _Pose, side: int) -> None:
    middle = 0.3 * side
    _add(picture, pose, (middle, -0.3), (0.19, 0.035), _HAIR)
    if pose.shut:
        _add(picture, pose, (middle, -0.11), (0.15, 0.02), _DARK)
        return
    _add(picture, pose, (middle, -0.12), (0.16, 0.085), _DARK)
    _add(picture, pose, (middle, -0.11), (0.15, 0.07), _WHITE)
    pupil = middle + 0.05 * pose.gaze
    _add(picture, pose, (pupil, -0.11), (0.068, 0.068), _IRIS)
    _add(picture, pose, (pupil, -0.11), (0.032, 0.032), _DARK)
    _add(picture, pose, (pupil - 0.025, -0.135), (0.016, 0.016), (1.0, 1.0, 1.0))


def _add_mouth(picture: Picture, pose: _Pose) -> None:
    down, wide, high = 0.6 + 0.04 * pose.mouth, 0.26 - 0.06 * pose.mouth, 0.06 + 0.11 * pose.mouth
    _add(picture, pose, (0.0, down), (wide, high), _LIPS)
    _add(picture, pose, (0.0, down), (0.8 * wide, high - 0.045), _DARK)
    if pose.mouth > 0.3:
        _add(picture, pose, (0.0, down - 0.45 * high), (0.55 * wide, 0.2 * high), _TEETH)


def _add(
    picture: Picture, pose: _Pose, centre: tuple[float, float], radii: tuple[float, float], colour: Colour
) -> None:
    """An ellipse of the head: all lengths are shares of its size."""
    x, y = pose.x + centre[0] * pose.size, pose.y + centre[1] * pose.size
    add_ellipse(picture, (x, y), (radii[0] * pose.size, radii[1] * pose.size), colour)


def _lit(
    picture: Picture, colour: tuple[float, float, float], x: float, size: float, strength: float
) -> NDArray[np.float32]:
    """`colour` under a light from the left of `x`, by column."""
    light = strength * (1 - 0.22 * (np.arange(picture.shape[1], dtype=np.float32) - x) / size)
    return np.asarray(light[None, :, None] * np.array(colour, np.float32), np.float32)
