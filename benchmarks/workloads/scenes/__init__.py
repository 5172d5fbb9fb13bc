"""What can be rendered: one file a scene. Each gives the frames of a clip, the same each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..clip import Clip
from ..drawing import Rgb
from .animation import animation
from .camera import camera
from .cuts import cuts
from .grain import grain
from .moves import pan, static, zoom
from .natural import natural
from .noise import noise
from .screen import screen
from .talking_head import talking_head
from .text import text
from .texture import texture

SCENES: Mapping[str, Callable[[Clip], Iterator[Rgb]]] = {
    "natural": natural,
    "pan": pan,
    "zoom": zoom,
    "text": text,
    "grain": grain,
    "texture": texture,
    "cuts": cuts,
    "static": static,
    "talking-head": talking_head,
    "screen": screen,
    "camera": camera,
    "animation": animation,
    "noise": noise,
}


def render(clip: Clip) -> Iterator[Rgb]:
    """The frames of `clip`."""
    return SCENES[clip.scene](clip)
