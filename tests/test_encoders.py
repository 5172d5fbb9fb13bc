"""Which encoder is chosen, with which settings, and that each one of the table works in this build."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec import codecs_available
from facts import plan_for, video_facts
from framelift.engine.colour import ColourTags
from framelift.engine.containers import SUFFIXES, container_for
from framelift.engine.encode import VideoEncoder
from framelift.engine.encoders import ENCODERS, Encoder, EncodeSettings, choose_encoder, encoder_options, lookahead_for
from framelift.engine.errors import OutputError, UsageError
from framelift.engine.frame import Ledger, UpscaledFrame
from framelift.engine.layout import layout_of, planar, planar_name
from framelift.engine.media import decoder_for
from framelift.engine.plan import Plan
from frames import PLANAR_FORMATS, ramps, samples_of
from hypothesis import given
from hypothesis import strategies as st

CONTAINERS = (".mkv", ".mp4", ".mov", ".webm", ".ts")
HARDWARE = ("_nvenc", "_qsv")
SOFTWARE = [e for e in ENCODERS if not e.name.endswith(HARDWARE) and e.name in codecs_available]


def written(path: Path, plan: Plan, pictures: Sequence[av.VideoFrame], **tags: str) -> list[av.VideoFrame]:
    """The pictures encoded as the plan says, and what the engine's decoder makes of the file, in planar form.

    Every frame must have its time.
    """
    container = plan.container
    with av.open(str(path), "w", format=container.muxer, container_options=dict(container.options)) as file:
        encoder = VideoEncoder(file, plan)
        encoder.stream.metadata.update(tags)
        encoder.open()
        for number, picture in enumerate(pictures):
            frame = UpscaledFrame(
                picture, number, 40 * number, 40, Fraction(1, 1000), plan.output_colour, Fraction(1), Ledger()
            )
            file.mux(encoder.encode(frame))
        file.mux(encoder.flush())
    with av.open(str(path), format="mpegts" if container.muxer == "mpegts" else None) as file:  # too small to guess
        stream = file.streams.video[0]
        decoder, packets = decoder_for(stream), [packet if packet.size else None for packet in file.demux(stream)]
        times = sorted((packet.pts or 0) * packet.time_base for packet in packets if packet)
        assert times == [Fraction(number, 25) for number in range(len(pictures))]
        return [planar(frame) for packet in packets for frame in decoder.decode(packet)]


def distance(found: av.VideoFrame, expected: av.VideoFrame) -> float:
    """The mean difference of the samples, in units of 8-bit codes; of the planes both have."""
    one = (1 << found.format.components[0].bits) / 256
    planes = zip(samples_of(found), samples_of(expected), strict=False)
    return max(float(np.abs(a.astype(int) - b).mean()) for a, b in planes) / one


def kept(container: str, pix_fmt: str, codec: str | None = None) -> bool:
    try:
        choose_encoder(container_for(Path(f"a{container}")), layout_of(pix_fmt), codec, None)
    except OutputError:
        return False
    return True


@pytest.mark.parametrize(("container", "pix_fmt"), [(c, p) for c in CONTAINERS for p in PLANAR_FORMATS if kept(c, p)])
def test_the_automatic_choice_keeps_the_format(tmp_path: Path, container: str, pix_fmt: str) -> None:
    """Bits, chroma, alpha: what is read back is what was given, not only what the encoder was told."""
    path = tmp_path / f"out{container}"
    plan = plan_for(path, video_facts(pix_fmt=pix_fmt, width=32, height=28))
    pictures = [ramps(pix_fmt, 64, 56, seed) for seed in range(2)]
    found = written(path, plan, pictures)
    assert len(found) == 2
    wanted = "yuv420p" if (plan.choice.encoder.codec, pix_fmt) == ("h264", "gray") else pix_fmt
    wanted = "yuv420p10le" if (plan.choice.encoder.codec, pix_fmt) == ("h264", "gray10le") else wanted
    for frame, picture in zip(found, pictures, strict=True):
        assert planar_name(frame.format.name) == wanted  # FFmpeg reads grey H.264 with neutral chroma
        assert distance(frame, picture) <= (0 if plan.choice.encoder.name == "ffv1" else 1.5)


def test_alpha_is_read_where_the_file_says_so_twice(tmp_path: Path) -> None:
    """FFmpeg's users were told to write the tag as well; it is read as ALPHA_MODE then."""
    plan = plan_for(tmp_path / "out.webm", video_facts(pix_fmt="yuva420p", width=32, height=28))
    found = written(plan.output, plan, [ramps("yuva420p", 64, 56)], alpha_mode="1")
    with av.open(str(plan.output)) as file:
        assert file.streams.video[0].metadata["ALPHA_MODE"] == "1"
    assert [frame.format.name for frame in found] == ["yuva420p"]


