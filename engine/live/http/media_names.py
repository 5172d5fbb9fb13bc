"""Names of files as clients give them, and as they get them back. No name ever becomes a path of the server's."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

LONGEST_NAME = 120  # characters, of any script; most file systems hold 255 bytes
_UNSAFE = re.compile(r'[<>:"|?*\\/]')  # to one system or another
_TOKENS = "!#$&+-.^_`|~"  # attr-char of RFC 8187 section 3.2.1, beside letters and digits


def safe_name(given: str | None, otherwise: str) -> str:
    """The last part of what the client calls its file, printable and short; `otherwise` where nothing of it is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given or ""))[-1]
    name = _UNSAFE.sub("", "".join(map(_shown, last))).strip(" .")
    if len(name) > LONGEST_NAME:
        suffix = PurePosixPath(name).suffix[:10]
        name = name[: LONGEST_NAME - len(suffix)] + suffix
    return name.strip(" .") or otherwise


def _shown(character: str) -> str:
    """Nothing for controls, surrogates and what reverses text; a space for spaces of all kinds."""
    kind = unicodedata.category(character)[0]
    return "" if kind == "C" else " " if kind == "Z" else character


def enlarged_name(name: str, scale: int, suffix: str) -> str:
    """What the enlarged file is called, after a name that `safe_name` gave."""
    return f"{PurePosixPath(name).stem}-x{scale}{suffix}"


def content_disposition(name: str) -> str:
    """The header's value that makes browsers save an answer under `name` (RFC 6266 section 4.3)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace('"', "").replace("\\", "")
    value = f'attachment; filename="{plain or "enlarged"}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe=_TOKENS)}"
