"""Who is measured beside whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..names import System
from ..servers import Server, our_server, stock_server
from ..settings import Settings
from ..stock import StockSettings


@contextmanager
def serving(system: System, settings: Settings, *options: str) -> Iterator[Server]:
    """The system's server, for as long as the context lasts; `options` are more of ours."""
    stock = StockSettings(settings.model, settings.scale)
    with our_server(*settings.serve_options(), *options) if system.ours else stock_server(stock) as server:
        yield server
