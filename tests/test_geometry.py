"""Which model a target size asks for, and the sizes and the aspect that come of it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from framelift.engine.errors import UsageError
from framelift.engine.geometry import TargetSize, plan_geometry, wanted_scale
from hypothesis import given
from hypothesis import strategies as st

SIDES = st.integers(1, 4000)
ASPECTS = st.fractions(Fraction(1, 10), 10, max_denominator=200)
SCALES = (2, 3, 4)


@pytest.mark.parametrize(
    ("target", "scales", "expected"),
    [
        (TargetSize(), (2, 3, 4), 2),
        (TargetSize(), (3, 4), 3),
        (TargetSize(scale=3), (2, 3, 4), 3),
        (TargetSize(height=720), (2, 3, 4), 2),
        (TargetSize(height=721), (2, 3, 4), 3),
        (TargetSize(height=1440), (4, 3, 2), 4),
        (TargetSize(height=360), (2, 3, 4), 2),
        (TargetSize(height=4320), (2, 3, 4), 4),
        (TargetSize(width=640, height=1080), (2, 3, 4), 3),
        (TargetSize(scale=4, height=700), (2, 3, 4), 2),
    ],
)
def test_the_model_that_a_target_asks_for(target: TargetSize, scales: tuple[int, ...], expected: int) -> None:
    assert wanted_scale(640, 360, target, scales) == expected


@given(SIDES, SIDES, st.data())
def test_the_smallest_scale_that_reaches_is_taken(width: int, height: int, data: st.DataObject) -> None:
    target = TargetSize(
        width=data.draw(st.none() | st.integers(width, 6 * width)),
        height=data.draw(st.none() | st.integers(height, 6 * height)),
    )
    chosen = wanted_scale(width, height, target, SCALES)
    reaching = [s for s in SCALES if s * width >= (target.width or 0) and s * height >= (target.height or 0)]
    assert chosen == (min(reaching, default=4) if target.resizes else 2)


@pytest.mark.parametrize(
    "target", [TargetSize(height=359), TargetSize(width=639), TargetSize(width=1280, height=300), TargetSize(width=1)]
)
def test_a_smaller_target_is_refused(target: TargetSize) -> None:
    with pytest.raises(UsageError, match="smaller than the input 640x360") as error:
        wanted_scale(640, 360, target, SCALES)
    assert str(target.width or target.height) in error.value.message


def test_a_scale_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="--scale 5 is not available for this model, only 2, 3, 4"):
        wanted_scale(640, 360, TargetSize(scale=5), SCALES)


@given(SIDES, SIDES, ASPECTS, st.sampled_from(SCALES), st.booleans(), st.booleans())
def test_a_scale_alone_multiplies_all(
    width: int, height: int, aspect: Fraction, scale: int, even_width: bool, even_height: bool
) -> None:
    g = plan_geometry(width, height, aspect, TargetSize(scale), scale, even=(even_width, even_height))
    assert (g.picture_width, g.picture_height) == (g.model_width, g.model_height) == (scale * width, scale * height)
    assert not g.resampled
    assert g.sample_aspect_ratio == aspect
    assert g.output_width - g.picture_width == (even_width and scale * width % 2 == 1)
    assert g.output_height - g.picture_height == (even_height and scale * height % 2 == 1)


@given(SIDES, SIDES, ASPECTS, SIDES, SIDES)
def test_with_both_sides_given_the_picture_keeps_its_shape(
    width: int, height: int, aspect: Fraction, target_width: int, target_height: int
) -> None:
    g = plan_geometry(width, height, aspect, TargetSize(None, target_width, target_height), 2)
    assert (g.output_width, g.output_height) == (target_width, target_height)
    assert Fraction(target_width, target_height) * g.sample_aspect_ratio == Fraction(width, height) * aspect


@given(SIDES, SIDES, ASPECTS, SIDES, st.booleans())
def test_with_one_side_given_the_other_follows(
    width: int, height: int, aspect: Fraction, given_side: int, across: bool
) -> None:
    target = TargetSize(width=given_side) if across else TargetSize(height=given_side)
    g = plan_geometry(width, height, aspect, target, 2)
    kept, other = (g.picture_width, g.picture_height) if across else (g.picture_height, g.picture_width)
    proportional = given_side * (Fraction(height, width) if across else Fraction(width, height))
    assert kept == given_side
    assert other % 2 == 0
    assert other >= 2
    assert abs(other - proportional) <= 1 or other == 2  # no even number is nearer
    assert g.sample_aspect_ratio == aspect
    assert g.resampled == ((g.picture_width, g.picture_height) != (2 * width, 2 * height))
