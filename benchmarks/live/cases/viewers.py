"""What more viewers of one stream cost: our server encodes once for all of them."""

from __future__ import annotations

from itertools import product
from statistics import median

from ..codecs import Codec
from ..results import Result, Row, Target, row_of
from ..run import Peers, Ran, run
from ..settings import Work
from .systems import OURS, STOCK, System, serving

_COUNTS = (1, 4)


def measure(work: Work) -> Result:
    """One and four viewers, in turns; the first codec alone."""
    codec = work.settings.codecs[0]
    cases = list(product((OURS, STOCK), _COUNTS))
    runs: dict[tuple[System, int], list[Ran]] = {case: [] for case in cases}
    for turn, (system, count) in product(range(work.settings.repeat), cases):
        peers = Peers(work.scene, codec, system.tuned, work.settings.seconds_of("viewers"), viewers=count)
        with serving(system, work.settings) as server:
            ran = run(server, peers)
        runs[system, count].append(ran)
        work.say(f"viewers: {count}, {system.name}, turn {turn + 1}: {ran.cpu:.2f} cores busy")
    rows = [_row(codec, system, count, runs) for system, count in cases]
    ours = {row["viewers"]: row for row in rows if row["system"] == OURS.name}
    return Result(rows, [_target("server's CPU", "cpu_over_one", ours), _target("encoding", "encode_over_one", ours)])


def _row(codec: Codec, system: System, count: int, runs: dict[tuple[System, int], list[Ran]]) -> Row:
    pairs = list(zip(runs[system, count], runs[system, 1], strict=True))
    encode = [a.encode_share / b.encode_share for a, b in pairs if a.encode_share and b.encode_share]
    return {
        **row_of(runs[system, count], codec=codec, system=system.name, viewers=count),
        "cpu_over_one": median(a.cpu / b.cpu for a, b in pairs),
        "encode_over_one": median(encode) if encode else None,
        "slowest_p95_ms": max(each.ms.p95 for ran in runs[system, count] for each in ran.each),
    }


def _target(what: str, ratio: str, ours: dict[int, Row]) -> Target:
    return Target(f"{what} with four viewers over with one", ours[_COUNTS[-1]][ratio], most=1.3)
