"""A picture's file: what the decoder needs of it, and what is put beside the enlarged picture again.

The decoder gets the picture alone. Colour profile, EXIF (with its orientation, which stays), XMP and texts go around it
byte by byte: FFmpeg keeps few of them, and PyAV 18.1 dies of a PNG whose profile has a name.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class PictureFile:
    """A file taken apart. `beside` are its format's parts (kind, content), in the file's order."""

    decoder: str  # FFmpeg's name
    width: int  # as the header says, in pixels
    height: int
    picture: bytes  # a file again, with nothing but the picture
    beside: tuple[tuple[bytes, bytes], ...] = ()
    lossless: bool = True
    opaque: bool = False  # certainly; else the decoded picture tells
    damage: str | None = None
    notes: tuple[str, ...] = ()


def broken(what: str) -> InputError:
    """The error for a file that holds no picture."""
    return InputError(what, "open it in a viewer to see whether it is whole")
