"""`framelift`, but for a media process that `slow_host` makes slow."""

from __future__ import annotations

import asyncio
from typing import Any

from ...cli.main import main as run

_HOST, _SLOW_HOST = "framelift.engine.live.host", "framelift.benchmarks.live.slow_host"


def main() -> None:
    """The command line."""
    start = asyncio.create_subprocess_exec

    async def started(*command: str, **options: Any) -> asyncio.subprocess.Process:
        return await start(*(_SLOW_HOST if word == _HOST else word for word in command), **options)

    asyncio.create_subprocess_exec = started  # type: ignore[assignment]
    run()
