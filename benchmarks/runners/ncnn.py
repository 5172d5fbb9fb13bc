"""ncnn on the FP32 form, which is written for it here from the parsed network."""

from __future__ import annotations

from tempfile import NamedTemporaryFile

import numpy as np

from ...engine.errors import ModelError
from ...engine.stack import Layer, Stack
from ..networks import Network
from .base import Case, Runner, TensorRunner, Values, package

_MAGIC = 7767517
_FLOAT32 = bytes(4)  # the tag before a convolution's weights


def cases() -> list[Case]:
    """FP32."""
    return [Case("ncnn fp32", "ncnn", "fp32", _open)]


def _open(network: Network, size: tuple[int, int], threads: int) -> Runner:
    ncnn = package("ncnn")
    text, weights = ncnn_form(network.stack("fp32"))
    net = ncnn.Net()
    net.opt.num_threads = threads
    for half in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
        setattr(net.opt, half, False)
    with NamedTemporaryFile(suffix=".bin") as file:  # of data in memory, ncnn would keep only the address
        file.write(weights)
        file.flush()
        if net.load_param_mem(text) or net.load_model(file.name):
            raise ModelError(f"ncnn cannot load {network.name}", "measure it without this runtime")

    def function(x: Values) -> Values:
        extractor = net.create_extractor()
        extractor.input("x", ncnn.Mat(x[0]))
        failed, y = extractor.extract("y")
        if failed:
            raise ModelError(f"ncnn fails on {network.name}: {failed}", "measure it without this runtime")
        made: Values = np.asarray(y)[None]
        return made

    return TensorRunner(function, network, size)


def ncnn_form(stack: Stack) -> tuple[str, bytes]:
    """The .param text and the .bin data. Raises ModelError for what no layer is written for here."""
    if stack.unshuffle != 1 or stack.shortcut == "bicubic":
        raise ModelError("blocks of pixels and bicubic are not written for ncnn", "measure it without this runtime")
    lines, data = _Lines(), []
    x = lines.add("Input", [])
    outputs: list[str] = []
    for i, layer in enumerate(stack.layers):
        hidden = i < len(stack.layers) - 1
        made = lines.add("Convolution", [outputs[-1] if outputs else x], _convolution(layer, relu=hidden))
        data += [_FLOAT32, layer.weight.tobytes(), layer.bias.tobytes()]
        if layer.slope is not None:
            made = lines.add("PReLU", [made], f"0={len(layer.slope)}")
            data.append(layer.slope.tobytes())
        if layer.add is not None:
            made = lines.add("BinaryOp", [made, outputs[layer.add]], "0=0")
        outputs.append(made)
    made = outputs[-1]
    if stack.shortcut == "nearest":
        made = lines.add("BinaryOp", [made, x], "0=0")
    lines.add("PixelShuffle", [made], f"0={stack.scale} 1=0")
    return lines.text(), b"".join(data)


def _convolution(layer: Layer, *, relu: bool) -> str:
    made, _, kernel, _ = layer.weight.shape
    activated = relu and layer.slope is None
    return f"0={made} 1={kernel} 4={kernel // 2} 5=1 6={layer.weight.size} 9={int(activated)}"


class _Lines:
    """Layers of a .param text; what several of them take is split, as ncnn wants it."""

    def __init__(self) -> None:
        self._layers: list[tuple[str, list[str], str, str]] = []  # type, inputs, output, parameters

    def add(self, kind: str, inputs: list[str], parameters: str = "") -> str:
        """The name of its output: x for the first; the last is y."""
        output = f"b{len(self._layers)}" if self._layers else "x"
        self._layers.append((kind, inputs, output, parameters))
        return output

    def text(self) -> str:
        """The whole."""
        taken = [name for _, inputs, _, _ in self._layers for name in inputs]
        written, left = [], {name: list(range(taken.count(name))) for name in taken}
        blobs = 0
        for i, (kind, inputs, output, parameters) in enumerate(self._layers):
            parts = [f"{name}.{left[name].pop(0)}" if taken.count(name) > 1 else name for name in inputs]
            name = output if i < len(self._layers) - 1 else "y"
            written.append(f"{kind} {name} {len(parts)} 1 {' '.join([*parts, name, parameters])}")
            blobs += 1
            copies = [f"{output}.{n}" for n in range(taken.count(output))]
            if len(copies) > 1:
                written.append(f"Split {output}s 1 {len(copies)} {' '.join([output, *copies])}")
                blobs += len(copies)
        return "\n".join([str(_MAGIC), f"{len(written)} {blobs}", *written]) + "\n"
