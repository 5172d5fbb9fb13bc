"""Reports of every kind as Markdown."""

from __future__ import annotations

from .kinds import kind_of
from .report import Report


def markdown(report: Report) -> str:
    """A whole report for people. Raises InputError for a kind this version does not know."""
    return kind_of(report).document(report)
