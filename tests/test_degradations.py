"""Degradations: kernels, noise, compression and video codecs, each against what is known of it, and repeatable."""

# ruff: noqa: E402  what needs OpenCV is imported behind the check for it

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

cv2 = pytest.importorskip("cv2", reason="training needs the extra `train`")
pytest.importorskip("safetensors", reason="training needs the extra `train`")

from framelift.training.compressed import CompressedSettings, load_compressed
from framelift.training.crops import Crops
from framelift.training.degradations import kernels
from framelift.training.degradations.blur import RandomBlur, RandomMotionBlur, RandomShift, blur
from framelift.training.degradations.crops import MARGIN, DegradedCrops
from framelift.training.degradations.i420 import (
    NEUTRAL,
    i420_from_luma,
    i420_from_rgb,
    luma_from_i420,
    rgb_from_i420,
)
from framelift.training.degradations.jpeg import RandomJpeg, jpeg
from framelift.training.degradations.noise import RandomNoise, gaussian_noise, poisson_noise
from framelift.training.degradations.picture import Degradation, Picture, chain, from_codes, sometimes, to_codes
from framelift.training.degradations.resize import METHODS, RandomResize, resize
from framelift.training.degradations.second_order import SecondOrder
from framelift.training.degradations.video import SMALLEST_H265, Encoding, PannedPhoto, RandomVideo, transcode
from framelift.training.errors import DataError
from framelift.training.imresize import imresize
from framelift.training.metrics import psnr
from framelift.training.photos import load_pairs, luma_codes

RANDOM: dict[str, Degradation] = {
    "blur": RandomBlur(),
    "motion": RandomMotionBlur(),
    "shift": RandomShift(),
    "resize": RandomResize(),
    "noise": RandomNoise(),
    "jpeg": RandomJpeg(),
    "second order": SecondOrder(2),
    "video": RandomVideo(frames=3),
    "chain": chain(sometimes(0.5, RandomMotionBlur()), RandomNoise(), RandomShift()),
}
CHANGE_SIZE = {"resize", "second order"}


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawing(height: int, width: int, seed: int = 5) -> NDArray[np.uint8]:
    """RGB of smooth shading with ellipses: edges and flat parts, as photographs have them."""
    rng = seeded(seed)
    y, x = np.mgrid[:height, :width]
    picture = np.stack([100 + 60 * np.sin(x / 17 + k) * np.cos(y / 23 - k) for k in range(3)], -1).astype(np.uint8)
    for _ in range(height * width // 250):
        centre, axes = (int(rng.integers(width)), int(rng.integers(height))), rng.integers(2, 14, 2).tolist()
        cv2.ellipse(picture, centre, axes, int(rng.integers(180)), 0, 360, rng.integers(0, 256, 3).tolist(), -1)
    return picture


COLOUR = from_codes(drawing(72, 80))
GREY = from_codes(luma_codes(drawing(72, 80)))


def quality(a: Picture, b: Picture) -> float:
    """PSNR in dB of pictures of any shape."""
    return 10 * math.log10(1 / float(np.mean((a - b) ** 2)))


# ---- all of them


@pytest.mark.parametrize("picture", [GREY, COLOUR, COLOUR[:71, :77]], ids=["grey", "colour", "odd"])
@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_picture_in_range(name: str, picture: Picture) -> None:
    before = picture.copy()
    first, again, other = (RANDOM[name](picture, seeded(seed)) for seed in (3, 3, 4))
    assert np.array_equal(picture, before)
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    assert first.ndim == picture.ndim
    assert name in CHANGE_SIZE or first.shape == picture.shape


def test_what_does_nothing_changes_nothing() -> None:
    still = [
        blur(COLOUR, np.ones((1, 1))),
        blur(COLOUR, kernels.motion(0.0, 1.0)),
        blur(COLOUR, kernels.shift(0.0, 0.0)),
        resize(COLOUR, 72, 80, "bicubic"),
        gaussian_noise(COLOUR, seeded(), 0.0),
        poisson_noise(COLOUR, seeded(), 0.0),
        chain()(COLOUR, seeded()),
        sometimes(0.0, RandomJpeg())(COLOUR, seeded()),
        RandomMotionBlur(length=(0.0, 0.0))(COLOUR, seeded()),
        RandomShift(most=0.0)(COLOUR, seeded()),
        from_codes(to_codes(COLOUR)),
    ]
    for number, picture in enumerate(still):
        assert np.array_equal(picture, COLOUR), number


def test_steps_follow_each_other_and_draw_from_one_generator() -> None:
    rng = seeded(9)
    by_hand = RandomJpeg()(RandomNoise()(COLOUR, rng), rng)
    assert np.array_equal(chain(RandomNoise(), RandomJpeg())(COLOUR, seeded(9)), by_hand)


def test_a_step_is_taken_as_often_as_its_chance_says() -> None:
    rng, step = seeded(), sometimes(0.3, lambda picture, _: picture + 1)
    taken = [step(np.zeros((1, 1), np.float32), rng)[0, 0] for _ in range(2000)]
    assert np.mean(taken) == pytest.approx(0.3, abs=0.03)


# ---- kernels


@pytest.mark.parametrize("seed", range(20))
def test_every_kernel_keeps_brightness_and_lies_about_its_centre(seed: int) -> None:
    rng = seeded(seed)
    for kernel in (RandomBlur().kernel(rng), kernels.motion(rng.uniform(0, 9), rng.uniform(0, math.pi))):
        assert kernel.sum() == pytest.approx(1)
        assert kernel.shape[0] == kernel.shape[1]
        assert kernel.shape[0] % 2 == 1
        np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-12)
        np.testing.assert_allclose(blur(np.full((30, 30), 0.5, np.float32), kernel), 0.5, atol=1e-6)


