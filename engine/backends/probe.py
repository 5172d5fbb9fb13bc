"""Find out what a foreign model does by running it: its scale, its channels, its size multiple."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelError
from ..onnx_graph import GraphFacts

if TYPE_CHECKING:
    import onnxruntime

_MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
_SMALLEST_SIDE = 24  # networks that mirror their borders need some pixels to mirror


@dataclass(frozen=True)
class Probed:
    """What running the model showed."""

    scale: int
    channels: int
    size_multiple: int


def probe(path: Path, facts: GraphFacts) -> Probed:
    """Run the model on noise of a few sizes, from odd ones to multiples of 64.

    Raises ModelError when no size gives an output that is the same whole number of times larger on both axes.
    """
    from .session import model_errors, open_session  # noqa: PLC0415  ONNX Runtime is loaded for foreign models only

    session = open_session(path, threads=1)
    answer = "no output"
    for channels, multiple, height, width in _cases(facts):
        shape = (1, channels, height, width)
        try:
            with model_errors(f"ONNX Runtime cannot run {path}"):
                result = _run(session, facts, shape)
        except ModelError as error:
            answer = error.message
            continue
        scale = scale_between(shape, result)
        if scale is not None:
            return Probed(scale, channels, multiple)
        answer = f"input {list(shape)} gives output {list(result)}"
    raise ModelError(
        f"{path} is not an upscaler: {answer}",
        "a model's output is [N, C, s*H, s*W] for an input [N, C, H, W], with s a whole number from 2",
    )


def scale_between(small: tuple[int, ...], large: tuple[int, ...]) -> int | None:
    """The whole number from 2 by which [N, C, H, W] grew on both axes, or None."""
    if len(large) != 4 or large[:2] != small[:2]:
        return None
    scale = large[2] // small[2]
    return scale if scale >= 2 and large[2:] == (scale * small[2], scale * small[3]) else None


def _cases(facts: GraphFacts) -> Iterator[tuple[int, int, int, int]]:
    """(channels, size multiple, height, width) to try, the most general first."""
    _, channels, height, width = facts.input.shape or (None,) * 4
    for count in (3, 1) if channels is None else (channels,):
        if height is not None and width is not None:
            yield count, 1, height, width
        else:
            yield from ((count, multiple, *_odd_sides(multiple)) for multiple in _MULTIPLES)


def _odd_sides(multiple: int) -> tuple[int, int]:
    """Two different sides that are `multiple` times an odd number."""
    times = -(-_SMALLEST_SIDE // multiple) | 1
    return multiple * times, multiple * (times + 2)


def _run(session: onnxruntime.InferenceSession, facts: GraphFacts, shape: tuple[int, ...]) -> tuple[int, ...]:
    noise = np.random.default_rng(0).random(shape).astype(facts.input.dtype)
    (result,) = session.run([facts.output.name], {facts.input.name: noise})
    return tuple(result.shape)
