"""What can keep a run from being measured."""

from __future__ import annotations


class Failed(Exception):
    """A run gave no result; the report says so, and other cases go on."""


class ChildFailed(Failed):
    """A process ended without a result, or gave none in time; has its traceback where there is one."""


class ServerFailed(Failed):
    """The server did not begin; has its last words."""


class Refused(Failed):
    """The server did not answer with a session."""


class NotConnected(Failed):
    """No connection within the time."""


class NothingSeen(Failed):
    """No frame with a number came after the warm-up."""
