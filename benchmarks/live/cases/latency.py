"""Glass to glass between two aiortc peers, ours and plain ones, through our server and plain aiortc."""

from __future__ import annotations

from itertools import product
from statistics import median

from ..codecs import Codec
from ..results import Result, Row, Target, row_of
from ..run import Peers, Ran, run
from ..scene import RATE
from ..settings import Work
from .systems import ALL, OURS, STOCK, System, serving

_FRAME_MS = 1000 / RATE


def measure(work: Work) -> Result:
    """Every system in every codec, in turns, so that ratios within a turn hold."""
    runs: dict[tuple[Codec, System], list[Ran]] = {each: [] for each in product(work.settings.codecs, ALL)}
    for turn, (codec, system) in product(range(work.settings.repeat), runs):
        peers = Peers(work.scene, codec, system.tuned, work.settings.seconds_of("latency"), compare=True)
        with serving(system, work.settings) as server:
            ran = run(server, peers)
        runs[codec, system].append(ran)
        ms = ran.glass.ms
        work.say(f"latency, {codec}, {system.name}, turn {turn + 1}: p50 {ms.p50:.1f}, p95 {ms.p95:.1f} ms")
    rows = [_row(codec, system, runs) for codec, system in runs]
    return Result(rows, [target for codec in work.settings.codecs for target in _targets(codec, rows)])


def _row(codec: Codec, system: System, runs: dict[tuple[Codec, System], list[Ran]]) -> Row:
    """With the ratios to plain aiortc, the median over the turns."""
    own, stock = runs[codec, system], runs[codec, STOCK]
    pairs = list(zip(own, stock, strict=True))
    return {
        **row_of(own, codec=codec, system=system.name),
        "p50_over_stock": median(a.glass.ms.p50 / b.glass.ms.p50 for a, b in pairs),
        "p95_over_stock": median(a.glass.ms.p95 / b.glass.ms.p95 for a, b in pairs),
    }


def _targets(codec: Codec, rows: list[Row]) -> list[Target]:
    row = next(row for row in rows if (row["codec"], row["system"]) == (codec, OURS.name))
    added = row["added_p95_ms"]
    targets = [
        Target(f"{codec}: added latency p95, ms", added and added["median"], most=round(_FRAME_MS, 1)),
        Target(f"{codec}: p50 over stock's", row["p50_over_stock"], most=1 / 3),
        Target(f"{codec}: p95 over stock's", row["p95_over_stock"], most=1 / 3),
    ]
    if codec == "h264":
        targets += [
            Target("h264: glass to glass p50, ms", row["p50_ms"]["median"], most=25.0),
            Target("h264: glass to glass p95, ms", row["p95_ms"]["median"], most=50.0),
        ]
    return targets
