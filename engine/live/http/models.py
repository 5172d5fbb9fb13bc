"""`GET /models`: the shipped models with their measured quality, their speed on this machine, how they were trained."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from fastapi import APIRouter, FastAPI

from ...model import available_models, load_model, precisions_of
from ..speed import HEIGHT, WIDTH

_SPEED_SECONDS = 120.0  # takes one on a quiet machine; at the lowest priority on a busy one, many


@dataclass(frozen=True)
class SetQuality:
    """Mean PSNR of luma in dB over a benchmark set: the model's, and plain bicubic's."""

    psnr_y: float
    bicubic_psnr_y: float


@dataclass(frozen=True)
class ModelCard:
    """One model at one scale."""

    name: str
    tier: str  # what `model` of a session takes
    scale: int
    precisions: list[str]
    macs_per_pixel: int  # multiply-accumulates per input pixel
    quality: dict[str, SetQuality]  # of the FP32 form, by set
    curve: list[tuple[int, float]] | None  # (step, PSNR-Y in dB) while training
    licence: str
    speed_state: str = "measuring"  # or "measured", "failed"
    speed_ms: float | None = None  # median milliseconds a frame
    speed_of: str | None = None  # of what, and by what


def router() -> APIRouter:
    """The route. The first request starts the measurement of speed; later ones have it."""
    speeds = _Speeds()
    cards: list[ModelCard] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await speeds.close()

    routes = APIRouter(lifespan=lifespan)

    @routes.get("/models")
    async def models() -> list[ModelCard]:
        """The shipped models, by scale and cost."""
        if not cards:
            cards[:] = await asyncio.to_thread(_shipped)
        speeds.start()
        return [speeds.onto(card) for card in cards]

    return routes


def _shipped() -> list[ModelCard]:
    names = {name.removesuffix("-int8") for name in available_models()}
    return sorted((_card(name) for name in names), key=lambda card: (card.scale, card.macs_per_pixel, card.name))


def _card(name: str) -> ModelCard:
    model = load_model(name)
    manifest = model.manifest
    assert manifest is not None, "every shipped model has one"
    return ModelCard(
        name=name,
        tier=name.replace(f"-x{model.scale}", "", 1),  # of a twin too: tiny-16-live of tiny-16-x2-live
        scale=model.scale,
        precisions=list(precisions_of(name)),
        macs_per_pixel=manifest.macs_per_pixel,
        quality={s: SetQuality(scores.psnr_y, scores.bicubic_psnr_y) for s, scores in manifest.quality.items()},
        curve=list(manifest.curve) or None,
        licence=manifest.licence,
    )


class _Speeds:
    """Measured once, by a child process, when somebody first asks."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._measured: dict[str, tuple[float, str]] | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._measure(), name="speed of the models")

    def onto(self, card: ModelCard) -> ModelCard:
        """The card with what is known by now."""
        if self._measured is None:
            return card
        if card.name not in self._measured:
            return replace(card, speed_state="failed")
        milliseconds, backend = self._measured[card.name]
        of = f"{WIDTH}x{HEIGHT}, {backend}"
        return replace(card, speed_state="measured", speed_ms=round(milliseconds, 2), speed_of=of)

    async def close(self) -> None:
        """End a measurement that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _measure(self) -> None:
        try:
            output = await _output_of(sys.executable, "-m", f"{__package__.rpartition('.')[0]}.speed")
            self._measured = {name: (ms, backend) for name, (ms, backend) in json.loads(output).items()}
        except (OSError, TimeoutError, ValueError) as error:
            logging.getLogger(__name__).warning("the models' speed was not measured: %r", error)
            self._measured = {}


async def _output_of(*command: str) -> bytes:
    """What a child process prints; it does not outlive this call, and Ctrl-C in a terminal is not its to answer."""
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        output, _ = await asyncio.wait_for(child.communicate(), _SPEED_SECONDS)
        return output
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
