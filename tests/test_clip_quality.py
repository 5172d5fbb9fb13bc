"""Quality on clips: what is measured is right, codecs give back what they got, bits are counted, curves compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Clip as VideoFile
from clips import write_clip
from framelift.benchmarks.statistics.measurement import Measurement, find
from framelift.benchmarks.workloads import Workload, video_frame, workload_named
from framelift.benchmarks.workloads import write_clip as write_pictures
from framelift.engine import enlarge
from framelift.engine.errors import InputError, UsageError
from framelift.engine.model import load_model
from framelift.training.imresize import imresize
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

cv2 = pytest.importorskip("cv2", reason="OpenCV is part of the extra `bench`")

from framelift.benchmarks.quality import clips  # noqa: E402  they need OpenCV
from framelift.benchmarks.quality.clips.bd_rate import bd_rate  # noqa: E402
from framelift.benchmarks.quality.clips.codecs import CODECS, coded  # noqa: E402
from framelift.benchmarks.quality.clips.temporal import flicker, flows, tof  # noqa: E402
from framelift.benchmarks.quality.filters import Filter  # noqa: E402
from framelift.benchmarks.quality.network import network_on  # noqa: E402
from framelift.benchmarks.quality.way import Way  # noqa: E402

TEXT = "natural:192x128:6f"
NAME = "natural:192x128:6f:25fps:seed1"
OURS = "tiny-16, native fp32"
Plane = NDArray[np.float64]


def ways_at(scale: int) -> list[Way]:
    """What `bench quality` has: filters, of which bicubic counts here, and one of our networks."""
    network = network_on("native", "framelift", "tiny-16", load_model("tiny-16", scale=scale))
    return [Filter("bicubic", scale), Filter("nearest", scale), network, Filter("bicubic", scale + 1)]


def luma_of(frame: av.VideoFrame) -> Plane:
    """By PyAV's own way to an array."""
    return frame.to_ndarray()[: frame.height].astype(float)


def psnr_of(a: Plane, b: Plane, border: int) -> float:
    inner = np.s_[border:-border, border:-border]
    return float(10 * np.log10(255**2 / np.square(a - b)[inner].mean()))


# ---- frame by frame


@pytest.fixture(scope="module")
def by_frame() -> list[Measurement]:
    said: list[str] = []
    found = clips.measure_clip(workload_named(TEXT), ways_at(2), 2, said.append)
    assert [line.split(":")[0] for line in said] == ["rendering natural", "bicubic-x2, natural", f"{OURS}, natural"]
    return found


def values(found: Sequence[Measurement], way: str, metric: str) -> list[float]:
    measurement = find(found, f"{way}, {NAME}", metric)
    assert measurement is not None
    assert measurement.exact is not None
    return list(measurement.values)


def test_bicubic_and_the_networks_of_the_scale_are_measured(by_frame: list[Measurement]) -> None:
    assert {m.case for m in by_frame} == {f"bicubic-x2, {NAME}", f"{OURS}, {NAME}"}
    for way in ("bicubic-x2", OURS):
        assert [len(values(by_frame, way, name)) for name in ("PSNR-Y", "SSIM", "flicker", "tOF")] == [6, 6, 5, 5]


def test_psnr_and_flicker_are_those_of_frames_enlarged_one_by_one(by_frame: list[Measurement]) -> None:
    large = [video_frame(picture) for picture in workload_named(TEXT).pictures()]
    small = [video_frame(imresize(picture, 0.5)) for picture in workload_named(TEXT).pictures()]
    originals = [luma_of(frame) for frame in large]
    results = {
        "bicubic-x2": [imresize(luma_of(frame).astype(np.uint8), 2).astype(float) for frame in small],
        OURS: [luma_of(enlarge(frame, load_model("tiny-16", scale=2).path)) for frame in small],
    }
    for way, pictures in results.items():
        psnrs = [psnr_of(a, b, 2) for a, b in zip(pictures, originals, strict=True)]
        np.testing.assert_allclose(values(by_frame, way, "PSNR-Y"), psnrs, atol=0.01)
        errors = [(a - b)[2:-2, 2:-2] for a, b in zip(pictures, originals, strict=True)]
        changes = [np.abs(after - before).mean() for before, after in pairwise(errors)]
        np.testing.assert_allclose(values(by_frame, way, "flicker"), changes, atol=0.02)


