"""Parts of Markdown documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .report import Report


def head(title: str, report: Report, facts: Sequence[str]) -> str:
    """What any report begins with: how it was made, on what, and the facts of its kind."""
    machine, versions = report["machine"], report["versions"]
    software = ", ".join(f"{name} {version}" for name, version in versions.items())
    place = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory'] / 2**30:.1f} GiB, {machine['system']}"
    lines = [f"Machine: {place}; load before the run {machine['load']:.1f}", f"Software: {software}", *facts]
    return (
        f"# {title}\n\nMade by `{report['command']}` on {report['date']}, commit {report['commit'] or 'unknown'}.\n\n"
        + "\n".join(f"- {line}" for line in lines)
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    """A Markdown table; the columns from the second hold `numbers`, flush right, or text."""
    lines = [header, ["---", *["---:" if numbers else "---"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread(values: Mapping[str, float], digits: int) -> str:
    """Middle value (smallest to largest)."""
    return f"{values['median']:.{digits}f} ({values['min']:.{digits}f} to {values['max']:.{digits}f})"


def size(sides: Sequence[int]) -> str:
    """Of width and height."""
    return f"{sides[0]}x{sides[1]}"
