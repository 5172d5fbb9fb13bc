"""Scenes that change little, in the ways videos do, and one in which nothing stays: rendered, the same each time.

`screen`: a page of text; letters are typed below it, a cursor blinks, and halfway the page jumps. `camera`: a head
moves a little before a still wall, with a sensor's noise over all of it. `animation`: flat shapes before a painted
background, each drawing shown twice. `noise`: every pixel is new in every frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .lettering import LETTERS, Picture, blend, draw_text
from .render import Clip, Rgb, render, write_clip

_LETTER = 9  # pixels, the height of the page's letters
_LINE = 2 * _LETTER
_JUMP = 5 * _LINE  # the page's, up
_TYPED_EVERY = 3  # frames
_BLINK = 12  # frames until the cursor appears or disappears
_GRAIN = 1.0  # standard deviation of the camera's noise, in codes of 0..255: a good one, in good light
_HOLD = 2  # frames for which a drawing is shown: animators call it "on twos"
_WHOLE = (slice(None), slice(None))


@dataclass(frozen=True)
class Scene:
    """What is rendered; all of it is in the name."""

    kind: str  # one of `KINDS`
    width: int = 640
    height: int = 360
    frames: int = 72
    rate: int = 24
    seed: int = 1

    @property
    def name(self) -> str:
        """The parameters, as a file name without suffix."""
        return f"{self.kind}-{self.width}x{self.height}-{self.rate}fps-{self.frames}f-seed{self.seed}"

    def write(self, folder: Path) -> Path:
        """As a video file: H.264 of usual quality, in which skipped blocks stay as they are; `noise` without loss."""
        lossless = self.kind == "noise"
        codec, options = ("ffv1", {}) if lossless else ("libx264", {"crf": "23"})
        frames = KINDS[self.kind](self)
        return write_clip(folder / f"{self.name}.mkv", frames, self.rate, codec=codec, options=options)


def _screen(scene: Scene) -> Iterator[Rgb]:
    page = _page(scene)
    columns = max(1, scene.width // _LETTER - 2)
    typed = _words(np.random.default_rng([scene.seed, 1]), columns)
    for number in range(scene.frames):
        top = _JUMP if number >= scene.frames // 2 else 0
        picture = page[top : top + scene.height].copy()
        bar = picture[-_LINE - _LETTER :]
        bar[:] = 1.0
        count = number // _TYPED_EVERY % columns
        draw_text(bar, typed[:count], _LETTER, _LETTER, _LETTER, (0.1, 0.1, 0.2))
        if number // _BLINK % 2 == 0:
            left = (count + 1) * _LETTER
            bar[_LETTER - 2 : 2 * _LETTER + 2, left : left + 2] = 0.1
        yield _codes(picture)


def _page(scene: Scene) -> Picture:
    """Lines of words, as much higher than the view as the page jumps."""
    rng = np.random.default_rng(scene.seed)
    page = np.full((scene.height + _JUMP, scene.width, 3), 0.94, np.float32)
    for top in range(_LETTER, page.shape[0], _LINE):
        columns = int(rng.integers(scene.width // 2, scene.width)) // _LETTER
        draw_text(page, _words(rng, columns), _LETTER, top, _LETTER, (0.15, 0.15, 0.2))
    return page


def _words(rng: np.random.Generator, length: int) -> str:
    """So many letters and spaces."""
    letters = [*LETTERS, *" " * 4]
    return "".join(letters[i] for i in rng.integers(len(letters), size=length))


def _camera(scene: Scene) -> Iterator[Rgb]:
    wall = _painting(scene)
    for number in range(scene.frames):
        time, picture = number / scene.rate, wall.copy()
        x = scene.width * (0.5 + 0.02 * np.sin(2 * np.pi * time / 3.1))
        y = scene.height * (0.55 + 0.015 * np.sin(2 * np.pi * time / 1.7))
        _head(picture, x, y, scene.height / 4)
        noise = np.random.default_rng([scene.seed, number]).standard_normal(picture.shape, np.float32)
        yield _codes(picture + noise * (_GRAIN / 255))


def _head(picture: Picture, x: float, y: float, size: float) -> None:
    """A head with eyes and a mouth, lit from the side, `size` pixels from its middle to its top."""
    light = 1 - 0.3 * (np.arange(picture.shape[1], dtype=np.float32) - x) / size
    skin = light[None, :, None] * np.array((0.75, 0.55, 0.45), np.float32)
    _add_ellipse(picture, (x, y), (0.75 * size, size), skin)
    for across, down, wide, high in ((-0.3, -0.2, 0.12, 0.07), (0.3, -0.2, 0.12, 0.07), (0.0, 0.5, 0.25, 0.06)):
        centre, radii = (x + across * size, y + down * size), (wide * size, high * size)
        _add_ellipse(picture, centre, radii, np.array((0.2, 0.12, 0.12), np.float32))


def _animation(scene: Scene) -> Iterator[Rgb]:
    background = _painting(scene)
    for number in range(scene.frames):
        if number % _HOLD == 0:
            drawing = _codes(_drawing(background, number / scene.rate))
        yield drawing


def _drawing(background: Picture, time: float) -> Picture:
    """Flat shapes with dark outlines, at their places."""
    picture = background.copy()
    height, width = picture.shape[:2]
    for size, period, colour in (
        (0.16, 3.0, (0.9, 0.3, 0.2)),
        (0.1, 2.2, (0.95, 0.8, 0.2)),
        (0.07, 1.6, (0.2, 0.5, 0.8)),
    ):
        x = width * (0.5 + 0.3 * np.sin(2 * np.pi * time / period + 10 * size))
        y = height * (0.75 - 0.25 * abs(np.sin(4 * np.pi * time / period)))
        radius = size * height
        _add_ellipse(picture, (x, y), (radius + 2, radius + 2), np.array((0.05, 0.05, 0.05), np.float32))
        _add_ellipse(picture, (x, y), (radius, radius), np.array(colour, np.float32))
    return picture


def _noise(scene: Scene) -> Iterator[Rgb]:
    for number in range(scene.frames):
        rng = np.random.default_rng([scene.seed, number])
        yield rng.integers(0, 256, (scene.height, scene.width, 3), np.uint8)


def _painting(scene: Scene) -> Picture:
    """A still picture with texture at all scales, edges and lettering."""
    still = Clip(scene.width, scene.height, frames=1, pan=0, zoom=0, seed=scene.seed)
    return next(render(still)).astype(np.float32) / np.float32(255)


def _add_ellipse(
    picture: Picture, centre: tuple[float, float], radii: tuple[float, float], colour: NDArray[np.float32]
) -> None:
    """Centre and radii are x and y in pixels; the edge is smooth."""
    rows, columns = np.ogrid[: picture.shape[0], : picture.shape[1]]
    distance = np.hypot((columns - centre[0]) / radii[0], (rows - centre[1]) / radii[1]).astype(np.float32)
    blend(picture, _WHOLE, np.clip((1 - distance) * min(radii) + 0.5, 0, 1), colour)


def _codes(picture: Picture) -> Rgb:
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


KINDS: dict[str, Callable[[Scene], Iterator[Rgb]]] = {
    "screen": _screen,
    "camera": _camera,
    "animation": _animation,
    "noise": _noise,
}
