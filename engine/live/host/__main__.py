"""`python -m framelift.engine.live.host FD`: the media process; FD is its end of the socket pair."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ..settings import IceSettings, LiveSettings
from .host import Host
from .rpc import answer_calls, ends_of

SWITCH_SECONDS = 0.0005  # between two Python threads; the default of 5 ms is what a frame may take in all


async def _run(channel: socket.socket) -> None:
    reader, writer = await ends_of(channel)
    hosts: list[Host] = []

    async def handle(call: str, arguments: dict[str, Any]) -> Any:
        if call == "open":
            hosts.append(_opened(**arguments))
            return None
        if call == "ping":
            return None
        if not hosts:
            raise UsageError(f"call {call} before open", "call open first")
        return await hosts[0].handle(call, arguments)

    try:
        await answer_calls(reader, writer, handle)
    finally:
        for host in hosts:
            await host.close()


def _opened(live: dict[str, Any], ice: dict[str, Any], max_sessions: int, trace: str | None) -> Host:
    lists = {name: tuple(ice[name]) for name in ("servers", "addresses")}
    host = Host(LiveSettings(**live), IceSettings(**ice | lists), max_sessions, Path(trace) if trace else None)
    gc.freeze()  # what is loaded by now stays: collections need not look at it
    return host


def main() -> None:
    """Live until the server's end of the socket pair is closed, or the server is gone."""
    logging.basicConfig(level=logging.WARNING, format="media: %(levelname)s %(name)s: %(message)s")
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.run(_run(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
