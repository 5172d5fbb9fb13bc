"""What can go wrong, as types. Each is raised once, where the fact is known, and shown once, by the command.

    FrameliftError
    ├── UsageError    wrong usage: an option, a size, a name that is not allowed       exit code 2
    ├── InputError    the input cannot be read                                         exit code 3
    ├── ModelError    the model or its backend cannot serve                            exit code 4
    │   └── UnsupportedNetwork    the native kernel cannot, another backend can
    └── OutputError   the output cannot be written, or cannot hold what the input has  exit code 5

Damage that leaves something to decode is no error: it is reported with the result (exit code 6).
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command; they are part of its interface."""

    DONE = 0
    CHECK_FAILED = 1
    USAGE = 2
    INPUT = 3
    MODEL = 4
    OUTPUT = 5
    DAMAGED = 6
    INTERNAL = 70
    INTERRUPTED = 130


class FrameliftError(Exception):
    """An error a user can act on: what is wrong (with the value) and what to do next."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[FrameliftError], tuple[str, str]]:
        """So that an error of another process arrives whole."""
        return type(self), (self.message, self.hint)


class UsageError(FrameliftError):
    """An option or argument is outside what is allowed."""

    exit_code = ExitCode.USAGE


class InputError(FrameliftError):
    """The input is missing, unreadable or holds no video."""

    exit_code = ExitCode.INPUT


class ModelError(FrameliftError):
    """The model file is not an upscaler, or no backend can run it."""

    exit_code = ExitCode.MODEL


class UnsupportedNetwork(ModelError):
    """The network is outside the family that the native kernel computes; another backend runs it."""

    def __init__(self, message: str, hint: str = "backend onnxruntime runs it") -> None:
        super().__init__(message, hint)


class OutputError(FrameliftError):
    """The output cannot be written or cannot carry what the input holds."""

    exit_code = ExitCode.OUTPUT
