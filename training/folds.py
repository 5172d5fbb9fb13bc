"""K-fold cross-validation: how much a result depends on which photographs were held out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import rmtree

import numpy as np

from .data import Paired
from .errors import SettingError
from .files import replacing
from .photos import photo_paths
from .recipe import Recipe
from .run import LOG
from .train import SILENT, Watching, train

TABLE = "folds.json"


@dataclass(frozen=True)
class Fold:
    """One run: how many photographs were held out, and PSNR-Y on these in dB."""

    number: int
    held_out: int
    psnr_y: float


def cross_validate(recipe: Recipe, photos: Path, out: Path, count: int, watching: Watching = SILENT) -> list[Fold]:
    """Train `count` times, each time without another part of the photographs, and measure on that part.

    The runs lie in `out`/fold-N, the results in `out`/folds.json; runs that are there already are gone on with. The
    parts depend on the folder and the recipe's seed. Raises SettingError for fewer than 2 parts or more than there are
    photographs, and for paired folders.
    """
    paths = photo_paths(photos)
    if not 2 <= count <= len(paths):
        raise SettingError(f"{count} folds of {len(paths)} photographs", f"choose 2 to {len(paths)}")
    if isinstance(recipe.data, Paired):
        raise SettingError("folds are made of photographs, not of paired folders", "choose another recipe")
    order = np.random.default_rng(recipe.seed).permutation(len(paths))
    parts = [{paths[place] for place in order[number::count]} for number in range(count)]
    folds = [_fold(recipe, photos, out / f"fold-{n}", n, part, watching) for n, part in enumerate(parts)]
    with replacing(out / TABLE) as partial:
        partial.write_text(json.dumps([asdict(fold) for fold in folds], indent=2), encoding="utf-8")
    return folds


def _fold(recipe: Recipe, photos: Path, out: Path, number: int, held_out: set[Path], watching: Watching) -> Fold:
    rest = set(photo_paths(photos)) - held_out
    training, validation = (_linked(part, photos, out / name) for part, name in ((rest, "train"), (held_out, "test")))
    train(recipe, training, out, replace(watching, validation=validation))
    last = json.loads((out / LOG).read_text(encoding="utf-8").splitlines()[-1])
    return Fold(number, len(held_out), float(last["psnr_y"]))


def _linked(paths: set[Path], root: Path, folder: Path) -> Path:
    """A folder with links to these pictures, at the places they have below `root`."""
    rmtree(folder, ignore_errors=True)
    for path in paths:
        link = folder / path.relative_to(root)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
    return folder
