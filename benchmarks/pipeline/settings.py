"""What `framelift bench pipeline` is asked for."""

from __future__ import annotations

from dataclasses import dataclass

SIZES = ((320, 180), (640, 360), (960, 540), (1280, 720), (1920, 1080))
LENGTHS = (250, 1000, 4000)
LENGTH_SIZE = (160, 90)
LEAST_FRAMES = 48  # of a clip of another size: the encoder keeps some twelve back


@dataclass(frozen=True)
class Settings:
    """What is measured: each model on each backend in each precision, and plain bicubic, `repeat` times.

    `sizes`, `long` and `streams` add how the cost of the first of these grows: with the pixels, with the length, and
    with live streams at once, of `rate` frames a second. The fields between are those of the engine's `Options`.
    """

    clip: str = "natural:640x360:240f"  # as `workload_named` takes it
    models: tuple[str, ...] = ("tiny-16",)
    scale: int = 2
    backends: tuple[str, ...] = ("auto",)
    precisions: tuple[str, ...] = ("auto",)
    threads: int | None = None
    mode: str = "throughput"
    reuse: bool = True
    preset: str | None = None
    repeat: int = 5
    sizes: bool = False
    long: bool = False
    streams: bool = False
    rate: int | None = None  # None: the clip's, as a whole number

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--clip {self.clip}", *(f"--model {model}" for model in self.models)]
        words += [f"--scale {self.scale}", *(f"--backend {backend}" for backend in self.backends)]
        words += [f"--precision {precision}" for precision in self.precisions]
        words += [f"--threads {self.threads}"] if self.threads else []
        words += [f"--mode {self.mode}"] + ([] if self.reuse else ["--no-reuse"])
        words += [f"--preset {self.preset}"] if self.preset else []
        words += [f"--repeat {self.repeat}"]
        words += [f"--{name}" for name in ("sizes", "long", "streams") if getattr(self, name)]
        words += [f"--rate {self.rate}"] if self.rate else []
        return f"framelift bench pipeline {' '.join(words)}"