def test_matroska_keeps_every_format() -> None:
    assert [pix_fmt for pix_fmt in PLANAR_FORMATS if not kept(".mkv", pix_fmt)] == []


@pytest.mark.parametrize("encoder", SOFTWARE, ids=lambda encoder: encoder.name)
@pytest.mark.parametrize("container", CONTAINERS)
def test_every_encoder_works_where_its_codec_is_listed(tmp_path: Path, container: str, encoder: Encoder) -> None:
    path = tmp_path / f"out{container}"
    pix_fmt = {"libx264rgb": "gbrp", "prores_ks": "yuv422p10le"}.get(encoder.name, "yuv420p")
    # x265 as PyAV 18.1 brings it makes other pictures from run to run where a side is 64 or less.
    video = video_facts(pix_fmt=pix_fmt, width=64, height=64, colour=ColourTags(matrix=1, range=1))
    if encoder.codec not in container_for(path).video:
        with pytest.raises(OutputError, match=f"does not hold {encoder.codec} video"):
            plan_for(path, video, EncodeSettings(codec=encoder.name))
        return
    pictures = [ramps(pix_fmt, 128, 128, seed) for seed in range(4)]
    found = written(path, plan_for(path, video, EncodeSettings(codec=encoder.name)), pictures)
    assert len(found) == 4
    assert max(map(distance, found, pictures)) <= 1.5


ODD = ["yuv420p", "yuv422p10le", "yuv444p", "yuv411p", "yuv420p16le", "gray", "gbrp"]


@pytest.mark.parametrize("size", [(25, 17), (17, 25), (21, 19)], ids=str)
@pytest.mark.parametrize(
    ("encoder", "pix_fmt"), [(e.name, p) for e in SOFTWARE for p in ODD if kept(".mkv", p, e.name)]
)
def test_every_encoder_takes_odd_sizes(tmp_path: Path, encoder: str, pix_fmt: str, size: tuple[int, int]) -> None:
    """Or even ones that are a pixel larger, where it says so."""
    path, video = tmp_path / "out.mkv", video_facts(pix_fmt=pix_fmt, width=size[0], height=size[1])
    plan = plan_for(path, video, EncodeSettings(codec=encoder), scale=3)
    width, height = plan.geometry.output_width, plan.geometry.output_height
    (found,) = written(path, plan, [ramps(pix_fmt, width, height)])
    assert (found.width, found.height) == (width, height)
    assert width - 3 * size[0] in (0, 1)
    assert height - 3 * size[1] in (0, 1)
    assert distance(found, ramps(pix_fmt, width, height)) <= 1.5


@pytest.mark.parametrize("encoder", SOFTWARE, ids=lambda encoder: encoder.name)
def test_the_quality_setting_does_something(tmp_path: Path, encoder: Encoder) -> None:
    """A coarser setting makes a smaller file."""
    if encoder.quality_option is None:
        with pytest.raises(UsageError, match="--crf 20"):
            encoder_options(encoder, 20, None)
        return
    path, pix_fmt = tmp_path / "out.mkv", "gbrp" if encoder.name == "libx264rgb" else "yuv420p"
    sizes = []
    for crf in (1, encoder.quality_range[1]):
        settings = EncodeSettings(codec=encoder.name, crf=crf)
        written(
            path, plan_for(path, video_facts(pix_fmt=pix_fmt, width=32, height=32), settings), [ramps(pix_fmt, 64, 64)]
        )
        sizes.append(path.stat().st_size)
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize(
    ("container", "pix_fmt", "encoder"),
    [
        (".mp4", "yuv420p", "libx264"),
        (".mkv", "yuv444p10le", "libx264"),
        (".mp4", "yuv420p12le", "libx265"),
        (".mkv", "gbrp", "libx264rgb"),
        (".webm", "yuv420p", "libvpx-vp9"),
        (".webm", "yuva420p", "libvpx-vp9"),
        (".mkv", "yuv411p", "ffv1"),
        (".mkv", "gray16le", "ffv1"),
    ],
)
def test_the_first_that_keeps_the_format_is_taken(container: str, pix_fmt: str, encoder: str) -> None:
    choice = choose_encoder(container_for(Path(f"a{container}")), layout_of(pix_fmt), None, None)
    assert choice.encoder.name == encoder
    assert choice.layout.name == pix_fmt
    assert f"keeps {pix_fmt}" in choice.reason


