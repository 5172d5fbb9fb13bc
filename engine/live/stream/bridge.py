"""SRT through an installed `ffmpeg` command, which carries MPEG-TS between it and a socket or pipe: PyAV has no SRT."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import InputError, UsageError
from .addresses import Source, without_secrets

_QUIET = ("-hide_banner", "-loglevel", "error")
_LOOKING = ("-probesize", "500000", "-analyzeduration", "500000")  # briefly; PyAV looks for itself
_COPYING = (  # each packet at once, and none waits for the other track's
    "-map", "0", "-c", "copy", "-muxdelay", "0", "-max_interleave_delta", "1", "-pes_payload_size", "0",
    "-flush_packets", "1", "-f", "mpegts",
)  # fmt: skip
_END = 3.0  # seconds a bridge may take to end by itself


def command() -> str:
    """The path of `ffmpeg`. Raises UsageError where there is none."""
    found = shutil.which("ffmpeg")
    if found is None:
        raise UsageError(
            "srt:// needs the ffmpeg command, and there is none",
            "install it (apt install ffmpeg), or send MPEG-TS over udp:// instead",
        )
    return found


@contextmanager
def source_bridge(source: Source, timeout: float) -> Iterator[tuple[str, dict[str, str]]]:
    """Reads SRT: gives the address to open instead, with its options. Raises InputError after `timeout` seconds."""
    with tempfile.TemporaryDirectory(prefix="framelift-srt-") as name, (Path(name) / "words").open("w+b") as words:
        path, limit = Path(name) / "ts", str(round(1_000_000 * timeout))
        arguments = (*_LOOKING, "-i", source.url, *_COPYING, "-listen", "1", f"unix:{path}")
        process = subprocess.Popen(  # noqa: S603
            [command(), *_QUIET, "-nostdin", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words, start_new_session=True,
        )  # fmt: skip
        try:
            if not _there(path, process, timeout):
                words.seek(0)
                said = words.read().decode(errors="replace").splitlines()
                reason = (
                    without_secrets(said[-1].removeprefix(f"{source.url}: ")) if said else f"no data for {timeout:g} s"
                )
                raise InputError(
                    f"{source.shown} cannot be opened: {reason}", "check the address, and that the other side sends"
                )
            yield f"unix:{path}", {"rw_timeout": limit, "protocol_whitelist": "unix"}
        finally:
            process.terminate()
            ended(process)


def _there(path: Path, process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a socket; False when the process ends, or takes too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if path.exists():
            return True
        time.sleep(0.02)
    return False


def destination_bridge(url: str) -> subprocess.Popen[bytes]:
    """Writes SRT: MPEG-TS goes into its standard input."""
    arguments = (*_LOOKING, "-f", "mpegts", "-i", "pipe:0", *_COPYING, _lingering(url))
    return subprocess.Popen([command(), *_QUIET, *arguments], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603


def _lingering(url: str) -> str:
    """With the last packets sent before it ends, for up to 2 s."""
    return url if "linger=" in url else f"{url}{'&' if '?' in url else '?'}linger=2"


def ended(process: subprocess.Popen[bytes]) -> int:
    """Wait for it to end; one that does not is killed."""
    try:
        return process.wait(_END)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
