"""What a viewer receives against the original, over bitrates, beside the small stream enlarged by the browser."""

from __future__ import annotations

from contextlib import closing
from itertools import product
from statistics import median

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from ...statistics.measurement import Measurement
from ..codecs import Codec
from ..frames import upscaled_frame
from ..names import GAIN, OURS, SMALL_BITRATE
from ..results import Result, Row, Target, measurements_of_runs, row_of
from ..run import Peers, run
from ..scene import RATE, Scene
from ..settings import Work
from .systems import serving

_BITRATES = (None, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000)  # None: our default
_DECODERS = {"h264": "h264", "vp8": "libvpx"}
_SETTLED, _COMPARED = 2 * RATE, 15  # frames until the rate has settled; then one in so many is compared
_BY = ("bicubic", "bilinear")
"""How browsers enlarge, by their speed and the zoom."""


def measure(work: Work) -> Result:
    """Our server at each bitrate; then the small stream at the bitrate that the viewer had received."""
    rows, targets, measured = list[Row](), list[Target](), list[Measurement]()
    for codec, bitrate in product(work.settings.codecs, _BITRATES):
        options = {} if bitrate is None else {"bitrate": str(bitrate)}
        seconds = work.settings.seconds_of("quality")
        work.calibration.take()
        with serving(OURS, work.settings) as server:
            ran = run(server, Peers(work.scene, codec, True, seconds, compare=True, options=options))
        name = f"quality, {codec}, {'default bitrate' if bitrate is None else f'{bitrate / 1e6:g} Mb/s'}"
        small = small_stream(work.scene, codec, round(ran.bitrate))
        assert ran.psnr is not None
        gain = ran.psnr - max(small[by] for by in _BY)
        rows.append(row_of(name, [ran], codec=codec, asked=bitrate))
        measured += [*measurements_of_runs(name, [ran]), *_beside(name, small, gain)]
        if bitrate is None:
            what = f"{codec}: dB above the small stream enlarged, at the default bitrate"
            targets.append(Target(what, gain, least=0))
        work.say(f"quality, {codec}, {ran.bitrate / 1e6:.2f} Mb/s: {ran.psnr} dB, {small}")
    return Result(rows, targets, measured)


def _beside(name: str, small: dict[str, float], gain: float) -> list[Measurement]:
    """The small stream's figures, and how far above the better way of enlarging it we are."""
    values = {f"small, {by}": ("dB", small[by]) for by in _BY}
    values |= {SMALL_BITRATE: ("Mb/s", small["bitrate"] / 1e6), GAIN: ("dB", gain)}
    return [Measurement(name, metric, unit, "higher", ((value,),)) for metric, (unit, value) in values.items()]


def small_stream(scene: Scene, codec: Codec, bitrate: int) -> dict[str, float]:
    """Its measured `bitrate` when encoded for that one by our encoder, and PSNR in dB, enlarged in several ways.

    Nothing of it is lost on a network, and it is encoded once, from the original pictures.
    """
    from ....engine.live.encoders import open_encoder  # noqa: PLC0415  aiortc's peers do not need them

    decoder = av.CodecContext.create(_DECODERS[codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    size, found = 0, {by: list[float]() for by in _BY}
    frames = 2 * _SETTLED + 1
    with closing(open_encoder(codec, bitrate=bitrate, hardware=False)) as encoder:
        for number in range(frames):
            encoded = encoder.encode(upscaled_frame(scene.picture(number)))
            if encoded is None:
                continue
            size += len(encoded.data) * (number >= _SETTLED)
            for picture in decoder.decode(Packet(encoded.data)):
                if number >= _SETTLED and number % _COMPARED == 0:
                    for by in _BY:
                        found[by].append(scene.psnr(_enlarged(picture, scene, by), number))
    rate = round(8 * size * RATE / (frames - _SETTLED))
    return {"bitrate": rate, **{by: round(median(values), 3) for by, values in found.items()}}


def _enlarged(picture: av.VideoFrame, scene: Scene, by: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Its luma by FFmpeg's scaler, in the original's size."""
    height, width = scene.luma(0).shape
    larger = picture.reformat(width, height, format="gray", interpolation=by.upper())
    return np.asarray(larger.to_ndarray(), np.uint8)
