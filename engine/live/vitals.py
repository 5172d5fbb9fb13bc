"""What this process holds: threads, tasks, sockets, memory. What grows here leaks."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

_SELF = Path("/proc/self")


def vitals() -> dict[str, int | None]:
    """Counts, and `rss` in bytes; None for what this system does not tell (only Linux tells sockets and memory)."""
    return {
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
        "sockets": _sockets(),
        "rss": _resident(),
    }


def _sockets() -> int | None:
    folder = _SELF / "fd"
    if not folder.is_dir():
        return None
    return sum(_target(entry).startswith("socket:") for entry in folder.iterdir())


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except FileNotFoundError:  # the one that reads the folder, or one that was just closed
        return ""


def _resident() -> int | None:
    status = _SELF / "status"
    if not status.is_file():
        return None
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) << 10  # it says kB and means 1024 bytes
