"""What happens to each stream of the input: decided before any work, from the facts and the container's table.

A stream is upscaled, copied packet by packet, converted (text subtitles), stored as an attachment or as metadata,
or cannot be carried; what cannot is refused, or dropped by name with `--drop-unsupported`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition

from . import tags
from .containers import TEXT_SUBTITLES, Container
from .encoders import Encoder
from .errors import OutputError
from .hdr import DYNAMIC
from .media import MediaFacts, TrackFacts
from .orientation import turn_of

Action = Literal["copy", "convert", "attach", "metadata", "drop"]

_MARKS = (  # `default` is no loss where a container has no such mark: the first track is its default
    Disposition.dub | Disposition.original | Disposition.comment | Disposition.forced | Disposition.hearing_impaired
    | Disposition.visual_impaired
)  # fmt: skip
_SPATIAL = {SideDataType.STEREO3D: "3D (stereo) information", SideDataType.SPHERICAL: "360-degree projection"}


@dataclass(frozen=True)
class TrackPlan:
    """What becomes of one stream beside the one that is upscaled."""

    track: TrackFacts
    action: Action
    codec: str | None = None  # the new codec when converted


def plan_tracks(
    facts: MediaFacts, container: Container, encoder: Encoder, *, drop_unsupported: bool
) -> list[TrackPlan]:
    """A plan for every stream, in the input's order.

    Raises OutputError that names all that the output cannot carry, unless `drop_unsupported`.
    """
    plans = [_plan(track, container, facts) for track in facts.tracks]
    lost = [f"{_described(p.track)}" for p in plans if p.action == "drop"]
    lost += lost_facts(facts, container, encoder)
    if lost and not drop_unsupported:
        raise OutputError(
            f"{container.muxer} with {encoder.name} cannot carry: {'; '.join(lost)}",
            _way_out(facts, container, encoder),
        )
    return plans


def lost_facts(facts: MediaFacts, container: Container, encoder: Encoder) -> list[str]:
    """What else of the input this output cannot carry, in words."""
    lost = [f"tag {key}" for key in tags.lost(facts.tags, container.tags)]
    for index, words, disposition in _words_of(facts):
        lost += [f"tag {key} of stream {index}" for key in tags.lost(words, container.track_tags)]
        lost += [
            f"{flag.name} mark of stream {index}" for flag in disposition & ~container.dispositions & _MARKS
        ]
    side_data = facts.video.side_data
    if facts.chapters and not container.chapters:
        lost.append(f"{facts.chapters} chapters")
    if not container.rotation and turn_of(facts.video.display_matrix) is None:
        lost.append("a display matrix that is no quarter turn")
    if not encoder.captions and SideDataType.A53_CC in side_data:
        lost.append("closed captions")
    if encoder.hdr is None and {
        SideDataType.MASTERING_DISPLAY_METADATA,
        SideDataType.CONTENT_LIGHT_LEVEL,
    } & set(side_data):
        lost.append("static HDR metadata")
    lost += sorted({name for kind, name in (DYNAMIC | _SPATIAL).items() if kind in side_data})
    return lost


def _words_of(facts: MediaFacts) -> Iterator[tuple[int, dict[str, str], Disposition]]:
    yield facts.video.index, facts.video.tags, facts.video.disposition
    for track in facts.tracks:
        if track.type in ("video", "audio", "subtitle") and not track.cover_art:
            yield track.index, track.tags, track.disposition


def _plan(track: TrackFacts, container: Container, facts: MediaFacts) -> TrackPlan:
    codec = track.codec or "unknown"
    if track.cover_art:
        how: dict[str, Action] = {"stream": "copy", "attachment": "attach", "none": "drop"}
        return TrackPlan(track, how[container.cover_art])
    if track.type == "video":
        return TrackPlan(track, "copy" if codec in container.video else "drop")
    if track.type == "audio":
        return TrackPlan(track, "copy" if container.audio is None or codec in container.audio else "drop")
    if track.type == "subtitle":
        return _plan_subtitles(track, codec, container)
    if track.type == "attachment":
        return TrackPlan(track, "attach" if container.attachments else "drop")
    if track.timecode and container.muxer in ("mov", "mp4", "matroska"):
        return TrackPlan(track, "metadata")  # these write it from the `timecode` tag
    return TrackPlan(track, "copy" if codec in container.data else "drop")


def _plan_subtitles(track: TrackFacts, codec: str, container: Container) -> TrackPlan:
    if codec in container.subtitles:
        return TrackPlan(track, "copy")
    if codec in TEXT_SUBTITLES and container.text_subtitles is not None:
        return TrackPlan(track, "convert", container.text_subtitles)
    return TrackPlan(track, "drop")


def _described(track: TrackFacts) -> str:
    kind = "cover art" if track.cover_art else track.type
    language = f" ({track.tags['language']})" if "language" in track.tags else ""
    return f"stream {track.index}, {kind} {track.codec or 'of unknown kind'}{language}"


def _way_out(facts: MediaFacts, container: Container, encoder: Encoder) -> str:
    drop = "or --drop-unsupported leaves it out"
    if encoder.hdr is None or not encoder.captions:
        return f"choose --codec libx265 (HDR, captions) or .mkv, {drop}"
    if container.muxer != "matroska":
        return f"write .mkv, {drop}"
    return drop.removeprefix("or ")
