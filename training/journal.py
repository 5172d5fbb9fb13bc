"""How a run went: its log, TensorBoard events and sample pictures."""

from __future__ import annotations

import json
import time
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .comparison import compared, write_png
from .errors import SettingError
from .evaluate import evaluate_from_rgb
from .imresize import crop_to_multiple, imresize
from .networks.network import Network
from .photos import photo_paths, read_rgb
from .run import LOG
from .upscaler import Upscaler, bicubic, upscaler_of

SAMPLES, EVENTS = "samples", "events"


class Journal:
    """Of the run in a folder; seconds are counted from its opening."""

    def __init__(self, folder: Path, tensorboard: bool) -> None:
        """Raises SettingError when TensorBoard is asked for and not installed."""
        self._folder, self._began = folder, time.monotonic()
        self._board = _board(folder / EVENTS) if tensorboard else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board is not None:
            self._board.close()

    def measured(self, network: Network, validation: Path, samples: int, step: int) -> dict[str, float]:
        """PSNR-Y on the pictures below `validation`; the first `samples` of them are written as they look."""
        upscaler = upscaler_of(network)
        for path in photo_paths(validation)[:samples]:
            _write_sample(upscaler, path, self._folder / SAMPLES / f"{path.stem}-{step:07}.png")
        return {"psnr_y": evaluate_from_rgb(validation, network.scale, upscaler.luma).psnr_y}

    def write(self, step: int, entry: dict[str, float]) -> None:
        """A line of the log, and the same as events."""
        seconds = round(time.monotonic() - self._began)
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"step": step, "seconds": seconds, **entry}) + "\n")
        if self._board is not None:
            for name, value in entry.items():
                self._board.add_scalar(name, value, step)
            self._board.flush()


def _board(folder: Path) -> Any:
    try:
        return import_module("torch.utils.tensorboard").SummaryWriter(str(folder))
    except ImportError as error:
        raise SettingError(f"TensorBoard is not there: {error}", "pip install tensorboard, or leave it out") from error


def _write_sample(upscaler: Upscaler, path: Path, to: Path) -> None:
    truth = crop_to_multiple(read_rgb(path), upscaler.scale)
    low = imresize(truth, 1 / upscaler.scale)
    pictures = {"bicubic": bicubic(upscaler.scale).rgb(low), "network": upscaler.rgb(low), "truth": truth}
    write_png(to, compared(pictures))
