"""Whether a clip holds still where the original does, and moves as it moves.

Sharpness that comes and goes from frame to frame is seen at once in motion, and not at all by PSNR of each frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .material import Luma

FLOW_BORDER = 8
"""Pixels at each edge where no flow is compared: what comes in there can be matched with nothing."""
_FARNEBACK: Any = {
    "pyr_scale": 0.5,
    "levels": 3,
    "winsize": 15,
    "iterations": 3,
    "poly_n": 5,
    "poly_sigma": 1.2,
    "flags": 0,
}

Flow = NDArray[np.float32]
"""[H, W, 2]: by how many pixels each one moves, across and down."""


def flicker(results: Sequence[Luma], originals: Sequence[Luma], border: int) -> list[float]:
    """For each frame but the first: the mean of |(o_t - o_t-1) - (h_t - h_t-1)| over the pixels, in codes.

    o is the result and h the original, `border` pixels cut off. It is 0 where all change is the original's; nothing is
    warped, so it needs no motion to be found. As o - h is the error, it is also how much the error changes.
    """
    errors = [result.astype(np.int16) - original for result, original in zip(results, originals, strict=True)]
    inner = [error[border : error.shape[0] - border, border : error.shape[1] - border] for error in errors]
    return [float(np.abs(after - before).mean()) for before, after in pairwise(inner)]


def flows(pictures: Sequence[Luma]) -> list[Flow]:
    """From each picture to the next, by Farneback's method with the settings of tOF's authors."""
    return [
        np.asarray(cv2.calcOpticalFlowFarneback(before, after, np.empty(0), **_FARNEBACK), np.float32)
        for before, after in pairwise(pictures)
    ]


def tof(results: Sequence[Luma], original_flows: Sequence[Flow]) -> list[float]:
    """For each frame but the first: how far its motion is from the original's, a mean over the pixels, in pixels.

    tOF of Chu et al., Learning Temporal Coherence via Self-Supervision for GAN-based Video Generation (ACM TOG 39(4),
    2020), of the luma.
    """
    inner = np.s_[FLOW_BORDER:-FLOW_BORDER, FLOW_BORDER:-FLOW_BORDER]
    pairs = zip(flows(results), original_flows, strict=True)
    return [float(np.linalg.norm((ours - theirs)[inner], axis=-1).mean()) for ours, theirs in pairs]
