"""Lines of lettering of many sizes, dark on light and light on dark, that roll up the picture as credits do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..clip import Clip
from ..drawing import Picture, Rgb, codes
from ..lettering import draw_text, words
from ..stage import sampled, to_and_fro

_SPEED = 1 / 288  # of the height a frame: 1.25 pixels of 360
_SIZES = (8, 10, 13, 17, 24)  # pixels


def text(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    page = _page(clip)
    room = page.shape[0] - clip.height
    for number in range(clip.frames):
        top = to_and_fro(number * clip.height * _SPEED, room)
        yield codes(sampled(page, np.arange(clip.height, dtype=np.float64) + top, 0))


def _page(clip: Clip) -> Picture:
    """Twice as high as the view; the paper changes with every size that ends."""
    rng = np.random.default_rng(clip.seed)
    page = np.empty((2 * clip.height, clip.width, 3), np.float32)
    top, line = 0, 0
    while top < page.shape[0]:
        size = _SIZES[line % len(_SIZES)]
        ink, paper = (0.08, 0.93) if line // len(_SIZES) % 2 else (0.95, 0.1)
        page[top : top + 2 * size] = paper
        draw_text(page, words(rng, clip.width // size), size / 2, top + size / 2, size, (ink, ink, ink))
        top, line = top + 2 * size, line + 1
    return page
