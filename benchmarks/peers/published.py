"""Published networks, each in the program it is used with, where the user has both."""

from __future__ import annotations

import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from .peer import Absent, Found, Peer
from .settings import Settings
from .ways import around, in_process

CONTRIB = (
    "dnn_superres is in opencv-contrib, which needs an environment of its own: python3 -m venv VENV && "
    "VENV/bin/pip install opencv-contrib-python-headless, then --opencv-python VENV/bin/python"
)
_VULKAN = "ncnn Vulkan"
_GPU, _LEAVE_OUT = "run it on a machine with a GPU that has Vulkan", "measure without it"
_SUPER_RES = (("FSRCNN", "fsrcnn"), ("FSRCNN-small", "fsrcnn"), ("ESPCN", "espcn"))
"""By their files' names, and by the name OpenCV knows their kind by."""


def opencv(settings: Settings) -> Found:
    """OpenCV's dnn_superres. Whether the interpreter has dnn_superres shows when it is opened."""
    found: Found = []
    for name, kind in _SUPER_RES:
        weights_file = f"{name}_x{settings.scale}.pb"
        weights = _weights(settings, weights_file)
        if weights is None:
            why, hint = f"no {weights_file} in --weights", f"--weights FOLDER with {weights_file}"
            found.append(Absent(f"{name}, OpenCV dnn_superres", why, hint))
            continue
        request = {"kind": "dnn_superres", "weights": str(weights), "network": kind}
        python = settings.opencv_python or Path(sys.executable)
        opened, file = partial(in_process, python, request), partial(around, "bgr24")
        named = f"{name}-x{settings.scale}", "OpenCV dnn_superres", "fp32"
        found.append(Peer(*named, "other networks", "bgr24", opened, file, CONTRIB))
    return found


def real_esrgan(settings: Settings) -> Found:
    """Real-ESRGAN's video model on ncnn, on the processor and on a GPU: if there is one shows when it is opened."""
    model = f"realesr-animevideov3-x{settings.scale}"
    weights = _weights(settings, f"{model}.param")
    why = _why_no_real_esrgan(model, weights)
    if why is not None:
        return [Absent(f"{model}, ncnn", *why)]
    assert weights is not None
    found: Found = []
    for name, precision, hint in (("ncnn", "fp32", _LEAVE_OUT), (_VULKAN, "fp16", _GPU)):
        request = {"kind": "real-esrgan", "weights": str(weights.with_suffix("")), "vulkan": name == _VULKAN}
        opened, file = partial(in_process, None, request), partial(around, "rgb24")
        found.append(Peer(model, name, precision, "other networks", "rgb24", opened, file, hint))
    return found


def _why_no_real_esrgan(model: str, weights: Path | None) -> tuple[str, str] | None:
    """Reason and hint."""
    if find_spec("ncnn") is None:
        return "ncnn is not installed", "pip install ncnn"
    if weights is None or not weights.with_suffix(".bin").is_file():
        return (
            f"no {model}.param and .bin in --weights",
            "--weights FOLDER with both, of Real-ESRGAN's release for ncnn",
        )
    return None


def _weights(settings: Settings, name: str) -> Path | None:
    """The first file of that name, also in folders within."""
    return None if settings.weights is None else next(iter(sorted(settings.weights.rglob(name))), None)
