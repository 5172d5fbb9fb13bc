"""What the report of all kinds says itself: which parts there are. Each part's own document follows it."""

from __future__ import annotations

from collections.abc import Mapping

from ..kinds import kind_of
from ..report import Report
from ..statistics.whole import whole
from ..tables import head, table

_WORDS = "Each part is a report of its own, measured after the one above it; its figures stand below."


def document(report: Report) -> str:
    """Of the whole, without its parts."""
    done = {part["kind"]: "interrupted" if not part["complete"] else "measured" for part in report["parts"]}
    refused = {
        name: f"{'measured until it failed' if name in done else 'not measured'}: {why}"
        for name, why in report["refused"].items()
    }
    rows = [
        (name, f"{report['seconds'][name]:.0f} s" if name in report["seconds"] else "", became)
        for name, became in (done | refused).items()
    ]
    parts = [head("Everything, measured", whole(report), []), "## Parts", _WORDS]
    return "\n\n".join([*parts, table(("part", "took", "became"), rows, numbers=False)]) + "\n"


def readme_tables(report: Report) -> Mapping[str, str]:
    """Those of the parts."""
    return {name: text for part in report["parts"] for name, text in kind_of(part).readme_tables(part).items()}
