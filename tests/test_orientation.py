"""Display matrices against ISO 14496-12's own formula, and against FFmpeg where it makes them."""

from __future__ import annotations

from fractions import Fraction
from math import cos, radians, sin
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, write_clip
from framelift.engine.media import probe
from framelift.engine.orientation import Turn, degrees_of, turn_of
from frames import Samples, frame_of, samples_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

ONE = 1 << 16
GRID = [(a, b, c, d) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1) for d in (-1, 0, 1) if a * d - b * c]
TURNS = [linear for linear in GRID if abs(linear[0]) + abs(linear[1]) == abs(linear[2]) + abs(linear[3]) == 1]


def matrix(a: float, b: float, c: float, d: float) -> tuple[int, ...]:
    """Nine integers, moved by something, which does not matter."""
    fixed = [round(value * ONE) for value in (a, b, c, d)]
    return fixed[0], fixed[1], 0, fixed[2], fixed[3], 0, 5 * ONE, 7 * ONE, 1 << 30


def shown(plane: NDArray[np.int64], a: int, b: int, c: int, d: int) -> NDArray[np.int64]:
    """Every pixel moved by the formula: (x, y) is shown at (a x + c y, b x + d y), y downwards."""
    height, width = plane.shape
    places = {(a * x + c * y, b * x + d * y): plane[y, x] for y in range(height) for x in range(width)}
    left, top = (min(place[axis] for place in places) for axis in (0, 1))
    size = (width, height) if a else (height, width)
    return np.array([[places[left + x, top + y] for x in range(size[0])] for y in range(size[1])])


@pytest.mark.parametrize("linear", TURNS, ids=str)
@pytest.mark.parametrize("size", [(3, 5), (4, 2), (1, 1)])
def test_a_turn_moves_every_pixel_where_the_matrix_says(linear: tuple[int, ...], size: tuple[int, int]) -> None:
    plane = np.arange(size[0] * size[1]).reshape(size)
    turn = turn_of(matrix(*linear))
    assert turn is not None
    expected = shown(plane, *linear)
    np.testing.assert_array_equal(turn.apply(plane), expected)
    assert turn.swaps_axes == (linear[0] == 0)


def test_there_are_eight_turns() -> None:
    assert len({turn_of(matrix(*linear)) for linear in TURNS}) == len(TURNS) == 8


def test_without_a_matrix_nothing_turns() -> None:
    assert turn_of(None) == turn_of(matrix(1, 0, 0, 1)) == Turn(0, flipped=False)
    assert degrees_of(None) == 0


@given(st.integers(0, 359), st.sampled_from([0.5, 1, 1.25, 2]))
def test_degrees_are_counted_counter_clockwise(degrees: int, size: float) -> None:
    angle = radians(degrees)
    turned = matrix(size * cos(angle), -size * sin(angle), size * sin(angle), size * cos(angle))
    assert degrees_of(turned) == degrees
    assert (turn_of(turned) is not None) == (degrees % 90 == 0 and size == 1)


@pytest.mark.parametrize("linear", [(0.5, 0, 0, 1), (1, 0.2, 0, 1), (1.4, 0, 0, 1.4), (0, 0, 0, 0), (1, 0, 1, 0)])
def test_what_leaves_the_pixel_grid_is_no_turn(linear: tuple[float, float, float, float]) -> None:
    assert turn_of(matrix(*linear)) is None


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_ffmpeg_means_the_same_by_a_rotation(tmp_path: Path, degrees: int) -> None:
    """A file's rotation, and FFmpeg's filter that undoes it."""
    path = write_clip(tmp_path / "turned.mp4", Clip(rotation=degrees, frames=1))
    facts = probe(path).video
    assert facts.rotation == degrees
    turn = turn_of(facts.display_matrix)
    assert turn is not None
    with av.open(str(path)) as file:
        picture = samples_of(next(file.decode(video=0)))[0]
    filters = {90: ["cclock"], 180: ["cclock", "cclock"], 270: ["clock"]}[degrees]
    np.testing.assert_array_equal(turn.apply(picture), transposed(picture, filters))


def transposed(picture: Samples, directions: list[str]) -> Samples:
    frame = frame_of("gray", picture.shape[1], picture.shape[0], [picture])
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1))
    graph.link_nodes(
        source, *(graph.add("transpose", each) for each in directions), graph.add("buffersink")
    ).configure()
    graph.push(frame)
    turned = graph.pull()
    assert isinstance(turned, av.VideoFrame)
    return samples_of(turned)[0]
