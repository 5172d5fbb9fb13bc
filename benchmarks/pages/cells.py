"""Tables' cells in a page: headers of rows and columns, numbers flush right with their noise below, verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from markdown_it.token import Token

from .markdown import text_of

_VERDICTS = {"met": "good", "better": "good", "missed": "bad", "worse": "bad"}
"""Words that stand alone in a cell, and how they are meant."""

_NUMBER = re.compile(r"[+\-\u2212]?[\d.,]*\d")
_NOISY = re.compile(r"(?P<value>[+\-\u2212]?\d\S*)\s+(?P<noise>\(.+\))")
"""As `tables.measured` writes it: a number and, in brackets, what the noise allows."""


class Cell(NamedTuple):
    """The three tokens of one, and where it stands."""

    column: int
    opening: Token
    inline: Token
    closing: Token


def refine(tokens: Sequence[Token]) -> None:
    """Change the cells of all tables among these."""
    for table in _tables(tokens):
        for cell in table:
            _refine(cell)
        for _, column in groupby(sorted(table, key=lambda cell: cell.column), lambda cell: cell.column):
            _align(list(column))


def _tables(tokens: Sequence[Token]) -> list[list[Cell]]:
    tables: list[list[Cell]] = []
    column = 0
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            column = 0
        elif token.type in ("th_open", "td_open"):
            tables[-1].append(Cell(column, token, tokens[index + 1], tokens[index + 2]))
            column += 1
    return tables


def _refine(cell: Cell) -> None:
    text = text_of(cell.inline)
    if cell.opening.type == "th_open":
        cell.opening.attrSet("scope", "col")
    elif cell.column == 0:
        cell.opening.tag = cell.closing.tag = "th"
        cell.opening.attrSet("scope", "row")
    elif text in _VERDICTS:
        cell.opening.attrSet("class", _VERDICTS[text])
    elif found := _NOISY.fullmatch(text):
        noise = f'{escape(found["value"])} <span class="noise">{escape(found["noise"])}</span>'
        cell.inline.children = [Token("html_inline", "", 0, content=noise)]


def _align(column: Sequence[Cell]) -> None:
    """Words stand on the left, whatever the document has for all its columns."""
    if not any(_NUMBER.match(text_of(cell.inline)) for cell in column if cell.opening.type == "td_open"):
        for cell in column:
            cell.opening.attrs.pop("style", None)
