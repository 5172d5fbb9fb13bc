"""README's tables, taken from committed reports.

Between the lines `<!-- table: NAME from REPORT.json -->` and `<!-- end -->` stands what the report gives under NAME;
the report's place is relative to the README's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...engine.errors import InputError
from ..report import read_report
from .contents import readme_tables

_BEGIN = re.compile(r"<!-- table: (?P<name>\S+) from (?P<report>.+) -->")
_END = "<!-- end -->"
_LIKE_ONE = re.compile(r"<!--\s*(table|end)\b")
_HINT = f"a table stands between `<!-- table: NAME from REPORT.json -->` and `{_END}`, each in a line of its own"


def filled(readme: Path) -> str:
    """The file's text with each table made anew from its report. Raises InputError."""
    return "\n".join(_filled(_text_of(readme).split("\n"), readme))


def is_current(readme: Path) -> bool:
    """Whether the file has its tables as the reports give them. Raises InputError."""
    return _text_of(readme) == filled(readme)


def _filled(lines: list[str], readme: Path) -> Iterator[str]:
    open_at = 0  # the line of the marker that waits for its end
    for number, line in enumerate(lines, 1):
        begin, end = _BEGIN.fullmatch(line), line == _END
        if _LIKE_ONE.search(line) and not (begin or end):
            raise InputError(f"{readme}, line {number}: {line.strip()!r} is no marker", _HINT)
        if begin and open_at:
            raise _without_end(readme, open_at)
        if end and not open_at:
            raise InputError(f"{readme}, line {number}: an end without a table above it", _HINT)
        if begin or end or not open_at:
            yield line
        if begin:
            yield from ("", _table(begin["name"], readme.parent / begin["report"]), "")
        open_at = number if begin else 0 if end else open_at
    if open_at:
        raise _without_end(readme, open_at)


def _table(name: str, path: Path) -> str:
    tables = readme_tables(read_report(path))
    if name not in tables:
        raise InputError(f"{path} has no table {name!r}", f"it has {', '.join(tables) or 'none'}")
    return tables[name].strip("\n")


def _text_of(readme: Path) -> str:
    try:
        return readme.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{readme} cannot be read: {error.strerror}", "check the name") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{readme} is not UTF-8: {error.reason}", "give a Markdown file") from error


def _without_end(readme: Path, line: int) -> InputError:
    return InputError(f"{readme}, line {line}: the table has no end", f"put a line `{_END}` below it")
