"""A request that is refused, with the HTTP status that says so."""

from __future__ import annotations

from typing import Any

from ..errors import FrameliftError


class Refused(FrameliftError):
    """What is wrong and what to do next, as every error; `status` is the answer's (RFC 9110 section 15).

    `retry_after` is in seconds: when it makes sense to ask again.
    """

    def __init__(self, status: int, message: str, hint: str, *, retry_after: int | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it arrives whole from another process."""
        return type(self), (self.status, self.message, self.hint), {"retry_after": self.retry_after}


def no_such_session(session: str) -> Refused:
    """404 for a session that there is not, or not any more."""
    return Refused(404, f"there is no session {session[:40]}", "it has ended; create another")
