"""Chromium to Chromium, through our server and through plain aiortc."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from ...statistics.measurement import Measurement
from ..codecs import Codec
from ..names import GLASS, OURS, STOCK, System
from ..results import Result, Row, Target, measurements_of_glass
from ..settings import Work
from .systems import serving

if TYPE_CHECKING:
    from ..browser import BrowserRan


def measure(work: Work) -> Result:
    """Raises UsageError where there is no Chromium or no playwright."""
    from ..browser import chromium, run_browser  # noqa: PLC0415  playwright is wanted by this case alone

    chromium()
    cases = list(product(work.settings.codecs, (OURS, STOCK)))
    runs: dict[tuple[Codec, System], list[BrowserRan]] = {case: [] for case in cases}
    for turn, (codec, system) in product(range(work.settings.repeat), cases):
        work.calibration.take()
        with serving(system, work.settings) as server:
            ran = run_browser(server, codec, work.settings.seconds_of("browser"), work.settings.size)
        runs[codec, system].append(ran)
        ms = ran.glass.ms
        work.say(f"browser, {codec}, {system.name}, turn {turn + 1}: p50 {ms.p50:.1f}, p95 {ms.p95:.1f} ms")
    rows = [_row(codec, system, runs[codec, system]) for codec, system in cases]
    measured = [m for case in cases for m in measurements_of_glass(_name(*case), [ran.glass for ran in runs[case]])]
    return Result(rows, [_target(codec, measured) for codec in work.settings.codecs], measured)


def _name(codec: Codec, system: System) -> str:
    return f"browser, {codec}, {_server(system)}"


def _server(system: System) -> str:
    return "ours" if system.ours else "stock"


def _row(codec: Codec, system: System, runs: list[BrowserRan]) -> Row:
    return {
        "case": _name(codec, system),
        "codec": codec,
        "server": _server(system),
        "browser": runs[0].browser,
        "frames": sum(ran.glass.frames for ran in runs),
        "size": list(runs[-1].size),
    }


def _target(codec: Codec, measured: list[Measurement]) -> Target:
    p50 = next(m.median for m in measured if (m.case, m.metric) == (_name(codec, OURS), GLASS))
    return Target(f"Chromium, {codec}: glass to glass p50, ms", p50, most=60.0)
