"""What `framelift bench peers` is asked for."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...engine.compute import usable_cores
from ...engine.encoders import ENCODERS, encoder_options
from ...engine.errors import InputError, UsageError
from ...engine.stack import SCALES

FAMILIES = ("onnxruntime", "openvino", "torch", "opencv", "ncnn", "ffmpeg", "nvidia")
"""The peers by what they are made of."""
CLIP = "natural:1280x720"
MODELS = ("tiny-16", "tiny-8")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """`clip` is a workload in full size, made `scale` times smaller for all; `models` are ours."""

    clip: str = CLIP
    scale: int = 2
    models: tuple[str, ...] = MODELS
    peers: tuple[str, ...] = FAMILIES
    opencv_python: Path | None = None  # an interpreter that has opencv-contrib; None: this one
    weights: Path | None = None  # a folder, in which peers' own networks are looked for
    pictures: tuple[Path, ...] = ()  # folders
    preset: str = "veryfast"
    crf: float = 18.0
    repeat: int = 5  # turns of frames; of files, which take longer, half as many
    seconds: float = 0.3  # that a turn of frames lasts for each peer

    @property
    def file_turns(self) -> int:
        """Of whole files."""
        return (self.repeat + 1) // 2

    @property
    def threads(self) -> tuple[int, ...]:
        """All that there are, and one."""
        return tuple(dict.fromkeys((usable_cores(), 1)))

    def command(self) -> str:
        """The command line that measures this."""
        words = ["framelift bench peers --clip", shlex.quote(Path(self.clip).name), f"--scale {self.scale}"]
        words += [f"--model {shlex.quote(model)}" for model in self.models]
        words += [f"--peer {peer}" for peer in self.peers] if self.peers != FAMILIES else []
        words += ["--opencv-python PYTHON"] if self.opencv_python else []
        words += ["--weights FOLDER"] if self.weights else []
        words += [f"--pictures {shlex.quote(folder.name)}" for folder in self.pictures]
        words += [f"--preset {self.preset} --crf {self.crf:g} --repeat {self.repeat} --seconds {self.seconds:g}"]
        return " ".join(words)

    def check(self) -> None:
        """Raises UsageError or InputError for what nobody could measure."""
        if self.scale not in SCALES:
            raise UsageError(f"--scale {self.scale}: allowed are {', '.join(map(str, SCALES))}", "leave it out for 2")
        for peer in self.peers:
            if peer not in FAMILIES:
                raise UsageError(f"--peer {peer}: there are {', '.join(FAMILIES)}", "leave it out for all")
        if self.opencv_python is not None and not os.access(self.opencv_python, os.X_OK):
            raise UsageError(
                f"--opencv-python {self.opencv_python} cannot be run", "give an environment's interpreter: bin/python"
            )
        if len({folder.name for folder in self.pictures}) < len(self.pictures):
            raise UsageError("two folders of --pictures have one name", "rename one: their columns would be alike")
        for folder in (self.weights, *self.pictures):
            if folder is not None and not folder.is_dir():
                raise InputError(f"{folder} is no folder", "check the name")
        encoder_options(next(each for each in ENCODERS if each.name == "libx264"), self.crf, self.preset)
