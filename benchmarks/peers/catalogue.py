"""Which peers there are on this machine, which are not, and how each is run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path

from ...engine.compute import Compute
from ...engine.errors import UsageError
from ...engine.model import load_model, precisions_of, scales_of
from ..cases import model_name
from ..networks import network_named
from ..runners.openvino import BEST
from . import ffmpeg, published
from .peer import ELSEWHERE, Absent, Found, Peer
from .running import FileJob, FileRun, Running
from .settings import Settings
from .ways import around, in_process
from .whole import file_by_framelift

_RUNTIMES = {
    "onnxruntime": (("onnxruntime fp32", "onnxruntime", "fp32"),),
    "openvino": (("openvino fp32", "openvino", "fp32"), (BEST, "openvino at best", "int8")),
    "torch": (("torch eager", "torch eager", "fp32"), ("torch compiled", "torch compiled", "fp32")),
}
"""By family: case, and what backend and precision are called."""


def peers_of(settings: Settings, folder: Path) -> Found:
    """Ours first, then the families asked for. Raises ModelError or UsageError for a model that cannot be used."""
    families: Mapping[str, Callable[[Settings], Found]] = {
        **{family: partial(_in_runtime, family) for family in _RUNTIMES},
        "opencv": published.opencv,
        "ncnn": published.real_esrgan,
        "ffmpeg": _ffmpeg,
        "nvidia": _nvidia,
    }
    found: Found = [peer for model in settings.models for peer in _ours(model, settings.scale, folder)]
    found += [peer for family in settings.peers for peer in families[family](settings)]
    return list({each.name: each for each in found}.values())  # a model may be named twice, in other words


def _ours(model: str, scale: int, folder: Path) -> list[Peer]:
    """As chosen by default, and in FP32 as the other runtimes have it."""
    network = network_named(_file(model, scale), folder)
    if network.scale != scale:
        raise UsageError(f"{model} enlarges by {network.scale}, not by {scale}", "choose another --model or --scale")
    peers = []
    for precision in _precisions(model, scale):
        opened = partial(in_process, None, {"kind": "ours", "network": model, "precision": precision})
        file = partial(_by_framelift, model, precision)
        peers.append(Peer(model_name(model, scale), "native", precision, "framelift", "yuv420p", opened, file))
    return peers


def _file(model: str, scale: int) -> str:
    """What `network_named` knows it by: a full name or a path."""
    return model_name(model, scale) if scales_of(model) else model


def _precisions(model: str, scale: int) -> list[str]:
    """The one that is chosen by default, and FP32; of a single file, its own."""
    offered = precisions_of(model, scale)
    if not offered:
        return [load_model(model).precision or "fp32"]
    return list(dict.fromkeys((Compute().form_among(offered, 8) or "fp32", "fp32")))


def _in_runtime(family: str, settings: Settings) -> Found:
    """Each of our models, each way."""
    found: Found = []
    for model, (case, backend, precision) in product(settings.models, _RUNTIMES[family]):
        request = {"kind": "runtime", "runtime": family, "case": case, "network": _file(model, settings.scale)}
        opened, file = partial(in_process, None, request), partial(around, "gray")
        name = model_name(model, settings.scale)
        peer = Peer(name, backend, precision, ELSEWHERE, "gray", opened, file)
        there = find_spec(family) is not None
        found.append(peer if there else Absent(peer.name, f"{family} is not installed", f"pip install {family}"))
    return found


def _ffmpeg(settings: Settings) -> Found:
    found: Found = []
    for flags in ("bicubic", "lanczos"):
        program, name = shutil.which("ffmpeg"), f"{flags}-x{settings.scale}"
        if program is None:
            found.append(Absent(f"{name}, FFmpeg scale", "there is no command ffmpeg", "install FFmpeg"))
            continue
        opened, file = partial(ffmpeg.scaling, program, flags), partial(_by_ffmpeg, program, flags)
        found.append(Peer(name, "FFmpeg scale", "FFmpeg scale", "interpolation", "yuv420p", opened, file))
    return found


def _nvidia(_: Settings) -> Found:
    """No machine with one has run them yet, so there is nothing to run: only what is missing is said."""
    if shutil.which("nvidia-smi") is None:
        why, hint = "not run: no NVIDIA GPU", "run it on a machine with one"
    else:
        why, hint = "not run: this version does not measure on NVIDIA GPUs", "measure it by its own tools"
    return [Absent(name, why, hint) for name in ("TensorRT (trtexec)", "NVIDIA VFX (nvidia-vfx)")]


def _by_framelift(model: str, precision: str, _: Running, job: FileJob) -> FileRun:
    return file_by_framelift(model, precision, job)


def _by_ffmpeg(program: str, flags: str, _: Running, job: FileJob) -> FileRun:
    return ffmpeg.scaled_file(program, flags, job)
