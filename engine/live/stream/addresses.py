"""What SOURCE and DEST on the command line mean: addresses as FFmpeg takes them, with options for low latency.

Only schemes listed here are opened, and what is opened may open in turn only what belongs to its own kind: a playlist
from the network names no local file.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ...containers import SUFFIXES, container_for
from ...errors import UsageError
from ..encoders import CodecName
from .input_options import reads_with

SOURCES = "a file, v4l2:/dev/video0, screen:, rtsp(s)://, rtmp(s)://, udp://, http(s)://, srt://"
DESTINATIONS = (
    f"a file ({', '.join(SUFFIXES)}), an HLS playlist (.m3u8, or a folder/), rtmp(s)://, rtsp(s)://, udp://, srt://, "
    "http(s)://.../whip/... or whip+http(s)://"
)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_SECRET = re.compile(
    r"([?&;#][\w.-]*(?:pass|pwd|token|key|streamid|secret|sig|auth|cred)[\w.-]*=)[^&\s]*", re.IGNORECASE
)
_PASSWORD = re.compile(r"(://[^/?@:\s]*):[^/?\s]*@")
_STREAM_KEY = re.compile(r"(rtmps?://[^/?\s]*/(?:[^?\s]*/)?)[^/?\s]+", re.IGNORECASE)  # the last part of the path
_WHITELISTS = {
    "rtsp": "rtsp,rtsps,rtp,udp,tcp,tls,crypto",
    "rtmp": "rtmp,rtmps,rtmpt,rtmpts,rtmpe,tcp,tls,http,https,ffrtmphttp,ffrtmpcrypt",
    "udp": "udp",
    "http": "http,https,tcp,tls,crypto,data",
}

Kind = Literal["file", "device", "rtsp", "rtmp", "udp", "http", "srt"]


@dataclass(frozen=True)
class Source:
    """Where video comes from."""

    kind: Kind
    url: str  # as FFmpeg opens it
    shown: str  # without secrets
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Destination:
    """Where it goes."""

    kind: Literal["file", "hls", "rtmp", "rtsp", "udp", "srt", "whip"]
    url: str
    shown: str
    muxer: str
    codecs: tuple[CodecName, ...]  # of the video, the one to use first
    sound: frozenset[str] | None  # codecs taken as they are; None: nearly all
    options: dict[str, str] = field(default_factory=dict)

    @property
    def local(self) -> bool:
        """Whether it is on this machine's disk, and no use trying again when it fails."""
        return self.kind in ("file", "hls")


def source_at(text: str, timeout: float, options: dict[str, str] | None = None) -> Source:
    """What `text` names; nothing is opened. `timeout` is in seconds, `options` go to FFmpeg. Raises UsageError."""
    found = _source_at(text, str(round(1_000_000 * timeout)))
    for name in options or {}:
        if not reads_with(name):
            raise UsageError(f"--input-option {name}: FFmpeg has no such option", "check its name in FFmpeg's manual")
    return replace(found, options=found.options | (options or {}))


def _source_at(text: str, microseconds: str) -> Source:
    match = _SCHEME.match(text)
    if match is None:
        return _local_source(text)
    scheme = match[1].lower()
    kind = scheme.removesuffix("s")
    if kind not in (*_WHITELISTS, "srt") or scheme in ("srts", "udps"):
        raise UsageError(f"source {without_secrets(text)}: {scheme}:// cannot be read", f"there are {SOURCES}")
    own = {
        "rtsp": {"rtsp_transport": "tcp", "timeout": microseconds},
        "rtmp": {"rtmp_live": "live", "rw_timeout": microseconds},
        "udp": {"timeout": microseconds, "overrun_nonfatal": "1"},
        "http": {"rw_timeout": microseconds, "reconnect": "1", "reconnect_delay_max": "2"},
        "srt": {},
    }[kind]
    # How long FFmpeg looks at a live stream before it says what is in it. Not `nobuffer`: it would throw away the
    # first keyframe with all else that was looked at, and nothing queues up behind it here.
    looking = {"probesize": "2000000", "analyzeduration": "1000000", "fpsprobesize": "0"}
    if kind == "srt":
        return Source("srt", text, without_secrets(text), "mpegts", looking)
    allowed = {"protocol_whitelist": _WHITELISTS[kind]}
    return Source(kind, text, without_secrets(text), None, looking | allowed | own)  # type: ignore[arg-type]  # looked up above


