"""What training and export refuse, as types.

    TrainingError
    ├── SettingError   a tier, a scale or another setting is not allowed                 exit code 2
    ├── DataError      pictures or a checkpoint cannot be read or used                   exit code 3
    ├── ResultError    a run diverged, or a model is not what it must be to be exported   exit code 4
    └── WriteError     a file cannot be written                                          exit code 5

Their attributes are those of the engine's errors, so that the command shows both alike; training does not
need the engine.
"""

from __future__ import annotations


class TrainingError(Exception):
    """An error a user can act on: what is wrong (with the value) and what to do next."""

    exit_code: int

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingError(TrainingError):
    """A setting is outside what is allowed."""

    exit_code = 2


class DataError(TrainingError):
    """Pictures or a checkpoint are missing, unreadable or of no use."""

    exit_code = 3


class ResultError(TrainingError):
    """A run diverged, or a model fails what is asked of it."""

    exit_code = 4


class WriteError(TrainingError):
    """A file cannot be written; an older one is kept."""

    exit_code = 5
