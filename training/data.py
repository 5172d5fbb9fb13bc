"""What a recipe learns from: how photographs become pairs of small and large pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .compressed import CompressedSettings, load_compressed
from .crops import Batches, Crops
from .degradations.blur import RandomMotionBlur, RandomShift
from .degradations.crops import DegradedCrops
from .degradations.jpeg import RandomJpeg
from .degradations.picture import Degradation, Picture, chain, from_codes, sometimes, to_codes
from .degradations.second_order import SecondOrder
from .errors import SettingError
from .imresize import imresize
from .pairs import load_paired
from .photos import listing_of, load_pairs, photo_paths, read_rgb


@dataclass(frozen=True)
class Bicubic:
    """Photographs reduced by MATLAB bicubic, as the papers do; reduced once and kept."""


@dataclass(frozen=True)
class Paired:
    """The photographs' reductions lie in the folder `low`, as DIV2K publishes them."""

    low: str


@dataclass(frozen=True)
class Degraded:
    """Crops of the photographs degraded as they are drawn, by one of `CHAINS`. Nothing is kept on disk."""

    chain: str = "second-order"

    def __post_init__(self) -> None:
        """Raises SettingError for a chain that there is not."""
        if self.chain not in CHAINS:
            raise SettingError(f"no degradation is named {self.chain!r}", f"choose one of {', '.join(CHAINS)}")


@dataclass(frozen=True)
class Compressed:
    """Photographs reduced by bicubic, then through video codecs, for luma; made once and kept."""

    settings: CompressedSettings = field(default_factory=CompressedSettings)


Data = Bicubic | Paired | Degraded | Compressed


def _bicubic(scale: int) -> Degradation:
    def reduce(picture: Picture, _: np.random.Generator) -> Picture:
        return from_codes(imresize(to_codes(picture), 1 / scale))

    return reduce


CHAINS: Mapping[str, Callable[[int], Degradation]] = {  # of the scale
    "bicubic": _bicubic,
    "second-order": SecondOrder,
    "camera": lambda scale: chain(
        sometimes(0.5, RandomMotionBlur()), RandomShift(), _bicubic(scale), sometimes(0.5, RandomJpeg())
    ),
}
"""By name: the papers' reduction on the fly, Real-ESRGAN's, and a moved camera that writes JPEG."""


class PhotoFiles(Sequence[NDArray[np.uint8]]):
    """Photographs as they are asked for, RGB [H, W, 3]; the last `KEPT` stay in memory."""

    KEPT = 64

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._read = lru_cache(self.KEPT)(read_rgb)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:  # type: ignore[override]  # nobody asks for slices
        return self._read(self._paths[index])


def listing_for(data: Data, photos: Path) -> str:
    """Which files a run on `data` learns from: `photos.listing_of` of all folders. Raises DataError."""
    return "\n".join([listing_of(photos), *([listing_of(Path(data.low))] if isinstance(data, Paired) else [])])


def batches_of(data: Data, photos: Path, cache: Path, *, scale: int, channels: int, size: int, seed: int) -> Batches:
    """The training crops of `data` made of the photographs below `photos`, `size` pixels a side before enlargement.

    What is prepared ahead lies in `cache`. Raises DataError for pictures that cannot be used, SettingError for data
    that has not so many channels.
    """
    if isinstance(data, Degraded):
        files = PhotoFiles(photo_paths(photos))
        return DegradedCrops(files, scale, size, seed, CHAINS[data.chain](scale), rgb=channels == 3)
    if isinstance(data, Compressed):
        if channels != 1:
            raise SettingError(f"compressed pairs have no number of channels {channels}", "choose 1: they are luma")
        pairs = load_compressed(photos, scale, cache, data.settings)
    elif isinstance(data, Paired):
        pairs = load_paired(photos, Path(data.low), scale, cache, channels)
    else:
        pairs = load_pairs(photos, scale, cache, channels)
    return Crops(pairs, scale, size, seed)
