"""Checkpoints: weights as safetensors, with what they are in the file's metadata."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .errors import DataError, TrainingError
from .files import replacing
from .networks.plain import PlainSR
from .networks.tiers import make


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint is: enough to rebuild the network and to say where it came from."""

    tier: str
    scale: int
    step: int
    settings: dict[str, object]


def save(path: Path, weights: dict[str, torch.Tensor], info: CheckpointInfo) -> None:
    """Write atomically: a cut-off run never leaves half a checkpoint under `path`. Raises WriteError."""
    tensors = {name: tensor.detach().contiguous() for name, tensor in weights.items()}
    with replacing(path) as partial:
        save_file(tensors, partial, metadata={"framelift": json.dumps(asdict(info))})


def load(path: Path) -> tuple[PlainSR, CheckpointInfo]:
    """The network with its trained weights. Raises DataError for a file that is not a checkpoint of ours."""
    hint = "give a checkpoint that `framelift train` wrote, such as last.safetensors"
    if not path.is_file():
        raise DataError(f"there is no checkpoint {path}", hint)
    try:
        with safe_open(path, framework="pt") as file:
            info = CheckpointInfo(**json.loads(file.metadata()["framelift"]))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
        network = make(info.tier, info.scale)
        network.load_state_dict(weights)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, TrainingError) as error:
        raise DataError(f"{path} is not a whole framelift checkpoint: {error}", hint) from error
    return network, info
