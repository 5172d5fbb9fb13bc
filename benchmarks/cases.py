"""What cases are called, in all reports alike: only cases of one name can be compared."""

from __future__ import annotations

from pathlib import Path

from ..engine.model import scales_of


def case_name(
    model: str, backend: str, precision: str, size: tuple[int, int], threads: int | None, mode: str = ""
) -> str:
    """Such as "tiny-16-x2, native int8, 640x360, 2 threads".

    `model` is as `model_name` gives it, `size` the input's (width, height). What is left open (`threads` None, `mode`
    empty) is not in the name.
    """
    words = [model, " ".join(dict.fromkeys((backend, precision))), f"{size[0]}x{size[1]}"]
    words += [] if threads is None else [threads_in_words(threads)]
    return ", ".join([*words, mode] if mode else words)


def threads_in_words(count: int) -> str:
    """Such as "1 thread"."""
    return f"{count} thread{'s' * (count > 1)}"


def model_name(model: str | Path, scale: int) -> str:
    """A model with its scale: `tiny-16` is `tiny-16-x2`; a full name or a file has the scale it has."""
    return f"{model}-x{scale}" if scales_of(model) else Path(model).stem