def test_a_gaussian_is_separable_and_has_its_covariance() -> None:
    x = np.arange(-10, 11)
    profile = np.exp(-(x**2) / (2 * 1.7**2))
    np.testing.assert_allclose(kernels.gaussian(21, 1.7, 1.7), np.outer(profile, profile) / profile.sum() ** 2)
    kernel, angle = kernels.gaussian(41, 3.0, 1.5, 0.6), 0.6
    columns, rows = np.meshgrid(np.arange(-20, 21), np.arange(-20, 21))
    moments = [(kernel * a * b).sum() for a, b in ((columns, columns), (rows, rows), (columns, rows))]
    c, s = math.cos(angle), math.sin(angle)
    expected = [9 * c * c + 2.25 * s * s, 9 * s * s + 2.25 * c * c, (9 - 2.25) * c * s]
    assert moments == pytest.approx(expected, rel=1e-3)


def test_the_other_families_have_their_shape() -> None:
    d = np.arange(8) ** 2 / 2.0**2  # squared distance in sigmas along a row
    general = kernels.generalised_gaussian(15, 2.0, 2.0, 0.0, 0.7)[7, 7:]
    np.testing.assert_allclose(general / general[0], np.exp(-0.5 * d**0.7))
    flat = kernels.plateau(15, 2.0, 2.0, 0.0, 1.5)[7, 7:]
    np.testing.assert_allclose(flat / flat[0], 1 / (1 + d**1.5))


@pytest.mark.parametrize("x", [0, 1, 5, 20, 45])
def test_the_bessel_function_is_its_power_series(x: int) -> None:
    half = Fraction(x, 2)
    series = sum((-1) ** k * half ** (2 * k + 1) / (math.factorial(k) * math.factorial(k + 1)) for k in range(100))
    assert kernels.bessel_j1(np.array([float(x)]))[0] == pytest.approx(float(series), abs=1e-12)


