"""How runs went, drawn: loss and PSNR-Y over the steps (needs matplotlib)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from .errors import DataError, SettingError
from .files import replacing
from .run import LOG

Point = tuple[int, float]
_PANELS = {"loss": "loss, white = 1", "psnr_y": "PSNR-Y in dB"}


def draw_curves(runs: Mapping[str, Path], out: Path) -> None:
    """Write a PNG with the losses and PSNR-Y of run folders by name.

    Raises SettingError without matplotlib, DataError for a log that is missing or unreadable, WriteError.
    """
    logs = {name: read_log(folder / LOG) for name, folder in runs.items()}
    try:
        figure_type = import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise SettingError("matplotlib is not installed", "pip install 'framelift[bench]'") from error
    figure = figure_type(figsize=(10, 4), layout="constrained")
    for axes, (key, title) in zip(figure.subplots(1, 2), _PANELS.items(), strict=True):
        for name, entries in logs.items():
            points = [(entry["step"], entry[key]) for entry in entries if key in entry]
            if points:
                axes.plot(*zip(*points, strict=True), marker=".", label=name)
        axes.set(xlabel="step", ylabel=title)
        axes.grid(alpha=0.3)
    figure.axes[0].legend()
    with replacing(out) as partial:
        figure.savefig(partial, format="png", dpi=120)


def read_log(log: Path) -> list[dict[str, float]]:
    """The lines of a run's log, in order. Raises DataError."""
    try:
        entries: list[dict[str, float]] = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise DataError(f"{log} is not the log of a run: {error}", "give the checkpoint of a run") from error
    return entries
