"""How many live streams are on time at once: the report's `streams`, and their measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from ...engine.live.settings import LiveSettings
from ..statistics.measurement import Measurement
from .bench import Bench
from .cases import Case, live_name
from .levels import MISSED, MOST, SECONDS, Level, level
from .metrics import MOST_STREAMS, of_levels
from .settings import Settings
from .sources import live_source

SEARCHES = 3  # at most


def find_capacity(bench: Bench, case: Case) -> None:
    """Search up to `SEARCHES` times, each from where the last one ended. Raises FrameliftError.

    What there is by the time that somebody ends it is kept.
    """
    settings, clip = bench.settings, case.clip
    rate = settings.rate or max(1, round(clip.rate))
    source, name = live_source(clip, rate, bench.folder), live_name(settings, clip, rate)
    levels: dict[int, list[Level]] = defaultdict(list)
    found: list[int] = []

    def on_time(streams: int) -> bool:
        bench.calibration.take()
        tried = level(source, live_settings(settings), rate, streams)
        levels[streams].append(tried)
        bench.say(f"{name}, {streams} at once: {tried.on_time:.1%} of the frames on time, {tried.cores:.2f} cores busy")
        return not tried.late

    try:
        while len(found) < min(SEARCHES, settings.repeat):
            found.append(most(on_time, max([1, *found[-1:]])))
    finally:
        if levels:
            _tell(bench, name, rate, levels, found)
        bench.keep()


def _tell(bench: Bench, name: str, rate: int, levels: Mapping[int, Sequence[Level]], found: Sequence[int]) -> None:
    """What was tried, and what was found."""
    names = {streams: f"{name}, {streams} at once" for streams in sorted(levels)}
    for streams, at_once in names.items():
        bench.add(of_levels(at_once, levels[streams]))
    if found:
        bench.add([Measurement(name, MOST_STREAMS, "streams", "higher", tuple((float(n),) for n in found))])
    bench.report["streams"] = {
        "case": name,
        "rate": rate,
        "seconds": SECONDS,
        "missed": MISSED,
        "levels": {at_once: streams for streams, at_once in names.items()},
    }


def live_settings(settings: Settings) -> LiveSettings:
    """Of each stream: the first model on the first backend."""
    return LiveSettings(
        settings.models[0], settings.scale, settings.backends[0], settings.precisions[0], settings.threads
    )


def most(on_time: Callable[[int], bool], guess: int = 1, limit: int = MOST) -> int:
    """The largest number up to `limit` that is on time, if all below are and none above; 0 where not even 1 is.

    Away from `guess` in steps that double, then by halves.
    """
    below, above, step, n = 0, limit + 1, 1, min(guess, limit)
    while above - below > 1:
        if on_time(n):
            below = n
        else:
            above = n
        if above > limit:
            n = min(below + step, limit)
        elif below == 0:
            n = max(above - step, 1)
        else:
            n = (below + above) // 2
        step *= 2
    return below
