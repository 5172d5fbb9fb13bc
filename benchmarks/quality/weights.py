"""Published networks whose weights the user has: made into `.onnx` files. None is downloaded.

Recognised are the `.pb` files for OpenCV's dnn_superres (FSRCNN, ESPCN), and `.pth` and `.safetensors` files of what
`training.published` knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import onnx

from ...engine.errors import InputError, ModelError
from ...engine.model import Model, load_model
from ...training.errors import SettingError, TrainingError
from .frozen_graph import onnx_from_frozen

CLASSICS = ("SRCNN", "FSRCNN", "ESPCN", "VDSR", "EDSR", "CARN-M")
"""What papers compare with."""
_FROZEN, _TORCH = (".pb",), (".pth", ".safetensors")


def weight_files(place: Path) -> list[Path]:
    """The file, or all below the folder that may hold weights, sorted. Raises InputError where there is none."""
    if place.is_file():
        return [place]
    files = sorted(path for path in place.rglob("*") if path.suffix in _FROZEN + _TORCH)
    if not files:
        raise InputError(f"{place} holds no weights", f"give a {', '.join(_FROZEN + _TORCH)} file, or a folder of them")
    return files


def published(file: Path, scales: Sequence[int], folder: Path) -> list[Model]:
    """Its network for each of `scales` that it has, written to `folder`.

    Raises ModelError for a file that is not recognised, and where torch is needed and not installed.
    """
    models = _frozen(file, folder) if file.suffix in _FROZEN else _trained(file, scales, folder)
    return [model for model in models if model.scale in scales]


def missing_classics(names: Sequence[str]) -> list[str]:
    """Those of `CLASSICS` after which none of the networks `names` is called."""
    known = [_plain(name) for name in names]
    return [classic for classic in CLASSICS if not any(name.startswith(_plain(classic)) for name in known)]


def _frozen(file: Path, folder: Path) -> list[Model]:
    path = folder / f"{file.stem}.onnx"
    onnx.save(onnx_from_frozen(file), path)
    return [load_model(path)]


def _trained(file: Path, scales: Sequence[int], folder: Path) -> list[Model]:
    if find_spec("torch") is None:
        raise ModelError("torch is not installed", "pip install 'framelift[train]'")
    from ...export.traced import export_network  # noqa: PLC0415  torch is loaded for weights of torch only
    from ...training.published import load  # noqa: PLC0415

    models = []
    for scale in scales:
        path = folder / f"{re.sub(r'[-_]?x[2-8]$', '', file.stem)}-x{scale}.onnx"
        try:
            export_network(load(file, scale), path, name=path.stem)
        except SettingError:  # it has another scale
            continue
        except TrainingError as error:
            raise ModelError(error.message, error.hint) from error
        models.append(load_model(path))
    return models


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
