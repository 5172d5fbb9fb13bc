"""Other people's commands: run to their end, for so long at most, with the memory they held."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import BinaryIO

from .running import PeerFailed

_POLL = 0.02  # seconds


@dataclass(frozen=True)
class Done:
    """What a command left."""

    made: bytes  # on stdout
    said: str  # on stderr
    memory: int  # bytes resident at most, seen until shortly before its end; 0 where the system does not tell


def run(command: Sequence[str], limit: float, given: bytes = b"") -> Done:
    """`given` is its input. Raises PeerFailed where it cannot be run, fails, or takes more than `limit` seconds."""
    with TemporaryFile() as source, TemporaryFile() as made, TemporaryFile() as said:
        source.write(given)
        source.seek(0)
        try:
            process = subprocess.Popen(command, stdin=source, stdout=made, stderr=said, start_new_session=True)  # noqa: S603
        except OSError as error:
            raise PeerFailed(f"{command[0]} cannot be run: {error.strerror}") from error
        with process:
            memory = _watched(process, limit)
        words = _content(said).decode(errors="replace")
        if process.returncode:
            raise PeerFailed(_failure(process.returncode, words, limit))
        return Done(_content(made), words, memory)


def _watched(process: subprocess.Popen[bytes], limit: float) -> int:
    """Its peak memory; killed when it is late, or when this process is interrupted.

    The system's own figure for an ended process (getrusage) is never below that of who started it.
    """
    memory, until = 0, monotonic() + limit
    try:
        while monotonic() < until:
            memory = _peak_memory(process.pid) or memory
            try:
                process.wait(_POLL)
            except subprocess.TimeoutExpired:
                continue
            return memory
    finally:
        process.kill()  # nothing happens to one that has ended
    return memory


def _peak_memory(pid: int) -> int:
    """0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    line = re.search(r"VmHWM:\s*(\d+) kB", status)
    return 1024 * int(line[1]) if line else 0


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _failure(code: int, words: str, limit: float) -> str:
    said = [line.strip() for line in words.split("\n") if line.strip()]
    if code < 0 and not said:
        return f"it was ended by signal {-code}; it may take {limit:g} s"
    return said[-1] if said else f"it ended with exit code {code}"
