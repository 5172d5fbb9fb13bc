"""What happens to each stream of the input: decided before any work, from the facts and the container's table.

A stream is upscaled, copied packet by packet, converted (text subtitles), stored as an attachment or as metadata,
or cannot be carried; what cannot is refused, or dropped by name with `--drop-unsupported`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition

from . import tags
from .containers import TEXT_SUBTITLES, Container, container_for
from .encoders import Encoder
from .hdr import DYNAMIC
from .languages import spelled
from .media import MediaFacts, TrackFacts
from .orientation import turn_of

Action = Literal["copy", "convert", "attach", "metadata", "drop"]

_MARKS = (  # `default` is told apart: without the mark, players take the first track
    Disposition.dub | Disposition.original | Disposition.comment | Disposition.forced | Disposition.hearing_impaired
    | Disposition.visual_impaired
)  # fmt: skip
_TIMECODE_TAG = ("mov", "mp4", "matroska", "webm")  # muxers that keep the `timecode` tag, or make a track of it
_STATIC_HDR = {SideDataType.MASTERING_DISPLAY_METADATA, SideDataType.CONTENT_LIGHT_LEVEL}
_IN_THE_STREAM = _STATIC_HDR | {SideDataType.A53_CC}
_SPATIAL = {SideDataType.STEREO3D: "3D (stereo) information", SideDataType.SPHERICAL: "360-degree projection"}
_CARRIED = _IN_THE_STREAM | {SideDataType.DISPLAYMATRIX}  # or refused by their own rules
_OF_THE_OLD_STREAM = {  # about how it was encoded, or done with by the decoder
    SideDataType.SEI_UNREGISTERED, SideDataType.GOP_TIMECODE, SideDataType.PANSCAN, SideDataType.VIDEO_ENC_PARAMS,
    SideDataType.MOTION_VECTORS, SideDataType.FILM_GRAIN_PARAMS, SideDataType.REGIONS_OF_INTEREST,
    SideDataType.VIDEO_HINT,
}  # fmt: skip


@dataclass(frozen=True)
class TrackPlan:
    """What becomes of one stream beside the one that is upscaled."""

    track: TrackFacts
    action: Action
    codec: str | None = None  # the new codec when converted


def plan_tracks(facts: MediaFacts, container: Container) -> list[TrackPlan]:
    """A plan for every stream beside the upscaled one, in the input's order."""
    return [_plan(track, container) for track in facts.tracks]


def allowed_tags(container: Container, plans: list[TrackPlan]) -> frozenset[str] | None:
    """The file's tags that an output with these tracks can hold, None for any."""
    cover = any(plan.track.cover_art and plan.action != "drop" for plan in plans)
    return container.tags_beside_cover if cover else container.tags


def what_is_lost(
    facts: MediaFacts, plans: list[TrackPlan], container: Container, encoder: Encoder, aspect: Fraction
) -> list[str]:
    """All that this output, with sample aspect ratio `aspect`, cannot carry, in words; empty for most."""
    lost = [_described(plan.track) for plan in plans if plan.action == "drop"]
    if aspect != 1 and container.aspect is not None and encoder.codec not in container.aspect:
        lost.append(f"the sample aspect ratio {aspect}")
    lost += [f"tag {key}" for key in tags.lost(facts.tags, allowed_tags(container, plans))]
    for index, words, disposition in _words_of(facts):
        allowed = container.video_tags if index == facts.video.index else container.track_tags
        lost += [f"tag {key} of stream {index}" for key in tags.lost(words, allowed)]
        if "language" in words and spelled(words["language"], container.languages) is None:
            lost.append(f"language {words['language']} of stream {index}")
        lost += [f"{flag.name} mark of stream {index}" for flag in disposition & ~container.dispositions & _MARKS]
    if not container.dispositions & Disposition.default and _default_matters(facts):
        lost.append("which tracks are the default")
    if facts.chapters and not container.chapters:
        lost.append(f"{facts.chapters} chapters")
    elif facts.chapter_gaps and not container.chapter_gaps:
        lost.append("chapters with gaps between them")
    if not container.rotation and turn_of(facts.video.display_matrix) is None:
        lost.append("a display matrix that is no quarter turn")
    return lost + _lost_side_data(set(facts.video.side_data), encoder)


def way_out(facts: MediaFacts, container: Container, encoder: Encoder, aspect: Fraction) -> str:
    """What to choose where something would be lost."""
    drop = "--drop-unsupported leaves it out"
    best = container_for(Path("any.mkv"))
    if not what_is_lost(facts, plan_tracks(facts, best), best, encoder, aspect):
        return f"write .mkv, which carries all of it; {drop}"
    if not what_is_lost(facts, plan_tracks(facts, container), container, encoder, Fraction(1)):
        return f"choose libx264 or libx265, or make pixels square with --width and --height; {drop}"
    if _lost_side_data(set(facts.video.side_data) & _IN_THE_STREAM, encoder):
        return f"choose --codec libx265, which keeps HDR and captions; {drop}"
    return f"no container here carries it; {drop}"


def _lost_side_data(kinds: set[SideDataType], encoder: Encoder) -> list[str]:
    lost = []
    if SideDataType.A53_CC in kinds and not encoder.captions:
        lost.append("closed captions")
    if _STATIC_HDR & kinds and encoder.hdr is None:
        lost.append("static HDR metadata")
    names = DYNAMIC | _SPATIAL
    others = kinds - _CARRIED - _OF_THE_OLD_STREAM
    return lost + sorted({names.get(kind, kind.name.lower().replace("_", " ")) for kind in others})


def _default_matters(facts: MediaFacts) -> bool:
    """Whether the input marks a default among several tracks of one type."""
    marks = [("video", facts.video.disposition)]
    marks += [(t.type, t.disposition) for t in facts.tracks if not t.cover_art]
    several = {kind for kind, _ in marks if [k for k, _ in marks].count(kind) > 1}
    return any(disposition & Disposition.default for kind, disposition in marks if kind in several)


def _words_of(facts: MediaFacts) -> Iterator[tuple[int, dict[str, str], Disposition]]:
    yield facts.video.index, facts.video.tags, facts.video.disposition
    for track in facts.tracks:
        if track.type in ("video", "audio", "subtitle") and not track.cover_art:
            yield track.index, track.tags, track.disposition


def _plan(track: TrackFacts, container: Container) -> TrackPlan:
    codec = track.codec or "unknown"
    if track.cover_art:
        how: dict[str, Action] = {"stream": "copy", "attachment": "attach", "none": "drop"}
        return TrackPlan(track, how[container.cover_art])
    if track.type == "subtitle":
        return _plan_subtitles(track, codec, container)
    if track.type == "attachment":
        return TrackPlan(track, "attach" if container.attachments else "drop")
    if track.type == "data" and track.timecode and container.muxer in _TIMECODE_TAG:
        return TrackPlan(track, "metadata")
    held = {"video": container.video, "audio": container.audio, "data": container.data}.get(track.type, frozenset())
    return TrackPlan(track, "copy" if track.copyable and (held is None or codec in held) else "drop")


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
