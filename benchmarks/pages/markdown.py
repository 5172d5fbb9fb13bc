"""Markdown documents: their headings and tables, as markdown-it reads them."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import chain, count, pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
"""HTML and links in a document are text, for files may be called so."""


def level_of(token: Token) -> int:
    """Of a heading that begins here; 0 for anything else."""
    return int(token.tag[1:]) if token.type == "heading_open" else 0


def text_of(inline: Token) -> str:
    """Of a heading or a cell, without marks of emphasis or code."""
    return "".join(child.content for child in inline.children or ()).strip()


def slug_of(text: str, taken: Container[str]) -> str:
    """A name for links, of small letters, digits and hyphens, that is not taken yet."""
    name = re.sub(r"[^\w]+", "-", text.lower()).strip("-_") or "section"
    return unique(name, taken)


def unique(name: str, taken: Container[str]) -> str:
    """With the first number after it that makes it so, if it is taken."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(each for each in chain((name,), numbered) if each not in taken)


def lowered(document: str) -> str:
    """Each heading one level deeper."""
    lines = document.split("\n")
    for line in _headings(document):
        lines[line] = f"#{lines[line]}"
    return "\n".join(lines)


def with_section(document: str, section: str) -> str:
    """`section` set in before the first heading below the title, or at the end."""
    lines, starts = document.rstrip("\n").split("\n"), _headings(document)[1:]
    at = starts[0] if starts else len(lines)
    return "\n".join([*lines[:at], *([] if starts else [""]), section, *([""] if starts else []), *lines[at:], ""])


def tables(document: str) -> dict[str, str]:
    """All tables, as Markdown, by the heading they stand under: `overview`, the next one there `overview-2`."""
    found: dict[str, str] = {}
    lines, tokens, heading = document.split("\n"), PARSER.parse(document), ""
    for token, following in pairwise(tokens):
        if level_of(token):
            heading = text_of(following)
        elif token.type == "table_open" and token.map:
            found[slug_of(heading, found)] = "\n".join(lines[slice(*token.map)]).rstrip()
    return found


def _headings(document: str) -> list[int]:
    """The lines at which they begin."""
    return [token.map[0] for token in PARSER.parse(document) if token.map and level_of(token)]
