"""Training pairs whose low-resolution side went through video codecs, for the `-live` tiers.

Codecs are far slower than training, so the pairs are made ahead of time and kept. What comes out are `Pair`s:
`crops.Crops` draws batches from them as from any others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from .degradations.i420 import luma_from_i420
from .degradations.video import PannedPhoto, RandomVideo
from .files import replacing
from .imresize import crop_to_multiple
from .photos import Pair, listing_of, load_pairs, photo_paths, read_rgb, short_hash


@dataclass(frozen=True)
class CompressedSettings:
    """How the pairs are made.

    Of each photograph there are `variants` compressed reductions, and the clean one `clean` times as often: a network
    that never sees a clean picture takes fine detail for the codec's noise.
    """

    variants: int = 8
    clean: int = 2
    video: RandomVideo = field(default_factory=RandomVideo)
    seed: int = 1


def load_compressed(folder: Path, scale: int, cache: Path, settings: CompressedSettings) -> list[Pair]:
    """Clean and compressed pairs of every photograph below `folder`, the latter from `cache` when made before.

    The same pictures, settings and version of PyAV give the same pairs. All pairs of a photograph share one `high`
    in memory. Raises DataError for a folder without pictures and for unreadable ones.
    """
    paths = photo_paths(folder)
    clean = load_pairs(folder, scale, cache)
    identity = f"{settings.video} {settings.variants} {settings.seed} {av.__version__}\n{listing_of(folder)}"
    cached = cache / f"compressed-x{scale}-{short_hash(identity)}.npz"
    if not cached.exists():
        lows = [compressed_lumas(path, number, scale, settings) for number, path in enumerate(paths)]
        planes = {f"{i}-{j}": low for i, variants in enumerate(lows) for j, low in enumerate(variants)}
        with replacing(cached) as partial, partial.open("wb") as file:
            np.savez(file, **planes)  # type: ignore[arg-type]  # the stub takes keys for options
    with np.load(cached) as arrays:
        return [
            pair
            for i, whole in enumerate(clean)
            for pair in [whole] * settings.clean
            + [_beside(whole, arrays[f"{i}-{j}"], scale) for j in range(settings.variants)]
        ]


def compressed_lumas(path: Path, number: int, scale: int, settings: CompressedSettings) -> list[NDArray[np.uint8]]:
    """The compressed reductions of photograph `number` of the folder: luma codes [H, W], H and W even.

    They lie on the top left of the photograph's clean reduction.
    """
    photo = PannedPhoto(crop_to_multiple(read_rgb(path), 2 * scale), scale)
    return [
        luma_from_i420(settings.video.frame(photo, np.random.default_rng((settings.seed, number, variant))))
        for variant in range(settings.variants)
    ]


def _beside(clean: Pair, low: NDArray[np.uint8], scale: int) -> Pair:
    """The compressed `low` with the part of the photograph that it shows."""
    height, width = low.shape
    return Pair(clean.name, clean.high[: scale * height, : scale * width], low)
