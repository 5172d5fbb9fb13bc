"""JPEG compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .picture import Picture, from_codes, to_codes


def jpeg(picture: Picture, quality: int) -> Picture:
    """Through libjpeg at a quality of 1..100; colour with halved chroma (4:2:0), as most files on the web."""
    codes = to_codes(picture)
    bgr = np.ascontiguousarray(codes[..., ::-1]) if codes.ndim == 3 else codes
    written, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert written, "OpenCV writes any 8-bit picture as JPEG"
    back = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)
    return from_codes(back[..., ::-1] if back.ndim == 3 else back)


@dataclass(frozen=True)
class RandomJpeg:
    """A quality drawn evenly; the default is Real-ESRGAN's, in both stages."""

    quality: tuple[int, int] = (30, 95)

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture, compressed and decoded."""
        return jpeg(picture, int(rng.integers(self.quality[0], self.quality[1] + 1)))