@pytest.mark.parametrize("cutoff", [math.pi / 3, math.pi / 2])
def test_a_sinc_passes_what_lies_below_its_cutoff(cutoff: float) -> None:
    size = 81
    response = np.abs(np.fft.fft2(kernels.sinc(size, cutoff)))
    frequency = 2 * np.pi * np.fft.fftfreq(size)
    radius = np.hypot(*np.meshgrid(frequency, frequency))
    assert np.abs(response[radius < 0.8 * cutoff] - 1).max() < 0.1
    assert response[radius > 1.2 * cutoff].max() < 0.1


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="odd size, not 8"):
        kernels.gaussian(8, 1.0, 1.0)


def test_motion_draws_a_line_of_its_length() -> None:
    level = kernels.motion(6.0, 0.0)
    assert level.shape == (7, 7)
    assert level[3].sum() == pytest.approx(1)
    assert level[3, 1:-1] == pytest.approx(np.full(5, 1 / 6), rel=0.05)
    upright = kernels.motion(6.0, math.pi / 2)
    np.testing.assert_allclose(upright, level.T, atol=1e-12)


def test_a_shift_moves_down_and_right() -> None:
    np.testing.assert_allclose(blur(GREY, kernels.shift(2, -3))[2:, :-3], GREY[:-2, 3:], atol=1e-6)
    quarter = blur(GREY, kernels.shift(0.25, 0.0))[1:]
    np.testing.assert_allclose(quarter, 0.75 * GREY[1:] + 0.25 * GREY[:-1], atol=1e-6)


def test_a_blurred_point_is_the_kernel() -> None:
    """A convolution, not a correlation: a lopsided kernel is not turned round."""
    kernel = seeded().random((5, 5))
    kernel /= kernel.sum()
    point = np.zeros((11, 11), np.float32)
    point[5, 5] = 1
    np.testing.assert_allclose(blur(point, kernel)[3:8, 3:8], kernel, atol=1e-6)


def test_kernels_are_drawn_as_often_as_published() -> None:
    """Of the families only isotropic ones are alike along rows and columns; a sinc alone has negative taps."""
    rng, settings = seeded(), RandomBlur(sizes=(7,), sigma=(1.0, 2.0))
    drawn = [settings.kernel(rng) for _ in range(1500)]
    ringing = np.array([kernel.min() < 0 for kernel in drawn])
    isotropic = np.array([np.allclose(kernel, kernel.T) and np.allclose(kernel, kernel[::-1]) for kernel in drawn])
    assert isotropic.mean() == pytest.approx(0.1 + 0.9 * 0.69, abs=0.04)
    assert ringing.mean() <= 0.1 + 0.03
    assert not (ringing & ~isotropic).any()


# ---- sizes, noise, JPEG


@pytest.mark.parametrize("method", METHODS)
def test_resizing_keeps_flat_pictures_flat(method: str) -> None:
    flat = np.full((20, 30, 3), 0.25, np.float32)
    for height, width in ((7, 9), (40, 33)):
        result = resize(flat, height, width, method)  # type: ignore[arg-type]  # one of METHODS
        assert result.shape == (height, width, 3)
        np.testing.assert_allclose(result, 0.25, atol=1e-6)


