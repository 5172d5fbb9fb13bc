"""K-fold cross-validation: how much a result depends on which photographs were held out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import rmtree

import numpy as np

from . import checkpoint
from .data import Paired
from .errors import SettingError
from .evaluate import evaluate_from_rgb
from .files import replacing
from .photos import photo_paths
from .recipe import Recipe
from .train import SILENT, Watching, train
from .upscaler import upscaler_of

TABLE = "folds.json"


@dataclass(frozen=True)
class Fold:
    """One run: how many photographs were held out, and PSNR-Y on these in dB."""

    number: int
    held_out: int
    psnr_y: float


def cross_validate(
    recipe: Recipe, photos: Path, out: Path, count: int, watching: Watching = SILENT, *, device: str = "cpu"
) -> list[Fold]:
    """Train `count` times, each time without another part of the photographs, and measure on that part.

    The runs lie in `out`/fold-N, the results in `out`/folds.json; runs that are there already are gone on with. The
    parts depend on the folder and the recipe's seed. Raises SettingError for fewer than 2 parts or more than there are
    photographs, for paired folders, and for validation pictures: these are the part that is held out.
    """
    paths = photo_paths(photos)
    if not 2 <= count <= len(paths):
        raise SettingError(f"{count} folds of {len(paths)} photographs", f"choose 2 to {len(paths)}")
    if isinstance(recipe.data, Paired):
        raise SettingError("folds are made of photographs, not of paired folders", "choose another recipe")
    if watching.validation is not None:
        raise SettingError("folds are measured on what they hold out", "leave the validation pictures out")
    order = np.random.default_rng(recipe.seed).permutation(len(paths))
    parts = [{paths[place] for place in order[number::count]} for number in range(count)]
    folds = []
    for number, part in enumerate(parts):
        training, held_out = _split(photos, part, out / f"fold-{number}")
        last = train(recipe, training, held_out.parent, replace(watching, validation=held_out), device=device)
        folds.append(Fold(number, len(part), _psnr_y(last, held_out)))
    with replacing(out / TABLE) as partial:
        partial.write_text(json.dumps([asdict(fold) for fold in folds], indent=2), encoding="utf-8")
    return folds


def _split(photos: Path, held_out: set[Path], out: Path) -> tuple[Path, Path]:
    """Folders in `out` with the photographs to train on, and with those that are held out."""
    rest = set(photo_paths(photos)) - held_out
    return _linked(rest, photos, out / "train"), _linked(held_out, photos, out / "test")


def _psnr_y(last: Path, pictures: Path) -> float:
    network, _ = checkpoint.load(last)
    return evaluate_from_rgb(pictures, network.scale, upscaler_of(network).luma).psnr_y


def _linked(paths: set[Path], root: Path, folder: Path) -> Path:
    """A folder with links to these pictures, at the places they have below `root`."""
    rmtree(folder, ignore_errors=True)
    for path in paths:
        link = folder / path.relative_to(root)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
    return folder
