"""The way of a frame through any model: planes to a tensor, through a backend, tensor to planes."""

from __future__ import annotations

import numpy as np

from .backends.base import Backend, Batch
from .convert import Converter
from .model import Model
from .planes import Plane
from .tiling import fixed_spans, run_tiles, spans

TILE_ABOVE = 1920 * 1088  # input pixels; a network's inner layers need about 64 bytes and more for each
TILE = 1024  # input pixels a side
UNKNOWN_REACH = 64  # receptive field assumed of a model that does not state one


class TensorRoad:
    """One stream's. `tile` is the side of the tiles a frame is cut into, 0 for none, None to cut large ones."""

    kept_share = None  # every frame is computed whole

    def __init__(self, model: Model, backend: Backend, converter: Converter, tile: int | None) -> None:
        self._model, self._backend, self._converter, self._tile = model, backend, converter, tile

    def prepare(self, planes: list[Plane]) -> Batch:
        """[1, C, H, W] from the planes of a frame."""
        luma = self._model.channels == 1
        return self._converter.luma_input(planes) if luma else self._converter.rgb_input(planes)

    def infer(self, x: Batch, planes: list[Plane], out: list[Plane]) -> Batch:
        """[1, C, sH, sW]: the model at any size; edges repeated to its size multiple, in tiles where large."""
        del planes, out  # written by `finish`
        model, (height, width) = self._model, x.shape[2:]
        y = self._tiled(_padded(x, model))
        return y[:, :, : height * model.scale, : width * model.scale]

    def finish(self, y: Batch, planes: list[Plane], out: list[Plane]) -> None:
        """Write the result, and the enlarged rest of `planes`, to the planes `out`."""
        write = self._converter.write_luma if self._model.channels == 1 else self._converter.write_rgb
        write(y, planes, out)

    def _tiled(self, x: Batch) -> Batch:
        model, (height, width) = self._model, x.shape[2:]
        multiple = model.size_multiple
        halo = _up_to((model.receptive_field or UNKNOWN_REACH) // 2, multiple)
        if model.fixed_size is not None:
            rows, columns = (
                fixed_spans(n, window, min(halo, window // 4) if n > window else 0)  # leaves half a window to keep
                for n, window in zip((height, width), model.fixed_size, strict=True)
            )
            return run_tiles(self._backend.run, x, model.scale, rows, columns)
        tile = self._tile
        if tile is None:
            tile = TILE if height * width > TILE_ABOVE else 0
        if not tile:
            return self._backend.run(x)
        tile = _up_to(tile, multiple)
        rows, columns = spans(height, tile, halo, multiple), spans(width, tile, halo, multiple)
        return run_tiles(self._backend.run, x, model.scale, rows, columns)


def _padded(x: Batch, model: Model) -> Batch:
    """Edges repeated on the right and at the bottom up to the sizes the model takes."""
    height, width = x.shape[2:]
    least = model.fixed_size or (1, 1)
    wanted = [max(_up_to(n, model.size_multiple), m) for n, m in zip((height, width), least, strict=True)]
    if wanted == [height, width]:
        return x
    return np.pad(x, ((0, 0), (0, 0), (0, wanted[0] - height), (0, wanted[1] - width)), mode="edge")


def _up_to(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
