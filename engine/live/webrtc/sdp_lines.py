"""The lines of a session description (RFC 8866 section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

SHOWN = 60  # characters of somebody else's text in a message


@dataclass(frozen=True)
class Part:
    """The session's own lines, or those of one m= section, which then is its `head`."""

    head: str
    attributes: tuple[tuple[str, str], ...]  # of each a= line: name and value, "" where it has none

    def first(self, name: str) -> str | None:
        """The first attribute of this name."""
        return next((value for key, value in self.attributes if key == name), None)

    def every(self, name: str) -> list[str]:
        """All attributes of this name, in order."""
        return [value for key, value in self.attributes if key == name]


def split(text: str) -> tuple[Part, list[Part]]:
    """The session's part and one for each m= line. Lines that are neither m= nor a= say nothing to us."""
    heads, attributes = [""], [list[tuple[str, str]]()]
    for line in re.split(r"\r?\n", text):
        if line.startswith("m="):
            heads.append(line)
            attributes.append([])
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            attributes[-1].append((name, value.strip()))
    session, *media = (Part(head, tuple(own)) for head, own in zip(heads, attributes, strict=True))
    return session, media
