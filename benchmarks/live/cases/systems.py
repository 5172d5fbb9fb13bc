"""Who is measured beside whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..servers import Server, our_server, stock_server
from ..settings import Settings
from ..stock import StockSettings


@dataclass(frozen=True)
class System:
    """A server, ours or plain aiortc, and peers, with our changes to aiortc or plain."""

    ours: bool
    tuned: bool

    @property
    def name(self) -> str:
        """Of server and peers."""
        return f"{'ours' if self.ours else 'stock'}, {'our' if self.tuned else 'stock'} peers"


OURS = System(ours=True, tuned=True)
STOCK = System(ours=False, tuned=False)
ALL = (OURS, System(ours=True, tuned=False), System(ours=False, tuned=True), STOCK)


@contextmanager
def serving(system: System, settings: Settings, *options: str) -> Iterator[Server]:
    """The system's server, for as long as the context lasts; `options` are more of ours."""
    stock = StockSettings(settings.model, settings.scale)
    with our_server(*settings.serve_options(), *options) if system.ours else stock_server(stock) as server:
        yield server
