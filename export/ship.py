"""The zoo: a folder of checkpoints to the models the package ships."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..training.errors import DataError, ResultError
from ..training.networks.tiers import SCALES, TIERS
from ..training.run import CHECKPOINT
from .manifest import DataSource, Manifest, Rights
from .onnx_from_checkpoint import export

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


def ship(checkpoints: Path, models: Path, sets: Mapping[str, Path]) -> list[Manifest]:
    """Export, measure and judge each `checkpoints`/<tier>-x<scale>/last.safetensors; all are shipped or none.

    `sets` are folders of benchmark pictures by name. Returns the manifests, the smallest model first. Raises
    DataError when there is no checkpoint or no set, ResultError when a model is not worth it (`judge`).
    """
    names = [f"{tier}-x{scale}" for scale in SCALES for tier in TIERS]
    sources = {name: checkpoints / name / CHECKPOINT for name in names if (checkpoints / name / CHECKPOINT).exists()}
    if not sources or not sets:
        raise DataError(f"{len(sources)} checkpoints in {checkpoints}, {len(sets)} benchmark sets", "give both")
    commit = source_commit()
    models.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=models.parent) as folder:
        manifests = [
            export(
                source,
                Path(folder) / f"{name}.onnx",
                name=name,
                rights=RIGHTS,
                sets=sets,
                source_commit=commit,
            )
            for name, source in sources.items()
        ]
        judge(manifests)
        for name in sources:
            (Path(folder) / f"{name}.onnx").replace(models / f"{name}.onnx")
    return manifests


def judge(manifests: Sequence[Manifest]) -> None:
    """Raises ResultError for a model that is not above bicubic, or not above a smaller one of its scale."""
    for model in manifests:
        smaller = [m for m in manifests if m.scale == model.scale and m.macs_per_pixel < model.macs_per_pixel]
        for name, quality in model.quality.items():
            rivals = {"bicubic": quality.bicubic_psnr_y} | {m.name: m.quality[name].psnr_y for m in smaller}
            for rival, psnr_y in rivals.items():
                if not quality.psnr_y > psnr_y:
                    raise ResultError(
                        f"{model.name} has {quality.psnr_y:.2f} dB on {name}, {rival} {psnr_y:.2f} dB",
                        "train it longer; it is not shipped like this",
                    )


def source_commit() -> str | None:
    """The last commit that touched the code that exports; None where it is not under version control."""
    command = ["git", "-C", str(Path(__file__).parent), "log", "-1", "--format=%H", "--", "."]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  fixed
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return None
    return shown.stdout.strip() or None
