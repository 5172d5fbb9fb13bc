"""Folders for files that come and go, all in one that goes with the server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..refused import Refused

FILES_AT_ONCE = 32  # uploads and answers under way
SPARE_DISK = 1 << 30  # bytes that uploads leave free


class Scratch:
    """A folder for one upload and its result."""

    def __init__(self, folder: Path, removed: Callable[[Scratch], None]) -> None:
        folder.mkdir()
        self.folder = folder
        self._removed = removed
        self._kept = False

    @property
    def upload(self) -> Path:
        """Where the upload goes: no name that a client gave is part of it."""
        return self.folder / "upload"

    def handed_on(self) -> None:
        """From now on somebody else removes it."""
        self._kept = True

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            self.remove()

    def remove(self) -> None:
        """With all that is in it; more than once does no harm."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._removed(self)


class ScratchRoom:
    """The one folder, from its first use to `close`."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._made = 0
        self._there: set[Scratch] = set()

    def root(self) -> Path:
        """The folder itself, which nobody else may read."""
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="framelift-"))
        return self._root

    def close(self) -> None:
        """Remove everything."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def new(self, needed: int, kept: int, make_room: Callable[[], bool]) -> Scratch:
        """A folder for a file of `needed` bytes, beside `kept` ones that stay; `make_room` frees space, if it can.

        Raises Refused with 503 when too many are in use, 507 when the disk is full.
        """
        if len(self._there) - kept >= FILES_AT_ONCE:
            raise Refused(503, f"{FILES_AT_ONCE} files are under way already", "try again", retry_after=5)
        while shutil.disk_usage(self.root()).free < needed + SPARE_DISK:
            if not make_room():
                raise Refused(507, "the server's disk is full", "try again later", retry_after=60)
        self._made += 1
        scratch = Scratch(self.root() / str(self._made), self._there.discard)
        self._there.add(scratch)
        return scratch
