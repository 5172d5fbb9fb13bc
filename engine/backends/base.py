"""What a backend is, and how values pass between the contract and a model's own types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

if TYPE_CHECKING:
    from ..fused import Companion, Samples
    from ..model import Model

Batch = NDArray[np.float32]
"""[N, C, H, W], C-contiguous: code values divided by the largest code, RGB order when C is 3."""


class Backend(Protocol):
    """One model made ready on one device. Owned by whoever opened it, who closes it.

    `run` may be called from any thread, several at a time; a device backend orders the calls itself.
    """

    @property
    def name(self) -> str:
        """As it is chosen on the command line."""

    @property
    def reason(self) -> str:
        """Why this backend runs the model, and on what, for the user to read."""

    @property
    def frames_at_once(self) -> int:
        """How many calls from as many threads are faster than one after the other."""

    def run(self, x: Batch) -> Batch:
        """float32 [N, C, H, W] -> float32 [N, C, s*H, s*W], not clipped to 0..1; the result is the caller's.

        Raises ModelError when the model cannot take `x` or fails on it.
        """

    def close(self) -> None:
        """Free the device's memory and threads. Closing twice is allowed; a closed backend does not run."""


@runtime_checkable
class PlaneBackend(Backend, Protocol):
    """A backend that takes the planes of a luma model's frames as they are, of any size."""

    def run_planes(
        self,
        source: Samples,
        output: Samples,
        max_code: int,
        previous: tuple[Samples, Samples] | None,
        companions: Sequence[Companion],
    ) -> int:
        """Luma codes [H, W] -> [s*H, s*W], and the `companions`.

        `previous` is a (source, output) that was finished before and stays as it is: where the source equals it, its
        output is kept. Returns how many input pixels that was. Raises ModelError.
        """


def check_input(model: Model, shape: tuple[int, ...]) -> None:
    """Raises ModelError for a shape `model` does not take."""
    height, width = model.fixed_size or (None, None)
    multiple = model.size_multiple
    fits = (
        len(shape) == 4
        and shape[1] == model.channels
        and shape[2:] == (model.fixed_size or shape[2:])
        and min(shape) > 0
        and shape[2] % multiple == shape[3] % multiple == 0
    )
    if not fits:
        takes = f"[N, {model.channels}, {height or 'H'}, {width or 'W'}]"
        sides = f" with sides that are multiples of {multiple}" if multiple > 1 else ""
        raise ModelError(
            f"model {model.name} takes {takes}{sides}, not {list(shape)}",
            "pad the frame or cut it into tiles",
        )


def check_output(model: Model, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> None:
    """Raises ModelError for an output that is not the input enlarged by the model's scale."""
    batch, channels, height, width = x_shape
    expected = (batch, channels, model.scale * height, model.scale * width)
    if y_shape != expected:
        raise ModelError(
            f"model {model.name} made {list(y_shape)} of {list(x_shape)}, expected {list(expected)}",
            "it does not scale as its file states; export it again",
        )


def run_batch(model: Model, x: Batch, run: Callable[[Batch], Batch]) -> Batch:
    """`run` on the batch, or on one picture after the other where the model takes no more."""
    check_input(model, x.shape)
    if model.fixed_batch and len(x) > 1:
        return np.concatenate([run(x[i : i + 1]) for i in range(len(x))])
    return run(x)


def to_model_values(model: Model, x: Batch) -> NDArray[np.generic]:
    """The contract's values as the graph's input takes them: channel order, range, type."""
    if model.foreign.channel_order == "bgr" and model.channels == 3:
        x = x[:, ::-1]
    if model.input.dtype == np.uint8:
        codes: NDArray[np.uint8] = np.rint(np.clip(x, 0.0, 1.0) * 255.0).astype(np.uint8)
        return codes
    if model.foreign.largest != 1.0:
        x = x * np.float32(model.foreign.largest)
    return np.ascontiguousarray(x, dtype=model.input.dtype)


def from_model_values(model: Model, y: NDArray[np.generic]) -> Batch:
    """The graph's output as the contract's values; the reverse of `to_model_values`."""
    result = y.astype(np.float32, copy=False)
    largest = 255.0 if model.output.dtype == np.uint8 else model.foreign.largest
    if largest != 1.0:
        result = result / np.float32(largest)
    if model.foreign.channel_order == "bgr" and model.channels == 3:
        result = result[:, ::-1]
    return np.ascontiguousarray(result)
