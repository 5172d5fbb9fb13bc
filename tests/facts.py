"""Facts of media that need no file, for the tests of decisions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from av.stream import Disposition
from framelift.engine.colour import ColourTags
from framelift.engine.media import MediaFacts, TrackFacts, VideoFacts


def video_facts(**changed: Any) -> VideoFacts:
    """A plain 64x48 H.264 stream, number 0."""
    facts: dict[str, Any] = {
        "index": 0,
        "codec": "h264",
        "width": 64,
        "height": 48,
        "pix_fmt": "yuv420p",
        "time_base": Fraction(1, 1000),
        "rate": Fraction(25),
        "frames": None,
        "duration": None,
        "sample_aspect_ratio": Fraction(1),
        "colour": ColourTags(),
        "interlaced": False,
        "alpha": False,
        "has_pts": True,
        "pts_in_order": True,
        "display_matrix": None,
        "tags": {},
        "disposition": Disposition(0),
        "side_data": {},
    }
    return VideoFacts(**facts | changed)


def track(index: int, kind: str, codec: str | None, **changed: Any) -> TrackFacts:
    """A stream beside the video."""
    facts: dict[str, Any] = {"tags": {}, "disposition": Disposition(0), "timecode": False}
    return TrackFacts(index, kind, codec, **facts | changed)


def media_facts(*tracks: TrackFacts, **changed: Any) -> MediaFacts:
    """A file of these tracks and a plain video."""
    facts: dict[str, Any] = {
        "path": Path("in.mkv"),
        "container": "matroska,webm",
        "duration": None,
        "video": video_facts(),
        "tracks": tracks,
        "chapters": 0,
        "tags": {},
    }
    return MediaFacts(**facts | changed)
