"""Small real video files for the tests, written with PyAV.

`Clip` says what is in a file, `write_clip` writes it; the name's suffix chooses the container. Pictures move,
so that every frame differs clearly from its neighbours, and are the same in each run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import SubtitleSet
from av.video.stream import VideoStream
from framelift.engine.colour import ColourTags
from numpy.typing import NDArray

MILLISECOND = Fraction(1, 1000)
NOTHING_SPECIAL = Disposition(0)
UNTAGGED = ColourTags()

INTERLACED = {"flags": "+ildct+ilme", "x264-params": "tff=1"}
"""Options of libx264 for two fields a frame, the top one first; with `scene="interlaced"`."""

_DISPLAY = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,50)"
HDR10_X264 = {"x264-params": f"mastering-display={_DISPLAY}:cll=1000,400"}
HDR10_X265 = {"x265-params": f"log-level=none:hdr10=1:master-display={_DISPLAY}:max-cll=1000,400"}
BT2020_PQ = ColourTags(matrix=9, range=1, primaries=9, transfer=16)
BT709 = ColourTags(matrix=1, range=1, primaries=1, transfer=1)


@dataclass(frozen=True)
class Sound:
    """An audio track: a sine as long as the video."""

    codec: str = "aac"
    language: str | None = None
    title: str | None = None
    hertz: int = 440
    rate: int = 48000
    disposition: Disposition = NOTHING_SPECIAL


@dataclass(frozen=True)
class Text:
    """A text subtitle track: (start, end, words), times in ms, words with ASS style tags and line breaks."""

    codec: str = "subrip"
    language: str | None = None
    title: str | None = None
    lines: tuple[tuple[int, int, str], ...] = ((40, 120, "Hello"), (200, 280, r"two\Nlines"))
    disposition: Disposition = NOTHING_SPECIAL


@dataclass(frozen=True)
class Chapter:
    """Times in ms."""

    start: int
    end: int
    title: str


@dataclass(frozen=True)
class Attached:
    """A file within the file; cover art when its type is that of a picture (Matroska)."""

    name: str
    mimetype: str
    data: bytes


@dataclass(frozen=True)
class Clip:
    """What `write_clip` writes. `pts` (in `time_base`, 1 / `rate` by default) makes the rate variable."""

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    width: int = 96
    height: int = 64
    frames: int = 12
    rate: Fraction = Fraction(25)
    time_base: Fraction | None = None
    pts: tuple[int, ...] | None = None
    start: int = 0
    scene: Literal["moving", "static", "interlaced"] = "moving"
    options: Mapping[str, str] = field(default_factory=dict)
    sample_aspect_ratio: Fraction | None = None
    colour: ColourTags = UNTAGGED
    rotation: int = 0
    captions: bool = False
    language: str | None = None
    title: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    sounds: tuple[Sound, ...] = ()
    texts: tuple[Text, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    attachments: tuple[Attached, ...] = ()
    cover: bytes | None = None
    """A PNG shown as cover art in MP4; in Matroska, cover art is an attachment."""
    container_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def ticks(self) -> tuple[int, ...]:
        """The pts of all frames, in `base`."""
        if self.pts is not None:
            return self.pts
        return tuple(self.start + round(n / self.rate / self.base) for n in range(self.frames))

    @property
    def base(self) -> Fraction:
        """The time base of `ticks`."""
        return self.time_base or 1 / self.rate

    @property
    def seconds(self) -> Fraction:
        """How long the video is, from its first frame."""
        ticks = self.ticks
        return (ticks[-1] - ticks[0]) * self.base + 1 / self.rate


def write_clip(path: Path, clip: Clip) -> Path:
    """Write the clip; returns `path`."""
    with av.open(str(path), "w", container_options=dict(clip.container_options)) as file:
        video = _add_video(file, clip)
        sounds = [_add_sound(file, sound) for sound in clip.sounds]
        texts = [_add_text(file, text) for text in clip.texts]
        for attached in clip.attachments:
            file.add_attachment(attached.name, attached.mimetype, attached.data)
        cover = None if clip.cover is None else _add_cover(file)
        file.metadata.update(clip.metadata)
        if clip.chapters:
            file.set_chapters([_chapter(number, chapter) for number, chapter in enumerate(clip.chapters, 1)])
        file.start_encoding()
        if cover is not None and clip.cover is not None:
            file.mux(_packet(clip.cover, cover, 0, 0))
        for text_stream, text in zip(texts, clip.texts, strict=True):
            _write_text(file, text_stream, text)
        for sound_stream, sound in zip(sounds, clip.sounds, strict=True):
            _write_sound(file, sound_stream, sound, clip)
        _write_video(file, video, clip)
    return path


def truncated(path: Path, target: Path, share: float = 0.6) -> Path:
    """The file cut off after this share of its bytes."""
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def damaged(path: Path, target: Path, at: float = 0.5, size: int = 64) -> Path:
    """The file with `size` bytes inverted at this share of its length."""
    data = bytearray(path.read_bytes())
    begin = int(len(data) * at)
    data[begin : begin + size] = bytes(255 - byte for byte in data[begin : begin + size])
    target.write_bytes(data)
    return target


def png_picture(size: int = 16) -> bytes:
    """A small PNG, for cover art."""
    encoder = av.CodecContext.create("png", "w")
    encoder.width = encoder.height = size
    encoder.pix_fmt, encoder.time_base = "rgb24", Fraction(1)
    pixels = np.linspace(0, 255, size * size * 3).astype(np.uint8).reshape(size, size, 3)
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def pictures(clip: Clip) -> Iterator[av.VideoFrame]:
    """The frames of the clip in its pixel format, with pts, duration and colour tags."""
    ticks = clip.ticks
    interval = max(1, round(1 / clip.rate / clip.base))
    for number, (pts, after) in enumerate(zip(ticks, [*ticks[1:], ticks[-1] + interval], strict=True)):
        frame = av.VideoFrame.from_ndarray(_rgba(clip, number), "rgba64le")
        frame = frame.reformat(format=clip.pix_fmt, dst_color_range=clip.colour.range)
        frame.pts, frame.duration, frame.time_base = pts, after - pts, clip.base
        frame.colorspace, frame.color_range = clip.colour.matrix, clip.colour.range
        frame.color_primaries, frame.color_trc = clip.colour.primaries, clip.colour.transfer
        yield frame


def _rgba(clip: Clip, number: int) -> NDArray[np.uint16]:
    if clip.scene == "static":
        return _scene(clip.width, clip.height, 0)
    if clip.scene == "interlaced":
        picture = _scene(clip.width, clip.height, number)
        picture[1::2] = _scene(clip.width, clip.height, number + 0.5)[1::2]
        return picture
    return _scene(clip.width, clip.height, number)


def _scene(width: int, height: int, moment: float) -> NDArray[np.uint16]:
    """[height, width, 4] R G B A, 16 bits: waves that drift and a bright box that walks through them."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    red = 0.5 + 0.4 * np.sin(2 * np.pi * (1.5 * x + 0.04 * moment))
    green = 0.5 + 0.4 * np.sin(2 * np.pi * (2 * y - 0.03 * moment) + 1)
    blue = 0.5 + 0.4 * np.sin(2 * np.pi * (x + y + 0.02 * moment) + 2)
    alpha = 0.6 + 0.4 * np.cos(2 * np.pi * (x - 0.03 * moment))
    picture = np.stack([red, green, blue, alpha], axis=-1)
    left = (0.1 + 0.05 * moment) % 0.8
    picture[(x >= left) & (x < left + 0.2) & (y >= 0.2) & (y < 0.4), :3] = (0.95, 0.3, 0.1)
    return (picture * 65535).astype(np.uint16)


