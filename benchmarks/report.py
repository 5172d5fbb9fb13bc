"""Benchmark reports as JSON: one form for all of them, with what is needed to judge and to repeat one."""

from __future__ import annotations

import json
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


def write_report(report: Report, path: Path) -> None:
    """Raises OutputError."""
    write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", path)


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
        raise InputError(f"{path} is not a report: {error}", "give a file that `framelift bench` has written") from error
    schema = report.get("schema") if isinstance(report, dict) else None
    if schema != SCHEMA:
        raise InputError(
            f"{path} has schema {schema}, this version reads {SCHEMA}", "read it with the version that has made it"
        )
    return dict(report)
