"""Clips whose frames can be told apart, and what came of them.

A clip's frame has its number in sixteen squares on top. Once a second the picture below is white for one frame while a
tone begins: how far they are apart on arrival is what sound and picture have been moved against each other.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

FPS = 25
WIDTH, HEIGHT = 160, 96
RATE = 48_000
BOUND = 30.0  # seconds that nothing here should take


@dataclass(frozen=True)
class Marked:
    """What is in a clip."""

    seconds: float = 2.0
    start: float = 0.0  # of its timestamps
    first: int = 0  # number of the first frame
    size: tuple[int, int] = (WIDTH, HEIGHT)
    aspect: Fraction = Fraction(1)  # of a pixel
    sound: str | None = "aac"
    video: bool = True
    options: dict[str, str] = field(
        default_factory=lambda: {"preset": "ultrafast", "tune": "zerolatency", "g": str(FPS // 2)}
    )


def write_marked(path: str | Path, clip: Marked | None = None, muxer: str | None = None) -> Path:
    """Writes it; the name's suffix chooses the container."""
    clip = clip or Marked()
    with av.open(str(path), "w", format=muxer) as file:
        video = _video_stream(file, clip) if clip.video else None
        sound = cast(AudioStream, file.add_stream(clip.sound, rate=RATE)) if clip.sound else None
        for number in range(round(clip.seconds * FPS)):
            if video is not None:
                frame = av.VideoFrame.from_ndarray(_picture(clip.first + number, *clip.size), "yuv420p")
                frame.pts, frame.time_base = round(clip.start * FPS) + number, Fraction(1, FPS)
                file.mux(video.encode(frame))
            if sound is not None:
                tone = av.AudioFrame.from_ndarray(_tone(number), "fltp", "stereo")
                tone.pts, tone.time_base = round(clip.start * RATE) + number * RATE // FPS, Fraction(1, RATE)
                tone.sample_rate = RATE
                file.mux(sound.encode(tone))
        file.mux(video.encode(None) if video is not None else [])
        file.mux(sound.encode(None) if sound is not None else [])
    return Path(path)


def _video_stream(file: OutputContainer, clip: Marked) -> VideoStream:
    stream = file.add_stream("libx264", rate=FPS, options=clip.options)
    stream.width, stream.height = clip.size
    stream.codec_context.sample_aspect_ratio = clip.aspect
    return stream


def _picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    luma = np.full((height, width), 60, np.uint8)
    if number % FPS == FPS // 2:
        luma[height // 3 :] = 235
    block = width // 20
    for bit in range(16):
        luma[: height // 6, bit * block : (bit + 1) * block] = 235 if number >> bit & 1 else 16
    return np.vstack([luma, np.full((height // 2, width), 128, np.uint8)])


def _tone(number: int) -> NDArray[np.float32]:
    on = number % FPS == FPS // 2
    wave = np.sin(2 * np.pi * 1000 * np.arange(RATE // FPS) / RATE) * (0.5 if on else 0.0)
    return np.vstack([wave, wave]).astype(np.float32)


@dataclass
class Seen:
    """What came out of a stream."""

    numbers: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # of frames, in seconds
    sizes: list[tuple[int, int]] = field(default_factory=list)
    flashes: list[float] = field(default_factory=list)
    tones: list[float] = field(default_factory=list)  # when each began
    sound: str | None = None  # codec
    video: str | None = None

    def add_picture(self, frame: av.VideoFrame) -> None:
        """A decoded frame; one without a time is left out."""
        if frame.pts is None:
            return
        luma = frame.to_ndarray(format="gray")
        block = frame.width // 20
        bits = luma[frame.height // 12, block // 2 : 16 * block : block] > 126
        self.numbers.append(int(sum(int(bit) << place for place, bit in enumerate(bits))))
        self.times.append(frame.time)
        self.sizes.append((frame.width, frame.height))
        if luma[2 * frame.height // 3, frame.width // 2] > 150:
            self.flashes.append(frame.time)

    def add_sound(self, frame: av.AudioFrame) -> None:
        """Decoded sound."""
        if frame.time is None:
            return
        values = frame.to_ndarray().astype(np.float64)
        loud = np.abs(values if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels).T).max(0)
        scale = 1.0 if frame.format.name.startswith("flt") else 32768.0
        for sample in np.flatnonzero(loud > 0.1 * scale)[:1]:
            at = frame.time + int(sample) / frame.sample_rate
            if not self.tones or at - self.tones[-1] > 0.3:
                self.tones.append(at)

    def offsets(self) -> list[float]:
        """Seconds from each flash to its tone: 0 when they are together."""
        return [tone - flash for flash in self.flashes for tone in self.tones if abs(tone - flash) < 0.4]


def read_marked(
    url: str | Path, options: dict[str, str] | None = None, into: Seen | None = None, last: int | None = None
) -> Seen:
    """Reads to the end, or until a frame has the number `last`."""
    seen = into or Seen()
    with av.open(str(url), options=options or {}, timeout=BOUND) as file:
        streams = [*file.streams.video[:1], *file.streams.audio[:1]]
        seen.sound = next((s.codec_context.codec.canonical_name for s in file.streams.audio), None)
        seen.video = next((s.codec_context.codec.canonical_name for s in file.streams.video), None)
        with suppress(av.error.FFmpegError):  # how a live stream ends
            for frame in file.decode(streams):
                if isinstance(frame, av.AudioFrame):
                    seen.add_sound(frame)
                elif isinstance(frame, av.VideoFrame):
                    seen.add_picture(frame)
                if last is not None and seen.numbers and seen.numbers[-1] >= last:
                    break
    return seen
