"""The same with datagrams lost on their way to the viewer, which must ask for them again."""

from __future__ import annotations

from itertools import product

from ..names import OURS, STOCK
from ..results import Result, measurements_of_runs, row_of
from ..run import Peers, run
from ..settings import Work
from .systems import serving

_SHARES = (0.01, 0.02)


def measure(work: Work) -> Result:
    """Our server with our peers, and plain aiortc; one run each."""
    rows, measured = [], []
    for codec, share, system in product(work.settings.codecs, _SHARES, (OURS, STOCK)):
        peers = Peers(work.scene, codec, system.tuned, work.settings.seconds_of("loss"), loss=share)
        work.calibration.take()
        with serving(system, work.settings) as server:
            ran = run(server, peers)
        name = f"loss, {codec}, {share:.0%}, {system.name}"
        rows.append(row_of(name, [ran], codec=codec, system=system.name, loss=share))
        measured += measurements_of_runs(name, [ran])
        work.say(f"loss of {share:.0%}, {codec}, {system.name}: p95 {ran.glass.ms.p95:.1f} ms")
    return Result(rows, [], measured)
