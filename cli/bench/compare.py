"""`framelift bench compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    a: Annotated[Path, typer.Argument(help="A report, as it was before.")],
    b: Annotated[Path, typer.Argument(help="One of the same kind, as it is now.")],
    json: Annotated[Path | None, typer.Option("--json", help="Write the result here.")] = None,
) -> int:
    """Say what is better and worse in B than in A beyond the noise; exit 1 when anything is worse. Prints Markdown."""
    from framelift.benchmarks.report import check_place, read_report, write_report
    from framelift.benchmarks.statistics.compare import compared
    from framelift.benchmarks.statistics.compare_tables import document, to_json
    from framelift.engine.errors import ExitCode

    if json is not None:
        check_place(json)
    before, now = read_report(a), read_report(b)
    comparison = compared(before, now)
    if json is not None:
        write_report(to_json(comparison), json)
    print(document(comparison, before, now), end="")
    return ExitCode.CHECK_FAILED if comparison.regressed else ExitCode.DONE
