"""The zoo: a folder of checkpoints to the models the package ships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ..training.commit import commit_of
from ..training.errors import DataError, ResultError
from ..training.networks.tiers import SCALES, TIERS
from ..training.run import CHECKPOINT
from .manifest import DataSource, Manifest, Rights
from .onnx_from_checkpoint import Exported, export

RIGHTS = Rights(
    licence="Apache-2.0",
    attribution=(
        "Trained on open pictures, some under attribution licences: CID22 (Cloudinary), CC BY-SA 4.0; of "
        "elementary OS's wallpapers: Vieste coast by Edoardo Brogiolo, living stones by Andesine, water lily "
        "by Tanaka Juuyoh, CC BY 2.0; mountains and forest by DreamyPixel, CC BY 4.0; rose leaf, Wikimedia "
        "Commons, CC BY-SA 4.0. The weights hold none of the pictures."
    ),
    training_data=(
        DataSource("budgie", 34, "CC0"),
        DataSource("cid22", 208, "CC BY-SA 4.0"),
        DataSource("clic2025", 26, "Unsplash licence"),
        DataSource("elementary", 40, "CC0, public domain, Unsplash, Pexels, Pixabay, CC BY or CC BY-SA each"),
        DataSource("gb82", 25, "CC0"),
        DataSource("gb82_screen", 10, "CC0"),
    ),
)
"""Those of every shipped model: all are trained on the same pictures."""

LIVE_SUFFIX = "-live"
LIVE_LOSS = 0.3
"""In dB of PSNR-Y on clean pictures, on any set: what a twin for compressed video may lose to the clean one."""
INT8_SUFFIX, FP16_SUFFIX = "-int8", "-fp16"
INT8_TIERS = ("tiny-8", "tiny-16", "fast-32")
"""The plain stacks; what integers cost the others is more than they may lose."""
FP16_LOSS = 0.02
"""In dB of PSNR-Y, on any set: their codes are the same but for rounding."""
INT8_LOSS = 0.1
"""In dB of PSNR-Y, on any set at any scale."""


def ship(
    checkpoints: Path, models: Path, sets: Mapping[str, Path], photos: Path | None = None, *, half: bool = False
) -> list[Exported]:
    """Export, measure and judge each `checkpoints`/<tier>-x<scale>[-live]/last.safetensors; all are shipped or none.

    `sets` are folders of benchmark pictures by name. With `photos`, training photographs to calibrate on, each model of
    `INT8_TIERS` is shipped in INT8 too, as <tier>-x<scale>-int8; with `half` each in FP16. Returns what was shipped,
    the smallest model first. Raises DataError when there is no checkpoint or no set, ResultError when a model is not
    worth it (`judge`).
    """
    names = [f"{tier}-x{scale}{twin}" for scale in SCALES for tier in TIERS for twin in ("", LIVE_SUFFIX)]
    sources = {name: checkpoints / name / CHECKPOINT for name in names if (checkpoints / name / CHECKPOINT).exists()}
    if not sources or not sets:
        raise DataError(f"{len(sources)} checkpoints in {checkpoints}, {len(sets)} benchmark sets", "give both")
    models.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=models.parent) as folder:
        shipped = list(_forms(sources, Path(folder), sets, photos, half=half))
        judge([each.manifest for each in shipped])
        for file in Path(folder).iterdir():
            file.replace(models / file.name)
    return shipped


def _forms(
    sources: Mapping[str, Path], folder: Path, sets: Mapping[str, Path], photos: Path | None, *, half: bool
) -> Iterator[Exported]:
    """Every checkpoint's model, and its other forms as they are asked for, exported to `folder`."""
    commit = commit_of(Path(__file__).parent)
    for name, source in sources.items():
        write = partial(export, source, rights=RIGHTS, sets=sets, source_commit=commit)
        yield write(folder / f"{name}.onnx", name=name)
        if half:
            yield write(folder / f"{name}{FP16_SUFFIX}.onnx", name=name + FP16_SUFFIX, half=True)
        if photos is not None and name.startswith(INT8_TIERS):
            yield write(folder / f"{name}{INT8_SUFFIX}.onnx", name=name + INT8_SUFFIX, photos=photos)


def judge(manifests: Sequence[Manifest]) -> None:
    """Raises ResultError for a model that does not earn its place.

    It must be above bicubic and above each smaller one of its scale and kind on every set; an INT8 form may lose
    `INT8_LOSS` against its FP32 form, an FP16 form `FP16_LOSS`, a live twin `LIVE_LOSS` against the clean one.
    """
    for model in manifests:
        for name, quality in model.quality.items():
            for rival, psnr_y in _rivals(model, name, manifests).items():
                if not quality.psnr_y > psnr_y:
                    raise ResultError(
                        f"{model.name} has {quality.psnr_y:.2f} dB on {name}, {rival} {psnr_y:.2f} dB",
                        "train it longer; it is not shipped like this",
                    )
            _judge_loss(model, name, manifests, INT8_SUFFIX, INT8_LOSS)
            _judge_loss(model, name, manifests, FP16_SUFFIX, FP16_LOSS)
            _judge_loss(model, name, manifests, LIVE_SUFFIX, LIVE_LOSS)


def _rivals(model: Manifest, set_name: str, manifests: Sequence[Manifest]) -> dict[str, float]:
    """PSNR-Y of what the model must be better than."""
    of_kind = [m for m in manifests if m.scale == model.scale and _is_live(m) == _is_live(model)]
    smaller = [m for m in of_kind if m.macs_per_pixel < model.macs_per_pixel]
    return {"bicubic": model.quality[set_name].bicubic_psnr_y} | {m.name: m.quality[set_name].psnr_y for m in smaller}


def _is_live(model: Manifest) -> bool:
    return LIVE_SUFFIX in model.name


def _judge_loss(model: Manifest, set_name: str, manifests: Sequence[Manifest], suffix: str, most: float) -> None:
    """The model with `suffix` in its name may lose so much to the one without."""
    full = [m.quality[set_name].psnr_y for m in manifests if suffix in model.name and _without(model, suffix) == m.name]
    loss = full[0] - model.quality[set_name].psnr_y if full else 0.0
    if loss > most:
        raise ResultError(
            f"{model.name} loses {loss:.2f} dB to {_without(model, suffix)} on {set_name}, allowed: {most}",
            "train or calibrate it on more clean pictures like those it was trained on; it is not shipped like this",
        )


def _without(model: Manifest, suffix: str) -> str:
    return model.name.replace(suffix, "")
