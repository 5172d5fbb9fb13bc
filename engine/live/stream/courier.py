"""The process that writes to the destination, as the stream sees it.

FFmpeg's muxers hold Python's interpreter while they connect and say goodbye, and some wait for ever for a peer that
takes nothing. In a process of its own that stops no frame, and what takes too long is ended (see `writer.py`).
"""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from .messages import Close, Done, Failed, Message, limit_of

_MODULE = f"{__package__}.writer"
_END = 3.0  # seconds it may take to end once its socket is closed
_SPARE = 10.0  # seconds beyond its own limit, after which it is ended from here


class Refused(Exception):
    """The destination did not take it; its connection is lost."""


class Courier:
    """One process, started by the first message and again after it ended. One thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def tell(self, message: Message) -> Done:
        """Have it carried out. Raises Refused."""
        limit = limit_of(message)
        try:
            answer = self._answer(message, limit + _SPARE)
        except (EOFError, OSError):
            self.end()
            raise Refused(f"nothing was taken for {limit:g} s") from None
        if isinstance(answer, Failed):
            raise Refused(answer.reason)
        return answer

    def _answer(self, message: Message, seconds: float) -> Done | Failed:
        """Raises EOFError or OSError where the process has ended, or took too long."""
        connection = self._connection or self._started()
        connection.send(message)
        if not connection.poll(seconds):
            raise TimeoutError
        answer: Done | Failed = connection.recv()
        return answer

    def finish(self) -> None:
        """Write the end of what is open, then end the process. Raises Refused."""
        try:
            if self._connection is not None:
                self.tell(Close())
        finally:
            self.end()

    def end(self) -> None:
        """End the process, whatever it does. Twice is allowed."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            with suppress(OSError):
                connection.close()
        if process is not None:
            try:
                process.wait(_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _started(self) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())]
            # A session of its own: Ctrl-C in a terminal is for the stream, which then has the file finished.
            self._process = subprocess.Popen(  # noqa: S603
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._connection = Connection(ours.detach())
        return self._connection
