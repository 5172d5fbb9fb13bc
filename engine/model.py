"""Models: which are shipped, how one is found by name or path, and what the engine knows of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .backends.probe import Probed, probe, scale_between
from .errors import ModelError, UsageError
from .manifest import CHANNELS, FP32, METADATA_KEY, Manifest
from .onnx_graph import GraphFacts, Port, read_graph

SHIPPED = Path(__file__).with_name("models")
_FILE_NAME = re.compile(r"(?P<tier>.+)-x(?P<scale>[1-9])(?P<twin>(-[a-z0-9]+)*?)(-(?P<precision>int8|fp16))?")


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

    @property
    def precision(self) -> str | None:
        """Of weights and activations, one of `manifest.PRECISIONS`; None when it is not known."""
        return self.manifest.precision if self.manifest else None


def available_models() -> tuple[str, ...]:
    """The names of the shipped models, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.onnx")))


def scales_of(name: str | Path, precision: str | None = None) -> tuple[int, ...]:
    """The scales there are of a shipped name without its scale; none for a full name or a path."""
    forms = [form for form in _forms_of(name) if name in form.tier_names]
    wanted = precision or _usual_precision(forms)
    return tuple(sorted(form.scale for form in forms if form.precision == wanted))


def precisions_of(name: str | Path, scale: int | None = None) -> tuple[str, ...]:
    """The precisions in which a shipped name, with or without its scale, is there at `scale`; none for a path."""
    forms = _forms_of(name)
    return tuple(sorted({form.precision for form in forms if scale in (None, form.scale)}))


def load_model(
    name: str | Path, *, scale: int | None = None, precision: str | None = None, foreign: Foreign | None = None
) -> Model:
    """The model of a shipped name or a path.

    `tiny-16` names the file of `scale` (the smallest there is when None) and `precision` (FP32 when None);
    `tiny-16-x2` and `tiny-16-int8` have fixed one of the two. A path and a name with its scale have their own scale:
    compare `Model.scale` with what is wanted. `foreign` is for files without a manifest, which are run once to see
    what they do. Raises ModelError, UsageError.
    """
    model = _load(_path_of(name, scale, precision), foreign)
    stated = model.precision or FP32  # files without a manifest do not state it
    if precision not in (None, stated):
        raise ModelError(f"{model.path.name} is {stated}, not {precision}", "choose another file, or no precision")
    return model


def _load(path: Path, foreign: Foreign | None) -> Model:
    facts = read_graph(path)
    _check_input(path, facts.input)
    if METADATA_KEY not in facts.metadata:
        return _model(path.stem, path, facts, _probed(path, facts), foreign or Foreign(), None)
    if foreign is not None:
        raise UsageError(f"{path.name} states its own range and channel order", "leave these options out")
    manifest = Manifest.from_json(facts.metadata[METADATA_KEY])
    stated = Probed(manifest.scale, manifest.channels, manifest.size_multiple)
    return _model(manifest.name, path, facts, stated, Foreign(), manifest)


@dataclass(frozen=True)
class _Form:
    """A shipped file, by what its name says."""

    path: Path
    tier: str  # such as tiny-16, or tiny-16-live of tiny-16-x2-live
    scale: int
    precision: str

    @property
    def tier_names(self) -> tuple[str, str]:
        """What it is called without its scale."""
        return self.tier, f"{self.tier}-{self.precision}"

    @property
    def full_names(self) -> tuple[str, str]:
        """What it is called with its scale; the first is shared by all precisions."""
        base = self.path.stem.removesuffix(f"-{self.precision}")
        return base, f"{base}-{self.precision}"


def _forms_of(name: str | Path) -> list[_Form]:
    """The shipped files that `name` may mean."""
    matches = {path: _FILE_NAME.fullmatch(path.stem) for path in SHIPPED.glob("*.onnx")}
    forms = [_Form(p, m["tier"] + m["twin"], int(m["scale"]), m["precision"] or FP32) for p, m in matches.items() if m]
    return [form for form in forms if name in form.tier_names + form.full_names]


def _usual_precision(forms: list[_Form]) -> str:
    """FP32, unless the name has fixed another."""
    precisions = {form.precision for form in forms}
    return FP32 if FP32 in precisions or not precisions else min(precisions)


def _path_of(name: str | Path, scale: int | None, precision: str | None) -> Path:
    path = Path(name)
    if isinstance(name, Path) or path.suffix == ".onnx" or len(path.parts) > 1:
        return path
    forms = _forms_of(name)
    if not forms:
        raise ModelError(
            f"no model is named {name!r}; there are: {', '.join(available_models())}",
            "give one of these names, or the path of an .onnx file",
        )
    wanted = precision or _usual_precision(forms)
    by_scale = {form.scale: form.path for form in forms if form.precision == wanted}
    if not by_scale:
        raise ModelError(
            f"model {name} has no precision {wanted!r}, only: {', '.join(precisions_of(name))}", "choose one of these"
        )
    if scale is None or not any(name in form.tier_names for form in forms):
        return by_scale[min(by_scale)]
    if scale not in by_scale:
        scales = ", ".join(map(str, sorted(by_scale)))
        raise ModelError(f"model {name} has no scale {scale} in {wanted}, only: {scales}", "choose one of these scales")
    return by_scale[scale]


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
