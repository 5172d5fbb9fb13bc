"""Writing files whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import WriteError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to write to; what was written is renamed to `path` when the block ends well.

    Raises WriteError when writing fails; `path` is untouched then and nothing is left beside it.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except (OSError, RuntimeError) as error:  # torch wraps the system's error
        if partial.is_file():
            partial.unlink()
        raise WriteError(f"cannot write {path}: {error}", "make room, or choose another folder") from error
