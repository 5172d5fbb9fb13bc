"""One network on planes of one size with so many threads, in all the ways to run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from ...engine.errors import ModelError
from ..cases import case_name, threads_in_words
from ..networks import Network
from ..runners import Case, Codes, Runner
from ..statistics.measurement import Measurement, measured_once
from ..statistics.turns import interleaved
from .frames import Times, planes, turn
from .gauge import Gauge

REFERENCES = ("onnxruntime fp32", "openvino int8 at best")
"""The cases that all others are compared with; the first one's results, too."""

NETWORK, CPU, WHOLE = "network", "network, CPU", "bytes to bytes"
OF_PEAK, DIFFERENCE = "share", "difference"
"""The metrics. The share is of the operations that as many cores could have done at that turn's clock."""


@dataclass(frozen=True)
class Group:
    """What is compared with each other."""

    network: Network
    size: tuple[int, int]
    threads: int

    def __str__(self) -> str:
        width, height = self.size
        return f"{self.network.name} {width}x{height}, {threads_in_words(self.threads)}"

    def row(self, case: Case, reason: str | None) -> dict[str, Any]:
        """What the report says of a case besides its measurements; `reason` is why there are none."""
        way = case.name.removeprefix(f"{case.runtime} ")
        return {
            "case": case_name(self.network.name, case.runtime, way, self.size, self.threads),
            "network": self.network.name,
            "macs_per_pixel": self.network.macs_per_pixel,
            "input_size": list(self.size),
            "scale": self.network.scale,
            "threads": self.threads,
            "way": case.name,
            "runtime": case.runtime,
            "precision": case.precision,
            "path": case.path,
            "reason": reason,
        }


def measure_group(
    group: Group, cases: Sequence[Case], repeat: int, seconds: float, gauge: Gauge
) -> list[tuple[dict[str, Any], list[Measurement]]]:
    """A row for each of `cases`, in their order, with its measurements: none for what cannot be run."""
    pictures = planes(group.size)
    opened, reasons = _opened(group, cases, pictures[0])
    works = {name: partial(turn, runner, pictures, seconds) for name, (runner, _) in opened.items()}
    turns = interleaved(works, repeat, calibration=gauge)
    made: list[tuple[dict[str, Any], list[Measurement]]] = []
    for case in cases:
        row, measured = group.row(case, reasons.get(case.name)), list[Measurement]()
        if case.name in opened:
            measured += _times(row["case"], turns[case.name])
            measured += _of_peak(row, turns[case.name], gauge)
            measured += _difference(row["case"], opened, case.name)
        made.append((row, measured))
    return made


def _opened(
    group: Group, cases: Sequence[Case], plane: Codes
) -> tuple[dict[str, tuple[Runner, Codes]], dict[str, str]]:
    """By case: what runs, with what it makes of `plane`; and why the others do not."""
    opened: dict[str, tuple[Runner, Codes]] = {}
    reasons: dict[str, str] = {}
    for case in cases:
        try:
            runner = case.open(group.network, group.size, group.threads)
            runner.take(plane)
            runner.run()
            opened[case.name] = runner, runner.give().copy()
        except ModelError as error:
            reasons[case.name] = error.message
    return opened, reasons


def _times(case: str, turns: Sequence[Sequence[Times]]) -> list[Measurement]:
    """Milliseconds of each frame; of CPU time, each turn's median."""
    by_metric = {
        NETWORK: tuple(tuple(t.network for t in turn) for turn in turns),
        CPU: tuple((median(t.cpu for t in turn),) for turn in turns),
        WHOLE: tuple(tuple(t.whole for t in turn) for turn in turns),
    }
    return [Measurement(case, metric, "ms", "lower", values) for metric, values in by_metric.items()]


def _of_peak(row: Mapping[str, Any], turns: Sequence[Sequence[Times]], gauge: Gauge) -> list[Measurement]:
    """Of a native path."""
    if row["path"] is None:
        return []
    width, height = row["input_size"]
    done = 2 * row["macs_per_pixel"] * width * height / 1e9
    times = [median(t.network for t in turn) / 1000 for turn in turns]
    rates = gauge.at_most(row["path"], len(turns))
    shares = tuple((done / time / (row["threads"] * rate),) for time, rate in zip(times, rates, strict=True))
    return [Measurement(row["case"], OF_PEAK, "of peak", "higher", shares)]


def _difference(case: str, opened: Mapping[str, tuple[Runner, Codes]], name: str) -> list[Measurement]:
    """The largest from the first reference's picture; where that is not run, none."""
    if REFERENCES[0] not in opened:
        return []
    (_, reference), (_, result) = opened[REFERENCES[0]], opened[name]
    largest = float(np.abs(result.astype(int) - reference).max())
    return [measured_once(case, DIFFERENCE, "codes", "lower", largest, exact=1)]