def test_ours_is_nearer_to_the_original_and_steadier_than_bicubic(by_frame: list[Measurement]) -> None:
    ours, plain = (
        {name: np.mean(values(by_frame, way, name)) for name in ("PSNR-Y", "SSIM", "flicker", "tOF")}
        for way in (OURS, "bicubic-x2")
    )
    assert ours["PSNR-Y"] > plain["PSNR-Y"] + 0.5
    assert ours["SSIM"] > plain["SSIM"]
    assert ours["flicker"] < plain["flicker"]
    assert ours["tOF"] < plain["tOF"]


def test_a_file_of_odd_size_is_measured_at_three_times(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "odd.mkv", VideoFile("ffv1", width=227, height=131, frames=3))
    workload = workload_named(str(path))
    clips.check_clip(workload, 3)
    found = clips.measure_clip(workload, ways_at(3), 3, lambda _: None)
    assert {m.case for m in found} == {"bicubic-x3, odd.mkv", f"{OURS}, odd.mkv"}
    assert all(25 < value < 70 for m in found if m.metric == "PSNR-Y" for value in m.values)


# ---- from frame to frame


@given(st.integers(-9, 9), st.integers(0, 9), st.integers(1, 3))
def test_flicker_is_how_much_the_error_changes(offset: int, swing: int, border: int) -> None:
    rng = np.random.default_rng(1)
    originals = [rng.integers(20, 200, (24, 32)).astype(np.uint8) for _ in range(4)]
    errors = [offset + swing * (number % 2) for number in range(4)]
    results = [
        (original.astype(int) + error).astype(np.uint8) for original, error in zip(originals, errors, strict=True)
    ]
    for result in results:
        result[:border] = rng.integers(256)
        result[:, -border:] = rng.integers(256)
    assert flicker(results, originals, border) == pytest.approx([swing] * 3)


def test_flicker_is_the_same_by_its_definition() -> None:
    rng = np.random.default_rng(2)
    results, originals = (list(rng.integers(0, 256, (3, 20, 30)).astype(np.uint8)) for _ in range(2))
    o, h = np.array(results, float), np.array(originals, float)
    wanted = np.abs((o[1:] - o[:-1]) - (h[1:] - h[:-1]))[:, 2:-2, 2:-2].mean(axis=(1, 2))
    assert flicker(results, originals, 2) == pytest.approx(list(wanted))


def test_tof_is_by_how_many_pixels_motion_is_wrong() -> None:
    still = next(workload_named("static:192x128:2f").pictures())[..., 1]
    wide = np.pad(still, ((0, 0), (20, 20)), "wrap")
    moving = [np.ascontiguousarray(wide[:, 20 - 2 * number : 212 - 2 * number]) for number in range(4)]  # 2 a frame
    motion = flows(moving)
    assert tof(moving, motion) == [0, 0, 0]
    assert tof([moving[0]] * 4, motion) == pytest.approx([2, 2, 2], rel=0.2)


# ---- codecs


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_a_codec_gives_back_all_frames_in_order_and_counts_their_bits(
    codec: str, rate: Fraction, tmp_path: Path
) -> None:
    """Against the packets of a file that PyAV has written."""
    pictures = list(workload_named("pan:160x96:9f").pictures())
    frames = [video_frame(picture) for picture in pictures]
    made = coded(frames, CODECS[codec], 20, rate)
    for ours, original in zip(made.frames, frames, strict=True):
        assert psnr_of(luma_of(ours), luma_of(original), 1) > 32
    options = {"crf": "20", "threads": "1", **CODECS[codec].options}
    path = write_pictures(tmp_path / "file.mkv", pictures, rate, codec=CODECS[codec].encoder, options=options)
    with av.open(str(path)) as file:
        packets = [bytes(packet) for packet in file.demux(video=0)]
    wanted = 8 * (sum(map(len, packets)) - settings_in(b"".join(packets))) * float(rate) / 9 / 1000
    assert made.rate == pytest.approx(wanted, rel=0.03)  # beside headers, which a file has elsewhere
    assert made.rate > wanted


