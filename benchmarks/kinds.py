"""The kinds of report there are, and what each has to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from ..engine.errors import InputError
from .pages.figures import Figure
from .report import Report

_PACKAGES = {
    "latency": "latency",
    "pipeline": "pipeline",
    "cpu": "cpu",
    "reuse": "reuse",
    "quality": "quality",
    "peers": "peers",
    "live": "live",
    "all": "everything",
}
"""Where each kind's `tables.py` and `figures.py` are."""


@dataclass(frozen=True)
class Kind:
    """What is made of a report of this kind: Markdown, plots, and by name the tables that README may show."""

    name: str
    document: Callable[[Report], str]
    figures: Callable[[Report], list[Figure]]
    readme_tables: Callable[[Report], Mapping[str, str]]


def kind_of(report: Report) -> Kind:
    """By its package, which is loaded only now. Raises InputError for a kind this version does not know."""
    name = report["kind"]
    if name not in _PACKAGES:
        raise InputError(f"reports of kind {name!r} are unknown", f"this version shows: {', '.join(_PACKAGES)}")
    tables, figures = (import_module(f".{_PACKAGES[name]}.{part}", __package__) for part in ("tables", "figures"))
    return Kind(name, tables.document, figures.figures, getattr(tables, "readme_tables", _no_tables))


def _no_tables(_: Report) -> Mapping[str, str]:
    """Of its own; README may still show those of its document."""
    return {}
