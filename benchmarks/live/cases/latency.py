"""Glass to glass between two aiortc peers, ours and plain ones, through our server and plain aiortc."""

from __future__ import annotations

from itertools import product

from ...statistics.bootstrap import paired
from ...statistics.measurement import Measurement
from ..codecs import Codec
from ..names import ADDED, ALL, GLASS, OURS, P95, STOCK, System, latency_of
from ..results import Result, Target, measurements_of_runs, row_of
from ..run import Peers, Ran, run
from ..scene import RATE
from ..settings import Work
from .systems import serving

_FRAME_MS = 1000 / RATE


def measure(work: Work) -> Result:
    """Every system in every codec, in turns, so that ratios within a turn hold."""
    runs: dict[tuple[Codec, System], list[Ran]] = {each: [] for each in product(work.settings.codecs, ALL)}
    for turn, (codec, system) in product(range(work.settings.repeat), runs):
        peers = Peers(work.scene, codec, system.tuned, work.settings.seconds_of("latency"), compare=True)
        work.calibration.take()
        with serving(system, work.settings) as server:
            ran = run(server, peers)
        runs[codec, system].append(ran)
        ms = ran.glass.ms
        work.say(f"latency, {codec}, {system.name}, turn {turn + 1}: p50 {ms.p50:.1f}, p95 {ms.p95:.1f} ms")
    names = {(codec, system): latency_of(codec, system) for codec, system in runs}
    rows = [row_of(names[each], runs[each], codec=each[0], system=each[1].name) for each in runs]
    measured = [m for each in runs for m in measurements_of_runs(names[each], runs[each])]
    return Result(rows, [t for codec in work.settings.codecs for t in _targets(codec, measured)], measured)


def _targets(codec: Codec, measured: list[Measurement]) -> list[Target]:
    found = {(m.case, m.metric): m for m in measured}
    ours, stock = latency_of(codec, OURS), latency_of(codec, STOCK)
    added = found.get((ours, ADDED))  # none where nothing was sent in the last seconds of a run
    targets = [
        Target(f"{codec}: added latency p95, ms", added.median if added else None, most=round(_FRAME_MS, 1)),
        Target(f"{codec}: p50 over stock's", paired(found[stock, GLASS], found[ours, GLASS]).middle, most=1 / 3),
        Target(f"{codec}: p95 over stock's", paired(found[stock, P95], found[ours, P95]).middle, most=1 / 3),
    ]
    if codec == "h264":
        targets += [
            Target("h264: glass to glass p50, ms", found[ours, GLASS].median, most=25.0),
            Target("h264: glass to glass p95, ms", found[ours, P95].median, most=50.0),
        ]
    return targets
