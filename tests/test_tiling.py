"""Tiles cover a picture once, read enough around each part, and leave no seam."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from framelift.engine.tiling import Span, fixed_spans, run_tiles, spans
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def assert_covers(cover: Sequence[Span], length: int, halo: int) -> None:
    """Kept parts follow each other from 0 to `length`; each is read with its halo, as far as the picture goes."""
    assert [span.keep for span in cover] == [0, *[span.keep_end for span in cover[:-1]]]
    assert cover[-1].keep_end == length
    for span in cover:
        assert span.keep < span.keep_end
        assert 0 <= span.read <= max(0, span.keep - halo)
        assert min(length, span.keep_end + halo) <= span.read_end <= length


@given(st.integers(1, 9), st.integers(1, 60), st.integers(1, 30), st.integers(0, 12))
def test_spans_cover_a_length_once(multiple: int, length: int, tile: int, halo: int) -> None:
    cover = spans(multiple * length, multiple * tile, multiple * halo, multiple)
    assert_covers(cover, multiple * length, multiple * halo)
    assert all(end % multiple == 0 for span in cover for end in (span.read, span.read_end, span.keep))
    assert all(span.keep_end - span.keep <= multiple * tile for span in cover)


@given(st.data(), st.integers(0, 12))
def test_fixed_spans_cover_a_length_once(data: st.DataObject, halo: int) -> None:
    window = data.draw(st.integers(2 * halo + 1, 60))
    length = data.draw(st.integers(window, 300))
    cover = fixed_spans(length, window, halo)
    assert_covers(cover, length, halo)
    assert all(span.read_end - span.read == window for span in cover)
    assert len(cover) <= max(1, -(-(length - 2 * halo) // (window - 2 * halo)))  # no window too many


@pytest.mark.parametrize("sizes", [(10, 4, 0, 4), (12, 6, 0, 4), (12, 4, 3, 4), (12, 0, 0, 4), (12, -4, 0, 4)])
def test_sizes_off_the_grid_are_refused(sizes: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="must be multiples of 4"):
        spans(*sizes)


@pytest.mark.parametrize(("length", "window", "halo"), [(50, 8, 4), (50, 8, 5), (7, 8, 0)])
def test_windows_that_cannot_cover_are_refused(length: int, window: int, halo: int) -> None:
    with pytest.raises(ValueError, match=f"window of {window} pixels does not cover {length}"):
        fixed_spans(length, window, halo)


class Network:
    """3x3 convolutions with zeros around, of small whole numbers, so that sums are exact in any order."""

    def __init__(self, scale: int, layers: int, blocks: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.scale, self.blocks = scale, blocks
        counts = [blocks**2, *[2] * (layers - 1), (scale * blocks) ** 2]
        self.weights = [rng.integers(-2, 3, (b, a, 3, 3)) for a, b in pairwise(counts)]

    def __call__(self, x: Floats) -> Floats:
        n, _, height, width = x.shape
        b, s = self.blocks, self.scale * self.blocks
        deep: NDArray[Any] = x.reshape(n, height // b, b, width // b, b).transpose(0, 2, 4, 1, 3)
        deep = deep.reshape(n, b * b, height // b, width // b)
        for weights in self.weights:
            deep = np.abs(convolved(deep, weights)) % 97  # folded, so that numbers stay small
        flat = deep.reshape(n, s, s, height // b, width // b).transpose(0, 3, 1, 4, 2)
        return flat.reshape(n, 1, height * self.scale, width * self.scale).astype(np.float32)


def convolved(x: NDArray[Any], weights: NDArray[Any]) -> NDArray[Any]:
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    return np.asarray(np.einsum("nchwij,ocij->nohw", windows, weights))


def picture(height: int, width: int, seed: int) -> Floats:
    codes = np.random.default_rng(seed).integers(0, 16, (2, 1, height, width))
    return codes.astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_tiles_equal_the_whole(data: st.DataObject, scale: int, layers: int, blocks: int, seed: int) -> None:
    sizes = [blocks * data.draw(st.integers(1, 16)) for _ in range(2)]
    tiles = [blocks * data.draw(st.integers(1, 8)) for _ in range(2)]
    network, x = Network(scale, layers, blocks, seed), picture(sizes[0], sizes[1], seed)
    rows, columns = (spans(n, t, layers * blocks, blocks) for n, t in zip(sizes, tiles, strict=True))
    np.testing.assert_array_equal(run_tiles(network, x, scale, rows, columns), network(x))


@settings(deadline=None, max_examples=40)
@given(st.data(), st.integers(1, 4), st.integers(1, 3), st.integers(0, 99))
def test_fixed_windows_equal_the_whole(data: st.DataObject, scale: int, layers: int, seed: int) -> None:
    windows = [data.draw(st.integers(2 * layers + 1, 16)) for _ in range(2)]
    sizes = [data.draw(st.integers(w, 30)) for w in windows]
    network, x = Network(scale, layers, 1, seed), picture(sizes[0], sizes[1], seed)
    rows, columns = (fixed_spans(n, w, layers) for n, w in zip(sizes, windows, strict=True))
    np.testing.assert_array_equal(run_tiles(network, x, scale, rows, columns), network(x))


def test_a_halo_too_small_leaves_a_seam() -> None:
    """The tests above can fail."""
    network, x = Network(2, 3, 1, seed=1), picture(20, 20, seed=1)
    cover = spans(20, 7, 2)
    assert (run_tiles(network, x, 2, cover, cover) != network(x)).any()
