"""The zoo: a folder of checkpoints to the models the package ships."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

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

INT8_SUFFIX = "-int8"
INT8_LOSS = 0.1
"""In dB of PSNR-Y, on any set at any scale."""


def ship(checkpoints: Path, models: Path, sets: Mapping[str, Path], photos: Path | None = None) -> list[Exported]:
    """Export, measure and judge each `checkpoints`/<tier>-x<scale>/last.safetensors; all are shipped or none.

    `sets` are folders of benchmark pictures by name. With `photos`, training photographs to calibrate on, each model
    is shipped in INT8 too, as <tier>-x<scale>-int8. Returns what was shipped, the smallest model first. Raises
    DataError when there is no checkpoint or no set, ResultError when a model is not worth it (`judge`).
    """
    names = [f"{tier}-x{scale}" for scale in SCALES for tier in TIERS]
    sources = {name: checkpoints / name / CHECKPOINT for name in names if (checkpoints / name / CHECKPOINT).exists()}
    if not sources or not sets:
        raise DataError(f"{len(sources)} checkpoints in {checkpoints}, {len(sets)} benchmark sets", "give both")
    models.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=models.parent) as folder:
        shipped = list(_forms(sources, Path(folder), sets, photos))
        judge([each.manifest for each in shipped])
        for file in Path(folder).iterdir():
            file.replace(models / file.name)
    return shipped


def _forms(
    sources: Mapping[str, Path], folder: Path, sets: Mapping[str, Path], photos: Path | None
) -> Iterator[Exported]:
    """Every checkpoint's model, and its INT8 form where there are photographs, exported to `folder`."""
    commit = source_commit()
    for name, source in sources.items():
        write = partial(export, source, rights=RIGHTS, sets=sets, source_commit=commit)
        yield write(folder / f"{name}.onnx", name=name)
        if photos is not None:
            yield write(folder / f"{name}{INT8_SUFFIX}.onnx", name=name + INT8_SUFFIX, photos=photos)


def judge(manifests: Sequence[Manifest]) -> None:
    """Raises ResultError for a model that does not earn its place.

    It must be above bicubic and above each smaller one of its scale on every set; an INT8 form may lose
    `INT8_LOSS` against its FP32 form.
    """
    for model in manifests:
        for name, quality in model.quality.items():
            for rival, psnr_y in _rivals(model, name, manifests).items():
                if not quality.psnr_y > psnr_y:
                    raise ResultError(
                        f"{model.name} has {quality.psnr_y:.2f} dB on {name}, {rival} {psnr_y:.2f} dB",
                        "train it longer; it is not shipped like this",
                    )
            _judge_loss(model, name, manifests)


def _rivals(model: Manifest, set_name: str, manifests: Sequence[Manifest]) -> dict[str, float]:
    """PSNR-Y of what the model must be better than."""
    smaller = [m for m in manifests if m.scale == model.scale and m.macs_per_pixel < model.macs_per_pixel]
    return {"bicubic": model.quality[set_name].bicubic_psnr_y} | {m.name: m.quality[set_name].psnr_y for m in smaller}


def _judge_loss(model: Manifest, set_name: str, manifests: Sequence[Manifest]) -> None:
    full = [m.quality[set_name].psnr_y for m in manifests if m.name + INT8_SUFFIX == model.name]
    loss = full[0] - model.quality[set_name].psnr_y if full else 0.0
    if loss > INT8_LOSS:
        raise ResultError(
            f"{model.name} loses {loss:.2f} dB to its FP32 form on {set_name}, allowed: {INT8_LOSS}",
            "calibrate it on pictures like those it was trained on; it is not shipped like this",
        )


def source_commit() -> str | None:
    """The last commit that touched the code that exports; None where it is not under version control."""
    command = ["git", "-C", str(Path(__file__).parent), "log", "-1", "--format=%H", "--", "."]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  fixed
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return None
    return shown.stdout.strip() or None
