"""Chromium to Chromium, through our server and through plain aiortc."""

from __future__ import annotations

from dataclasses import asdict
from itertools import product
from typing import TYPE_CHECKING

from ...report import spread_of
from ..codecs import Codec
from ..results import Result, Row, Target
from ..settings import Work
from .systems import OURS, STOCK, System, serving

if TYPE_CHECKING:
    from ..browser import BrowserRan


def measure(work: Work) -> Result:
    """Raises UsageError where there is no Chromium or no playwright."""
    from ..browser import chromium, run_browser  # noqa: PLC0415  playwright is wanted by this case alone

    chromium()
    cases = list(product(work.settings.codecs, (OURS, STOCK)))
    runs: dict[tuple[Codec, System], list[BrowserRan]] = {case: [] for case in cases}
    for turn, (codec, system) in product(range(work.settings.repeat), cases):
        with serving(system, work.settings) as server:
            ran = run_browser(server, codec, work.settings.seconds_of("browser"), work.settings.size)
        runs[codec, system].append(ran)
        ms = ran.glass.ms
        work.say(f"browser, {codec}, {system.name}, turn {turn + 1}: p50 {ms.p50:.1f}, p95 {ms.p95:.1f} ms")
    rows = [_row(codec, system.ours, runs[codec, system]) for codec, system in cases]
    best = {row["codec"]: row["p50_ms"]["median"] for row in rows if row["server"] == "ours"}
    return Result(
        rows, [Target(f"Chromium, {codec}: glass to glass p50, ms", p50, most=60.0) for codec, p50 in best.items()]
    )


def _row(codec: Codec, ours: bool, runs: list[BrowserRan]) -> Row:
    return {
        "codec": codec,
        "server": "ours" if ours else "stock",
        "browser": runs[0].browser,
        "p50_ms": spread_of([ran.glass.ms.p50 for ran in runs]),
        "p95_ms": spread_of([ran.glass.ms.p95 for ran in runs]),
        "fps": spread_of([ran.glass.fps for ran in runs]),
        "frames": sum(ran.glass.frames for ran in runs),
        "lost": sum(ran.glass.lost for ran in runs),
        "doubled": sum(ran.glass.doubled for ran in runs),
        "unread": sum(ran.glass.unread for ran in runs),
        "size": list(runs[-1].size),
        "samples": [asdict(ran) for ran in runs],
    }