def settings_in(data: bytes) -> int:
    """How many bytes x264 says of itself: from its name to the first zero."""
    begin = data.find(b"x264 - core")
    return 0 if begin < 0 else data.index(b"\0", begin) - begin


def test_less_quality_takes_less_bits() -> None:
    frames = [video_frame(picture) for picture in workload_named("natural:160x96:5f").pictures()]
    for codec in CODECS.values():
        rates = [coded(frames, codec, crf, Fraction(25)).rate for crf in (10, 20, 30, 40, 51)]
        assert rates == sorted(rates, reverse=True)


# ---- one number for two curves

RATES = st.lists(st.floats(10, 10_000), min_size=4, max_size=6, unique=True).map(sorted)
PSNRS = st.lists(st.integers(2000, 4500), min_size=6, max_size=6, unique=True).map(lambda n: sorted(i / 100 for i in n))


@given(RATES, PSNRS, st.floats(0.2, 5))
def test_so_many_times_the_bits_are_so_many_per_cent_more(rates: list[float], psnrs: list[float], by: float) -> None:
    anchor = list(zip(rates, psnrs, strict=False))
    test = [(rate * by, psnr) for rate, psnr in anchor]
    assert bd_rate(anchor, test) == pytest.approx(100 * (by - 1), abs=1e-6)


@given(RATES, PSNRS, RATES, PSNRS)
def test_the_other_way_round_is_the_inverse(a: list[float], b: list[float], c: list[float], d: list[float]) -> None:
    one, other = list(zip(a, b, strict=False)), list(zip(c, d, strict=False))
    there, back = bd_rate(one, other), bd_rate(other, one)
    if there is None or back is None:
        assert there is back
        assert max(psnr for _, psnr in one) <= min(psnr for _, psnr in other) or (
            max(psnr for _, psnr in other) <= min(psnr for _, psnr in one)
        )
    else:
        assert (1 + there / 100) * (1 + back / 100) == pytest.approx(1)


@given(st.floats(-0.5, 0.5), st.floats(-0.02, 0.02), st.floats(-2, 2))
def test_between_straight_lines_it_is_their_mean_distance(offset: float, tilt: float, shift: float) -> None:
    """log10 of the rate is 0.05 p + 1 of one, and `offset` + `tilt` p more of the other."""
    psnrs = [28.0, 31.0, 35.0, 40.0]
    anchor = [(10 ** (0.05 * p + 1), p) for p in psnrs]
    test = [(10 ** (0.05 * p + 1 + offset + tilt * p), p) for p in (psnr + shift for psnr in psnrs)]
    low, high = max(28, 28 + shift), min(40, 40 + shift)
    assert bd_rate(anchor, test) == pytest.approx(100 * (10 ** (offset + tilt * (low + high) / 2) - 1), abs=1e-3)


def test_of_smooth_curves_it_is_what_one_cubic_gives() -> None:
    """The method of VCEG-M33 itself, on curves that bend a little."""
    anchor = [(100, 30.0), (200, 33.1), (400, 36.0), (800, 38.6)]
    test = [(90, 30.5), (185, 33.8), (360, 36.6), (700, 39.1)]
    low, high = 30.5, 38.6
    means = []
    for curve in (anchor, test):
        rates, psnrs = np.array(curve).T
        whole = np.polyint(np.polyfit(psnrs, np.log10(rates), 3))
        means.append((np.polyval(whole, high) - np.polyval(whole, low)) / (high - low))
    assert bd_rate(anchor, test) == pytest.approx(100 * (10 ** (means[1] - means[0]) - 1), abs=0.3)