def test_area_averages() -> None:
    expected = GREY.reshape(36, 2, 40, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(resize(GREY, 36, 40, "area"), expected, atol=1e-6)


def test_sizes_are_drawn_as_often_as_published() -> None:
    rng, settings = seeded(), RandomResize()
    heights = np.array([settings(GREY[:60], rng).shape[0] for _ in range(600)])
    assert (heights > 60).mean() == pytest.approx(0.2, abs=0.05)
    assert (heights == 60).mean() == pytest.approx(0.1, abs=0.05)
    assert heights.min() >= 0.15 * 60 - 1
    assert heights.max() <= 1.5 * 60


@pytest.mark.parametrize("grey", [False, True])
def test_gaussian_noise_has_its_deviation(grey: bool) -> None:
    flat = np.full((200, 200, 3), 0.5, np.float32)
    noise = gaussian_noise(flat, seeded(), 10.0, grey=grey) - flat
    assert noise.std() * 255 == pytest.approx(10, rel=0.02)
    together = np.corrcoef(noise[..., 0].ravel(), noise[..., 2].ravel())[0, 1]
    assert together == pytest.approx(1.0 if grey else 0.0, abs=0.03)


@pytest.mark.parametrize("grey", [False, True])
def test_poisson_noise_grows_with_brightness(grey: bool) -> None:
    """Of n photons the count varies by n: at 5 values white is 8 photons, light v has a variance of v / 8."""
    levels = np.array([0, 51, 102, 153, 204], np.uint8)
    picture = from_codes(np.repeat(levels, 60)[:, None, None].repeat(300, 1).repeat(3, 2))
    scale = 0.2  # small: what is clipped at black and white would not count
    noise = poisson_noise(picture, seeded(), scale, grey=grey) - picture
    for row, code in enumerate(levels[1:-1], 1):
        part = noise[60 * row : 60 * (row + 1)]
        assert part.var() == pytest.approx(scale**2 * (code / 255) / 8, rel=0.08)
    together = np.corrcoef(noise[60:240, :, 0].ravel(), noise[60:240, :, 2].ravel())[0, 1]
    assert together == pytest.approx(1.0 if grey else 0.0, abs=0.03)


@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
def test_jpeg_is_worse_at_lower_quality(picture: Picture) -> None:
    decibels = [quality(jpeg(picture, q), picture) for q in (10, 30, 60, 95)]
    assert decibels == sorted(decibels)
    assert decibels[0] > 15
    assert decibels[-1] > 24  # halved chroma blurs the edges of colours


def test_jpeg_keeps_the_order_of_colours() -> None:
    red = np.zeros((16, 16, 3), np.float32)
    red[..., 0] = 1
    np.testing.assert_allclose(jpeg(red, 95), red, atol=0.02)


@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_second_order_reduces_by_its_scale_to_codes(scale: int, picture: Picture) -> None:
    for seed in range(6):
        low = SecondOrder(scale)(picture, seeded(seed))
        assert low.shape == (72 // scale, 80 // scale, *picture.shape[2:])
        assert np.array_equal(low, from_codes(to_codes(low)))


def test_the_second_order_degrades_but_does_not_move() -> None:
    low = resize(COLOUR, 36, 40, "area")
    degraded = np.mean([SecondOrder(2)(COLOUR, seeded(seed)) for seed in range(60)], axis=0)[3:-3, 3:-3]
    moved = {
        (down, right): quality(degraded, np.roll(low, (down, right), (0, 1))[3:-3, 3:-3])
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    }
    assert max(moved, key=lambda place: moved[place]) == (0, 0)


# ---- crops


def test_degraded_crops_depend_on_the_step_and_count_what_is_too_small() -> None:
    photos = [drawing(90, 100), drawing(40, 100), drawing(80, 80)]
    crops = DegradedCrops(photos, 2, 16, seed=1, reduce=SecondOrder(2), rgb=True)
    low, high = crops.batch(step=7, count=3)
    assert crops.skipped == 1
    assert low.shape == (3, 3, 16, 16)
    assert high.shape == (3, 3, 32, 32)
    assert np.array_equal(low, crops.batch(step=7, count=3)[0])
    assert not np.array_equal(low, crops.batch(step=8, count=3)[0])
    with pytest.raises(DataError, match=f"{2 * (40 + 2 * MARGIN)} pixels"):
        DegradedCrops(photos, 2, 40, seed=1, reduce=SecondOrder(2), rgb=True)


def test_degraded_crops_lie_on_each_other() -> None:
    def area(picture: Picture, _: np.random.Generator) -> Picture:
        return resize(picture, picture.shape[0] // 2, picture.shape[1] // 2, "area")

    low, high = DegradedCrops([drawing(90, 100)], 2, 16, seed=1, reduce=area, rgb=False).batch(step=0, count=8)
    assert low.shape == (8, 1, 16, 16)
    means = high.reshape(8, 1, 16, 2, 16, 2).mean(axis=(3, 5))
    assert np.abs(low - means).max() <= 1


# ---- video


def test_video_planes_are_those_of_other_converters() -> None:
    """FFmpeg takes untagged pictures for BT.601 too, and places and rounds chroma in its own way."""
    y, x = np.mgrid[:48, :64]
    rgb = np.stack([4 * x, 5 * y, 255 - 2 * x - 2 * y], axis=-1).astype(np.uint8)
    frame = i420_from_rgb(rgb)
    assert frame.shape == (72, 64)
    assert np.array_equal(luma_from_i420(frame), luma_codes(rgb))
    theirs = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p").to_ndarray()
    assert np.abs(frame.astype(int) - theirs).max() <= 3
    back = av.VideoFrame.from_ndarray(frame, format="yuv420p").to_ndarray(format="rgb24")
    assert np.abs(rgb_from_i420(frame).astype(int) - back).mean() < 3
    assert np.abs(rgb_from_i420(frame).astype(int) - rgb).max() <= 6


def test_grey_has_neutral_chroma() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    frame = i420_from_rgb(np.repeat(grey[..., None], 3, axis=2))
    assert (frame[16:] == NEUTRAL).all()
    assert np.array_equal(i420_from_luma(luma_from_i420(frame)), frame)


@pytest.fixture(scope="module")
def clip() -> list[NDArray[np.uint8]]:
    """Four frames of 96 x 112 of a moving photograph."""
    photo = PannedPhoto(drawing(192, 224), 2)
    return [i420_from_rgb(photo.view(3 * number, -5 * number)) for number in range(4)]


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_quality_falls_with_crf_and_frames_keep_their_order(
    codec: str, live: bool, clip: list[NDArray[np.uint8]]
) -> None:
    decibels = []
    for crf in (18, 28, 38):
        decoded = transcode(clip, Encoding(codec, crf, "superfast", live))  # type: ignore[arg-type]  # as above
        decibels.append([psnr(luma_from_i420(a), luma_from_i420(b)) for a, b in zip(decoded, clip, strict=True)])
    assert (np.diff(np.array(decibels), axis=0) < -1).all()
    assert np.min(decibels) > 20


def test_a_second_generation_costs_more(clip: list[NDArray[np.uint8]]) -> None:
    once = transcode(clip, Encoding("libx264", 28))
    twice = transcode(once, Encoding("libx265", 28))
    first, second = (np.mean([psnr(a, b) for a, b in zip(frames, clip, strict=True)]) for frames in (once, twice))
    assert second < first - 0.3


def test_encoding_is_repeatable(clip: list[NDArray[np.uint8]]) -> None:
    for encoding in (Encoding("libx264", 30, "medium", live=False), Encoding("libx265", 30)):
        first, again = (transcode(clip, encoding) for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_h265_refuses_what_its_encoder_cannot_take() -> None:
    small = i420_from_luma(np.zeros((SMALLEST_H265, SMALLEST_H265 - 2), np.uint8))
    with pytest.raises(ValueError, match="94 x 96"):
        transcode([small], Encoding("libx265", 28))
    rng, settings = seeded(), RandomVideo(h265_chance=1.0)
    assert {settings.encodings((94, 96), rng)[0].codec for _ in range(20)} == {"libx264"}
    assert {settings.encodings((96, 96), rng)[0].codec for _ in range(20)} == {"libx265"}


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_a_panned_photo_is_the_photo_moved_then_reduced(scale: int) -> None:
    photo = drawing(36 * scale, 40 * scale)
    panned = PannedPhoto(photo, scale)
    assert np.array_equal(panned.view(0, 0), imresize(photo, 1 / scale))
    for down, right in ((4 * scale, -2 * scale), (5, 7), (-1, 3)):
        moved = np.roll(photo, (-down, -right), (0, 1))
        reach = max(abs(down), abs(right)) // scale + 4
        inner = np.s_[reach:-reach, reach:-reach]
        assert np.array_equal(panned.view(down, right)[inner], imresize(moved, 1 / scale)[inner])


@pytest.mark.parametrize("seed", range(3))
def test_the_frame_that_is_kept_lies_on_the_clean_one(seed: int) -> None:
    settings = RandomVideo(crf=(24, 30), still_chance=0.0, frames=4)
    picture = from_codes(luma_codes(drawing(96, 96)))
    degraded = settings(picture, seeded(seed))[2:-2, 2:-2]
    moved = {
        (down, right): quality(degraded, np.roll(picture, (down, right), (0, 1))[2:-2, 2:-2])
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    }
    assert max(moved, key=lambda place: moved[place]) == (0, 0)
    assert moved[0, 0] > 24


def test_settings_of_a_video_are_drawn_from_their_ranges() -> None:
    rng, settings = seeded(), RandomVideo(crf=(20, 22), second_chance=0.5)
    drawn = [settings.encodings((96, 112), rng) for _ in range(300)]
    assert np.mean([len(generations) for generations in drawn]) == pytest.approx(1.5, abs=0.1)
    encodings = [encoding for generations in drawn for encoding in generations]
    assert {encoding.crf for encoding in encodings} == {20, 21, 22}
    assert np.mean([encoding.codec == "libx265" for encoding in encodings]) == pytest.approx(0.3, abs=0.07)
    assert np.mean([encoding.live for encoding in encodings]) == pytest.approx(0.7, abs=0.07)


# ---- compressed pairs


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, one of odd sides."""
    folder = tmp_path_factory.mktemp("photos")
    for number, (height, width) in enumerate([(196, 224), (195, 203)]):
        assert cv2.imwrite(str(folder / f"{number}.png"), drawing(height, width, number)[..., ::-1])
    return folder


QUICK = CompressedSettings(variants=2, clean=1, video=RandomVideo(frames=3))


def test_compressed_pairs_lie_on_their_photographs(photos: Path, tmp_path: Path) -> None:
    pairs = load_compressed(photos, 2, tmp_path, QUICK)
    clean = load_pairs(photos, 2, tmp_path)
    assert [pair.name for pair in pairs] == ["0"] * 3 + ["1"] * 3
    assert pairs[3].low.shape == (97, 101)
    for number, whole in enumerate(clean):
        undegraded, *compressed = pairs[3 * number : 3 * number + 3]
        assert np.array_equal(undegraded.low, whole.low)
        for pair in compressed:
            height, width = pair.low.shape
            assert (height % 2, width % 2) == (0, 0)
            assert np.array_equal(pair.high, whole.high[: 2 * height, : 2 * width])
            assert 20 < psnr(pair.low, whole.low[:height, :width]) < 60
    low, high = Crops(pairs, scale=2, size=32, seed=1).batch(step=0, count=4)
    assert low.shape == (4, 1, 32, 32)
    assert high.shape == (4, 1, 64, 64)


def test_compressed_pairs_depend_on_their_settings_alone(photos: Path, tmp_path: Path) -> None:
    first = load_compressed(photos, 2, tmp_path / "a", QUICK)
    cached = load_compressed(photos, 2, tmp_path / "a", QUICK)
    anew = load_compressed(photos, 2, tmp_path / "b", QUICK)
    other = load_compressed(photos, 2, tmp_path / "a", replace(QUICK, seed=2))
    assert len(list((tmp_path / "a").glob("compressed-*"))) == 2
    for a, b, c in zip(first, cached, anew, strict=True):
        assert np.array_equal(a.low, b.low)
        assert np.array_equal(a.low, c.low)
    assert not all(np.array_equal(a.low, b.low) for a, b in zip(first, other, strict=True))


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no picture"):
        load_compressed(tmp_path, 2, tmp_path, QUICK)
