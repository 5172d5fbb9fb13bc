"""Published weights, `.pth` and `.safetensors`, as networks: recognised by the names and shapes of their tensors.

Known are RRDBNet (Real-ESRGAN, and ESRGAN in both its spellings), SRVGGNetCompact (realesr-general-x4v3,
realesr-animevideov3), EDSR (its authors' and BasicSR's), SPAN, CARN and CARN-M. Any other architecture is left to
spandrel where that is installed.
"""

from __future__ import annotations

import pickle
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .errors import DataError, SettingError
from .networks.carn import CARN, SCALES
from .networks.edsr import EDSR
from .networks.foreign import foreign_network
from .networks.network import Network
from .networks.rrdbnet import RRDBNet
from .networks.span import SPAN
from .networks.srvgg import SRVGGNetCompact

Weights = dict[str, Tensor]

_WRAPPERS = ("params_ema", "params", "state_dict")
"""The keys under which a file may hold its weights, averaged ones first."""
_UNREADABLE = (
    OSError, EOFError, pickle.UnpicklingError, struct.error, SafetensorError,
    RuntimeError, ValueError, TypeError, LookupError, AttributeError, OverflowError, AssertionError,
)  # fmt: skip
"""What reading raises for files that are damaged, or pickles of something else."""


def load(path: Path, scale: int | None = None) -> Network:
    """The network whose weights `path` holds, in inference mode.

    `scale` says what it must enlarge by; a network for several scales (CARN) needs it. Raises DataError for a file
    that cannot be read or is not recognised, SettingError for a scale that the network does not have.
    """
    weights = read_weights(path)
    network = _recognised(weights, scale) or foreign_network(weights)
    if scale not in (None, network.scale):
        raise SettingError(f"{path} enlarges by {network.scale}, not {scale}", f"choose scale {network.scale}")
    return network.eval()


def read_weights(path: Path) -> Weights:
    """The tensors of a file by name, in FP32. Pickles are read weights-only: they cannot run code. Raises DataError."""
    hint = "give a .pth or .safetensors file of published weights"
    if not path.is_file():
        raise DataError(f"there is no file {path}", hint)
    try:
        pickled = path.suffix != ".safetensors"
        held: Any = torch.load(path, map_location="cpu", weights_only=True) if pickled else load_file(path)
    except _UNREADABLE as error:
        raise DataError(f"{path} does not hold weights: {' '.join(str(error).split())[:200]}", hint) from error
    for wrapper in _WRAPPERS:
        held = held.get(wrapper, held) if isinstance(held, dict) else held
    if not isinstance(held, dict) or not held or not all(isinstance(value, Tensor) for value in held.values()):
        raise DataError(f"{path} does not hold weights by name", hint)
    return {str(name).removeprefix("module."): value.float() for name, value in held.items()}


@dataclass(frozen=True)
class _Architecture:
    """How one is recognised: `named` gives tensors our names, `telltales` are among these then."""

    named: Callable[[Weights], Weights]
    telltales: frozenset[str]
    build: Callable[[Weights, int | None], Network]  # from the shapes of named weights, and the scale asked for

    def shapes(self, named: Weights, scale: int | None) -> dict[str, torch.Size] | None:
        """Those of the network that these tensors seem to be of; None where they can be of none."""
        try:
            with torch.device("meta"):  # takes no memory, whatever the tensors pretend
                return _shapes(self.build(named, scale).state_dict())
        except (ValueError, ArithmeticError):
            return None


def _recognised(weights: Weights, scale: int | None) -> Network | None:
    """The known network that has exactly these tensors, with them."""
    for architecture in _ARCHITECTURES:
        named = architecture.named(weights)
        if architecture.telltales <= named.keys() and _shapes(named) == architecture.shapes(named, scale):
            network = architecture.build(named, scale)
            network.load_state_dict(named)
            return network
    return None


def _shapes(weights: Weights) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in weights.items()}


def _renamed(weights: Weights, rules: dict[str, str | Callable[[re.Match[str]], str]]) -> Weights:
    """Every name changed by the first rule whose pattern it begins with; what is left without a name is dropped."""
    renamed: Weights = {}
    for name, value in weights.items():
        rule = next((pattern for pattern in rules if re.match(pattern, name)), None)
        new = name if rule is None else re.sub(f"^{rule}", rules[rule], name)
        renamed |= {new: value} if new else {}
    return renamed


def _count(weights: Weights, prefix: str) -> int:
    """How many parts of a numbered list there are: `prefix`.0, `prefix`.1, ..."""
    return len({name.removeprefix(prefix + ".").split(".")[0] for name in weights if name.startswith(prefix + ".")})


# ---- RRDBNet


