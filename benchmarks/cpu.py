"""Networks on the processor, measured: the native kernel and its peers on the same files, in turns so that ratios hold.

A frame is timed in three parts: luma bytes to what the runtime takes, the network, its output to luma bytes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import cycle, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from ..engine._native import peak_operations
from ..engine.compute import usable_cores
from ..engine.errors import ModelError, UsageError
from ..engine.layout import layout_of
from ..engine.planes import planes_of
from .bandwidth import bandwidth
from .networks import Network, default_networks, network_named
from .render import Clip, render, video_frame
from .report import Report, new_report, spread_of
from .runners import RUNTIMES, Case, Codes, Runner, all_cases

KIND = "cpu"
SIZES = ((640, 360), (1280, 720))
REFERENCES = ("onnxruntime fp32", "openvino int8 at best")
"""The cases that all others are compared with."""

Say = Callable[[str], None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What is measured: each network at each size and number of threads, on every case of the runtimes."""

    networks: tuple[str, ...] = ()  # none: `default_networks`
    runtimes: tuple[str, ...] = RUNTIMES
    sizes: tuple[tuple[int, int], ...] = SIZES  # (width, height)
    threads: tuple[int, ...] = ()  # none: 1, and one for each core
    repeat: int = 7
    seconds: float = 0.05
    """Of each turn of a case: so long untimed, until caches, clock and the last case's threads have settled; then so
    long timed. At least one frame each."""

    def __post_init__(self) -> None:
        unknown = [name for name in self.runtimes if name not in RUNTIMES]
        if unknown:
            raise UsageError(f"no runtime is named {unknown[0]!r}", f"choose of {', '.join(RUNTIMES)}")

    def completed(self) -> Settings:
        """With what was left open filled in."""
        threads = self.threads or tuple(sorted({1, usable_cores()}))
        return replace(self, networks=self.networks or default_networks(), threads=threads)

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--network {name}" for name in self.networks]
        words += [f"--runtime {name}" for name in self.runtimes] if self.runtimes != RUNTIMES else []
        words += [f"--size {width}x{height}" for width, height in self.sizes]
        words += [f"--threads {count}" for count in self.threads]
        return f"framelift bench cpu {' '.join(words)} --repeat {self.repeat}"


@dataclass(frozen=True)
class Group:
    """What is compared with each other: one network on planes of one size with so many threads."""

    network: Network
    size: tuple[int, int]
    threads: int

    def __str__(self) -> str:
        width, height = self.size
        return f"{self.network.name} {width}x{height}, {self.threads} thread{'s' * (self.threads > 1)}"


class Times(NamedTuple):
    """Milliseconds of a frame; of a turn of a case, the middle ones."""

    network: float
    cpu: float  # of the network, on all threads: above `network` when they share it, below when others held the core
    whole: float  # from bytes to bytes


def measure(settings: Settings, say: Say) -> Report:
    """The report: a row for each case of each group. Raises FrameliftError before any work for an unknown network."""
    settings = settings.completed()
    report, cases = new_report(KIND, settings.command()), all_cases(settings.runtimes)
    with TemporaryDirectory() as folder:
        networks = [network_named(name, Path(folder)) for name in settings.networks]
        before = _peaks(cases)
        groups = [Group(*facts) for facts in product(networks, settings.sizes, settings.threads)]
        gauge = next((case.path for case in cases if case.path), None)
        rows = [row for group in groups for row in _rows(group, cases, settings, gauge, say)]
    peaks = {path: max(rate, before[path]) for path, rate in _peaks(cases).items()}
    report["peak"] = {"operations": peaks, "bandwidth": bandwidth()}
    report["rows"] = [row | {"peak_share": _peak_share(row, peaks, gauge)} for row in rows]
    return report


def _peaks(cases: list[Case]) -> dict[str, float]:
    """Operations a second of one core, by the native kernel's path."""
    return {case.path: peak_operations(case.path) for case in cases if case.path}


