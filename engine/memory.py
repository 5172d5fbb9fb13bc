"""How much memory a run needs, estimated before it starts, so that absurd sizes are refused with a number."""

from __future__ import annotations

import re
import resource
from contextlib import suppress
from pathlib import Path

from .encoders import EncoderChoice, lookahead_for
from .errors import ModelError
from .geometry import Geometry
from .layout import PixelLayout
from .model import Model
from .tensor_road import TILE, TILE_ABOVE

FRAMES_IN_FLIGHT = 10  # one in each stage and each place of the channels between them
_OWN_BYTES_PER_PIXEL = 64 * 4 * 3  # inner layers of our largest networks, for each input pixel of a tile
_FOREIGN_BYTES_PER_PIXEL = 64 * 4 * 16
_LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
_SAYINGS = (  # where, what, in bytes
    ("/proc/meminfo", r"^MemAvailable: +(\d+) kB", 1024.0),
    ("/sys/fs/cgroup/memory.max", r"^(\d+)$", 1.0),  # a container's limit
)


def estimate(
    model: Model, layout: PixelLayout, choice: EncoderChoice, g: Geometry, tile: int | None, fused_threads: int
) -> float:
    """Bytes at the peak: frames and tensors on their way, the network's inner layers, the encoder's lookahead.

    The native kernel, on `fused_threads` threads or 0 when it is not sure to run, has neither tensors nor whole
    layers, but two frames for each thread: the one in work and the one before.
    """
    pixels_in, pixels_out = g.width * g.height, g.output_width * g.output_height
    frame_in, frame_out = pixels_in * layout.bytes_per_pixel, pixels_out * choice.layout.bytes_per_pixel
    tensors = 4.0 * model.channels * (pixels_in + g.model_width * g.model_height)
    side = TILE if tile is None and pixels_in > TILE_ABOVE else tile or 0
    at_once = min(pixels_in, side * side) if side else pixels_in
    layers = at_once * (_OWN_BYTES_PER_PIXEL if model.manifest else _FOREIGN_BYTES_PER_PIXEL)
    held = lookahead_for(choice.encoder, frame_out) + 8  # references and frames in its threads
    in_flight = FRAMES_IN_FLIGHT + 2 * fused_threads
    inner = 0.0 if fused_threads else 4 * tensors + layers
    return in_flight * (frame_in + frame_out) + inner + held * frame_out


def available() -> float | None:
    """Bytes this process can still get: what the machine can give, its file cache included, or may have by limit.

    None where the system does not say; Linux does.
    """
    known = [float(soft) for soft, _ in map(resource.getrlimit, _LIMITS) if soft != resource.RLIM_INFINITY]
    for path, pattern, unit in _SAYINGS:
        with suppress(OSError):
            known += [unit * int(n) for n in re.findall(pattern, Path(path).read_text(encoding="ascii"), re.MULTILINE)]
    return min(known, default=None)


def refuse_what_does_not_fit(needed: float, g: Geometry) -> None:
    """Raises ModelError when a run would exhaust the machine's memory."""
    free = available()
    if free is not None and needed > free:
        raise ModelError(
            f"{g.width}x{g.height} to {g.output_width}x{g.output_height} needs about {needed / 1e9:.1f} GB of memory, "
            f"{free / 1e9:.1f} GB are free",
            "choose a smaller --scale or --height, --tile 512, or a machine with more memory",
        )
