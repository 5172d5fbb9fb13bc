"""Checkpoints: weights as safetensors, with what they are in the file's metadata."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .errors import DataError, TrainingError
from .files import replacing
from .networks.named import make
from .networks.network import Network


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint is: enough to rebuild the network and to say where it came from."""

    network: str
    scale: int
    step: int
    settings: dict[str, object]  # those of the recipe
    channels: int = 1
    data: str = ""  # a hash of the photographs' names and sizes
    commit: str | None = None  # of training's code; None outside a repository


def save(path: Path, weights: dict[str, torch.Tensor], info: CheckpointInfo) -> None:
    """Write atomically: a cut-off run never leaves half a checkpoint under `path`. Raises WriteError."""
    tensors = {name: tensor.detach().contiguous() for name, tensor in weights.items()}
    with replacing(path) as partial:
        try:
            save_file(tensors, partial, metadata={"framelift": json.dumps(asdict(info))})
        except SafetensorError as error:  # it wraps the system's
            raise OSError(str(error)) from error


def is_ours(path: Path) -> bool:
    """Whether `path` is a file that `save` wrote, as far as its beginning tells."""
    try:
        with safe_open(path, framework="pt") as file:
            return "framelift" in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


def load(path: Path) -> tuple[Network, CheckpointInfo]:
    """The network with its trained weights. Raises DataError for a file that is not a checkpoint of ours."""
    hint = "give a checkpoint that `framelift train` wrote, such as last.safetensors"
    if not path.is_file():
        raise DataError(f"there is no checkpoint {path}", hint)
    try:
        with safe_open(path, framework="pt") as file:
            info = _info(json.loads(file.metadata()["framelift"]))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
        network = make(info.network, info.scale, info.channels)
        network.load_state_dict(weights)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, TrainingError) as error:
        raise DataError(f"{path} is not a whole framelift checkpoint: {error}", hint) from error
    return network.eval(), info


def _info(fields: dict[str, Any]) -> CheckpointInfo:
    if "tier" in fields:  # written before networks had other names than tiers
        fields["network"] = fields.pop("tier")
    return CheckpointInfo(**fields)