def test_a_point_that_a_cheaper_one_beats_does_not_count() -> None:
    anchor = [(100.0, 30.0), (200.0, 33.0), (400.0, 36.0), (800.0, 38.0)]
    assert bd_rate(anchor, [*anchor, (100.0, 29.0), (500.0, 35.0), (900.0, 38.0)]) == pytest.approx(0, abs=1e-9)


def test_curves_that_do_not_overlap_have_no_number() -> None:
    low, high = [(100.0, 30.0), (200.0, 31.0)], [(100.0, 31.0), (200.0, 33.0)]
    assert bd_rate(low, high) is None
    assert bd_rate(high, low) is None
    assert bd_rate(low, [(150.0, 30.5)]) is None


# ---- by rate

CRFS = (18, 26, 34)


@pytest.fixture(scope="module")
def by_rate() -> list[Measurement]:
    workload = workload_named(TEXT)
    clips.check_rates(workload, 2, list(CODECS), CRFS)
    return clips.rate_distortion(workload, ways_at(2), 2, list(CODECS), (34, 18, 26, 18), lambda _: None)


def curve(found: Sequence[Measurement], way: str, codec: str) -> list[tuple[float, float]]:
    """(rate, mean PSNR), the best quality first."""
    pattern = re.compile(re.escape(f"{way}, {NAME}, {codec} crf ") + r"(\d+)")
    crfs = sorted({int(match[1]) for m in found if (match := pattern.fullmatch(m.case))})
    made = []
    for crf in crfs:
        rate, psnr = (find(found, f"{way}, {NAME}, {codec} crf {crf}", name) for name in ("bit rate", "PSNR-Y"))
        assert rate is not None
        assert psnr is not None
        assert (len(rate.values), len(psnr.values)) == (1, 6)
        made.append((rate.median, float(np.mean(psnr.values))))
    return made


@pytest.mark.parametrize("codec", CODECS)
def test_all_ways_of_the_small_clip_take_the_same_bits(by_rate: list[Measurement], codec: str) -> None:
    ours, plain = curve(by_rate, OURS, codec), curve(by_rate, "bicubic-x2", codec)
    assert [rate for rate, _ in ours] == [rate for rate, _ in plain] == sorted((rate for rate, _ in ours), reverse=True)
    assert len(ours) == 3
    assert [psnr for _, psnr in ours] == sorted((psnr for _, psnr in ours), reverse=True)


@pytest.mark.parametrize("codec", CODECS)
def test_the_gain_over_bicubic_is_seen_after_codecs(by_rate: list[Measurement], codec: str) -> None:
    ours, plain = curve(by_rate, OURS, codec), curve(by_rate, "bicubic-x2", codec)
    gains = [psnr - other for (_, psnr), (_, other) in zip(ours, plain, strict=True)]
    assert gains[0] > 0.5
    assert gains == sorted(gains, reverse=True)
    against = find(by_rate, f"{OURS}, {NAME}, {codec}", "BD-rate against bicubic")
    if against is not None:
        assert against.median < -10


@pytest.mark.parametrize("codec", CODECS)
def test_the_full_size_is_encoded_for_the_same_rates(by_rate: list[Measurement], codec: str) -> None:
    whole = curve(by_rate, "full size, for x2", codec)
    for (rate, _), (small, _) in zip(whole, curve(by_rate, OURS, codec), strict=True):
        assert 0.6 < rate / small < 1.6
    assert whole[0][1] > curve(by_rate, OURS, codec)[0][1]  # at high rates nothing is gained by making clips small


def test_bd_rates_are_those_of_the_curves(by_rate: list[Measurement]) -> None:
    for m in by_rate:
        if m.metric.startswith("BD-rate"):
            way, codec = m.case.split(f", {NAME}, ")
            other = "bicubic-x2" if m.metric.endswith("bicubic") else "full size, for x2"
            assert m.median == pytest.approx(bd_rate(curve(by_rate, other, codec), curve(by_rate, way, codec)))
    assert find(by_rate, f"bicubic-x2, {NAME}, h264", "BD-rate against bicubic") is None


# ---- what is refused


