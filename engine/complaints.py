"""What FFmpeg's libraries log on the calling thread: PyAV passes some facts and some damage on in no other way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import av.logging

_lock = threading.Lock()
_wanted: list[int] = []  # the levels of all who listen now; FFmpeg's level is the process's


@contextmanager
def heard(level: int) -> Iterator[list[tuple[int, str, str]]]:
    """A list that fills with (level, name, text) of what this thread makes FFmpeg log, `level` or more serious.

    The list may hold less serious lines too while another thread listens for those.
    """
    with _lock:
        av.logging.set_skip_repeated(False)  # two frames may be described in the same words
        if not _wanted:
            logging.getLogger("libav").propagate = False  # what other threads cause belongs to no terminal
        _wanted.append(level)
        av.logging.set_level(max(_wanted))
    try:
        with av.logging.Capture(local=True) as lines:
            yield lines
    finally:
        with _lock:
            _wanted.remove(level)
            av.logging.set_level(max(_wanted) if _wanted else None)
