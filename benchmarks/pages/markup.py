"""A document's tokens made into a page's: links to headings, names for tables, headers of rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import chain
from typing import NamedTuple

from markdown_it.token import Token

from .cells import refine
from .markdown import level_of, slug_of, text_of


class Link(NamedTuple):
    """To a heading."""

    level: int
    id: str
    text: str


def raw(html: str) -> Token:
    """What stands in the page as it is."""
    return Token("html_block", "", 0, content=f"{html}\n", block=True)


def linked(tokens: Sequence[Token]) -> list[Link]:
    """Give each heading an id, and say which."""
    links: list[Link] = []
    for index, token in enumerate(tokens):
        if level := level_of(token):
            text = text_of(tokens[index + 1])
            links.append(Link(level, slug_of(text, {link.id for link in links}), text))
            token.attrSet("id", links[-1].id)
    return links


def accessible(tokens: Sequence[Token]) -> list[Token]:
    """With tables that scroll by themselves and are named by their headings."""
    refine(tokens)
    return list(chain.from_iterable(_boxed(tokens)))


def _boxed(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    heading, count = "", 0
    for index, token in enumerate(tokens):
        if level_of(token):
            heading, count = text_of(tokens[index + 1]), 0
        if token.type == "table_open":
            count += 1
            name = escape(f"{heading}, table {count}" if count > 1 else heading)
            box = f'<div class="table scroll" role="region" aria-label="{name}" tabindex="0">'
            yield raw(box), token, raw(f'<caption class="unseen">{name}</caption>')
        elif token.type == "table_close":
            yield token, raw("</div>")
        else:
            yield (token,)
