"""What the two files declare: tracks, attachments, cover art, chapters, metadata, timecode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from ..languages import same_language
from .report import Finding
from .survey import Chapter, Enclosure, Survey, Track
from .texts import TEXT_CODECS
from .times import in_seconds

KINDS = ("video", "audio", "subtitle", "data", "unknown")
MILLISECOND = Fraction(1, 1000)

MPEG_AUDIO = {"mp1", "mp2", "mp3"}
"""Layers that MP4 does not tell apart; decoders see them in each packet."""

UNSET_CLOCK = "1970-01-01T00:00:00"
"""What a camera without a clock writes; FFmpeg's MP4 writer leaves it out. It tells nothing of the content."""

MADE_BY_MUXERS = re.compile(
    r"encoder|software|major_brand|minor_version|compatible_brands|handler_name|vendor_id|duration|filename|mimetype"
    r"|bps|number_of_frames|number_of_bytes|_statistics_\w+",
)
"""Keys that muxers and encoders write themselves; the statistics are mkvmerge's."""

CHECKED_ELSEWHERE = frozenset({"language", "title", "name", "timecode", "alpha_mode"})
"""Keys of a track that have a check of their own."""


def paired(source: Survey, output: Survey) -> list[tuple[Track, Track]]:
    """Tracks that should be the same: by kind, in order; none of a kind whose numbers differ."""
    pairs = []
    for kind in KINDS:
        ours, theirs = _of_kind(source, kind), _of_kind(output, kind)
        if len(ours) == len(theirs):
            pairs += list(zip(ours, theirs, strict=True))
    return pairs


def compare_declarations(source: Survey, output: Survey) -> Iterator[Finding]:
    """All that can be compared before the files are read through."""
    for kind in KINDS:
        yield from _numbers(kind, _of_kind(source, kind), _of_kind(output, kind))
    pairs = paired(source, output)
    for ours, theirs in pairs:
        yield from _track(ours, theirs, upscaled=ours.index == source.video)
    yield from _defaults(pairs)
    yield from _enclosures("attachments", source.attachments, output.attachments)
    yield from _enclosures("cover", source.covers, output.covers)
    yield from _chapters(source.chapters, output.chapters)
    yield from _metadata("metadata.file", "the file", source.metadata, output.metadata, frozenset({"timecode"}))
    if source.timecode is not None and output.timecode != source.timecode:
        yield Finding("timecode", f"starts at timecode {output.timecode}, the input at {source.timecode}")


def _of_kind(survey: Survey, kind: str) -> list[Track]:
    return [track for track in survey.tracks if track.kind == kind]


def _numbers(kind: str, ours: list[Track], theirs: list[Track]) -> Iterator[Finding]:
    if len(ours) != len(theirs):
        yield Finding(
            f"tracks.{kind}",
            f"{len(theirs)} {kind} tracks ({_listed(theirs)}), the input has {len(ours)} ({_listed(ours)})",
        )


def _track(ours: Track, theirs: Track, *, upscaled: bool) -> Iterator[Finding]:
    name = f"{ours.kind} track {theirs.index}"
    converted = {ours.codec, theirs.codec} <= TEXT_CODECS
    layers = {ours.codec, theirs.codec} <= MPEG_AUDIO
    if ours.codec != theirs.codec and not upscaled and not converted and not layers:
        yield Finding("tracks.codec", f"{name} is {theirs.codec}, the input's is {ours.codec}")
    if not same_language(ours.language, theirs.language):
        yield Finding("tracks.language", f"{name} has language {theirs.language}, the input's has {ours.language}")
    if ours.title != theirs.title:
        yield Finding("tracks.title", f"{name} has title {theirs.title!r}, the input's has {ours.title!r}")
    kept, had = theirs.dispositions - {"default"}, ours.dispositions - {"default"}
    if kept != had:
        yield Finding("tracks.disposition", f"{name} is {_listed(kept)}, the input's is {_listed(had)}")
    # A track's creation time repeats the file's, and Matroska has no place for it.
    yield from _metadata("metadata.track", name, ours.metadata, theirs.metadata, CHECKED_ELSEWHERE | {"creation_time"})


def _defaults(pairs: list[tuple[Track, Track]]) -> Iterator[Finding]:
    """Among several tracks of a kind, marks must be the same; without any, the muxer may choose."""
    for kind in KINDS:
        same = [pair for pair in pairs if pair[0].kind == kind]
        ours = [a.index for a, _ in same if "default" in a.dispositions]
        theirs = [a.index for a, b in same if "default" in b.dispositions]
        if len(same) > 1 and ours and ours != theirs:
            yield Finding(
                "tracks.disposition",
                f"default among the {kind} tracks are {_listed(theirs)}, input: {_listed(ours)}",
            )


def _enclosures(check: str, ours: Iterable[Enclosure], theirs: Iterable[Enclosure]) -> Iterator[Finding]:
    """The same payloads; names too where the output has any (cover art of MP4 has none)."""
    left = {enclosure.digest: enclosure.name for enclosure in theirs}
    for enclosure in ours:
        name = left.get(enclosure.digest)
        if name is None:
            yield Finding(
                check,
                f"{enclosure.name or 'the picture'} is lost or changed; output: {_listed(left.values())}",
            )
        elif name and enclosure.name and name != enclosure.name:
            yield Finding(check, f"{enclosure.name} is called {name} in the output")


def _chapters(ours: tuple[Chapter, ...], theirs: tuple[Chapter, ...]) -> Iterator[Finding]:
    if len(ours) != len(theirs):
        yield Finding("chapters", f"{len(theirs)} chapters, the input has {len(ours)}")
        return
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True), 1):
        moved = max(abs(a.start - b.start), abs(a.end - b.end)) > MILLISECOND
        if moved or a.title != b.title:
            yield Finding("chapters", f"chapter {number} is {_described(b)}, the input's is {_described(a)}")


def _described(chapter: Chapter) -> str:
    return f"{chapter.title!r} from {in_seconds(chapter.start)} to {in_seconds(chapter.end)}"


def _metadata(
    check: str, what: str, ours: dict[str, str], theirs: dict[str, str], elsewhere: frozenset[str]
) -> Iterator[Finding]:
    """Every key of the input with its value; keys in any case, for Matroska writes them in capitals."""
    kept = {key.lower(): value for key, value in theirs.items()}
    for key, value in ours.items():
        name = key.lower()
        if name == "creation_time" and value.startswith(UNSET_CLOCK) and name not in kept:
            continue
        if name in elsewhere or MADE_BY_MUXERS.fullmatch(re.sub(r"-[a-z]{2,3}$", "", name)):
            continue
        if kept.get(name) != value:
            yield Finding(check, f"{key} of {what} is {kept.get(name)!r}, the input's is {value!r}")


def _listed(things: Iterable[object]) -> str:
    return ", ".join(sorted(str(thing) for thing in things)) or "none"
