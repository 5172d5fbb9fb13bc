"""What has a row in the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from ...engine.plan import Plan, make_plan
from ..cases import case_name
from .choices import Choice
from .sources import Source


@dataclass(frozen=True)
class Case:
    """A choice on a clip, planned."""

    choice: Choice
    source: Source
    plan: Plan

    @property
    def size(self) -> tuple[int, int]:
        """Of the input: (width, height)."""
        return self.plan.geometry.width, self.plan.geometry.height

    @property
    def name(self) -> str:
        """Unique among those of one clip and number of threads; without threads where they are left to the engine."""
        choice = self.choice
        return case_name(choice.name, choice.backend, choice.precision, self.size, self.plan.options.threads)

    @property
    def facts(self) -> dict[str, Any]:
        """What the report says of it beside figures."""
        choice = self.choice
        return {
            "case": self.name,
            "clip": self.source.name,
            "model": choice.name,
            "backend": choice.backend,
            "precision": choice.precision,
            "size": list(self.size),
            "scale": self.plan.model.scale,
            "threads": self.plan.options.threads,
        }


def cases_of(
    choices: Sequence[Choice], sources: Sequence[Source], threads: Sequence[int | None], folder: Path
) -> dict[str, Case]:
    """Each choice on each clip with so many threads, by name. Raises FrameliftError where one cannot be."""
    cases = [
        Case(choice, source, make_plan(source.path, folder / "out.mkv", choice.options(count)))
        for source, count, choice in product(sources, threads, choices)
    ]
    return {case.name: case for case in cases}
