"""How large the output is, and what that does to the sample aspect ratio. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .errors import UsageError


@dataclass(frozen=True)
class TargetSize:
    """What the user asked for: `scale` times the input, or a width or a height or both (which win over scale)."""

    scale: int | None = None
    width: int | None = None
    height: int | None = None

    @property
    def resizes(self) -> bool:
        """Whether a size is asked for, not only a scale."""
        return self.width is not None or self.height is not None

    def turned(self) -> TargetSize:
        """The same wish for a picture before a quarter turn."""
        return TargetSize(self.scale, self.height, self.width)


@dataclass(frozen=True)
class Geometry:
    """Sizes in luma pixels from the input through the model to the output."""

    width: int  # of the input
    height: int
    model_scale: int
    picture_width: int  # of what is shown: the model's output, resampled where it differs
    picture_height: int
    output_width: int  # of the frame that is encoded: the picture, its last column or row repeated to be even
    output_height: int
    sample_aspect_ratio: Fraction

    @property
    def model_width(self) -> int:
        """Width of the model's output."""
        return self.width * self.model_scale

    @property
    def model_height(self) -> int:
        """Height of the model's output."""
        return self.height * self.model_scale

    @property
    def resampled(self) -> bool:
        """Whether the model's output is resampled to the picture's size."""
        return (self.model_width, self.model_height) != (self.picture_width, self.picture_height)


def wanted_scale(width: int, height: int, target: TargetSize, scales: tuple[int, ...]) -> int:
    """The model scale for a target: the one asked for, else the smallest that reaches the size, else the largest.

    `scales` are those there are. Without any wish it is 2, or the smallest there is. Raises UsageError when the
    target is smaller than the input or the scale asked for does not exist.
    """
    if target.scale is not None and not target.resizes:
        if target.scale not in scales:
            raise UsageError(
                f"--scale {target.scale} is not available for this model, only {', '.join(map(str, scales))}",
                "choose one of these, or give --height for any other size",
            )
        return target.scale
    if not target.resizes:
        return 2 if 2 in scales else min(scales)
    wanted = max(Fraction(target.width or 0, width), Fraction(target.height or 0, height))
    if wanted < 1 or (target.width or width) < width or (target.height or height) < height:
        raise UsageError(
            f"the target {target.width or 'auto'}x{target.height or 'auto'} is smaller than the input {width}x{height}",
            "framelift enlarges; choose a larger size",
        )
    return next((scale for scale in sorted(scales) if scale >= wanted), max(scales))


def plan_geometry(
    width: int,
    height: int,
    sample_aspect_ratio: Fraction,
    target: TargetSize,
    model_scale: int,
    *,
    even: tuple[bool, bool] = (False, False),
) -> Geometry:
    """The sizes for an input of `width` x `height`.

    With one side given the other follows in proportion, rounded to the nearest even number, and pixels keep their
    shape; with both given the sample aspect ratio makes up for what they change. `even` asks for an even (width,
    height) of the encoded frame, as encoders of subsampled video do.
    """
    picture_width, picture_height = width * model_scale, height * model_scale
    aspect = sample_aspect_ratio
    if target.width is not None and target.height is not None:
        picture_width, picture_height = target.width, target.height
        aspect *= Fraction(width, height) * Fraction(picture_height, picture_width)
    elif target.height is not None:
        picture_width, picture_height = _nearest_even(Fraction(width * target.height, height)), target.height
    elif target.width is not None:
        picture_width, picture_height = target.width, _nearest_even(Fraction(height * target.width, width))
    return Geometry(
        width=width,
        height=height,
        model_scale=model_scale,
        picture_width=picture_width,
        picture_height=picture_height,
        output_width=picture_width + (even[0] and picture_width % 2),
        output_height=picture_height + (even[1] and picture_height % 2),
        sample_aspect_ratio=aspect,
    )


def _nearest_even(value: Fraction) -> int:
    return max(2, 2 * round(value / 2))
