"""A destination made ready: a partial file, the folder of a playlist, the certificate of a WHIP peer."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Self

from ...errors import OutputError
from ...partial import explained, new_partial
from .addresses import Destination
from .bridge import command
from .certificate import write_certificate


class Place:
    """`destination` is what to write to; a file gets its name by `finish`."""

    def __init__(self, wanted: Destination, token: str | None, *, overwrite: bool) -> None:
        """`token` is a WHIP destination's. Raises OutputError, UsageError."""
        self._closing = ExitStack()
        self._partial: Path | None = None
        self._final = Path(wanted.url)
        self.destination = wanted
        if wanted.local:
            self._check(overwrite=overwrite)
        if wanted.kind == "file":
            self._partial = new_partial(self._final)
            self.destination = replace(wanted, url=f"file:{self._partial}")
        elif wanted.kind == "whip":
            folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="framelift-whip-")))
            self.destination = replace(wanted, options=wanted.options | _whip_options(folder, token))
        elif wanted.kind == "srt":
            command()

    def finish(self) -> None:
        """Give a file its name; one that nothing was written to is removed. Raises OutputError."""
        if self._partial is not None and self._partial.stat().st_size > 0:
            with explained(self._final):
                self._partial.replace(self._final)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()
        if self._partial is not None and self._partial.exists():
            if self._partial.stat().st_size > 0:  # what was recorded before the disk was full, say
                self._partial.replace(_free(self._final, ".incomplete"))
            else:
                self._partial.unlink()

    def _check(self, *, overwrite: bool) -> None:
        folder = self._final.parent
        try:
            if self._final.exists() and not overwrite:
                raise OutputError(f"{self._final} exists", "choose another name, or --overwrite it")
            if self.destination.kind == "hls" and folder.parent.is_dir():
                folder.mkdir(exist_ok=True)
            if not folder.is_dir():
                raise OutputError(f"{folder} is not a folder", "create it first")
        except OSError as error:
            raise OutputError(f"{self._final}: {error.strerror}", "choose another name") from error


def _free(path: Path, mark: str) -> Path:
    """`path` with `mark` before its suffix, and a number where that is taken."""
    numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    names = (path.with_suffix(f"{mark}{number}{path.suffix}") for number in numbers)
    return next(name for name in names if not name.exists())


def _whip_options(folder: Path, token: str | None) -> dict[str, str]:
    certificate, key = write_certificate(folder)
    options = {"cert_file": str(certificate), "key_file": str(key)}
    return options | ({"authorization": token} if token else {})
