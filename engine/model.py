"""Models: which are shipped, how one is found by name or path, and what the engine knows of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .backends.probe import Probed, probe, scale_between
from .errors import ModelError, UsageError
from .manifest import CHANNELS, METADATA_KEY, Manifest
from .onnx_graph import GraphFacts, Port, read_graph

SHIPPED = Path(__file__).with_name("models")
_FILE_NAME = re.compile(r"(?P<tier>.+)-x(?P<scale>[1-9])(?P<form>(-[a-z0-9]+)*)")


@dataclass(frozen=True)
class Foreign:
    """What cannot be found out about a model without a manifest."""

    largest: float = 1.0  # the input value of white: 1 or 255
    channel_order: str = "rgb"  # or "bgr"

    def __post_init__(self) -> None:
        if self.largest not in (1.0, 255.0):
            raise UsageError(f"model range 0..{self.largest:g} is not allowed", "choose 0..1 or 0..255")
        if self.channel_order not in ("rgb", "bgr"):
            raise UsageError(f"channel order {self.channel_order!r} is not allowed", "choose rgb or bgr")


@dataclass(frozen=True)
class Model:
    """An upscaler: [N, channels, H, W] -> [N, channels, scale*H, scale*W]. A value, nothing is loaded yet."""

    name: str
    path: Path
    sha256: str
    scale: int
    channels: int  # 1: luma, 3: RGB
    size_multiple: int  # H and W are multiples of it
    fixed_size: tuple[int, int] | None  # the only (H, W) it takes, None when free
    fixed_batch: bool  # N is 1
    input: Port
    output: Port
    foreign: Foreign
    manifest: Manifest | None  # None: a foreign model

    @property
    def receptive_field(self) -> int | None:
        """Input pixels, per axis, that one output pixel depends on; None when it is not known."""
        return self.manifest.receptive_field if self.manifest else None


def available_models() -> tuple[str, ...]:
    """The names of the shipped models, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.onnx")))


def scales_of(name: str | Path) -> tuple[int, ...]:
    """The scales there are of a shipped name without its scale; none for a full name or a path."""
    return tuple(sorted(_files_by_scale(name)))


def load_model(name: str | Path, *, scale: int | None = None, foreign: Foreign | None = None) -> Model:
    """The model of a shipped name or a path.

    `tiny-16-x2` names one file; `tiny-16` the one of `scale` (the smallest there is when None). A path and a
    full name have their own scale: compare `Model.scale` with what is wanted. `foreign` is for files without
    a manifest, which are run once to see what they do. Raises ModelError, UsageError.
    """
    path = _path_of(name, scale)
    facts = read_graph(path)
    _check_input(path, facts.input)
    if METADATA_KEY not in facts.metadata:
        return _model(path.stem, path, facts, _probed(path, facts), foreign or Foreign(), None)
    if foreign is not None:
        raise UsageError(f"{path.name} states its own range and channel order", "leave these options out")
    manifest = Manifest.from_json(facts.metadata[METADATA_KEY])
    stated = Probed(manifest.scale, manifest.channels, manifest.size_multiple)
    return _model(manifest.name, path, facts, stated, Foreign(), manifest)


def _path_of(name: str | Path, scale: int | None) -> Path:
    path = Path(name)
    if isinstance(name, Path) or path.suffix == ".onnx" or len(path.parts) > 1:
        return path
    shipped = SHIPPED / f"{name}.onnx"
    if shipped.is_file():
        return shipped
    by_scale = _files_by_scale(name)
    if not by_scale:
        raise ModelError(
            f"no model is named {name!r}; there are: {', '.join(available_models())}",
            "give one of these names, or the path of an .onnx file",
        )
    wanted = min(by_scale) if scale is None else scale
    if wanted not in by_scale:
        scales = ", ".join(map(str, sorted(by_scale)))
        raise ModelError(f"model {name} has no scale {wanted}, only: {scales}", "choose one of these scales")
    return by_scale[wanted]


def _files_by_scale(name: str | Path) -> dict[int, Path]:
    """The shipped files that bear `name` without its scale."""
    matches = {path: _FILE_NAME.fullmatch(path.stem) for path in SHIPPED.glob("*.onnx")}
    return {int(m["scale"]): path for path, m in matches.items() if m and m["tier"] + m["form"] == name}


def _check_input(path: Path, port: Port) -> None:
    batch, channels, height, width = port.shape or (None,) * 4
    fits = batch in (None, 1) and channels in (None, *CHANNELS.values()) and (height is None) == (width is None)
    if not fits:
        raise ModelError(
            f"{path} takes {port}; allowed: N 1 or free, C 1 or 3, H and W both free or both fixed",
            "export the model as [N, C, H, W] for luma or RGB pictures",
        )


def _probed(path: Path, facts: GraphFacts) -> Probed:
    """From the graph where it states every size, else by running it."""
    small = tuple(dim or 0 for dim in facts.input.shape)
    large = tuple(dim or 0 for dim in facts.output.shape)
    scale = scale_between(small, large) if small and 0 not in small + large else None
    return probe(path, facts) if scale is None else Probed(scale, small[1], 1)


def _model(
    name: str, path: Path, facts: GraphFacts, probed: Probed, foreign: Foreign, manifest: Manifest | None
) -> Model:
    batch, _, height, width = facts.input.shape or (None,) * 4
    return Model(
        name=name,
        path=path,
        sha256=facts.sha256,
        scale=probed.scale,
        channels=probed.channels,
        size_multiple=probed.size_multiple,
        fixed_size=(height, width) if height is not None and width is not None else None,
        fixed_batch=batch == 1,
        input=facts.input,
        output=facts.output,
        foreign=foreign,
        manifest=manifest,
    )
