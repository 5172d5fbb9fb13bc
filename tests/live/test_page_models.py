"""`GET /models`: what is shipped, with what was measured, here and while training."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from framelift.engine.live.http import models
from framelift.engine.model import available_models, load_model

WAIT_SECONDS = 60.0


def asked(times: int | None) -> list[dict[str, Any]]:
    """The cards after so many requests, or once all is measured; the application is closed then."""

    async def ask() -> list[dict[str, Any]]:
        app = FastAPI()
        app.include_router(models.router())
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")
        async with app.router.lifespan_context(app), client, asyncio.timeout(WAIT_SECONDS):
            count, cards = 0, []
            while count != times:
                cards = (await client.get("/models")).raise_for_status().json()
                count += 1
                if times is None and all(card["speed_state"] != "measuring" for card in cards):
                    break
                await asyncio.sleep(0.02)
            return cards

    return asyncio.run(ask())


def test_each_model_is_listed_with_its_manifest() -> None:
    cards = {card["name"]: card for card in asked(times=1)}
    assert set(cards) == {name.removesuffix("-int8") for name in available_models()}
    for name, card in cards.items():
        manifest = load_model(name).manifest
        assert manifest is not None
        assert load_model(card["tier"], scale=card["scale"]).name == name
        assert (card["scale"], card["macs_per_pixel"]) == (manifest.scale, manifest.macs_per_pixel)
        assert card["precisions"] == ["fp32", "int8"]
        assert card["licence"] == manifest.licence
        assert card["curve"] == [list(point) for point in manifest.curve]
        for set_name, scores in manifest.quality.items():
            expected = {"psnr_y": scores.psnr_y, "bicubic_psnr_y": scores.bicubic_psnr_y}
            assert card["quality"][set_name] == expected


def test_speed_is_measured_once_asked_for() -> None:
    cards = asked(times=None)
    assert {card["speed_state"] for card in cards} == {"measured"}
    assert all(card["speed_ms"] > 0 for card in cards)
    assert {card["speed_of"] for card in cards} == {"640x360, native"}


def test_a_measurement_under_way_ends_with_the_server() -> None:
    before = children()
    (first, *_) = asked(times=1)
    assert first["speed_state"] == "measuring"
    assert first["speed_ms"] is None
    assert children() == before


def children() -> set[str]:
    """The processes that this one has started."""
    return {
        number
        for number in filter(str.isdigit, os.listdir("/proc"))  # noqa: PTH208  names only
        if parent_of(number) == os.getpid()
    }


def parent_of(number: str) -> int:
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except OSError:  # it has ended meanwhile
        return 0
    return int(status.rpartition(")")[2].split()[1])
