"""The live encoders, by decoding what they make: pictures, times, keyframes, bitrates, changes in mid-stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise

import av
import pytest
from av.video.frame import PictureType
from framelift.engine.errors import OutputError
from framelift.engine.live.encoded import RTP_TIME_BASE, EncodedFrame
from framelift.engine.live.encoders import (
    LEAST_BITRATE,
    MOST_BITRATE,
    CodecName,
    LiveEncoder,
    Profile,
    default_bitrate,
    open_encoder,
)
from framelift.engine.live.encoders import encoder as encoder_module
from framelift.engine.live.encoders.threads import encoder_threads
from frames import noise, samples_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import decoded, luma_psnr, pan, upscaled

CODECS: tuple[CodecName, ...] = ("h264", "vp8")
both = pytest.mark.parametrize("codec", CODECS)


def encoder_for(codec: CodecName, bitrate: int | None = None, profile: Profile = "baseline") -> LiveEncoder:
    return open_encoder(codec, profile=profile, bitrate=bitrate, hardware=False)


def encoded(encoder: LiveEncoder, picture: av.VideoFrame, number: int, fps: int = 30) -> EncodedFrame:
    frame = encoder.encode(upscaled(picture, number, Fraction(1, fps)))
    assert frame is not None
    return frame


def all_encoded(encoder: LiveEncoder, pictures: Iterable[av.VideoFrame], fps: int = 30) -> list[EncodedFrame]:
    return [encoded(encoder, picture, number, fps) for number, picture in enumerate(pictures)]


def keyframes(frames: Sequence[EncodedFrame]) -> list[int]:
    return [number for number, frame in enumerate(frames) if frame.keyframe]


@both
@pytest.mark.parametrize("size", [(640, 360), (641, 361), (66, 50), (35, 33), (16, 16), (8, 6)], ids=str)
def test_what_is_decoded_is_what_was_given(codec: CodecName, size: tuple[int, int]) -> None:
    pictures = list(pan(*size, 12))
    encoder = encoder_for(codec, 4_000_000)
    frames = all_encoded(encoder, pictures)
    assert keyframes(frames) == [0]
    assert {(frame.width, frame.height) for frame in frames} == {(size[0] & ~1, size[1] & ~1)}
    assert {(frame.codec, frame.time_base) for frame in frames} == {(codec, RTP_TIME_BASE)}
    assert min(map(luma_psnr, decoded(frames), pictures)) > 37
    assert (encoder.counts.frames, encoder.counts.keyframes, encoder.counts.reopens) == (12, 1, 0)
    encoder.close()


@both
def test_several_threads_hold_nothing_back(codec: CodecName) -> None:
    pictures = list(pan(640, 368, 8))
    encoder = open_encoder(codec, bitrate=4_000_000, threads=3, hardware=False)
    assert min(map(luma_psnr, decoded(all_encoded(encoder, pictures)), pictures)) > 37


@given(st.integers(2, 7680), st.integers(2, 4320), st.integers(1, 256))
def test_larger_frames_take_more_threads_but_not_the_model_s(width: int, height: int, cores: int) -> None:
    threads = encoder_threads(width, height, cores)
    assert 1 <= threads <= max(1, cores // 2)
    assert threads <= encoder_threads(2 * width, height, 2 * cores)
    assert (encoder_threads(640, 360, cores), encoder_threads(3840, 2160, 64)) == (1, 8)


@both
def test_threads_may_be_left_to_the_size_of_the_frames(codec: CodecName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_module, "usable_cores", lambda: 8)
    encoder = open_encoder(codec, threads=None, hardware=False)
    for size, threads in (((64, 64), 1), ((1280, 720), 2), ((1920, 1080), 4)):
        encoded(encoder, next(iter(pan(*size, 1))), 0)
        assert encoder._codec.context.thread_count == threads  # type: ignore[attr-defined]
    encoder.close()


@both
@settings(max_examples=20)
@given(
    st.sampled_from([Fraction(1, 30), Fraction(1, 60), Fraction(1001, 60_000), Fraction(1, 1000), Fraction(1, 90_000)]),
    st.lists(st.integers(-5, 100_000), min_size=1, max_size=12),
)
def test_times_are_kept_whatever_they_are(codec: CodecName, time_base: Fraction, steps: list[int]) -> None:
    """Also where they stand still, go back or jump by hours."""
    encoder, pts = encoder_for(codec), 0
    picture = next(pan(32, 32, 1))
    frames = []
    for step in steps:
        pts += step
        frame = encoder.encode(upscaled(picture, pts, time_base))
        assert frame is not None
        assert frame.pts == round(pts * time_base * 90_000)
        frames.append(frame)
    assert len(decoded(frames)) == len(steps)


@both
def test_a_change_of_scene_makes_no_keyframe(codec: CodecName) -> None:
    pictures = [picture for seed in range(4) for picture in pan(128, 96, 40, seed=seed)]
    assert keyframes(all_encoded(encoder_for(codec), pictures)) == [0]


@both
@pytest.mark.parametrize("profile", ["baseline", "high"])
def test_a_keyframe_comes_at_once_and_a_viewer_can_begin_with_it(codec: CodecName, profile: Profile) -> None:
    """What it sees from there is bit for bit what earlier viewers see."""
    encoder = encoder_for(codec, 1_000_000, profile)
    pictures = list(pan(160, 96, 40, grain=3))
    frames = []
    for number, picture in enumerate(pictures):
        if number == 25:
            encoder.request_keyframe()
        frames.append(encoded(encoder, picture, number))
    assert keyframes(frames) == [0, 25]
    for early, late in zip(decoded(frames)[25:], decoded(frames[25:]), strict=True):
        assert all((a == b).all() for a, b in zip(samples_of(early), samples_of(late), strict=True))


@both
@pytest.mark.parametrize("paces", [(90_000,), (450_000,), (3000, 450_000), (450_000, 3000)], ids=str)
def test_a_keyframe_comes_within_half_a_second_of_the_streams_own_time(
    codec: CodecName, paces: tuple[int, ...]
) -> None:
    """Slides, and a pace that has just changed: what counts is the time of the frames, not their number."""
    encoder, picture, pts, times = encoder_for(codec, 1_000_000), next(pan(64, 48, 1)), 0, list[int]()
    for pace in paces:
        for _ in range(40):
            pts += pace
            encoder.request_keyframe()
            frame = encoder.encode(upscaled(picture, pts, RTP_TIME_BASE))
            assert frame is not None
            times += [pts] * frame.keyframe
            assert times[-1] > pts - 45_000
    assert all(late - early >= 45_000 for early, late in pairwise(times))


def test_slides_get_the_bits_of_their_time() -> None:
    """Of a second at most, though they stay for longer."""
    encoder, frames = encoder_for("h264", 300_000), list[EncodedFrame]()
    for number, picture in enumerate(pan(320, 192, 90, grain=10)):
        encoder.request_keyframe()
        frames += [frame] if (frame := encoder.encode(upscaled(picture, 5 * number, Fraction(1)))) else []
    assert megabits(frames[60:], 1) == pytest.approx(0.3, rel=0.5)


@both
@pytest.mark.parametrize("fps", [10, 30, 60])
def test_a_flood_of_requests_makes_two_keyframes_a_second(codec: CodecName, fps: int) -> None:
    encoder, frames = encoder_for(codec), []
    for number, picture in enumerate(pan(64, 48, 3 * fps)):
        encoder.request_keyframe()
        frames.append(encoded(encoder, picture, number, fps))
    assert keyframes(frames) == list(range(0, 3 * fps, fps // 2))
    assert encoder.counts.keyframes == 6


def megabits(frames: Sequence[EncodedFrame], fps: float) -> float:
    return sum(8 * len(frame.data) for frame in frames) * fps / len(frames) / 1e6


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_h264_follows_the_bitrate_without_a_keyframe(fps: int) -> None:
    """Down and up, at any pace; x264 spends bits by the frame and has to be told the pace."""
    encoder = encoder_for("h264", 1_000_000)
    frames, bitrates = [], {0: 1_000_000, 60: 400_000, 120: 1_600_000, 180: 250_000, 240: 1_900_000}
    pictures = list(pan(320, 192, 300, grain=8))
    for number, picture in enumerate(pictures):
        encoder.bitrate = bitrates.get(number, encoder.bitrate)
        frames.append(encoded(encoder, picture, number, fps))
    for began, bitrate in bitrates.items():
        assert megabits(frames[began + 20 : began + 60], fps) == pytest.approx(bitrate / 1e6, rel=0.15)
    assert keyframes(frames) == [0]
    assert encoder.counts.reopens == 0
    assert min(map(luma_psnr, decoded(frames), pictures)) > 25


def test_a_slower_pace_alone_takes_no_keyframe() -> None:
    """A screen that hardly changes for a while."""
    encoder, frames, pts = encoder_for("h264", 1_000_000), [], 0
    for number, picture in enumerate(pan(128, 96, 120)):
        pts += 3000 if number < 60 else 30_000
        frames.append(encoder.encode(upscaled(picture, pts, RTP_TIME_BASE)))
    assert [frame is not None and frame.keyframe for frame in frames] == [True] + [False] * 119


@both
def test_the_bitrate_holds_when_every_third_frame_is_lost(codec: CodecName) -> None:
    encoder, frames = encoder_for(codec, 800_000), []
    for number, picture in enumerate(pan(320, 192, 240, grain=8)):
        if number % 3:
            frames.append(encoded(encoder, picture, number))
    assert megabits(frames[60:], 20) == pytest.approx(0.8, rel=0.15)


def test_vp8_takes_a_keyframe_for_large_moves_of_the_bitrate_only() -> None:
    encoder = encoder_for("vp8", 1_000_000)
    frames, bitrates = [], {0: 1_000_000, 45: 1_100_000, 60: 400_000, 105: 370_000, 120: 1_600_000}
    for number, picture in enumerate(pan(320, 192, 180, grain=8)):
        encoder.bitrate = bitrates.get(number, encoder.bitrate)
        frames.append(encoded(encoder, picture, number))
    assert keyframes(frames) == [0, 60, 120]
    assert encoder.counts.reopens == 2
    for began in (0, 60, 120):  # the keyframe included: the frames after it make up for it
        assert megabits(frames[began : began + 60], 30) == pytest.approx(bitrates[began] / 1e6, rel=0.15)


@both
def test_a_bitrate_that_swings_makes_no_storm_of_keyframes(codec: CodecName) -> None:
    encoder, frames = encoder_for(codec), []
    for number, picture in enumerate(pan(64, 48, 90)):
        encoder.bitrate = LEAST_BITRATE if number % 2 else MOST_BITRATE
        frames.append(encoded(encoder, picture, number))
    assert all(b - a >= 15 for a, b in pairwise(keyframes(frames)))


@both
def test_no_frame_is_long_on_its_way(codec: CodecName) -> None:
    """Not the first either, nor one that shows another scene: in seconds at the bitrate."""
    pictures = [*pan(320, 192, 20, grain=10), *pan(320, 192, 40, grain=10, seed=1)]
    times = [8 * len(frame.data) / 300_000 for frame in all_encoded(encoder_for(codec, 300_000), pictures)]
    assert times[0] <= 0.45
    assert max(times[1:]) <= 0.15


@both
def test_the_bitrate_is_clamped_and_none_is_the_default(codec: CodecName) -> None:
    encoder = encoder_for(codec)
    picture = next(pan(640, 360, 1))
    for number in range(20):
        encoded(encoder, picture, number, fps=60)
    assert encoder.bitrate == encoder.default_bitrate == default_bitrate(640, 360, 60)
    for given_bitrate, expected in ((1, LEAST_BITRATE), (1 << 40, MOST_BITRATE), (700_000, 700_000)):
        encoder.bitrate = given_bitrate
        assert encoder.bitrate == expected
        assert encoder.default_bitrate == default_bitrate(640, 360, 60)
    encoder.bitrate = None
    assert encoder.bitrate == encoder.default_bitrate


@both
def test_the_size_may_change_at_any_time(codec: CodecName) -> None:
    sizes = [(160, 96), (320, 192), (63, 47), (160, 96)]
    pictures = [picture for size in sizes for picture in pan(*size, 6)]
    encoder = encoder_for(codec, 2_000_000)
    frames = all_encoded(encoder, pictures)
    assert keyframes(frames) == [0, 6, 12, 18]
    assert encoder.counts.reopens == 3
    assert min(map(luma_psnr, decoded(frames), pictures)) > 35


def test_one_frame_for_two_encoders_at_once() -> None:
    """Neither writes on it, though each wants keyframes at its own times."""
    pictures = list(pan(320, 192, 60, grain=4))
    for picture in pictures:
        picture.pict_type, picture.pts, picture.time_base = PictureType.I, 77, Fraction(1, 7)
    before = [[plane.tobytes() for plane in samples_of(picture)] for picture in pictures]

    def work(codec: CodecName, every: int) -> list[EncodedFrame]:
        encoder, frames = encoder_for(codec, 3_000_000), []
        for number, picture in enumerate(pictures):
            if number % every == 0:
                encoder.request_keyframe()
            frames.append(encoded(encoder, picture, number))
        return frames

    with ThreadPoolExecutor(2) as pool:
        for frames in pool.map(work, CODECS, (20, 25)):
            assert len(keyframes(frames)) == 3
            assert min(map(luma_psnr, decoded(frames), pictures)) > 33
    for picture, planes in zip(pictures, before, strict=True):
        assert (picture.pict_type, picture.pts, picture.time_base) == (PictureType.I, 77, Fraction(1, 7))
        assert [plane.tobytes() for plane in samples_of(picture)] == planes


@both
def test_noise_at_the_least_bitrate_is_encoded_all_the_same(codec: CodecName) -> None:
    pictures = [noise("yuv420p", 320, 192, seed) for seed in range(30)]
    assert len(decoded(all_encoded(encoder_for(codec, LEAST_BITRATE), pictures))) == 30


@pytest.mark.parametrize(("profile", "expected"), [("baseline", (66, 0x40)), ("high", (100, 0))])
def test_profile_and_level_are_as_negotiated(profile: Profile, expected: tuple[int, int]) -> None:
    """Constrained baseline is profile 66 with constraint_set1_flag (ITU-T H.264 section A.2.1.1)."""
    for width, height, level in ((640, 360, 31), (1920, 1088, 40)):
        frame = all_encoded(encoder_for("h264", profile=profile), pan(width, height, 1))[0]
        sps = frame.data.partition(b"\x00\x00\x01\x67")[2]
        assert (sps[0], sps[1] & 0x40, sps[2]) == (*expected, level)


def test_what_cannot_be_encoded_is_said_and_the_next_frame_goes_on() -> None:
    encoder = encoder_for("vp8", 1_000_000)
    with pytest.raises(OutputError, match="1x8 cannot be encoded"):
        encoder.encode(upscaled(av.VideoFrame(1, 8, "yuv420p"), 0, Fraction(1, 30)))
    for number in range(3):
        with pytest.raises(OutputError, match="libvpx cannot encode 16400x16"):
            encoder.encode(upscaled(av.VideoFrame(16_400, 16, "yuv420p"), number, Fraction(1, 30)))
    frames = [encoded(encoder, picture, 10 + number) for number, picture in enumerate(pan(64, 48, 3))]
    assert keyframes(frames) == [0]
    assert len(decoded(frames)) == 3
