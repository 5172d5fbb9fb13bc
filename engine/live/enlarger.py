"""Enlarging the frames of one live stream, whatever size and format the next one has, without ever waiting.

`rungs.py` has the ways one kind of frame can be enlarged. Here: which kind is it, and are its models being opened?
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass

from ..frame import DecodedFrame, UpscaledFrame
from .rungs import Kind, Rungs, check_settings, kind_of
from .settings import LiveSettings
from .stage import Stage

LARGEST = (3840, 2160)
KINDS_KEPT = 3  # so that a stream that goes back and forth between sizes does not open its models each time


@dataclass(frozen=True)
class EnlargerState:
    """What became of the last frame, and why."""

    model: str  # wanted
    rung: str | None  # in use; None before the first frame
    backend: str | None
    reason: str | None  # for the backend
    input: tuple[int, int] | None  # (width, height) in pixels
    output: tuple[int, int] | None
    scale: int  # in use, at most the one that was wanted
    opening: tuple[str, ...]  # rungs that are not ready yet
    frames: dict[str, int]  # how many each rung has made so far
    note: str | None  # what is not as wanted, and why


class Enlarger:
    """One stream's. `enlarge` is for one thread, everything else for any.

    The models keep what did not change from one frame to the next: nobody may write into the planes of a frame that was
    given, or of one that was made.
    """

    def __init__(self, settings: LiveSettings, *, largest: tuple[int, int] = LARGEST) -> None:
        """`largest` is the largest output, either way up: where it would be larger, the scale is lowered, down to 1.

        Raises UsageError or ModelError for settings that cannot be (`rungs.check_settings`); a model that cannot be
        opened later is left out, and `state` says so.
        """
        check_settings(settings)
        self._settings, self._largest = settings, largest
        self._kinds: OrderedDict[Kind, Rungs] = OrderedDict()
        self._last: tuple[Rungs, int] | None = None  # what made the last frame
        self._frames: Counter[str] = Counter()
        self._broken: str | None = None
        self._opener: Stage[Rungs] = Stage("open", Rungs.open, self._opening_failed)

    @property
    def settings(self) -> LiveSettings:
        """Those in force from the next frame on."""
        return self._settings

    @property
    def kind(self) -> Kind | None:
        """Of the last frame."""
        return self._last[0].kind if self._last else None

    @property
    def names(self) -> tuple[str, ...]:
        """The rungs of the last frame's kind, the best first; empty before the first frame."""
        return self._last[0].names if self._last else ()

    @property
    def rung(self) -> int:
        """Which of `names` made the last frame."""
        return self._last[1] if self._last else 0

    def change(self, settings: LiveSettings) -> None:
        """Other settings from the next frame on. Raises like the constructor, and then nothing has changed."""
        check_settings(settings)
        self._settings = settings

    def enlarge(self, frame: DecodedFrame, best: int = 0) -> UpscaledFrame:
        """The frame by rung `best` of `names`, or by the next one that is ready.

        Raises InputError for a pixel format the engine has no form for.
        """
        kind = kind_of(frame, self._settings, self._largest)
        rungs = self._last[0] if self._last and self._last[0].kind == kind else self._rungs_of(kind)
        made, rung = rungs.upscale(frame, best)
        self._frames[rungs.names[rung]] += 1
        self._last = rungs, rung
        return made

    def state(self) -> EnlargerState:
        """As it is now."""
        settings, last, frames = self._settings, self._last, dict(self._frames)
        if last is None:
            return EnlargerState(settings.model, None, None, None, None, None, settings.scale, (), frames, None)
        (rungs, rung), kind = last, last[0].kind
        backend, reason = rungs.backends[rungs.names[rung]]
        return EnlargerState(
            model=settings.model,
            rung=rungs.names[rung],
            backend=backend,
            reason=reason,
            input=(kind.width, kind.height),
            output=(kind.width * kind.scale, kind.height * kind.scale),
            scale=kind.scale,
            opening=rungs.missing,
            frames=frames,
            note=self._note(rungs),
        )

    def close(self) -> None:
        """End the thread that opens models, after the one it is at, and free them. Not while a frame is in work."""
        self._opener.close()
        for rungs in self._kinds.values():
            rungs.close()

    def _rungs_of(self, kind: Kind) -> Rungs:
        """Those of a kind, with what is missing on its way."""
        rungs = self._kinds.get(kind) or Rungs(kind)
        self._kinds[kind] = rungs
        self._kinds.move_to_end(kind)
        if len(self._kinds) > KINDS_KEPT:
            self._kinds.popitem(last=False)[1].close()
        if rungs.missing:
            self._opener.put(rungs)
        return rungs

    def _note(self, rungs: Rungs) -> str | None:
        kind, words = rungs.kind, [f"{name}: {why}" for name, why in list(rungs.failures.items())]
        if kind.scale < kind.settings.scale:
            width, height = self._largest
            words.append(f"scale {kind.scale} instead of {kind.settings.scale}: at most {width}x{height} is made")
        return "; ".join([*words, *([self._broken] if self._broken else [])]) or None

    def _opening_failed(self, error: Exception) -> None:
        """An error that is none of the engine's: a bug, but not one the picture should stop for."""
        self._broken = f"opening a model failed: {type(error).__name__}: {error}"
