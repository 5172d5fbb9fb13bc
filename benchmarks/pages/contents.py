"""What a report's pages hold: its own document and plots, then those of its parts, where it is made of reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..kinds import kind_of
from ..report import Report
from .figures import Figure
from .markdown import lowered, tables, unique, with_section


@dataclass(frozen=True)
class Content:
    """One report's; the figures' names are unique over all contents of a page."""

    report: Report
    document: str  # Markdown, its title at level 1
    figures: Sequence[Figure]


def contents_of(report: Report) -> list[Content]:
    """Of the report and its parts. Raises InputError for a kind this version does not know."""
    taken: set[str] = set()
    made = []
    for part in (report, *report.get("parts", ())):
        kind, figures = kind_of(part), []
        for figure in kind.figures(part):
            figures.append(replace(figure, name=unique(figure.name, taken)))
            taken.add(figures[-1].name)
        made.append(Content(part, kind.document(part), figures))
    return made


def markdown(report: Report, plots: str | None = None) -> str:
    """All of it as one document, parts one level deeper; with links to the plots where these lie in folder `plots`."""
    documents = [_document(content, plots) for content in contents_of(report)]
    return "\n".join([documents[0], *map(lowered, documents[1:])])


def readme_tables(report: Report) -> Mapping[str, str]:
    """By name: what the kind offers for README, and all tables of the document, by the heading they stand under."""
    kind = kind_of(report)
    return {**tables(markdown(report)), **kind.readme_tables(report)}


def _document(content: Content, plots: str | None) -> str:
    if plots is None or not content.figures:
        return content.document
    links = (f"![{_plain(figure.title)}]({plots}/{figure.name}.svg)\n\n{figure.caption}" for figure in content.figures)
    return with_section(content.document, "\n\n".join(("## Plots", *links)))


def _plain(title: str) -> str:
    """Nothing in it ends a link's text."""
    return title.translate(str.maketrans("[]", "()"))
