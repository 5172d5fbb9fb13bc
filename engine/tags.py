"""Metadata tags: which are the muxer's own doing, and which key a container keeps a title under."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Written by muxers about the file they make; a new file has its own.
_MADE_BY_MUXERS = re.compile(
    r"(major_brand|minor_version|compatible_brands|encoder|vendor_id|duration|bps|number_of_frames|number_of_bytes"
    r"|_statistics_.*|source_id|variant_bitrate|rotate|language)(-[a-z]{3})?",
    re.IGNORECASE,
)
_MATROSKA_FIELDS = {"filename", "mimetype", "alpha_mode"}  # of a track, written from the stream itself
_DEFAULT_HANDLERS = {"VideoHandler", "SoundHandler", "SubtitleHandler", "DataHandler"}


def file_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """What the file says of its content, without what its muxer says of the file."""
    tags = {key: value for key, value in metadata.items() if not _MADE_BY_MUXERS.fullmatch(key)}
    tags.pop("location-eng", None)  # MP4's second reading of `location`
    if tags.get("software", "").startswith("Lavf"):  # AVI's word for the muxer
        tags.pop("software")
    return tags


def track_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """A track's own tags; the title under `title` wherever the container kept it, the language if it has one."""
    tags = {key: value for key, value in metadata.items() if not _MADE_BY_MUXERS.fullmatch(key)}
    title = tags.pop("name", None)  # MP4's word for it
    if title is not None:
        tags.setdefault("title", title)
    for key in [k for k in tags if k.lower() in _MATROSKA_FIELDS]:
        tags.pop(key)
    for key in [k for k in tags if k.lower() == "handler_name" and tags[k].strip("\x00") in _DEFAULT_HANDLERS]:
        tags.pop(key)
    language = metadata.get("language", "und")
    return tags if language == "und" else tags | {"language": language}


def kept(tags: Mapping[str, str], allowed: frozenset[str] | None) -> dict[str, str]:
    """The tags a container holds; `allowed` are lower-case keys, None is all."""
    return {key: value for key, value in tags.items() if allowed is None or key.lower() in allowed}


def lost(tags: Mapping[str, str], allowed: frozenset[str] | None) -> list[str]:
    """The keys of the tags a container does not hold. `handler_name` is MP4's inner name for a track: no loss."""
    return sorted(key for key in tags.keys() - kept(tags, allowed).keys() if key.lower() != "handler_name")
