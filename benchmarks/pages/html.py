"""A report as one page of HTML that needs nothing else: no file, no network, no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from markdown_it.token import Token

from ..report import Report
from ..statistics.calibration import is_noisy
from . import draw
from .contents import Content, contents_of
from .figures import Figure
from .markdown import PARSER, level_of, lowered
from .markup import Link, accessible, linked, raw
from .palette import properties, slots, themed

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<div class="layout">
<nav aria-label="Contents"><details open><summary>Contents</summary><ul>
{contents}
</ul></details></nav>
<main id="content">
{body}</main>
</div>
<script>
{script}</script>
</body>
</html>
"""


def page(report: Report) -> str:
    """The same report gives the same page. Raises InputError for a kind this version does not know."""
    return page_of(contents_of(report))


def page_of(contents: Sequence[Content]) -> str:
    """The first one's title is the page's; the others are its parts."""
    colours = slots(figure for content in contents for figure in content.figures)
    tokens = [token for index, content in enumerate(contents) for token in _tokens(content, colours, part=index > 0)]
    links, script = linked(tokens), _own("page.js")
    return _PAGE.format(
        policy=_policy(script),
        title=escape(links[0].text),
        style=_style(),
        contents="\n".join(map(_item, links[1:])),
        body=PARSER.renderer.render(accessible(tokens), PARSER.options, {}),
        script=script,
    )


def _tokens(content: Content, colours: Mapping[str, int], *, part: bool) -> Iterator[Token]:
    """Title, how far to trust it, how it was made, plots, and the rest."""
    tokens = PARSER.parse(lowered(content.document) if part else content.document)
    starts = [index for index, token in enumerate(tokens) if level_of(token)]
    title, below = starts[0] + 3, starts[1] if len(starts) > 1 else len(tokens)
    yield from tokens[:title]
    yield raw(_verdicts(content.report))
    yield from _facts(tokens[title:below])
    if content.figures:
        yield from PARSER.parse("### Plots" if part else "## Plots")
        yield from (raw(_figure(figure, colours)) for figure in content.figures)
    yield from tokens[below:]


def _facts(tokens: Sequence[Token]) -> Iterator[Token]:
    """What stands below the title, down to the end of its list, in a box."""
    ends = (index for index, token in enumerate(tokens) if token.type == "bullet_list_close" and not token.level)
    end = next(ends, -1) + 1
    yield from (raw('<div class="facts">'), *tokens[:end], raw("</div>"), *tokens[end:]) if end else tokens


def _verdicts(report: Report) -> str:
    words = [("complete", "good") if report["complete"] else ("interrupted", "bad")]
    calibrations = [taken for part in (report, *report.get("parts", ())) if (taken := part["calibration"])]
    if calibrations:
        words.append(("noisy machine", "bad") if any(map(is_noisy, calibrations)) else ("steady machine", "good"))
    items = "".join(f'<li class="{meant}">{word}</li>' for word, meant in words)
    return f'<ul class="verdicts" aria-label="How far to trust this">{items}</ul>'


def _figure(figure: Figure, colours: Mapping[str, int]) -> str:
    name = escape(f"{figure.title}. {figure.caption}")
    svg = themed(draw.svg(figure, colours)).replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)
    box = f'<div class="scroll" role="region" aria-label="Plot: {escape(figure.title)}" tabindex="0">\n{svg}</div>'
    return f"<figure>{box}<figcaption>{PARSER.renderInline(figure.caption)}</figcaption></figure>"


def _item(link: Link) -> str:
    return f'<li class="level-{link.level}"><a href="#{link.id}">{escape(link.text)}</a></li>'


def _style() -> str:
    light, dark = properties(dark=False), properties(dark=True)
    themes = (
        f":root {{ {light} }}",
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}",
        f"@media print {{ :root {{ {light} }} }}",
    )
    return "\n".join((*themes, _own("page.css")))


def _policy(script: str) -> str:
    """Nothing is fetched, and no script runs but the page's own, should anything ever stand in it unescaped."""
    digest = base64.b64encode(hashlib.sha256(f"\n{script}".encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"


def _own(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
