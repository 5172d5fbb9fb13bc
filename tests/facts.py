"""Facts of media that need no file, for the tests of decisions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from av.stream import Disposition
from framelift.engine.colour import ColourTags
from framelift.engine.containers import container_for
from framelift.engine.encoders import EncodeSettings, choose_encoder
from framelift.engine.geometry import TargetSize, plan_geometry
from framelift.engine.layout import layout_of
from framelift.engine.media import MediaFacts, TrackFacts, VideoFacts
from framelift.engine.model import load_model
from framelift.engine.pixel_format import tags_after
from framelift.engine.plan import Options, Plan


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
        "chapter_gaps": False,
        "tags": {},
    }
    return MediaFacts(**facts | changed)


def plan_for(output: Path, video: VideoFacts, settings: EncodeSettings | None = None, scale: int = 2) -> Plan:
    """A run on this video alone, without asking whether all of it can be kept."""
    settings, layout, container = settings or EncodeSettings(), layout_of(video.pix_fmt), container_for(output)
    choice = choose_encoder(container, layout, settings.codec, settings.pix_fmt)
    even = [choice.encoder.subsampled_even and factor > 1 for factor in choice.layout.subsampling]
    geometry = plan_geometry(
        video.width, video.height, video.sample_aspect_ratio, TargetSize(), scale, even=(even[0], even[1])
    )
    colour = video.colour.decided(lines=video.height, pix_fmt=video.pix_fmt)
    return Plan(
        input=Path("in.mkv"),
        output=output,
        options=Options(encode=settings),
        facts=media_facts(video=video),
        container=container,
        model=load_model("tiny-16-x2"),
        layout=layout,
        colour=colour,
        geometry=geometry,
        choice=choice,
        output_colour=tags_after(colour, layout, choice.layout),
        tracks=[],
        turn=None,
        dropped=[],
        memory=0.0,
    )
