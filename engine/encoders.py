"""The encoders: which one is chosen, with which settings, and what each can carry into the stream itself.

Without `--codec` the first encoder that holds the frames' pixel format exactly, in this container, is taken; a
conversion to fewer bits or less chroma happens only when `--pix-fmt` asks for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import av
import av.codec
import av.error

from .containers import Container
from .errors import InputError, OutputError, UsageError
from .layout import PixelLayout, layout_of


@dataclass(frozen=True)
class Encoder:
    """One of FFmpeg's video encoders, with visually lossless defaults."""

    name: str
    codec: str  # canonical name
    quality_option: str | None = None
    quality: int | None = None
    quality_range: tuple[int, int] = (0, 51)
    preset_option: str | None = None
    preset: str | None = None
    presets: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    hdr: str | None = None  # FFmpeg's option for the library's own parameters, which take static HDR metadata
    captions: bool = False  # writes A53 captions from the frames' side data
    subsampled_even: bool = True  # 4:2:0 and 4:2:2 need even sizes
    smallest_side: int = 1  # with fewer pixels across the library writes beyond its memory
    largest_side: int = 16_384
    lookahead: int = 40  # frames it may hold
    lookahead_key: str | None = None  # the parameter that makes them fewer: in `hdr`, or FFmpeg's where there is none
    automatic: bool = True  # may be chosen without being named
    unusable: frozenset[str] = frozenset()  # formats it lists but does not take, or that no demuxer reads from MP4


_X26X = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
_NVENC = tuple(f"p{speed}" for speed in range(1, 8))

ENCODERS = (
    Encoder("libx264", "h264", "crf", 16, preset_option="preset", preset="veryfast", presets=_X26X,
            options={"a53cc": "1"}, hdr="x264-params", lookahead_key="rc-lookahead", captions=True),
    Encoder("libx264rgb", "h264", "crf", 16, preset_option="preset", preset="veryfast", presets=_X26X,
            hdr="x264-params", lookahead_key="rc-lookahead"),
    Encoder("libvpx-vp9", "vp9", "crf", 18, quality_range=(0, 63), preset_option="cpu-used", preset="4",
            presets=tuple(map(str, range(9))), options={"b": "0", "deadline": "good", "row-mt": "1"},
            subsampled_even=False, lookahead=30, lookahead_key="lag-in-frames",
            unusable=frozenset({"yuva422p", "yuva444p", "gbrap", "yuv440p"})),
    Encoder("libx265", "hevc", "crf", 17, preset_option="preset", preset="fast", presets=_X26X,
            options={"a53cc": "1"}, hdr="x265-params", captions=True, smallest_side=50, lookahead=30,
            lookahead_key="rc-lookahead",
            unusable=frozenset({"yuva420p", "yuva420p10le"})),
    Encoder("ffv1", "ffv1", options={"level": "3", "coder": "range_tab", "g": "1", "slices": "4", "slicecrc": "1"},
            largest_side=65_536, lookahead=4),
    Encoder("libsvtav1", "av1", "crf", 18, quality_range=(0, 63), preset_option="preset", preset="8",
            presets=tuple(map(str, range(14))), hdr="svtav1-params", smallest_side=32, lookahead=70,
            lookahead_key="lookahead"),
    Encoder("prores_ks", "prores", options={"vendor": "apl0"}, lookahead=4, automatic=False),
    Encoder("h264_nvenc", "h264", "cq", 18, preset_option="preset", preset="p5", presets=_NVENC,
            options={"rc": "vbr", "b": "0", "a53cc": "1"}, captions=True, largest_side=4096, automatic=False),
    Encoder("hevc_nvenc", "hevc", "cq", 19, preset_option="preset", preset="p5", presets=_NVENC,
            options={"rc": "vbr", "b": "0", "a53cc": "1"}, captions=True, largest_side=8192, automatic=False),
    Encoder("av1_nvenc", "av1", "cq", 22, quality_range=(0, 63), preset_option="preset", preset="p5", presets=_NVENC,
            options={"rc": "vbr", "b": "0"}, largest_side=8192, automatic=False),
    Encoder("h264_qsv", "h264", "global_quality", 18, preset_option="preset", preset="slow", presets=_X26X[2:-1],
            largest_side=4096, automatic=False),
    Encoder("hevc_qsv", "hevc", "global_quality", 19, preset_option="preset", preset="slow", presets=_X26X[2:-1],
            largest_side=8192, automatic=False),
)  # fmt: skip
_ALIASES = {
    "h264": "libx264", "x264": "libx264", "avc": "libx264", "h265": "libx265", "hevc": "libx265", "x265": "libx265",
    "vp9": "libvpx-vp9", "av1": "libsvtav1", "svtav1": "libsvtav1", "prores": "prores_ks",
}  # fmt: skip
_PACKED = {
    "gbrp": ("gbrp", "bgr0", "rgb24"), "gbrap": ("gbrap", "bgra", "rgba"), "yuv420p": ("yuv420p", "nv12"),
    "yuv420p10le": ("yuv420p10le", "p010le"),
}  # fmt: skip


