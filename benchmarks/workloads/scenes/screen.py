"""A page of text on a screen: letters are typed below it, a cursor blinks, and halfway the page jumps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..clip import Clip
from ..drawing import Picture, Rgb, codes
from ..lettering import draw_text, words

_LETTER = 9  # pixels, the height of the page's letters
_LINE = 2 * _LETTER
_JUMP = 5 * _LINE  # the page's, up
_TYPED_EVERY = 3  # frames
_BLINK = 12  # frames until the cursor appears or disappears


def screen(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    page = _page(clip)
    columns = max(1, clip.width // _LETTER - 2)
    typed = words(np.random.default_rng([clip.seed, 1]), columns)
    for number in range(clip.frames):
        top = _JUMP if number >= clip.frames // 2 else 0
        picture = page[top : top + clip.height].copy()
        bar = picture[-_LINE - _LETTER :]
        bar[:] = 1.0
        count = number // _TYPED_EVERY % columns
        draw_text(bar, typed[:count], _LETTER, _LETTER, _LETTER, (0.1, 0.1, 0.2))
        if number // _BLINK % 2 == 0:
            left = (count + 1) * _LETTER
            bar[_LETTER - 2 : 2 * _LETTER + 2, left : left + 2] = 0.1
        yield codes(picture)


def _page(clip: Clip) -> Picture:
    """Lines of words, as much higher than the view as the page jumps."""
    rng = np.random.default_rng(clip.seed)
    page = np.full((clip.height + _JUMP, clip.width, 3), 0.94, np.float32)
    for top in range(_LETTER, page.shape[0], _LINE):
        columns = int(rng.integers(clip.width // 2, clip.width)) // _LETTER
        draw_text(page, words(rng, columns), _LETTER, top, _LETTER, (0.15, 0.15, 0.2))
    return page
