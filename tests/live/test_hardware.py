"""Which hardware encoder is taken, if any: what the trial finds, with encoders that lack what live video needs."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from framelift.engine.errors import OutputError
from framelift.engine.live.encoders import Profile, open_encoder
from framelift.engine.live.encoders.encoder import RecipeEncoder
from framelift.engine.live.encoders.h264 import x264
from framelift.engine.live.encoders.hardware import HARDWARE, trouble_with, working_hardware
from framelift.engine.live.encoders.recipe import Codec, Fit, Recipe, Setup, any_colour, new_context
from scenes import decoded, luma_psnr, pan, upscaled

LIVE = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}


class Plain:
    """An encoder that is opened with these options and flags, and left alone."""

    def __init__(self, name: str, options: dict[str, str], flags: int, setup: Setup) -> None:
        self.context: VideoCodecContext = new_context(name, "yuv420p", setup, options)
        self.context.flags |= flags
        self.context.thread_count = 1
        self.context.open()

    def follow(self, _wanted: Setup) -> Fit:
        return Fit.GOOD


def recipe(options: dict[str, str], flags: int = 0, name: str = "libx264") -> Recipe:
    def opened(setup: Setup, _threads: int) -> Codec:
        return Plain(name, options, flags, setup)

    return Recipe(name, any_colour, opened)


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (recipe(LIVE, name="h264_of_nobody"), "not in this build"),
        (recipe({"preset": "fast"}), "holds frames back"),
        (recipe(LIVE | {"g": "1"}), "keyframes on request, or others too"),
        (recipe(LIVE, int(Flags.global_header)), "nobody can begin"),
        (recipe({"preset": "no such"}), "invalid preset|Error setting preset"),
    ],
)
def test_what_cannot_serve_is_found_out(candidate: Recipe, words: str) -> None:
    assert re.search(words, trouble_with(candidate) or "")


@pytest.mark.parametrize("profile", ["baseline", "high"])
def test_what_can_serve_passes(profile: Profile) -> None:
    assert trouble_with(x264(profile)) is None


def test_the_choice_says_what_was_tried_and_works_whatever_this_machine_has() -> None:
    found, reason = working_hardware("baseline")
    assert found is not None or all(hardware.name in reason for hardware in HARDWARE)
    encoder = open_encoder("h264", bitrate=2_000_000)
    assert encoder.name == ""
    pictures = list(pan(320, 192, 5))
    frames = [encoder.encode(upscaled(picture, number, Fraction(1, 30))) for number, picture in enumerate(pictures)]
    assert min(map(luma_psnr, decoded(frame for frame in frames if frame), pictures)) > 30
    assert encoder.name == ("libx264" if found is None else found.name)
    assert encoder.reason == reason


def test_hardware_that_fails_later_is_left_for_software_without_losing_a_frame() -> None:
    failing = recipe(LIVE, name="libx264rgb")  # takes no 4:2:0
    encoder = RecipeEncoder("h264", lambda: ([failing, x264("baseline")], "as asked"), 1_000_000, 1)
    pictures = list(pan(64, 48, 3))
    frames = [encoder.encode(upscaled(picture, number, Fraction(1, 30))) for number, picture in enumerate(pictures)]
    assert len(decoded(frame for frame in frames if frame)) == 3
    assert encoder.name == "libx264"
    assert "libx264rgb failed" in encoder.reason


class Fading(Plain):
    """Works for one frame."""

    def follow(self, _wanted: Setup) -> Fit:
        self.context.encode(None)  # the end of the stream: it takes no more
        return Fit.GOOD


def test_an_encoder_that_fails_in_mid_stream_is_opened_anew_or_replaced() -> None:
    def fading(setup: Setup, _threads: int) -> Codec:
        return Fading("libx264", LIVE, 0, setup)

    fails = Recipe("h264_fading", any_colour, fading)
    given = [upscaled(picture, number, Fraction(1, 30)) for number, picture in enumerate(pan(64, 48, 6))]
    encoder = RecipeEncoder("h264", lambda: ([fails, x264("baseline")], "as asked"), 1_000_000, 1)
    frames = [frame for frame in map(encoder.encode, given) if frame]
    assert [frame.keyframe for frame in frames] == [True, True, False, False, False, False]
    assert len(decoded(frames)) == 6
    encoder = RecipeEncoder("h264", lambda: ([fails], "as asked"), 1_000_000, 1)
    for first, second in pairwise(given):
        found = encoder.encode(first)
        assert found is not None
        assert found.keyframe
        with pytest.raises(OutputError, match="h264_fading cannot encode 64x48"):
            encoder.encode(second)


def test_the_last_encoder_that_fails_is_an_error() -> None:
    encoder = RecipeEncoder("h264", lambda: ([recipe(LIVE, name="libx264rgb")], "as asked"), 1_000_000, 1)
    with pytest.raises(OutputError, match="libx264rgb cannot encode 64x48"):
        encoder.encode(upscaled(next(pan(64, 48, 1)), 0, Fraction(1, 30)))
