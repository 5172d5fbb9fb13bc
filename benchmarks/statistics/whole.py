"""A report that is made of reports, `bench all`, as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def whole(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """With everything its parts have: their cases and settings by the part's kind, their models and calibrations."""
    parts = report.get("parts", ())
    if not parts:
        return report
    taken = [part["calibration"] for part in parts if part["calibration"]]
    samples = {name: [value for each in taken for value in each[name]] for name in ("compute", "copy")}
    return {
        **report,
        "complete": report["complete"] and all(part["complete"] for part in parts),
        "settings": report["settings"] | {part["kind"]: part["settings"] for part in parts},
        "models": {name: digest for part in parts for name, digest in part["models"].items()},
        "calibration": samples if taken else None,
        "measurements": [
            row | {"case": f"{part['kind']}: {row['case']}"} for part in parts for row in part["measurements"]
        ],
    }
