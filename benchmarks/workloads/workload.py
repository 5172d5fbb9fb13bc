"""A clip to measure on, wherever its pictures come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path

from .clip import clip_named
from .drawing import Rgb
from .scenes import SCENES, render
from .video_file import facts_of, pictures_of


@dataclass(frozen=True)
class Workload:
    """What is measured on. The name of a rendered one makes it again by `workload_named`, unless it is cut short."""

    name: str
    width: int
    height: int
    frames: int
    rate: Fraction  # frames a second
    pictures: Callable[[], Iterator[Rgb]]  # all frames, the same each time
    path: Path | None = None  # the user's file; None: rendered

    @property
    def stem(self) -> str:
        """The name as a file name without suffix."""
        return self.path.stem if self.path else self.name.replace(":", "-")

    def first(self, frames: int) -> Workload:
        """Its first `frames`, or all where there are fewer."""
        count = min(frames, self.frames)
        return replace(self, frames=count, pictures=lambda: islice(self.pictures(), count))


def workload_named(text: str) -> Workload:
    """A scene's name, with parameters (`grain:1280x720`, `talking-head:640x360:48f:30fps:seed2`), or a video file.

    Raises UsageError for what is neither, and for parameters that are not allowed; InputError for a file that cannot
    be read or has a single frame.
    """
    if text.partition(":")[0] not in SCENES and _names_a_file(text):
        path = Path(text)
        facts = facts_of(path)
        pictures = partial(pictures_of, path)
        return Workload(path.name, facts.width, facts.height, facts.frames, facts.rate, pictures, path)
    clip = clip_named(text, SCENES)
    return Workload(clip.name, clip.width, clip.height, clip.frames, Fraction(clip.rate), partial(render, clip))


def _names_a_file(text: str) -> bool:
    """Whether there is one, or it looks as if there should be."""
    path = Path(text)
    try:
        return bool(text) and (path.suffix != "" or len(path.parts) > 1 or path.exists())
    except OSError:  # the system will not even look, and opening it tells why
        return True