def _rows(group: Group, cases: list[Case], settings: Settings, gauge: str | None, say: Say) -> list[Row]:
    """A group's rows, in the order of `cases`; what cannot be run has a row that says why.

    The clock changes with the work and the hour, so what the path `gauge` can do at most is measured in each turn.
    """
    planes = _planes(group.size)
    opened, reasons = _opened(group, cases, planes[0])
    turns: dict[str, list[Times]] = {name: [] for name in opened}
    gauged: list[float] = []
    for _ in range(settings.repeat):
        gauged += [peak_operations(gauge)] if gauge else []
        for name, (runner, _) in opened.items():
            turns[name].append(_turn(runner, planes, settings.seconds))
    rows = []
    for case in cases:
        row = _head(group, case) | {"reason": reasons.get(case.name)}
        if case.name in opened:
            row |= _figures(case, turns) | {"difference": _difference(opened, case.name), "gauged": gauged}
        rows.append(row)
    said = [f"{row['case']} {row['ms']['median']:.2f} ms" for row in rows if not row["reason"]]
    say(f"{group}: {', '.join(said)}")
    return rows


def _opened(group: Group, cases: list[Case], plane: Codes) -> tuple[dict[str, tuple[Runner, Codes]], dict[str, str]]:
    """By case: what runs, with what it makes of `plane`; and why the others do not."""
    opened: dict[str, tuple[Runner, Codes]] = {}
    reasons: dict[str, str] = {}
    for case in cases:
        try:
            runner = case.open(group.network, group.size, group.threads)
            _frame(runner, plane)
        except ModelError as error:
            reasons[case.name] = error.message
        else:
            opened[case.name] = runner, runner.give().copy()
    return opened, reasons


def _planes(size: tuple[int, int]) -> list[Codes]:
    """Luma of three frames of a rendered clip."""
    width, height = size
    pictures = render(Clip(width=width, height=height, frames=3, rate=1))
    return [planes_of(video_frame(picture), layout_of("yuv420p"))[0].astype(np.uint8) for picture in pictures]


def _turn(runner: Runner, planes: list[Codes], seconds: float) -> Times:
    each = cycle(planes)

    def frames() -> list[Times]:
        until = time.perf_counter() + seconds
        made = [_frame(runner, next(each))]
        while time.perf_counter() < until:
            made.append(_frame(runner, next(each)))
        return made

    frames()
    return Times(*map(statistics.median, zip(*frames(), strict=True)))


def _frame(runner: Runner, plane: Codes) -> Times:
    began = time.perf_counter()
    runner.take(plane)
    taken, worked = time.perf_counter(), time.process_time()
    runner.run()
    made, worked = time.perf_counter(), time.process_time() - worked
    runner.give()
    given = time.perf_counter()
    return Times((made - taken) * 1000, worked * 1000, (given - began) * 1000)


def _head(group: Group, case: Case) -> Row:
    return {
        "network": group.network.name,
        "macs_per_pixel": group.network.macs_per_pixel,
        "input_size": list(group.size),
        "scale": group.network.scale,
        "threads": group.threads,
        "case": case.name,
        "runtime": case.runtime,
        "precision": case.precision,
        "path": case.path,
    }


def _figures(case: Case, turns: Mapping[str, list[Times]]) -> Row:
    """Milliseconds, and how many times as fast as each reference's network, both of the same turn."""
    own = turns[case.name]
    return {
        "ms": spread_of([turn.network for turn in own]),
        "ms_cpu": spread_of([turn.cpu for turn in own]),
        "ms_whole": spread_of([turn.whole for turn in own]),
        "speed": {
            name: spread_of([theirs.network / ours.network for ours, theirs in zip(own, turns[name], strict=True)])
            for name in REFERENCES
            if name in turns
        },
        "turns": [turn._asdict() for turn in own],
    }


def _peak_share(row: Row, peaks: Mapping[str, float], gauge: str | None) -> float | None:
    """The network's operations over those that as many cores could have done at that turn's clock; None without a path.

    The middle value of all turns.
    """
    if row["reason"] or not row["path"] or gauge is None:
        return None
    width, height = row["input_size"]
    done = 2 * row["macs_per_pixel"] * width * height
    shares = [
        done / (turn["network"] / 1000) / (peaks[row["path"]] * row["threads"] * gauged / peaks[gauge])
        for turn, gauged in zip(row["turns"], row["gauged"], strict=True)
    ]
    return float(statistics.median(shares))


def _difference(opened: Mapping[str, tuple[Runner, Codes]], name: str) -> int | None:
    """The largest from the first reference, in codes; None where that is not run."""
    if REFERENCES[0] not in opened:
        return None
    (_, reference), (_, result) = opened[REFERENCES[0]], opened[name]
    return int(np.abs(result.astype(int) - reference).max())
