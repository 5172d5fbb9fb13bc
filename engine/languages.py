"""Language codes of tracks: the two that ISO 639-2 has for some languages, and those QuickTime can hold.

QuickTime numbers about a hundred languages, and FFmpeg's mov muxer has one code for each; it writes tracks of
any other language without one.
"""

from __future__ import annotations

import re

ANY = r".*"
THREE_LETTERS = r"[a-z]{3}"
QUICKTIME = (
    "alb|amh|ara|arm|asm|aym|aze|baq|bel|ben|bul|bur|cat|ces|chi|dan|dut|dzo|eng|epo|est|fin|fra|geo|ger|gre|grn|guj"
    "|heb|hin|hun|ice|ind|iri|ita|jav|jpn|kan|kas|kaz|khm|kin|kir|kor|kur|lao|lat|lav|lit|mac|mal|mar|may|mlg|mlt|mol"
    "|mon|nep|nor|nya|ori|orm|per|pol|por|pus|que|ron|run|rus|san|sin|slk|slv|smi|snd|som|spa|sve|swa|tam|tat|tel|tgk"
    "|tgl|tha|tib|tir|tuk|tur|uig|ukr|urd|uzb|vie|wel|yid"
)
_PAIRS = (
    "alb/sqi arm/hye baq/eus bur/mya chi/zho cze/ces dut/nld fre/fra geo/kat ger/deu gre/ell ice/isl mac/mkd mao/mri "
    "may/msa per/fas rum/ron slo/slk sve/swe tib/bod wel/cym"  # sve is QuickTime's own
)
_OTHER = {code: other for pair in _PAIRS.split() for a, b in [pair.split("/")] for code, other in [(a, b), (b, a)]}


def spelled(language: str, allowed: str) -> str | None:
    """The code of `language` that matches the pattern `allowed`: itself, else its other one; None for neither."""
    return next((c for c in (language, _OTHER.get(language, "")) if c and re.fullmatch(allowed, c)), None)


def same_language(one: str | None, other: str | None) -> bool:
    """Whether two codes mean one language."""
    return one == other or (one in _OTHER and _OTHER[one] == other)
