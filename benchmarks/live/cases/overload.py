"""A stage three times too slow: latency must stay, frames must be dropped and counted, the picture must move."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ..names import OURS, STOCK, System
from ..results import Result, Row, Target, measurements_of_runs, row_of
from ..run import Peers, Ran, run
from ..scene import RATE
from ..servers import Server, our_server, stock_server
from ..settings import Settings, Work
from ..slow import Slow
from ..slow_model import HEAVY
from ..stock import StockSettings

_SLOW_MS = 3 * 1000 / RATE
_Open = Callable[[], AbstractContextManager[Server]]


def measure(work: Work) -> Result:
    """Our server with a slow stage, or a slow model, and plain aiortc likewise; the first codec alone."""
    codec, rows, targets, measured = work.settings.codecs[0], [], [], []
    with TemporaryDirectory() as folder:
        model = HEAVY.write(Path(folder) / "heavy.onnx")
        for (what, system), server in _servers(work.settings, model).items():
            peers = Peers(work.scene, codec, system.tuned, work.settings.seconds_of("overload"))
            work.calibration.take()
            with server() as opened:
                ran = run(opened, peers)
            name = f"overload, {codec}, slow {what}, {system.name}"
            row = row_of(name, [ran], codec=codec, system=system.name, slow=what)
            rows.append(json.loads(json.dumps(row).replace(str(model), model.name)))  # not where it lay for an hour
            measured += measurements_of_runs(name, [ran])
            targets += _targets(what, ran, rows[-1]) if system is OURS else []
            glass = ran.glass
            work.say(f"overload, slow {what}, {system.name}: {glass.early_ms:.0f}, later {glass.late_ms:.0f} ms")
    return Result(rows, targets, measured)


def _servers(settings: Settings, model: Path) -> Mapping[tuple[str, System], _Open]:
    ours, stock = settings.serve_options(), StockSettings(settings.model, settings.scale)
    foreign = ("--model", str(model), "--scale", str(settings.scale))
    return {
        ("upscale", OURS): lambda: our_server(*ours, slow=Slow("upscale", _SLOW_MS)),
        ("encode", OURS): lambda: our_server(*ours, slow=Slow("encode", _SLOW_MS)),
        ("model", OURS): lambda: our_server(*foreign),
        ("upscale", STOCK): lambda: stock_server(replace(stock, slow_ms=_SLOW_MS)),
        ("model", STOCK): lambda: stock_server(replace(stock, model=str(model))),
    }


def _targets(what: str, ran: Ran, row: Row) -> list[Target]:
    glass = ran.glass
    targets = [
        Target(f"slow {what}: how much the latency grew, ms", glass.late_ms - glass.early_ms, most=1000 / RATE),
        Target(f"slow {what}: longest time without a new picture, ms", glass.longest_gap_ms, most=1000.0),
    ]
    if what != "model":  # which is not used where it is too slow
        targets.append(Target(f"slow {what}: frames dropped and counted", sum(row["dropped"].values()), least=1))
    return targets
