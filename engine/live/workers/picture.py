"""One picture of a stranger: PNG, JPEG or WebP in, the same format out, at the depth and with the alpha it has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import av.error
import av.logging
from av.video.codeccontext import VideoCodecContext

from ... import complaints
from ...colour import ColourTags, Matrix, Range, Siting
from ...compute import Compute
from ...frame import DecodedFrame, Ledger
from ...geometry import TargetSize, plan_geometry, wanted_scale
from ...layout import layout_of
from ...model import load_model, precisions_of, scales_of
from ...partial import explained
from ...pixel_format import converted
from ...upscaler import Upscaler
from ..refused import Refused
from . import jpeg, png, webp
from .grey_alpha import FORMS, grey_alpha_of, yuva_of
from .picture_file import PictureFile, broken
from .task import Enlarged, Task

JPEG_TAGS = ColourTags(matrix=Matrix.BT470BG, range=Range.FULL, siting=Siting.CENTER)  # JFIF (ITU-T T.871)
JPEG_QUANTISER = 2  # of 1 to 31: looks lossless
PNG_OPTIONS = {"compression_level": "4"}  # of 0 to 9: half the time of the usual 6, for 1 % more bytes
WEBP_OPTIONS = {"quality": "95", "compression_level": "2"}  # of 0 to 100; of 0 to 6: half the time of the usual 4


@dataclass(frozen=True)
class _Format:
    suffix: str
    media_type: str
    largest_side: int
    read: Callable[[bytes], PictureFile]
    encode: Callable[[av.VideoFrame, ColourTags, PictureFile], bytes]
    write: Callable[[bytes, PictureFile], bytes]


def enlarge_picture(task: Task) -> Enlarged:
    """Enlarge the picture; the result lies beside it. Raises FrameliftError."""
    data = task.source.read_bytes()
    kind = _format_of(data, task)
    file = kind.read(data)
    scales = scales_of(task.model) or (load_model(task.model).scale,)
    scale = wanted_scale(file.width, file.height, TargetSize(scale=task.scale), scales)
    _check_size(task, kind, scale, file.width, file.height)
    picture, file = _decoded(file, task)
    _check_size(task, kind, scale, picture.width, picture.height)
    larger, tags = _enlarged(picture, scale, task)
    path = task.source.with_name(f"enlarged{kind.suffix}")
    made = kind.write(kind.encode(larger, tags, file), file)
    with explained(path):
        path.write_bytes(made)
    return Enlarged(
        path=path,
        media_type=kind.media_type,
        model=task.model,
        scale=scale,
        input_size=(picture.width, picture.height),
        output_size=(larger.width, larger.height),
        damage=file.damage,
        notes=file.notes,
    )


def _format_of(data: bytes, task: Task) -> _Format:
    if data.startswith(png.SIGNATURE):
        return _PNG
    if data.startswith(jpeg.SIGNATURE):
        return _JPEG
    if webp.matches(data):
        return _WEBP
    raise Refused(415, f"{task.name} is no PNG, JPEG or WebP", "convert it to one of these, or send it as a video")


def _check_size(task: Task, kind: _Format, scale: int, width: int, height: int) -> None:
    """Before anything is decoded: a small file can hold a huge picture."""
    if not width or not height:
        raise broken(f"{task.name} has no size")
    size = f"{task.name} would become {scale * width}x{scale * height}"
    if scale * scale * width * height > task.caps.pixels:
        raise Refused(
            413, f"{size}; {task.caps.pixels / 1e6:.0f} megapixels are allowed", "choose a smaller scale, or cut it"
        )
    if scale * max(width, height) > kind.largest_side:
        raise Refused(413, f"{size}; its format ends at {kind.largest_side} pixels a side", "send it as a PNG")


def _decoded(file: PictureFile, task: Task) -> tuple[av.VideoFrame, PictureFile]:
    """The picture in a format the engine knows, and the file with what the decoder had to say."""
    decoder = av.CodecContext.create(file.decoder, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.options = {"max_pixels": str(task.caps.pixels)}
    decoder.thread_count = 1
    with complaints.heard(av.logging.ERROR) as lines:
        try:
            pictures = [*decoder.decode(av.Packet(file.picture)), *decoder.decode(None)]
        except av.error.FFmpegError as error:
            raise broken(f"{task.name} cannot be decoded: {_first(lines) or error.strerror}") from error
    if not pictures:
        raise broken(f"{task.name} cannot be decoded: {_first(lines) or 'it holds no picture'}")
    picture = pictures[0]
    if picture.format.name in FORMS:
        picture = yuva_of(picture)
    return picture, replace(file, damage=file.damage or _first(lines))


def _first(lines: list[tuple[int, str, str]]) -> str | None:
    return next((text.strip() for level, _, text in lines if level <= av.logging.ERROR), None)


def _enlarged(picture: av.VideoFrame, scale: int, task: Task) -> tuple[av.VideoFrame, ColourTags]:
    layout = layout_of(picture.format.name)
    compute = Compute(task.backend, task.precision, task.threads, mode="latency")
    form = compute.form_among(precisions_of(task.model, scale), layout.depth)
    model = load_model(task.model, scale=scale, precision=form)
    siting = Siting.CENTER if layout.kind == "yuv" else Siting.UNSPECIFIED  # JPEG's, and WebP's
    tags = ColourTags(
        picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc, siting
    ).decided(lines=picture.height, pix_fmt=picture.format.name)
    geometry = plan_geometry(picture.width, picture.height, Fraction(1), TargetSize(), scale)
    with closing(Upscaler(model, layout, tags, geometry, compute=compute)) as upscaler:
        frame = DecodedFrame(picture, 0, 0, 0, Fraction(1), tags, Fraction(1), Ledger())
        return upscaler.upscale(frame).picture, tags


def _png(picture: av.VideoFrame, _: ColourTags, file: PictureFile) -> bytes:
    layout = layout_of(picture.format.name)
    if layout.kind == "yuv":
        return _encoded("png", grey_alpha_of(picture), PNG_OPTIONS)
    form = _PNG_FORMS[layout.kind, layout.alpha and not file.opaque][layout.depth > 8]
    return _encoded("png", picture.reformat(format=form, threads=1), PNG_OPTIONS)


def _jpeg(picture: av.VideoFrame, tags: ColourTags, _: PictureFile) -> bytes:
    if picture.format.name not in _JPEG_FORMS:
        form = "yuv420p" if picture.format.name.startswith("gray") else "yuv444p"
        picture = converted(picture, tags, JPEG_TAGS, layout_of(form))
    picture.color_range = Range.FULL
    return _encoded("mjpeg", picture, {}, quantiser=JPEG_QUANTISER)


def _webp(picture: av.VideoFrame, _: ColourTags, file: PictureFile) -> bytes:
    if file.lossless:
        return _encoded("libwebp", picture.reformat(format="bgra", threads=1), {"lossless": "1"})
    return _encoded("libwebp", picture, WEBP_OPTIONS)


def _encoded(name: str, picture: av.VideoFrame, options: dict[str, str], quantiser: int | None = None) -> bytes:
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, picture.format.name
    encoder.time_base, encoder.thread_count = Fraction(1), 1
    encoder.color_range = picture.color_range
    encoder.options = options
    if quantiser is not None:
        encoder.qmin = encoder.qmax = quantiser
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


_PNG_FORMS = {  # by kind and alpha: of 8 bits, of more
    ("gray", False): ("gray", "gray16be"),
    ("rgb", False): ("rgb24", "rgb48be"),
    ("rgb", True): ("rgba", "rgba64be"),
}
_JPEG_FORMS = ("yuv420p", "yuv422p", "yuv444p")
_PNG = _Format(".png", "image/png", 1 << 31, png.read, _png, png.write)
_JPEG = _Format(".jpg", "image/jpeg", jpeg.LARGEST_SIDE, jpeg.read, _jpeg, jpeg.write)
_WEBP = _Format(".webp", "image/webp", webp.LARGEST_SIDE, webp.read, _webp, webp.write)
