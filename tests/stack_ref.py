"""A `Stack` evaluated by its definition, tap by tap: slow and obvious, for the fast ones to be compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
from framelift.engine.stack import Layer, Stack
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float32]


def evaluated(stack: Stack, x: Floats) -> Floats:
    """[N, 1, H, W] in 0..1 -> [N, 1, scale*H, scale*W], not clipped.

    INT8 is exact, and what adds the shortcut is float32; FP32 networks are computed in float64 and rounded once.
    """
    picture = x if stack.int8 else x.astype(np.float64)
    residual = shuffled(_subpixels(stack, x), stack.unshuffle * stack.scale)
    if stack.shortcut == "nearest":
        residual = residual + picture.repeat(stack.scale, 2).repeat(stack.scale, 3)
    elif stack.shortcut == "bicubic":
        residual = residual + enlarged(picture, stack.scale, stack.cubic_a)
    return np.asarray(residual, np.float32)


def _subpixels(stack: Stack, x: Floats) -> Array:
    """The last layer's channels."""
    values = np.rint(np.clip(x, 0, 1) * np.float32(255)).astype(np.int64) if stack.int8 else x.astype(np.float64)
    features = blocks(values, stack.unshuffle)
    outputs: list[Array] = []
    for layer in stack.layers[:-1]:
        earlier = None if layer.add is None else outputs[layer.add]
        features = _hidden_codes(layer, features, earlier) if stack.int8 else _hidden(layer, features, earlier)
        outputs.append(features)
    last = stack.layers[-1]
    made = convolved(features, last)
    return made if last.requant is None else made.astype(np.float32) * channelwise(last.requant)


def _hidden(layer: Layer, features: Array, earlier: Array | None) -> Array:
    v = convolved(features, layer)
    slope = np.zeros(len(layer.weight), np.float32) if layer.slope is None else layer.slope
    v = np.where(v > 0, v, v * channelwise(slope))
    return v if earlier is None else v + earlier


def _hidden_codes(layer: Layer, codes: Array, earlier: Array | None) -> Array:
    assert layer.requant is not None
    v = np.maximum(convolved(codes, layer).astype(np.float32) * channelwise(layer.requant), np.float32(0))
    if earlier is not None:
        assert layer.add_factor is not None
        v = v + earlier.astype(np.float32) * np.float32(layer.add_factor)
    return np.clip(np.rint(v), 0, 255).astype(np.int64)


def convolved(features: Array, layer: Layer) -> Array:
    """[N, I, H, W] -> [N, O, H, W]: the sum over all taps, zeros beyond the edges, plus the bias."""
    kernel, (height, width) = layer.weight.shape[-1], features.shape[2:]
    reach = kernel // 2
    padded = np.pad(features, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
    weight = layer.weight.astype(features.dtype)
    total = channelwise(layer.bias.astype(features.dtype))
    for row in range(kernel):
        for column in range(kernel):
            window = padded[:, :, row : row + height, column : column + width]
            total = total + np.einsum("oi,nihw->nohw", weight[:, :, row, column], window)
    assert total.dtype != np.int64 or np.abs(total).max() < 2**31, "the fast ones sum in int32"
    return total


def channelwise(values: Array) -> Array:
    """[C] -> [1, C, 1, 1]."""
    return values[None, :, None, None]


def blocks(x: Array, side: int) -> Array:
    """[N, 1, H, W] -> [N, side^2, H/side, W/side]: the pixels of each block, row by row, as channels."""
    count, _, height, width = x.shape
    tiles = x.reshape(count, height // side, side, width // side, side)
    return tiles.transpose(0, 2, 4, 1, 3).reshape(count, side * side, height // side, width // side)


def shuffled(channels: Array, side: int) -> Array:
    """[N, side^2, H, W] -> [N, 1, side*H, side*W]: the inverse of `blocks`."""
    count, _, height, width = channels.shape
    tiles = channels.reshape(count, side, side, height, width).transpose(0, 3, 1, 4, 2)
    return tiles.reshape(count, 1, side * height, side * width)


def enlarged(x: Array, scale: int, a: float) -> Array:
    """[N, 1, H, W] -> [N, 1, scale*H, scale*W] by cubic convolution with coefficient `a`; edges go on for ever."""
    rows, columns = (_cubic_rows(length, scale, a).astype(x.dtype) for length in x.shape[2:])
    return np.asarray(rows @ x @ columns.T)


def _cubic_rows(length: int, scale: int, a: float) -> Array:
    """[scale*length, length]: which samples make each sub-sample; pixels' outer edges coincide."""
    table = np.zeros((scale * length, length))
    for row, place in enumerate((np.arange(scale * length) + 0.5) / scale - 0.5):
        first = int(np.floor(place)) - 1
        for sample in range(first, first + 4):
            table[row, min(max(sample, 0), length - 1)] += _cubic(abs(sample - place), a)
    return table


def _cubic(x: float, a: float) -> float:
    """R. Keys, IEEE Trans. ASSP 29(6), 1981, with his a free."""
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a if x < 2 else 0.0