def _add_video(file: OutputContainer, clip: Clip) -> VideoStream:
    stream = file.add_stream(clip.codec, rate=clip.rate, options=dict(clip.options))
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, clip.pix_fmt
    context.time_base = clip.base
    context.colorspace, context.color_range = clip.colour.matrix, clip.colour.range
    context.color_primaries, context.color_trc = clip.colour.primaries, clip.colour.transfer
    if clip.sample_aspect_ratio:
        context.sample_aspect_ratio = clip.sample_aspect_ratio
    if clip.rotation:
        stream.set_display_rotation(clip.rotation)
    _name(stream, clip.language, clip.title)
    return stream


def _write_video(file: OutputContainer, stream: VideoStream, clip: Clip) -> None:
    durations: dict[int | None, int] = {}
    for frame in [*pictures(clip), None]:
        if frame is not None:
            durations[frame.pts] = frame.duration
        for packet in stream.encode(frame):
            packet.duration = durations[packet.pts]  # many encoders leave it at 0
            file.mux(_captioned(packet, stream) if clip.captions else packet)


def _captioned(packet: Packet[VideoStream], stream: VideoStream) -> Packet[av.stream.Stream]:
    """The H.264 packet with captions before its first slice; what they say depends on the pts."""
    data = bytes(packet)
    first = next(at for at in _start_codes(data) if data[at + 3] & 0x1F in (1, 5))
    sei = b"\0\0\1" + _caption_sei(((0x94, 0x20 + (packet.pts or 0) % 32), (0x80, 0x80)))
    captioned = _packet(data[:first] + sei + data[first:], stream, packet.pts, packet.duration)
    captioned.dts, captioned.time_base, captioned.is_keyframe = (
        packet.dts,
        packet.time_base,
        packet.is_keyframe,
    )
    return captioned


