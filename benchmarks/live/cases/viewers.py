"""What more viewers of one stream cost: our server encodes once for all of them."""

from __future__ import annotations

from itertools import product

from ...statistics.bootstrap import paired
from ...statistics.measurement import Measurement, find
from ..codecs import Codec
from ..names import CORES, ENCODE, OURS, STOCK, System, viewers_of
from ..results import Result, Target, measurements_of_runs, row_of
from ..run import Peers, Ran, run
from ..settings import Work
from .systems import serving

_COUNTS = (1, 4)


def measure(work: Work) -> Result:
    """One and four viewers, in turns; the first codec alone."""
    codec = work.settings.codecs[0]
    cases = list(product((OURS, STOCK), _COUNTS))
    runs: dict[tuple[System, int], list[Ran]] = {case: [] for case in cases}
    for turn, (system, count) in product(range(work.settings.repeat), cases):
        peers = Peers(work.scene, codec, system.tuned, work.settings.seconds_of("viewers"), viewers=count)
        work.calibration.take()
        with serving(system, work.settings) as server:
            ran = run(server, peers)
        runs[system, count].append(ran)
        work.say(f"viewers: {count}, {system.name}, turn {turn + 1}: {ran.cpu:.2f} cores busy")
    names = {(system, count): viewers_of(codec, system, count) for system, count in cases}
    rows = [
        row_of(names[each], ran, codec=codec, system=each[0].name, viewers=each[1], slowest_p95_ms=_slowest(ran))
        for each, ran in runs.items()
    ]
    measured = [m for each in cases for m in measurements_of_runs(names[each], runs[each])]
    return Result(
        rows, [_target("server's CPU", CORES, codec, measured), _target("encoding", ENCODE, codec, measured)], measured
    )


def _slowest(runs: list[Ran]) -> float:
    return max(each.ms.p95 for ran in runs for each in ran.each)


def _target(what: str, metric: str, codec: Codec, measured: list[Measurement]) -> Target:
    one, many = (find(measured, viewers_of(codec, OURS, count), metric) for count in _COUNTS)
    over = paired(one, many).middle if one and many else None
    return Target(f"{what} with four viewers over with one", over, most=1.3)
