"""What is spared where a part of the picture does not change: the network with and without `reuse`, on decoded frames.

Both take each frame one right after the other, their outputs are compared bit for bit, and ratios are within a turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from ..engine.decode import Decoder
from ..engine.errors import ModelError, UsageError
from ..engine.frame import DecodedFrame
from ..engine.media import open_input
from ..engine.pipeline import upscaler_for
from ..engine.plan import Options, Plan, make_plan
from ..engine.upscaler import Upscaler, Work
from .report import Report, new_report, spread_of
from .reuse_scenes import KINDS, Scene

KIND = "reuse"
THREADS = {"latency": 1, "throughput": 2}
"""By mode. One thread computes a frame and compares it with the one it had before: of two, each has every second."""

Say = Callable[[str], None]
Row = dict[str, Any]
Plans = Mapping[bool, Plan]
"""By `reuse`."""


@dataclass(frozen=True)
class Settings:
    """What is measured: each model on each clip, a kind of scene or a file, of which the first `frames` are taken."""

    clips: tuple[str, ...] = tuple(KINDS)
    models: tuple[str, ...] = ("tiny-8", "tiny-16")
    size: tuple[int, int] = (640, 360)  # (width, height) of the scenes
    frames: int = 72
    repeat: int = 5

    def __post_init__(self) -> None:
        unknown = [name for name in self.clips if name not in KINDS and not Path(name).is_file()]
        if unknown:
            raise UsageError(
                f"{unknown[0]!r} is neither a scene nor a file", f"choose of {', '.join(KINDS)}, or name a video file"
            )

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--clip {name}" for name in self.clips]
        words += [f"--model {model}" for model in self.models]
        words += [f"--size {self.size[0]}x{self.size[1]} --frames {self.frames} --repeat {self.repeat}"]
        return f"framelift bench reuse {' '.join(words)}"


class Turn(NamedTuple):
    """One pass over a clip."""

    ms: float  # of CPU time, a frame's mean
    ms_without: float  # likewise, without reuse
    kept_share: float  # of the pixels


def measure(settings: Settings, say: Say) -> Report:
    """The report: a row for each clip, model and mode. Raises FrameliftError before any work where one cannot run."""
    report = new_report(KIND, settings.command())
    with TemporaryDirectory() as name:
        folder, cases = Path(name), list(product(settings.models, THREADS))
        clips = [
            (clip, [_plans(path, folder, *case) for case in cases]) for clip, path in _clips(settings, folder, say)
        ]
        report["rows"] = [row for clip, plans in clips for row in _rows(clip, plans, settings, say)]
    return report


def _clips(settings: Settings, folder: Path, say: Say) -> Iterator[tuple[str, Path]]:
    """What each is called in the report, and its file."""
    for name in settings.clips:
        if name in KINDS:
            scene = Scene(name, *settings.size, settings.frames)
            say(f"rendering {scene.name}")
            yield scene.name, scene.write(folder)
        else:
            yield Path(name).name, Path(name)


def _plans(clip: Path, folder: Path, model: str, mode: str) -> Plans:
    """Raises UsageError where nothing would be kept."""
    options = Options(model, threads=THREADS[mode], mode=mode)
    plans = {reuse: make_plan(clip, folder / "out.mkv", replace(options, reuse=reuse)) for reuse in (True, False)}
    with closing(upscaler_for(plans[True])) as upscaler:
        if upscaler.kept_share is None:
            raise UsageError(
                f"with {model}, nothing of {clip.name} ({plans[True].layout.name}) is ever kept",
                "measure a model that the native backend runs, on YUV videos",
            )
    return plans


def _rows(clip: str, plans: Sequence[Plans], settings: Settings, say: Say) -> list[Row]:
    frames = _frames(plans[0][True], settings.frames)
    rows = [_row(clip, pair, [_turn(pair, frames) for _ in range(settings.repeat)]) for pair in plans]
    for row in rows:
        times = f"{row['ms']['median']:.2f} ms instead of {row['ms_without']['median']:.2f}"
        say(f"{clip}, {row['model']}, {row['mode']}: {row['kept_share']:.1%} kept, {times}")
    return rows


def _frames(plan: Plan, most: int) -> list[DecodedFrame]:
    with open_input(plan.input) as source:
        decoder = Decoder(source, plan.facts.video, set(), plan.options.deinterlace)
        return list(islice((item for item in decoder if isinstance(item, DecodedFrame)), most))


def _row(clip: str, plans: Plans, turns: Sequence[Turn]) -> Row:
    plan = plans[True]
    return {
        "clip": clip,
        "model": plan.model.name,
        "precision": plan.model.precision,
        "scale": plan.model.scale,
        "input_size": [plan.geometry.width, plan.geometry.height],
        "mode": plan.options.mode,
        "threads": plan.options.threads,
        "kept_share": turns[0].kept_share,
        "ms": spread_of([turn.ms for turn in turns]),
        "ms_without": spread_of([turn.ms_without for turn in turns]),
        "ratio": spread_of([turn.ms / turn.ms_without for turn in turns]),
        "turns": [turn._asdict() for turn in turns],
    }


def _turn(plans: Plans, frames: Sequence[DecodedFrame]) -> Turn:
    """A pass over the clip. What the engine's threads would do at once is done in one thread after the other."""
    with ExitStack() as opened:
        upscalers = {reuse: opened.enter_context(closing(upscaler_for(plan))) for reuse, plan in plans.items()}
        seconds = dict.fromkeys(plans, 0.0)
        lanes = upscalers[True].backend.frames_at_once
        for lane in range(lanes):
            with ThreadPoolExecutor(1) as thread:
                thread.submit(_pass, upscalers, frames[lane::lanes], seconds).result()
        kept = upscalers[True].kept_share
    assert kept is not None
    ms = {reuse: 1000 * total / len(frames) for reuse, total in seconds.items()}
    return Turn(ms[True], ms[False], kept)


def _pass(upscalers: Mapping[bool, Upscaler], frames: Sequence[DecodedFrame], seconds: dict[bool, float]) -> None:
    """Every frame by both, first by one, then by the other. Adds the network's CPU time, the calling thread's."""
    for number, frame in enumerate(frames):
        made: dict[bool, Work] = {}
        for reuse in (True, False) if number % 2 else (False, True):
            work = upscalers[reuse].prepare(frame)
            began = time.thread_time()
            made[reuse] = upscalers[reuse].infer(work)
            seconds[reuse] += time.thread_time() - began
        planes = zip(made[True].out, made[False].out, strict=True)
        if not all(np.array_equal(kept, computed) for kept, computed in planes):
            raise ModelError(f"frame {frame.index} differs with reuse and without", "report this as a bug")