def _rrdbnet_names(weights: Weights) -> Weights:
    first_spelling = {  # by position, in the first files of ESRGAN
        r"model\.0\.": "conv_first.",
        r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.": r"body.\1.rdb\2.conv\3.",
        r"model\.1\.sub\.\d+\.": "conv_body.",
        r"model\.3\.": "conv_up1.",
        r"model\.6\.": "conv_up2.",
        r"model\.8\.": "conv_hr.",
        r"model\.10\.": "conv_last.",
    }
    second_spelling = {
        r"RRDB_trunk\.(\d+)\.RDB(\d)\.": r"body.\1.rdb\2.",
        r"trunk_conv\.": "conv_body.",
        r"upconv(\d)\.": r"conv_up\1.",
        r"HRconv\.": "conv_hr.",
    }
    return _renamed(weights, {**first_spelling, **second_spelling})


def _rrdbnet(weights: Weights, _: int | None) -> Network:
    features, inputs = weights["conv_first.weight"].shape[:2]
    channels, growth = len(weights["conv_last.weight"]), len(weights["body.0.rdb1.conv1.weight"])
    scale = 2 if inputs == 4 * channels else 4
    return RRDBNet(scale, channels, features, _count(weights, "body"), growth)


# ---- SRVGGNetCompact


def _srvgg(weights: Weights, _: int | None) -> Network:
    features, channels = weights["body.0.weight"].shape[:2]
    layers = _count(weights, "body") // 2 - 1
    last = weights.get(f"body.{2 * layers + 2}.weight", torch.empty(0))
    return SRVGGNetCompact(isqrt(len(last) // channels), channels, features, layers)


# ---- EDSR


def _edsr_names(weights: Weights) -> Weights:
    basicsr = {
        r"conv_first\.": "head.0.",
        r"body\.(\d+)\.conv1\.": r"body.\1.body.0.",
        r"body\.(\d+)\.conv2\.": r"body.\1.body.2.",
        r"conv_after_body\.": f"body.{_count(weights, 'body')}.",
        r"upsample\.": "tail.0.",
        r"conv_last\.": "tail.1.",
    }
    return _renamed(weights, {r"(sub|add)_mean\..*": "", **basicsr})


def _edsr(weights: Weights, _: int | None) -> Network:
    features, channels = weights["head.0.weight"].shape[:2]
    steps = len(weights["tail.0.0.weight"]) // features
    scale = 4 if "tail.0.2.weight" in weights else isqrt(steps)
    residual_scale = 0.1 if features == 256 else 1.0  # the weights do not say; these are the published sizes
    return EDSR(scale, channels, features, _count(weights, "body") - 1, residual_scale)


# ---- SPAN


def _span_names(weights: Weights) -> Weights:
    return _renamed(weights, {r".*\beval_conv\..*": ""})  # what the branches give, stored as well


def _span(weights: Weights, _: int | None) -> Network:
    features, channels = weights["conv_1.sk.weight"].shape[:2]
    return SPAN(isqrt(len(weights["upsampler.0.weight"]) // channels), channels, features)


# ---- CARN and CARN-M


def _carn_names(weights: Weights) -> Weights:
    def before(digit: str) -> int:
        return int(digit) - 1  # its authors count from one

    return _renamed(
        weights,
        {
            r"(sub|add)_mean\..*": "",
            r"entry\.": "head.",
            r"b(\d)\.b(\d)\.": lambda m: f"body.blocks.{before(m[1])}.blocks.{before(m[2])}.",
            r"b(\d)\.c(\d)\.body\.0\.": lambda m: f"body.blocks.{before(m[1])}.fusions.{before(m[2])}.",
            r"c(\d)\.body\.0\.": lambda m: f"body.fusions.{before(m[1])}.",
            r"upsample\.up(\d)\.body\.": r"upsamplers.\1.",
            r"exit\.": "tail.",
        },
    )


def _carn(weights: Weights, scale: int | None) -> Network:
    if scale not in SCALES:
        asked = "and none was chosen" if scale is None else f"not {scale}"
        raise SettingError(f"CARN enlarges by {', '.join(map(str, SCALES))}, {asked}", "choose one of these")
    features, channels = weights["head.weight"].shape[:2]
    return CARN(scale, channels, features, mobile="body.blocks.0.blocks.1.body.0.weight" not in weights)


_ARCHITECTURES = (
    _Architecture(
        _rrdbnet_names,
        frozenset({"conv_first.weight", "conv_last.weight", "body.0.rdb1.conv1.weight"}),
        _rrdbnet,
    ),
    _Architecture(dict, frozenset({"body.0.weight", "body.1.weight", "body.2.weight"}), _srvgg),
    _Architecture(_edsr_names, frozenset({"head.0.weight", "body.0.body.0.weight", "tail.0.0.weight"}), _edsr),
    _Architecture(_span_names, frozenset({"conv_1.sk.weight", "block_1.c1_r.sk.weight", "upsampler.0.weight"}), _span),
    _Architecture(_carn_names, frozenset({"head.weight", "body.fusions.0.weight", "upsamplers.2.0.weight"}), _carn),
)
