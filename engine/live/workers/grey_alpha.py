"""Grey pictures with alpha, which the engine takes as YUV: the grey as luma, of full range, beside neutral chroma."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

from ...colour import Range
from ...layout import layout_of
from ...planes import planes_of

FORMS = {"ya8": "yuva444p", "ya16le": "yuva444p16le", "ya16be": "yuva444p16le"}


def yuva_of(picture: av.VideoFrame) -> av.VideoFrame:
    """A picture of a format in `FORMS` in the engine's form for it."""
    layout = layout_of(FORMS[picture.format.name])
    made = av.VideoFrame(picture.width, picture.height, layout.name)
    made.color_range = Range.FULL
    luma, *chroma, alpha = planes_of(made, layout)
    luma[:], alpha[:] = _samples(picture)
    for plane in chroma:
        plane[:] = (layout.max_code + 1) // 2
    return made


def grey_alpha_of(picture: av.VideoFrame) -> av.VideoFrame:
    """Back again, to the form that a PNG is written from."""
    layout = layout_of(picture.format.name)
    made = av.VideoFrame(picture.width, picture.height, "ya8" if layout.depth == 8 else "ya16be")
    made.color_range = Range.FULL
    luma, _, _, alpha = planes_of(picture, layout)
    for samples, plane in zip(_samples(made), (luma, alpha), strict=True):
        samples[:] = plane
    return made


def _samples(picture: av.VideoFrame) -> tuple[NDArray[np.uint8 | np.uint16], NDArray[np.uint8 | np.uint16]]:
    """[rows, columns] views of grey and of alpha, which lie side by side."""
    kind = {"ya8": "u1", "ya16le": "<u2", "ya16be": ">u2"}[picture.format.name]
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), kind).reshape(picture.height, -1)[:, : 2 * picture.width]
    return rows[:, ::2], rows[:, 1::2]
