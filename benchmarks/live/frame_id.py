"""A number drawn in a picture's pixels, which survives scaling and video codecs: it says which frame a viewer sees.

The top left has a row of 24 blocks, each a fortieth of the picture's width wide and high, white for 1 and black for 0:
the mark 1010, the number's 16 bits, most significant first, and 4 bits of CRC-4-ITU over them (ITU-T G.704).
`frame_id.js` is the same for a browser's canvas.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ...engine.layout import layout_of
from ...engine.planes import planes_of

NUMBERS = 1 << 16
"""Frame numbers are taken modulo this: at 30 frames a second they come again after 36 minutes."""

SMALLEST = 160
"""Width in pixels below which blocks are too small to survive a codec."""

_ACROSS = 40  # blocks in a row, if there were blocks up to the right edge
_MARK = (1, 0, 1, 0)
_BLACK, _WHITE = 16, 235  # studio range
_DOUBTFUL = (92, 160)  # a block whose mean lies between is not read

Luma = NDArray[np.uint8]
"""[H, W] codes 0..255."""


def stamp(luma: Luma, number: int) -> None:
    """Draw `number` modulo 65536 into `luma`. Raises ValueError for pictures narrower than `SMALLEST`."""
    height, width = luma.shape
    if width < SMALLEST or height < stamped_rows(width):
        raise ValueError(f"{width}x{height} is too small for a frame id: at least {SMALLEST} wide")
    edges = _edges(width)
    for bit, (left, right) in zip(_bits(number % NUMBERS), pairwise(edges), strict=True):
        luma[: stamped_rows(width), left:right] = _WHITE if bit else _BLACK


def read(luma: Luma) -> int | None:
    """The number drawn in `luma`, of which the first rows suffice; None where there is none to be read for sure."""
    width = luma.shape[1]
    if width < SMALLEST:
        return None
    side, edges = width / _ACROSS, _edges(width)
    rows = luma[int(side / 4) : math.ceil(3 * side / 4)]
    inner = (rows[:, left + (right - left) // 4 : right - (right - left) // 4] for left, right in pairwise(edges))
    means = [float(block.mean()) for block in inner]
    if any(_DOUBTFUL[0] < mean < _DOUBTFUL[1] for mean in means):
        return None
    bits = [int(mean > _DOUBTFUL[0]) for mean in means]
    number = int("".join(map(str, bits[4:20])), 2)
    return number if tuple(bits) == _bits(number) else None


def read_picture(picture: av.VideoFrame) -> int | None:
    """The number drawn in a YUV or grey picture of 8 bits."""
    return read(luma_of(picture))


def luma_of(picture: av.VideoFrame) -> Luma:
    """The first plane of a YUV or grey picture of 8 bits; a view, not a copy."""
    return np.asarray(planes_of(picture, layout_of(picture.format.name))[0], np.uint8)


def stamped_rows(width: int) -> int:
    """How many rows of a picture of `width` the number covers."""
    return math.ceil(width / _ACROSS)


def javascript() -> str:
    """An expression for a page to evaluate, which sets `window.frameId` with `stamp` and `read`."""
    return Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def _bits(number: int) -> tuple[int, ...]:
    return (*_MARK, *_binary(number, 16), *_binary(_crc(number), 4))


def _binary(number: int, digits: int) -> list[int]:
    return [(number >> place) & 1 for place in reversed(range(digits))]


def _crc(number: int) -> int:
    """The remainder of the number's polynomial times x^4, divided by x^4 + x + 1."""
    remainder = number << 4
    for place in reversed(range(4, 20)):
        if remainder >> place & 1:
            remainder ^= 0b10011 << (place - 4)
    return remainder


def _edges(width: int) -> list[int]:
    """Where the blocks begin, and where the last one ends."""
    return [int(number * width / _ACROSS + 0.5) for number in range(len(_MARK) + 20 + 1)]
