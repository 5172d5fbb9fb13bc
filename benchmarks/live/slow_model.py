"""A foreign network that is heavy and does nothing: what comes out is what went in, each pixel repeated."""

from __future__ import annotations

from ..random_stack import RandomStack, Values


class PassingStack(RandomStack):
    """A random stack whose first channel carries the picture past the others, which the output does not look at."""

    def weights(self) -> list[tuple[Values, Values]]:
        """Likewise (weight, bias) of each layer."""
        passing = super().weights()
        for weight, bias in passing[:-1]:
            weight[0], bias[0] = 0, 0
            weight[0, 0, 1, 1] = 1
        weight, bias = passing[-1]
        weight[:], bias[:] = 0, 0
        weight[:, 0, 1, 1] = 1
        return passing


HEAVY = PassingStack(channels=48, layers=6)
"""85,000 multiply-accumulates a pixel, 8 times those of tiny-16, and in FP32: too slow for two cores at 640x360."""
