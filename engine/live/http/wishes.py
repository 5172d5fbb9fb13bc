"""What a client may choose for its stream, checked before anything is started."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from ...errors import UsageError
from ...model import available_models, precisions_of
from ..encoders.rate import LEAST_BITRATE, MOST_BITRATE
from ..rungs import BICUBIC, check_settings
from ..settings import LiveSettings

_Model = Annotated[str | None, Field(max_length=100, description="A name of GET /models, or bicubic.")]
_Scale = Annotated[int | None, Field(ge=1, le=4, description="How many times larger; 1 hands the picture through.")]
_Bitrate = Annotated[
    int | None,
    Field(ge=LEAST_BITRATE, le=MOST_BITRATE, description="Bits a second; by the output's size when left out."),
]


class Wishes(BaseModel):
    """One stream's; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: _Model = None
    scale: _Scale = None
    bitrate: _Bitrate = None

    def applied_to(self, settings: LiveSettings) -> LiveSettings:
        """`settings` with the wishes in it. Raises UsageError or ModelError for what cannot be.

        Only names count, never paths: no request makes the server open a file. Only the server's own may be one.
        """
        given = {name: getattr(self, name) for name in Wishes.model_fields if getattr(self, name) is not None}
        if self.model not in (None, settings.model, BICUBIC) and not precisions_of(self.model):
            raise UsageError(f"no model is named {self.model!r}", f"choose one of {', '.join(_names())}, {BICUBIC}")
        chosen = replace(settings, **given)
        check_settings(chosen)
        return chosen


def wishes_of_query(
    model: Annotated[_Model, Query()] = None,
    scale: Annotated[_Scale, Query()] = None,
    bitrate: Annotated[_Bitrate, Query()] = None,
) -> Wishes:
    """The wishes of a WHIP address: ?model=&scale=&bitrate=."""
    return Wishes(model=model, scale=scale, bitrate=bitrate)


def _names() -> list[str]:
    """The shipped models, by the names that leave the scale open."""
    return sorted({name.rpartition("-x")[0] for name in available_models()})