@pytest.mark.parametrize(
    ("text", "scale", "codecs", "crfs", "error", "words"),
    [
        (TEXT, 2, ("vp8",), (18,), UsageError, "no codec is named 'vp8'"),
        (TEXT, 2, ("h264",), (52,), UsageError, "CRF 52 is not allowed, 0 to 51 are"),
        (TEXT, 2, ("h264",), (18, -1), UsageError, "CRF -1 is not allowed"),
        ("natural:128x96", 2, ("h264", "hevc"), (18,), UsageError, "is 64 pixels wide; hevc takes 66 or more"),
        ("natural:62x96", 2, ("h264",), (18,), InputError, "less than 32 pixels"),
        ("natural:192x96", 4, ("h264",), (18,), InputError, "4 times smaller a side is less than 32"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    text: str, scale: int, codecs: tuple[str, ...], crfs: tuple[int, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=re.escape(words)):
        clips.check_rates(workload_named(text), scale, codecs, crfs)


def test_a_file_that_gives_a_single_frame_is_refused() -> None:
    damaged = replace(workload_named("static:64x64:2f").first(1), frames=2, name="damaged.mkv")
    with pytest.raises(InputError, match=r"of damaged\.mkv, 1 frame can be decoded"):
        clips.measure_clip(damaged, ways_at(2), 2, lambda _: None)


def test_a_long_clip_is_cut() -> None:
    taken = 0

    def pictures() -> Any:
        nonlocal taken
        for picture in workload_named("static:64x64:2f").first(1).pictures():
            while True:
                taken += 1
                yield picture

    endless = Workload("long", 64, 64, 10**6, Fraction(25), pictures)
    found = clips.measure_clip(endless, ways_at(2)[:1], 2, lambda _: None)
    assert len(found[0].values) == taken == 120


# ---- the report


@pytest.fixture(scope="module")
def report(by_frame: list[Measurement], by_rate: list[Measurement]) -> dict[str, Any]:
    """The part of one that clips are shown from."""
    rows = [{"way": way.name, "scale": way.scale} for way in ways_at(2)]
    return {"rows": rows, "measurements": [m.to_json() for m in (*by_frame, *by_rate)]}


def test_tables_show_each_way_on_each_clip(report: dict[str, Any], by_rate: list[Measurement]) -> None:
    lines = clips.tables(report).splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "## Clips", f"### {NAME}, x2", "## Quality by rate", f"### {NAME}, x2, h264", f"### {NAME}, x2, hevc",
    ]  # fmt: skip
    assert len([line for line in lines if line.startswith("| bicubic-x2 |")]) == 3
    ours = [line for line in lines if line.startswith(f"| {OURS} |")]
    assert len(ours) == 3
    (rate, psnr), (_, plain) = curve(by_rate, OURS, "h264")[0], curve(by_rate, "bicubic-x2", "h264")[0]
    assert f"CRF 18: {rate:.0f} kb/s" in clips.tables(report)
    assert f"| {psnr:.2f} ({psnr - plain:+.2f}) |" in ours[1]
    assert len({line.count("|") for line in lines if line.startswith("|")}) <= 2
    assert clips.tables({"rows": report["rows"], "measurements": []}) == ""


def test_curves_that_do_not_overlap_are_told_in_words(report: dict[str, Any]) -> None:
    rows = [row for row in report["measurements"] if not row["metric"].startswith("BD-rate")]
    text = clips.tables(report | {"measurements": rows})
    assert re.search(rf"\| {OURS} \|.*\| all (above|below) \| all (above|below) \|", text)


def test_plots_have_every_way_and_frame(report: dict[str, Any]) -> None:
    figures = clips.figures(report)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", figure.name) for figure in figures)
    assert len({figure.name for figure in figures}) == 3
    frames, *rates = (figure.series for figure in figures)  # type: ignore[union-attr]  # lines, all of them
    assert {way: len(points) for way, points in frames.items()} == {"bicubic-x2": 6, OURS: 6}
    for series in rates:
        assert list(series) == ["bicubic-x2", OURS, "full size"]
