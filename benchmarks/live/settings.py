"""What `framelift bench live` is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...engine.errors import UsageError
from ..statistics.calibration import Calibration
from ..workloads import Clip
from .codecs import MIME_TYPES, Codec
from .scene import RATE, Scene

Say = Callable[[str], None]

SECONDS = {
    "latency": 15.0,
    "browser": 15.0,
    "quality": 10.0,
    "viewers": 15.0,
    "loss": 15.0,
    "overload": 60.0,
    "soak": 600.0,
}
"""The cases, and how long a run of each lasts after the first picture, in seconds."""


@dataclass(frozen=True)
class Settings:
    """What is measured: the input's size is that of `clip` by `scale`."""

    cases: tuple[str, ...] = tuple(SECONDS)
    codecs: tuple[Codec, ...] = tuple(MIME_TYPES)
    seconds: float | None = None  # of each run; None: the case's own
    repeat: int = 3  # turns of `latency`, `browser` and `viewers`
    model: str = "tiny-16"
    scale: int = 2
    size: tuple[int, int] = (640, 360)  # of what is published
    frames: int = 60  # rendered, then played to and fro
    sessions: int = 200  # opened and closed by `soak`

    def __post_init__(self) -> None:
        unknown = [name for name in self.cases if name not in SECONDS]
        if unknown:
            raise UsageError(f"no case is named {unknown[0]!r}", f"choose of {', '.join(SECONDS)}")

    @property
    def clip(self) -> Clip:
        """What is rendered, at the output's size."""
        width, height = self.size
        return Clip(width * self.scale, height * self.scale, self.frames, RATE)

    def seconds_of(self, case: str) -> float:
        """How long a run of `case` lasts."""
        return SECONDS[case] if self.seconds is None else self.seconds

    def serve_options(self) -> tuple[str, ...]:
        """Of `framelift serve`."""
        return ("--model", self.model, "--scale", str(self.scale))

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--case {case}" for case in self.cases] + [f"--codec {codec}" for codec in self.codecs]
        words += [] if self.seconds is None else [f"--seconds {self.seconds:g}"]
        words += [f"--repeat {self.repeat} --model {self.model} --scale {self.scale}"]
        words += [f"--size {self.size[0]}x{self.size[1]} --frames {self.frames} --sessions {self.sessions}"]
        return f"framelift bench live {' '.join(words)}"


@dataclass(frozen=True)
class Work:
    """What a case gets: the settings, the scene that has been rendered, and where to say how far it is.

    It takes a sample of the calibration before each run.
    """

    settings: Settings
    scene: Scene
    say: Say
    calibration: Calibration = field(default_factory=Calibration)
