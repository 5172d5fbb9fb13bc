"""Reports of every kind as Markdown."""

from __future__ import annotations

from ..engine.errors import InputError
from . import cpu, cpu_tables, live, live_tables, pipeline, pipeline_tables, reuse, reuse_tables
from .report import Report

_DOCUMENTS = {
    pipeline.KIND: pipeline_tables.document,
    cpu.KIND: cpu_tables.document,
    reuse.KIND: reuse_tables.document,
    live.KIND: live_tables.document,
}


def markdown(report: Report) -> str:
    """A whole report for people. Raises InputError for a kind this version does not know."""
    if report["kind"] not in _DOCUMENTS:
        known = ", ".join(_DOCUMENTS)
        raise InputError(f"reports of kind {report['kind']!r} are unknown", f"this version shows: {known}")
    return _DOCUMENTS[report["kind"]](report)