def _start_codes(data: bytes) -> Iterator[int]:
    at = data.find(b"\0\0\1")
    while at >= 0:
        yield at
        at = data.find(b"\0\0\1", at + 3)


def _caption_sei(pairs: tuple[tuple[int, int], ...]) -> bytes:
    """An SEI NAL unit with caption byte pairs: T.35 user data (type 4) of ATSC A/53 part 4 section 6.2.3."""
    captions = b"".join(bytes([0xFC, first, second]) for first, second in pairs)
    user_data = b"\xb5\x00\x31GA94\x03" + bytes([0xC0 | len(pairs), 0xFF]) + captions + b"\xff"
    return bytes([6, 4, len(user_data)]) + user_data + b"\x80"  # no two zero bytes: nothing to escape


def _add_sound(file: OutputContainer, sound: Sound) -> AudioStream:
    stream = file.add_stream(sound.codec, rate=sound.rate)
    assert isinstance(stream, AudioStream)
    stream.codec_context.layout = "mono"
    stream.disposition = sound.disposition
    _name(stream, sound.language, sound.title)
    return stream


def _write_sound(file: OutputContainer, stream: AudioStream, sound: Sound, clip: Clip) -> None:
    begin = round(clip.ticks[0] * clip.base * sound.rate)
    times = np.arange(round(clip.seconds * sound.rate)) / sound.rate
    samples = (8000 * np.sin(2 * np.pi * sound.hertz * times)).astype(np.int16)
    for at in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = sound.rate, begin + at, Fraction(1, sound.rate)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


_ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def _add_text(file: OutputContainer, text: Text) -> SubtitleStream:
    stream = file.add_stream(text.codec)
    assert isinstance(stream, SubtitleStream)
    stream.codec_context.subtitle_header = _ASS_HEADER
    stream.codec_context.time_base = stream.time_base = MILLISECOND
    stream.disposition = text.disposition
    _name(stream, text.language, text.title)
    return stream


def _write_text(file: OutputContainer, stream: SubtitleStream, text: Text) -> None:
    for number, (start, end, words) in enumerate(text.lines):
        event = f"{number},0,Default,,0,0,0,,{words}".encode()
        encoded = stream.codec_context.encode_subtitle(SubtitleSet.create(event, start=0, end=end - start))
        packet = _packet(bytes(encoded), stream, start, end - start)
        packet.time_base = MILLISECOND
        file.mux(packet)


def _add_cover(file: OutputContainer) -> VideoStream:
    stream = file.add_stream("png", rate=1)
    assert isinstance(stream, VideoStream)
    stream.width = stream.height = 16
    stream.pix_fmt, stream.disposition = "rgb24", Disposition.attached_pic
    return stream


def _chapter(number: int, chapter: Chapter) -> av.container.core.Chapter:
    return {
        "id": number,
        "start": chapter.start,
        "end": chapter.end,
        "time_base": MILLISECOND,
        "metadata": {"title": chapter.title},
    }


def _packet(data: bytes, stream: av.stream.Stream, pts: int | None, duration: int | None) -> Packet[av.stream.Stream]:
    packet = Packet(data)
    packet.stream, packet.pts, packet.dts, packet.duration = stream, pts, pts, duration
    return packet


def _name(stream: av.stream.Stream, language: str | None, title: str | None) -> None:
    stream.metadata.update({"language": language} if language else {})
    stream.metadata.update({"title": title} if title else {})
