"""Train one tier at one scale on a folder of photographs.

L1 on luma, Adam, cosine decay after a short warm-up, an average of the weights over the last part of the run.
One CPU thread by default; a second job fills a second core better than a second thread.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from .evaluate import UpscaleLuma, evaluate
from .networks.plain import PlainSR
from .photos import Crops, load_pairs
from .recipe import Recipe
from .run import CHECKPOINT, LOG, Run, as_input

__all__ = ["Recipe", "luma_upscaler", "train"]


def train(recipe: Recipe, photos: Path, out: Path, validation: Path | None = None, every: int = 5_000) -> Path:
    """Run `recipe`, or go on with the run that lies in the folder `out`; returns the final checkpoint.

    Every `every` steps the run is saved and a line of JSON added to `out`/log.jsonl: step, mean loss,
    seconds, and PSNR-Y on the pictures below `validation`. Reduced pictures are cached beside `out`.
    Raises DataError for pictures that cannot be used, SettingError for settings that cannot, ResultError when
    training diverges, WriteError when the run cannot be saved.
    """
    torch.set_num_threads(recipe.threads)
    run = Run(recipe)
    run.resume(out)
    pairs = load_pairs(photos, recipe.scale, out.parent / "cache")
    crops = Crops(pairs, recipe.scale, recipe.crop, recipe.seed)
    began, losses = time.monotonic(), []
    while run.step < recipe.steps:
        losses.append(run.advance(*crops.batch(run.step, recipe.batch)))
        if run.step % every == 0 or run.step == recipe.steps:
            run.save(out)
            seconds = round(time.monotonic() - began)
            entry = {"step": run.step, "loss": float(np.mean(losses)), "seconds": seconds}
            if validation is not None:
                entry["psnr_y"] = evaluate(validation, recipe.scale, luma_upscaler(run.averaged())).psnr_y
            with (out / LOG).open("a") as log:
                log.write(json.dumps(entry) + "\n")
            losses = []
    return out / CHECKPOINT


def luma_upscaler(network: PlainSR) -> UpscaleLuma:
    """The network as a function on uint8 luma codes."""
    plain = network.collapse()

    @torch.no_grad()
    def upscale(low: NDArray[np.uint8]) -> NDArray[np.uint8]:
        y = plain(as_input(low[None, None]))[0, 0]
        codes: NDArray[np.uint8] = (y * 255.0).round().clamp(0, 255).byte().numpy()
        return codes

    return upscale
