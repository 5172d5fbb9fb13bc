"""Benchmark reports as JSON: one form for all of them, with what is needed to judge and to repeat one."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..engine.errors import InputError, OutputError
from .machine import commit, machine, versions

SCHEMA = 1

Report = dict[str, Any]
"""`schema`, `kind`, `command`, `date`, `commit`, `machine`, `versions`, and what the kind adds."""


def new_report(kind: str, command: str) -> Report:
    """A report to which results are added; begun before the work, so that its load is that of others."""
    return {
        "schema": SCHEMA,
        "kind": kind,
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
    }


def spread_of(values: Sequence[float]) -> dict[str, float]:
    """Of several measurements of one thing."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def write_report(report: Report, path: Path) -> None:
    """Raises OutputError."""
    write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", path)


def check_place(path: Path) -> None:
    """Before the work whose result goes there. Raises OutputError."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise OutputError(f"{path} cannot be written: its folder is missing, or it is one", "choose another place")


def write_text(text: str, path: Path) -> None:
    """Raises OutputError."""
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}", "choose another place") from error


def read_report(path: Path) -> Report:
    """Raises InputError for what is not a report of this schema."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the name") from error
    except ValueError as error:
        raise _no_report(path, str(error)) from error
    if not isinstance(report, dict) or "kind" not in report:
        raise _no_report(path, "it has no `kind`")
    if report["schema"] != SCHEMA:
        raise InputError(
            f"{path} has schema {report['schema']}, this version reads {SCHEMA}",
            "read it with the version that has made it",
        )
    return report


def _no_report(path: Path, why: str) -> InputError:
    return InputError(f"{path} is not a report: {why}", "give a file that `framelift bench ... --json` has written")