@pytest.mark.parametrize(
    ("codec", "name"),
    [("h264", "libx264"), ("X265", "libx265"), ("av1", "libsvtav1"), ("prores", "prores_ks"), ("FFV1", "ffv1")],
)
def test_a_codec_may_be_called_by_its_common_name(codec: str, name: str) -> None:
    pix_fmt = "yuv422p10le" if codec == "prores" else "yuv420p"
    choice = choose_encoder(container_for(Path("a.mkv")), layout_of(pix_fmt), codec, None)
    assert (choice.encoder.name, choice.reason) == (name, "as asked")


def test_a_format_that_is_asked_for_is_converted_to() -> None:
    choice = choose_encoder(container_for(Path("a.mp4")), layout_of("yuv444p16le"), None, "yuv420p10le")
    assert (choice.encoder.name, choice.pix_fmt, choice.layout.name) == ("libx264", "yuv420p10le", "yuv420p10le")


@pytest.mark.parametrize(
    ("container", "pix_fmt", "codec", "words", "hint"),
    [
        (".mp4", "yuv420p", "ffv1", "mp4 does not hold ffv1 video", "another container, or a codec of .*h264"),
        (".mkv", "yuv422p", "libsvtav1", "libsvtav1 in matroska does not keep yuv422p .*yuv420p10le", "--pix-fmt"),
        (".mkv", "yuva420p", "libx264", "libx264 in matroska does not keep yuva420p", "--pix-fmt"),
        (".mp4", "yuva420p", None, "no encoder for mp4 keeps yuva420p", r"\.mkv"),
        (".ts", "gray16le", None, "no encoder for mpegts keeps gray16le", r"\.mkv"),
    ],
)
def test_what_would_not_be_kept_is_refused(
    container: str, pix_fmt: str, codec: str | None, words: str, hint: str
) -> None:
    with pytest.raises(OutputError, match=words) as error:
        choose_encoder(container_for(Path(f"a{container}")), layout_of(pix_fmt), codec, None)
    assert re.search(hint, error.value.hint)


def test_an_unknown_codec_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"codec 'x267' is not known; there are libx264, .*hevc_qsv"):
        choose_encoder(container_for(Path("a.mkv")), layout_of("yuv420p"), "x267", None)


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.name)
def test_settings_outside_the_encoder_s_are_refused(encoder: Encoder) -> None:
    low, high = encoder.quality_range
    for crf in (low - 1, high + 0.5) if encoder.quality_option else (low,):
        with pytest.raises(UsageError, match=rf"--crf {crf:g}: {encoder.name}") as error:
            encoder_options(encoder, crf, None)
        assert error.value.hint
    with pytest.raises(UsageError, match=f"--preset sloth: {encoder.name}"):
        encoder_options(encoder, None, "sloth")


@pytest.mark.parametrize("encoder", [e for e in ENCODERS if e.quality_option], ids=lambda encoder: encoder.name)
@given(share=st.floats(0, 1))
def test_settings_within_the_encoder_s_are_taken(encoder: Encoder, share: float) -> None:
    assert encoder.quality_option is not None
    low, high = encoder.quality_range
    crf = low + share * (high - low)
    options = encoder_options(encoder, crf, None)
    assert float(options[encoder.quality_option]) == pytest.approx(crf, abs=1e-4)
    assert encoder.options.items() <= options.items()


@given(st.floats(1, 1e12), st.sampled_from(ENCODERS))
def test_large_frames_make_the_encoder_hold_fewer(frame_bytes: float, encoder: Encoder) -> None:
    held = lookahead_for(encoder, frame_bytes)
    if encoder.lookahead_key is None:
        assert held == encoder.lookahead
    else:
        assert held == 5 or held * frame_bytes <= 1e9
        assert held <= max(5, encoder.lookahead)


def test_every_suffix_has_a_container() -> None:
    assert {container_for(Path(f"a{suffix.upper()}")).muxer for suffix in SUFFIXES} == {
        "matroska", "mp4", "mov", "webm", "mpegts",
    }  # fmt: skip
