"""Writing beside the final name, and what goes wrong while writing, in words."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av.error

from .errors import OutputError

_serial = itertools.count()
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def new_partial(path: Path) -> Path:
    """An empty file beside `path` to write into. Raises OutputError where that is not possible."""
    while True:
        partial = path.parent / f".framelift-{os.getpid()}-{next(_serial)}.partial"
        try:
            partial.open("xb").close()
        except FileExistsError:  # left by a run that was killed, whose process had this one's number
            continue
        except OSError as error:
            raise OutputError(
                f"{path.parent} cannot be written to: {error.strerror}", "create the folder, or write elsewhere"
            ) from error
        return partial


@contextmanager
def explained(path: Path, what: str | None = None) -> Iterator[None]:
    """Turns what FFmpeg and the system say while `path` is written into an OutputError.

    `what` names a part of the input that the file was to hold.
    """
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        if getattr(error, "errno", None) in _FULL:
            raise OutputError(f"{path} cannot be written: {reason}", "free some space, or write elsewhere") from error
        failed = f"{path} cannot hold {what}" if what else f"{path} cannot be written"
        raise OutputError(f"{failed}: {reason}", "write .mkv, or leave it out with --drop-unsupported") from error