@dataclass(frozen=True)
class EncodeSettings:
    """What the user may say of the encoding."""

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    pix_fmt: str | None = None


@dataclass(frozen=True)
class EncoderChoice:
    """An encoder with the pixel format it gets and why it was taken."""

    encoder: Encoder
    pix_fmt: str  # what the encoder takes
    layout: PixelLayout  # what the engine writes
    reason: str


def choose_encoder(container: Container, layout: PixelLayout, codec: str | None, pix_fmt: str | None) -> EncoderChoice:
    """The encoder for frames of `layout` in `container`. Raises UsageError, OutputError."""
    wanted = _asked_for(pix_fmt) if pix_fmt else layout
    if codec is not None:
        encoder = _named(codec)
        if encoder.codec not in container.video:
            raise OutputError(
                f"{container.muxer} does not hold {encoder.codec} video",
                f"choose another container, or a codec of {', '.join(sorted(container.video))}",
            )
        taken = _format_taken(encoder, wanted, container)
        if taken is None:
            raise OutputError(
                f"{encoder.name} in {container.muxer} does not keep {wanted.name} "
                f"(it takes {', '.join(_formats(encoder))})",
                "leave --codec out, or name one of these formats with --pix-fmt",
            )
        return EncoderChoice(encoder, taken, wanted, "as asked")
    for encoder in ENCODERS:
        taken = _format_taken(encoder, wanted, container) if encoder.automatic else None
        if taken is not None:
            return EncoderChoice(encoder, taken, wanted, f"the first that keeps {wanted.name} in {container.muxer}")
    raise OutputError(
        f"no encoder for {container.muxer} keeps {wanted.name}",
        "write .mkv, which always can, or convert with --pix-fmt (for instance yuv420p)",
    )


def _asked_for(pix_fmt: str) -> PixelLayout:
    try:
        return layout_of(pix_fmt)
    except InputError as error:
        raise UsageError(
            f"--pix-fmt {pix_fmt}: {error.message}", "choose for instance yuv420p, yuv444p10le or gbrp"
        ) from error


def encoder_options(encoder: Encoder, crf: float | None, preset: str | None) -> dict[str, str]:
    """FFmpeg's options for an encoder. Raises UsageError for a quality or preset it does not have."""
    options = dict(encoder.options)
    if encoder.quality_option is not None:
        low, high = encoder.quality_range
        value = encoder.quality if crf is None else crf
        if value is None or not low <= value <= high:
            raise UsageError(f"--crf {crf}: {encoder.name} takes {low} to {high}", "smaller is better and larger files")
        options[encoder.quality_option] = f"{value:g}"
    elif crf is not None:
        raise UsageError(f"--crf {crf:g}: {encoder.name} has no such setting", "leave --crf out")
    if encoder.preset_option is not None:
        chosen = preset or encoder.preset or ""
        if chosen not in encoder.presets:
            raise UsageError(
                f"--preset {chosen}: {encoder.name} takes {', '.join(encoder.presets)}",
                f"leave it out for {encoder.preset}",
            )
        options[encoder.preset_option] = chosen
    elif preset is not None:
        raise UsageError(f"--preset {preset}: {encoder.name} has no presets", "leave --preset out")
    return options


def lookahead_for(encoder: Encoder, frame_bytes: float, budget: float = 1e9) -> int:
    """How many frames the encoder may hold back.

    Its own number, but fewer when frames are huge, so that memory stays near `budget` bytes; at least 5.
    """
    if encoder.lookahead_key is None:
        return encoder.lookahead
    return max(5, min(encoder.lookahead, math.floor(budget / frame_bytes)))


def _named(codec: str) -> Encoder:
    name = _ALIASES.get(codec.lower(), codec.lower())
    encoder = next((e for e in ENCODERS if e.name == name), None)
    if encoder is None:
        raise UsageError(
            f"codec {codec!r} is not known; there are {', '.join(e.name for e in ENCODERS)}",
            "choose one of these",
        )
    if not _formats(encoder):
        raise OutputError(f"{encoder.name} is not in this build of FFmpeg", "choose another codec, such as libx264")
    return encoder


def _formats(encoder: Encoder) -> tuple[str, ...]:
    try:
        formats = av.codec.Codec(encoder.name, "w").video_formats
    except av.codec.codec.UnknownCodecError:
        return ()
    return tuple(f.name for f in formats or () if f.name not in encoder.unusable)


def _format_taken(encoder: Encoder, layout: PixelLayout, container: Container) -> str | None:
    """The encoder's name for `layout`, or for a packing of the same samples; None where they would not be kept."""
    if encoder.codec not in container.video or (layout.alpha and encoder.codec not in container.alpha):
        return None
    formats = _formats(encoder)
    return next((name for name in _PACKED.get(layout.name, (layout.name,)) if name in formats), None)
