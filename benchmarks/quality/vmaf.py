"""VMAF by an `ffmpeg` command that has libvmaf (Netflix): its default model, on luma, a picture at a time.

The model was made for video at 1080p from three heights away. Of still pictures it sees no motion. Use it to compare
ways of enlarging one set, not one set with another.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ...engine.errors import ModelError
from .way import Rgb

SMALLEST = 32
"""Pixels a side that a picture must have."""
_SECONDS = 60


def why_absent(ffmpeg: str) -> str | None:
    """Why there is no VMAF with this command; None where there is."""
    if shutil.which(ffmpeg) is None:
        return f"there is no command {ffmpeg}"
    done = subprocess.run([_path_of(ffmpeg), "-hide_banner", "-filters"], capture_output=True, text=True, check=False)  # noqa: S603
    return None if " libvmaf " in done.stdout else f"{ffmpeg} has no libvmaf"


def vmaf(ffmpeg: str, original: Rgb, result: Rgb) -> float:
    """0..100, of two pictures of one size. Raises ModelError when the command fails."""
    height, width, _ = original.shape
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i"]
    to_yuv = "format=yuv444p"
    graph = f"[0:v]{to_yuv}[result];[1:v]{to_yuv}[original];[result][original]libvmaf=log_fmt=json:log_path=log.json"
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, picture in (("result", result), ("original", original)):
            (folder / file).write_bytes(picture.tobytes())
        command = [_path_of(ffmpeg), "-hide_banner", "-loglevel", "error", *source, "result", *source, "original"]
        command += ["-lavfi", graph, "-f", "null", "-"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
        if done.returncode:
            raise ModelError(
                f"{ffmpeg} cannot compute VMAF: exit code {done.returncode} {done.stderr.strip()}",
                "give another --ffmpeg",
            )
        log = json.loads((folder / "log.json").read_text(encoding="utf-8"))
    return float(log["pooled_metrics"]["vmaf"]["mean"])


def _path_of(ffmpeg: str) -> str:
    return str(Path(str(shutil.which(ffmpeg))).absolute())
