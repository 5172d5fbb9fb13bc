"""How a training run went, as its model's manifest tells it."""

from __future__ import annotations

import json
from pathlib import Path

from ..training.errors import DataError
from .manifest import Curve

MOST_POINTS = 40


def curve_from_log(log: Path, last_step: int) -> Curve:
    """(step, PSNR-Y in dB) up to `last_step`, at most `MOST_POINTS` evenly spread, the first and the last among them.

    Empty where the run left no log or measured nothing. Where a step was logged twice, what was logged later counts.
    Raises DataError for a log that is not what `train` writes.
    """
    try:
        lines = log.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(log, error) from error
    try:
        entries = [json.loads(line) for line in lines]
        psnr_y = {int(entry["step"]): round(float(entry["psnr_y"]), 4) for entry in entries if "psnr_y" in entry}
    except (ValueError, TypeError, KeyError) as error:
        raise _unreadable(log, error) from error
    return _thinned(tuple(sorted(point for point in psnr_y.items() if point[0] <= last_step)))


def _thinned(curve: Curve) -> Curve:
    if len(curve) <= MOST_POINTS:
        return curve
    return tuple(curve[round(i * (len(curve) - 1) / (MOST_POINTS - 1))] for i in range(MOST_POINTS))


def _unreadable(log: Path, error: Exception) -> DataError:
    return DataError(
        f"{log} is not a log of training: {type(error).__name__}: {error}", "mend the line, or move the log away"
    )
