"""Benchmark reports as JSON: one form for all of them, with what is needed to judge and to repeat one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..engine.errors import InputError, OutputError
from ..engine.model import Model
from .machine import commit, machine, versions
from .statistics import clock
from .statistics.calibration import Calibration
from .statistics.measurement import Measurement, measurements_of
from .statistics.overhead import Overhead

SCHEMA = 2
_FIELDS = {
    *("command", "settings", "date", "commit", "machine", "versions", "clock"),
    *("models", "complete", "calibration", "overhead", "measurements"),
}

Report = dict[str, Any]
"""How it was made: `schema`, `kind`, `command`, `settings`, `date`, `commit`, `machine`, `versions`, `clock`, `models`
(sha256 by name). What came out: `measurements`, and what the kind adds, without repeating figures. How far to trust it:
`complete`, `calibration` (`Calibration.to_json`, or None), `overhead` (of the harness, or None)."""


def new_report(kind: str, command: str, settings: Mapping[str, object]) -> Report:
    """A report to which measurements are added; begun before the work, so that its load is that of others.

    `settings` are what another run must have alike to be compared: plain values, paths, and containers of them.
    """
    return {
        "schema": SCHEMA,
        "kind": kind,
        "command": command,
        "settings": json.loads(json.dumps(settings, default=str)),  # as they will be read
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "clock": clock.facts(),
        "models": {},
        "complete": False,
        "calibration": None,
        "overhead": None,
        "measurements": [],
    }


def add(report: Report, measurement: Measurement) -> None:
    """Raises ValueError where the report has this case's metric already."""
    names = (measurement.case, measurement.metric)
    if any((row["case"], row["metric"]) == names for row in report["measurements"]):
        raise ValueError(f"{', '.join(names)}: measured twice")
    report["measurements"].append(measurement.to_json())


def add_model(report: Report, model: Model) -> None:
    """Which file a name stood for: of two reports it may not be the same."""
    report["models"][model.name] = model.sha256


def finish(report: Report, calibration: Calibration | None = None, overhead: Overhead | None = None) -> None:
    """All that was wanted has been measured."""
    report["calibration"] = calibration and calibration.to_json()
    report["overhead"] = overhead and asdict(overhead)
    report["complete"] = True


def write_report(report: Report, path: Path) -> None:
    """Raises OutputError."""
    write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", path)


def check_place(path: Path) -> None:
    """Before the work whose result goes there. Raises OutputError."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise OutputError(f"{path} cannot be written: its folder is missing, or it is one", "choose another place")


def write_text(text: str, path: Path) -> None:
    """Whole or not at all, also where it is interrupted: beside its name, then renamed. Raises OutputError."""
    file = path.resolve()
    beside = file.with_name(f".framelift-{file.name}.partial") if file.is_file() or not file.exists() else file
    try:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(file)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}", "choose another place") from error
    finally:
        if beside != file:  # as for a device
            beside.unlink(missing_ok=True)


def read_report(path: Path) -> Report:
    """Raises InputError for what is not a report of this schema."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the name") from error
    except ValueError as error:
        raise _no_report(path, str(error)) from error
    _check(report, path)
    checked: Report = report
    return checked


def _check(report: object, path: Path) -> None:
    """Raises InputError for what is not a report of this schema; also of one's parts."""
    if not isinstance(report, dict) or not {"schema", "kind"} <= report.keys():
        raise _no_report(path, "it has no `schema` and `kind`")
    if report["schema"] != SCHEMA:
        raise InputError(
            f"{path} has schema {report['schema']!r}, this version reads {SCHEMA}",
            "measure again, or read it with the version that has made it",
        )
    missing = sorted(_FIELDS - report.keys())
    if missing:
        raise _no_report(path, f"it has no `{missing[0]}`")
    try:
        measurements_of(report)
    except (KeyError, TypeError, ValueError) as error:
        raise _no_report(path, f"a measurement cannot be read: {type(error).__name__}: {error}") from error
    for part in report.get("parts", ()):
        _check(part, path)


def _no_report(path: Path, why: str) -> InputError:
    return InputError(f"{path} is not a report: {why}", "give a file that `framelift bench ... --json` has written")
