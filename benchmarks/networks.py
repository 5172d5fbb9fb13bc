"""The networks that are measured: random stacks by shape, and shipped models, each in the forms there are of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..engine.errors import ModelError
from ..engine.model import available_models, load_model
from ..engine.stack import Stack
from ..engine.stack_from_onnx import stack_of
from .random_stack import RandomStack

RANDOM = ("c8x6", "c16x6", "c32x6")


@dataclass(frozen=True)
class Network:
    """One network, luma [1, 1, H, W] -> [1, 1, s*H, s*W]."""

    name: str
    scale: int
    macs_per_pixel: int  # multiply-accumulates of the convolutions per input pixel
    forms: Mapping[str, Path]
    """`fp32`, and `int8` where it is there: .onnx files."""

    def form(self, name: str) -> Path:
        """Raises ModelError where there is none."""
        if name not in self.forms:
            raise ModelError(f"{self.name} has no {name.upper()} form", "export it")
        return self.forms[name]

    def stack(self, form: str) -> Stack:
        """The form as the native kernel takes it. Raises ModelError."""
        return stack_of(self.form(form))


def default_networks() -> tuple[str, ...]:
    """The random stacks, and what is shipped for x2."""
    return (*RANDOM, *(name for name in available_models() if name.endswith("-x2")))


def network_named(name: str, folder: Path) -> Network:
    """A random stack by its shape, `c8x6`, whose files go to `folder`; or a model by its name or path.

    Raises ModelError for what is unknown, and for a network outside the family of the native kernel.
    """
    if re.fullmatch(r"c\d+x\d+", name):
        stack = RandomStack.named(name)
        forms = {"fp32": stack.write(folder / f"{name}.onnx"), "int8": stack.write_int8(folder / f"{name}-int8.onnx")}
    else:
        path = load_model(name).path
        path = path.with_name(f"{path.stem.removesuffix('-int8')}.onnx")  # each form is measured beside the other
        int8 = path.with_name(f"{path.stem}-int8.onnx")
        forms = {"fp32": path} | ({"int8": int8} if int8.is_file() else {})
    parsed = stack_of(forms["fp32"])
    macs = sum(layer.weight.size for layer in parsed.layers) // parsed.unshuffle**2
    return Network(forms["fp32"].stem, parsed.scale, macs, forms)
