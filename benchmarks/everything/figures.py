"""The report of all kinds has no plots but those of its parts."""

from __future__ import annotations

from ..pages.figures import Figure
from ..report import Report


def figures(_: Report) -> list[Figure]:
    """None."""
    return []