def _local_source(text: str) -> Source:
    if text.startswith("v4l2:"):
        return Source("device", text.removeprefix("v4l2:"), text, "v4l2")
    if text.startswith("screen:"):
        display = text.removeprefix("screen:") or os.environ.get("DISPLAY", "")
        if not display:
            raise UsageError(f"source {text}: there is no $DISPLAY", "name it: screen::0, or a part: screen::0+100,50")
        return Source("device", display, text, "x11grab", {"framerate": "30"})
    return Source("file", text, text)


def destination_at(text: str, codec: str | None = None) -> Destination:
    """What `text` names; nothing is opened. Raises UsageError."""
    match = _SCHEME.match(text)
    found = _local_destination(text) if match is None else _remote_destination(text, match[1].lower())
    if codec is None:
        return found
    for name in found.codecs:
        if name == codec:
            return replace(found, codecs=(name,))
    raise UsageError(f"--codec {codec}: {found.shown} takes {' or '.join(found.codecs)}", "leave it out")


def _local_destination(text: str) -> Destination:
    path = Path(text)
    if path.suffix.lower() == ".m3u8" or text.endswith("/") or _is_folder(path):
        playlist = path if path.suffix.lower() == ".m3u8" and not _is_folder(path) else path / "index.m3u8"
        return Destination("hls", str(playlist), text, "hls", _H264, frozenset({"aac", "mp3", "ac3", "eac3"}), _WINDOW)
    container = container_for(path)
    options = dict(container.options)
    if container.muxer in ("mp4", "mov"):  # in fragments while it grows, so that a crash costs the last one only
        options |= {"movflags": "hybrid_fragmented", "use_editlist": "1"}  # which keeps the start
    names: tuple[CodecName, ...] = ("h264", "vp8")
    codecs = tuple(name for name in names if name in container.video)
    return Destination("file", text, text, container.muxer, codecs, container.audio, options)


def _remote_destination(text: str, scheme: str) -> Destination:
    shown, kind = without_secrets(text), scheme.removesuffix("s")
    if scheme.startswith("whip+http") or (kind == "http" and "/whip/" in text):
        return Destination("whip", text.removeprefix("whip+"), shown, "whip", _H264, frozenset({"opus"}))
    if kind == "rtmp":
        options = {"flvflags": "no_duration_filesize"}
        return Destination("rtmp", text, shown, "flv", _H264, frozenset({"aac", "mp3"}), options)
    if kind == "rtsp":
        options = {"rtsp_transport": "tcp"}
        return Destination("rtsp", text, shown, "rtsp", _H264, frozenset({"aac", "opus", "mp3", "ac3"}), options)
    if scheme == "udp":
        return Destination("udp", _with_packet_size(text), shown, "mpegts", _H264, _IN_TS, _AS_THEY_COME)
    if scheme == "srt":
        return Destination("srt", text, shown, "mpegts", _H264, _IN_TS, _AS_THEY_COME)
    hint = (
        "a WHIP address has /whip/ in it, or begins with whip+http" if kind == "http" else f"there are {DESTINATIONS}"
    )
    raise UsageError(f"destination {shown}: {scheme}:// cannot be written to", hint)


_H264: tuple[CodecName, ...] = ("h264",)
_IN_TS = frozenset({"aac", "mp3", "mp2", "ac3", "eac3"})
_AS_THEY_COME = {  # timestamps are not moved
    "mpegts_copyts": "1",
    "pes_payload_size": "0",  # each packet of sound by itself
    "omit_video_pes_length": "0",  # so that a receiver knows a frame is whole before the next one comes
}
_WINDOW = {"hls_time": "2", "hls_list_size": "6", "hls_flags": "delete_segments+independent_segments+temp_file"}


def _with_packet_size(url: str) -> str:
    """Seven packets of MPEG-TS in a datagram, which Ethernet carries whole."""
    if "pkt_size=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}pkt_size=1316"


def without_secrets(text: str) -> str:
    """An address, or words with one in them, without its passwords and keys, for terminals and reports."""
    return _STREAM_KEY.sub(r"\1***", _PASSWORD.sub(r"\1:***@", _SECRET.sub(r"\1***", text)))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long, say: told when it is opened
        return False
