"""What `framelift bench quality` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import UsageError

PICTURES, FRONT, CLIPS, RATES = "pictures", "front", "clips", "rates"
PARTS = (PICTURES, FRONT, CLIPS, RATES)
"""Quality of pictures; that beside speed; quality of clips; what codecs leave of them, by rate."""

DEFAULT_CLIPS = ("natural:320x180:24f",)
DEFAULT_CODECS = ("h264",)
DEFAULT_CRFS = (18, 24, 30, 36)


@dataclass(frozen=True)
class Settings:
    """What is measured. Each model comes in FP32 and INT8, where there are both."""

    pictures: tuple[Path, ...] = ()  # folders; none: pictures that are rendered
    models: tuple[str, ...] = ()  # names or .onnx files; none: all that are shipped at these scales
    scales: tuple[int, ...] = (2,)
    backends: tuple[str, ...] = ("auto",)
    weights: tuple[Path, ...] = ()  # files and folders: published networks
    lpips: Path | None = None  # the backbone's weights
    lpips_linear: Path | None = None
    ffmpeg: str = "ffmpeg"  # one that has libvmaf
    size: tuple[int, int] = (640, 360)  # (width, height) of the front's frames
    threads: int = 1  # of the front
    repeat: int = 5  # turns of the front
    clips: tuple[str, ...] = DEFAULT_CLIPS  # as workloads are named
    codecs: tuple[str, ...] = DEFAULT_CODECS
    crfs: tuple[int, ...] = DEFAULT_CRFS
    parts: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            raise UsageError(f"no part is named {unknown[0]!r}", f"choose of {', '.join(PARTS)}")
        if (self.lpips is None) != (self.lpips_linear is None):
            raise UsageError("LPIPS needs two files", "give --lpips, the backbone, and --lpips-linear, what is on it")

    def command(self) -> str:
        """The command line that measures this; of absolute paths, it has the last part."""
        repeated = {
            "part": self.parts if self.parts != PARTS else (),
            "pictures": map(_shown, self.pictures),
            "model": (_shown(Path(model)) for model in self.models),
            "scale": self.scales,
            "backend": self.backends if self.backends != ("auto",) else (),
            "weights": map(_shown, self.weights),
            "clip": (_shown(Path(clip)) for clip in self.clips),
            "codec": self.codecs,
            "crf": self.crfs,
        }
        words = [f"--{option} {value}" for option, values in repeated.items() for value in values]
        words += [f"--lpips {_shown(self.lpips)}"] if self.lpips else []
        words += [f"--lpips-linear {_shown(self.lpips_linear)}"] if self.lpips_linear else []
        words += [f"--ffmpeg {_shown(Path(self.ffmpeg))}"] if self.ffmpeg != "ffmpeg" else []
        words += [f"--size {self.size[0]}x{self.size[1]} --threads {self.threads} --repeat {self.repeat}"]
        return f"framelift bench quality {' '.join(words)}"


def _shown(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)
