"""How many bits a quality takes with us and without: rate-distortion.

With us, the clip is made small, encoded, decoded and enlarged; without, it is encoded in full size for the same rates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import log2
from statistics import fmean

from ....engine.errors import UsageError
from ...statistics.measurement import Measurement
from ...workloads import Workload
from ..way import Way
from .bd_rate import Curve, bd_rate
from .cases import (
    BIT_RATE,
    CODED_PSNR,
    OVER_BICUBIC,
    OVER_FULL_SIZE,
    bicubic,
    codec_case,
    crf_case,
    full_size,
    of_frames,
)
from .codecs import CODECS, LARGEST_CRF, Codec, Coded, coded
from .enlarging import Enlarge, clip_ways, opened
from .frame_by_frame import frame_psnrs
from .material import Material, check_clip, luma_of, material_of

_HALVED = 6  # by so much more CRF is the rate, about: the quantiser doubles
_VARIES = 0.02  # of a rate, from run to run
_GUESSES = 2  # at the CRF for a rate

Say = Callable[[str], None]


def check_rates(workload: Workload, scale: int, codecs: Sequence[str], crfs: Sequence[int]) -> None:
    """Before any work. Raises UsageError for a codec or CRF that there is not, InputError for too small a clip."""
    check_clip(workload, scale)
    for crf in crfs:
        if not 0 <= crf <= LARGEST_CRF:
            raise UsageError(f"CRF {crf} is not allowed, 0 to {LARGEST_CRF} are", "18, 24, 30 and 36 are usual")
    width = workload.width // (2 * scale) * 2
    for name in codecs:
        if name not in CODECS:
            raise UsageError(f"no codec is named {name!r}", f"choose of {', '.join(CODECS)}")
        least = CODECS[name].smallest_width
        if width < least:
            raise UsageError(
                f"{workload.name}, {scale} times smaller, is {width} pixels wide; {name} takes {least} or more here",
                "choose a wider clip or another codec",
            )


def rate_distortion(
    workload: Workload, ways: Sequence[Way], scale: int, codecs: Sequence[str], crfs: Sequence[int], say: Say
) -> list[Measurement]:
    """Bit rate and PSNR-Y of bicubic and each network in `ways` that enlarges by `scale`, and of the clip in full size.

    Also, for each way, how many more bits it takes than the full size and than bicubic for the same PSNR, where their
    curves overlap. What is asked for has passed `check_rates`. Raises ModelError, InputError.
    """
    material, found = material_of(workload, scale), list[Measurement]()
    with opened(clip_ways(ways, scale), material.size) as enlargers:
        for name in codecs:
            found += _of_codec(material, CODECS[name], sorted(set(crfs)), enlargers, say)
    return found


def _of_codec(
    material: Material, codec: Codec, crfs: Sequence[int], enlargers: Mapping[str, Enlarge], say: Say
) -> list[Measurement]:
    small = [coded(material.small, codec, crf, material.rate) for crf in crfs]
    streams = {name: [(each, enlarge) for each in small] for name, enlarge in enlargers.items()}
    streams[full_size(material.scale)] = [(each, luma_of) for each in _in_full_size(material, codec, small)]
    found, curves = list[Measurement](), dict[str, Curve]()
    for name, made in streams.items():
        pairs = [_pair(material, codec, name, each, enlarge) for each, enlarge in made]
        found += [measurement for pair in pairs for measurement in pair]
        curves[name] = [(rate.median, fmean(psnr.values)) for rate, psnr in pairs]
        points = ", ".join(f"{psnr:.2f} dB at {rate:.0f} kb/s" for rate, psnr in curves[name])
        say(f"{codec_case(name, material.name, codec.name)}: {points}")
    return found + _compared(material, codec, curves, say)


def _in_full_size(material: Material, codec: Codec, small: Sequence[Coded]) -> list[Coded]:
    """At CRFs for about the rates of `small`; where these are out of reach, nearest to them."""
    first = small[0].crf
    made = {first: coded(material.large, codec, first, material.rate)}
    for each in small:
        for _ in range(_GUESSES):
            known = _nearest(made.values(), each.rate)
            crf = min(LARGEST_CRF, max(0, round(known.crf + _HALVED * log2(known.rate / each.rate))))
            if crf not in made:
                made[crf] = coded(material.large, codec, crf, material.rate)
    nearest = (_nearest(made.values(), each.rate) for each in small)
    return list({each.crf: each for each in nearest}.values())


def _nearest(made: Iterable[Coded], rate: float) -> Coded:
    return min(made, key=lambda each: abs(log2(each.rate / rate)))


def _pair(
    material: Material, codec: Codec, name: str, made: Coded, enlarge: Enlarge
) -> tuple[Measurement, Measurement]:
    """Bit rate and PSNR-Y of one stream, shown in one way."""
    case = crf_case(name, material.name, codec.name, made.crf)
    rate = replace(BIT_RATE, exact=max(BIT_RATE.exact, _VARIES * made.rate))
    results = [enlarge(frame) for frame in made.frames]
    psnrs = frame_psnrs(results, material.originals, material.scale)
    return of_frames(case, rate, [made.rate]), of_frames(case, CODED_PSNR, psnrs)


def _compared(material: Material, codec: Codec, curves: Mapping[str, Curve], say: Say) -> list[Measurement]:
    """The BD-rates that there are."""
    found, whole, plain = list[Measurement](), full_size(material.scale), bicubic(material.scale)
    for name in curves:
        case = codec_case(name, material.name, codec.name)
        for metric, other in ((OVER_FULL_SIZE, whole), (OVER_BICUBIC, plain)):
            if name in (other, whole) or other not in curves:
                continue
            value = bd_rate(curves[other], curves[name])
            if value is None:
                say(f"{case}: no PSNR is reached both by it and by {other}")
            else:
                found.append(of_frames(case, metric, [value]))
                say(f"{case}: {value:+.1f} % bits against {other}, for the same PSNR")
    return found
