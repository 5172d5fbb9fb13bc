"""`framelift bench files`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import say


def files(
    folders: Annotated[list[Path], typer.Argument(help="Every file in them, and in folders in them, is tried.")],
    out: Annotated[Path, typer.Option(help="The Markdown document to write.")],
    model: Annotated[str, typer.Option(help="As for `framelift upscale`.")] = "tiny-16",
    suffix: Annotated[str, typer.Option(help="The outputs' container.")] = ".mkv",
) -> int:
    """Upscale and verify every file; exit 1 when one is neither kept whole nor refused as documented."""
    from framelift.benchmarks.files import Outcome, examine, markdown
    from framelift.benchmarks.report import check_place, write_text
    from framelift.engine.containers import container_for
    from framelift.engine.errors import ExitCode
    from framelift.engine.plan import Options

    container_for(Path(f"output{suffix}"))
    check_place(out)
    rows = examine(folders, Options(model=model), suffix, say)
    names = " ".join(folder.resolve().name for folder in folders)
    document = out.name if out.is_absolute() else out
    command = f"framelift bench files {names} --out {document} --model {model} --suffix {suffix}"
    write_text(markdown(rows, command), out)
    failed = [row.name for row in rows if row.outcome is Outcome.FAILED]
    say(f"{len(rows)} files, {len(failed)} failed; the table is in {out}")
    return ExitCode.CHECK_FAILED if failed else ExitCode.DONE
