"""`verify`: passes what keeps all, and names each fault by its check. Every fault is made in a real file."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Disposition, Stream
from av.video.stream import VideoStream
from clips import (
    BT709,
    BT2020_PQ,
    HDR10_X264,
    HDR10_X265,
    INTERLACED,
    MILLISECOND,
    Attached,
    Chapter,
    Clip,
    Sound,
    Text,
    damaged,
    png_picture,
    truncated,
    write_clip,
)
from framelift.engine.colour import ColourTags
from framelift.engine.errors import InputError, UsageError
from framelift.engine.verify import VerifyReport, verify
from framelift.engine.verify.reading import Clock
from framelift.engine.verify.turn import Turn

RICH = Clip(
    colour=BT709,
    sample_aspect_ratio=Fraction(16, 15),
    language="eng",
    title="Main picture",
    metadata={"title": "A clip", "comment": "made by a test"},
    sounds=(
        Sound("aac", "eng", "Stereo", disposition=Disposition.default),
        Sound("flac", "deu", "Ton", hertz=330),
    ),
    texts=(Text("subrip", "fra", "Sous-titres"),),
    chapters=(Chapter(0, 200, "one"), Chapter(200, 480, "two")),
    attachments=(Attached("a.ttf", "application/x-truetype-font", b"not really a font"),),
)


@dataclass(frozen=True)
class Shot:
    """A picture and when it is shown."""

    frame: av.VideoFrame
    pts: int


@dataclass(frozen=True)
class Upscaling:
    """How `upscaled` makes an output; by default right, and each field can spoil something."""

    codec: str = "libx264"
    pix_fmt: str | None = None
    options: dict[str, str] = field(default_factory=lambda: {"crf": "10", "preset": "veryfast"})
    without: frozenset[str] = frozenset()
    shots: Callable[[list[Shot]], Sequence[Shot]] = list
    packets: Callable[[Stream, list[Packet[Stream]]], Iterable[Packet[Stream]]] = lambda _, packets: packets
    keep: Callable[[Stream], bool] = lambda _: True
    declare: Callable[[OutputContainer], None] = lambda _: None


def upscaled(source: Path, target: Path, how: Upscaling) -> Path:
    """A simple upscaler of its own, with all in memory: bicubic to twice the size, all else copied."""
    exact = {"movie_timescale": "90000"} if target.suffix == ".mp4" else {}  # else MP4 starts at whole ms
    with av.open(str(source)) as a, av.open(str(target), "w", container_options=exact) as b:
        video = next(s for s in a.streams.video if not s.disposition & Disposition.attached_pic)
        frames = list(a.decode(video))
        shots = how.shots([Shot(_larger(frame, how), frame.pts or 0) for frame in frames])
        output = _video_like(video, shots[0].frame, b, how)
        if "rotation" not in how.without and frames[0].rotation:
            output.set_display_rotation(frames[0].rotation)
        copies = {s.index: _copy_of(s, b) for s in a.streams if s.index != video.index and how.keep(s)}
        if "metadata" not in how.without:
            b.metadata.update({k: v for k, v in a.metadata.items() if k.lower() not in ("encoder", "major_brand")})
        if "chapters" not in how.without:
            b.set_chapters(a.chapters())
        how.declare(b)
        b.start_encoding()
        _mux_copies(source, copies, b, how)
        _encode(shots, video.time_base, output, b)
    return target


def _encode(shots: Sequence[Shot], time_base: Fraction | None, output: VideoStream, file: OutputContainer) -> None:
    durations = {shot.pts: shot.frame.duration for shot in shots}
    for shot in shots:
        shot.frame.pts, shot.frame.time_base, shot.frame.pict_type = shot.pts, time_base, 0
    for frame in [*(shot.frame for shot in shots), None]:
        for packet in output.encode(frame):
            packet.duration = durations.get(packet.pts or 0, 0)  # many encoders leave it at 0
            file.mux(packet)


def _larger(frame: av.VideoFrame, how: Upscaling) -> av.VideoFrame:
    larger = frame.reformat(frame.width * 2, frame.height * 2, how.pix_fmt, interpolation="BICUBIC")
    if how.pix_fmt is None:
        larger.colorspace = frame.colorspace  # reformat makes 5 (BT.470BG) a 6 (SMPTE 170M)
    return larger


def _video_like(stream: VideoStream, frame: av.VideoFrame, file: OutputContainer, how: Upscaling) -> VideoStream:
    output = file.add_stream(how.codec, rate=stream.guessed_rate, options=how.options)
    assert isinstance(output, VideoStream)
    output.width, output.height, output.pix_fmt = frame.width, frame.height, frame.format.name
    context = output.codec_context
    context.time_base = stream.time_base or Fraction(1, 90_000)
    context.colorspace, context.color_range = frame.colorspace, frame.color_range
    context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
    if stream.sample_aspect_ratio:
        context.sample_aspect_ratio = stream.sample_aspect_ratio
    _describe(output, stream)
    return output


def _copy_of(stream: Stream, file: OutputContainer) -> Stream:
    if isinstance(stream, AttachmentStream):
        return file.add_attachment(stream.metadata["filename"], stream.metadata["mimetype"], stream.data)
    copy = file.add_stream_from_template(stream, opaque=True)
    _describe(copy, stream)
    return copy


def _describe(copy: Stream, stream: Stream) -> None:
    names = {"name": "title"}  # MP4 calls a track's title its name
    kept = ("language", "title", "name")
    copy.metadata.update({names.get(k, k): v for k, v in stream.metadata.items() if k in kept})
    copy.disposition = stream.disposition


def _mux_copies(source: Path, copies: dict[int, Stream], file: OutputContainer, how: Upscaling) -> None:
    with av.open(str(source)) as again:
        found: dict[int, list[Packet[Stream]]] = {index: [] for index in copies}
        for packet in again.demux():
            if packet.stream_index in copies and packet.size:
                found[packet.stream_index].append(packet)
        for index, packets in found.items():
            for packet in list(how.packets(again.streams[index], packets)):
                packet.stream = copies[index]
                file.mux(packet)


def checks(report: VerifyReport) -> set[str]:
    return {finding.check for finding in report.findings}


def outcome(tmp_path: Path, clip: Clip, how: Upscaling = Upscaling(), *, names: str = "in.mkv out.mkv") -> VerifyReport:
    first, second = names.split()
    source = write_clip(tmp_path / first, clip)
    return verify(source, upscaled(source, tmp_path / second, how))


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("rich") / "rich.mkv", RICH)


def spoiled(rich: Path, tmp_path: Path, how: Upscaling) -> set[str]:
    return checks(verify(rich, upscaled(rich, tmp_path / "out.mkv", how)))


# What keeps all passes.


def test_a_right_output_passes(rich: Path, tmp_path: Path) -> None:
    report = verify(rich, upscaled(rich, tmp_path / "out.mkv", Upscaling()))
    assert report.findings == ()
    assert report.ok
    assert report.frames_compared == report.input_counts.frames == report.output_counts.frames == 12
    assert report.input_counts.packets_of_other_tracks == report.output_counts.packets_of_other_tracks > 20


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(Clip(scene="static"), id="static scene"),
        pytest.param(Clip(frames=1), id="one frame"),
        pytest.param(Clip(width=16, height=16), id="16x16"),
        pytest.param(Clip(pts=(0, 40, 100, 130, 200, 290, 300), time_base=MILLISECOND), id="variable rate"),
        pytest.param(Clip(start=35), id="start offset"),
        pytest.param(Clip(rate=Fraction(30000, 1001)), id="29.97"),
        pytest.param(Clip(rotation=90, width=64, height=96), id="rotation"),
        pytest.param(Clip(captions=True), id="captions"),
        pytest.param(Clip(pix_fmt="yuv444p10le", colour=ColourTags(range=1)), id="10 bit 4:4:4"),
        pytest.param(Clip(pix_fmt="yuvj420p", colour=ColourTags(matrix=5, range=2)), id="full range"),
    ],
)
@pytest.mark.parametrize("names", ["in.mkv out.mp4", "in.mp4 out.mkv", "in.ts out.mp4"])
def test_right_outputs_of_many_clips_pass(tmp_path: Path, clip: Clip, names: str) -> None:
    if names.startswith("in.ts") and clip.rotation:
        pytest.skip("MPEG-TS has no display matrix")
    assert outcome(tmp_path, clip, names=names).findings == ()


LOSSLESS = Upscaling(codec="ffv1", options={})


@pytest.mark.parametrize(
    ("clip", "how", "names"),
    [
        pytest.param(Clip(codec="ffv1", pix_fmt="yuva420p"), LOSSLESS, "in.mkv out.mkv", id="alpha"),
        pytest.param(Clip(codec="ffv1", pix_fmt="bgr0"), LOSSLESS, "in.mkv out.mkv", id="rgb"),
        pytest.param(
            Clip(codec="ffv1", pix_fmt="bgr0"),
            Upscaling(pix_fmt="yuv444p"),
            "in.mkv out.mkv",
            id="rgb to yuv",
        ),
        pytest.param(Clip(codec="ffv1", pix_fmt="gray"), LOSSLESS, "in.mkv out.mkv", id="grey"),
        pytest.param(Clip(codec="ffv1", pix_fmt="gray16le"), LOSSLESS, "in.mkv out.mkv", id="grey 16 bit"),
        pytest.param(Clip(codec="mpeg2video"), Upscaling(), "in.mpg out.mp4", id="mpeg-2"),
        pytest.param(
            Clip(codec="prores_ks", pix_fmt="yuv422p10le"),
            Upscaling("prores_ks", options={}),
            "in.mov out.mov",
            id="prores",
        ),
    ],
)
def test_right_outputs_of_many_codecs_pass(tmp_path: Path, clip: Clip, how: Upscaling, names: str) -> None:
    assert outcome(tmp_path, clip, how, names=names).findings == ()


def test_alpha_of_vp9_is_seen(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.webm", Clip(codec="libvpx-vp9", pix_fmt="yuva420p"))
    opaque = write_clip(tmp_path / "out.webm", Clip(codec="libvpx-vp9", pix_fmt="yuv420p"))
    assert verify(source, source).findings == ()
    assert checks(verify(source, opaque)) == {"format.alpha"}


def test_a_file_without_pts_gets_them_from_its_rate(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.h264", Clip(frames=8))

    def numbered(shots: list[Shot]) -> list[Shot]:
        return [replace(shot, pts=n * 48_000) for n, shot in enumerate(shots)]  # of 1/1200000 s

    assert verify(source, upscaled(source, tmp_path / "a.mp4", Upscaling(shots=numbered))).findings == ()
    late = Upscaling(shots=lambda shots: [replace(s, pts=s.pts + 48_000) for s in numbered(shots)])
    assert checks(verify(source, upscaled(source, tmp_path / "b.mp4", late))) == {"frames.pts"}
    at_once = verify(source, upscaled(source, tmp_path / "c.mkv", Upscaling(codec="ffv1", options={})))
    assert checks(at_once) == {"frames.pts", "duration"}


def test_disordered_pts_are_sorted(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.avi", Clip())  # AVI has no pts: with B-frames they come as decoding times
    with av.open(str(source)) as file:
        given = [frame.pts or 0 for frame in file.decode(video=0)]
    assert given != sorted(given)

    def ordered(shots: list[Shot]) -> list[Shot]:
        return [replace(s, pts=pts) for s, pts in zip(shots, sorted(s.pts for s in shots), strict=True)]

    assert verify(source, upscaled(source, tmp_path / "out.mkv", Upscaling(shots=ordered))).findings == ()


def test_deinterlaced_output_passes(tmp_path: Path) -> None:
    clip = Clip(scene="interlaced", options=INTERLACED, height=128, width=160)
    report = outcome(tmp_path, clip, Upscaling(shots=_deinterlaced), names="in.mp4 out.mp4")
    assert report.findings == ()


def _deinterlaced(shots: list[Shot]) -> list[Shot]:
    graph, first = av.filter.Graph(), shots[0].frame
    source = graph.add_buffer(
        width=first.width,
        height=first.height,
        format=first.format,
        time_base=first.time_base or Fraction(1, 25),
    )
    nodes = source, graph.add("bwdif", "mode=send_frame"), graph.add("buffersink")
    graph.link_nodes(*nodes).configure()
    for shot in shots:
        graph.push(shot.frame)
    graph.push(None)
    return [replace(shot, frame=graph.vpull()) for shot in shots]


def test_untagged_colour_may_be_tagged_by_the_rule(tmp_path: Path) -> None:
    def decided(file: OutputContainer) -> None:
        file.streams.video[0].codec_context.colorspace = 6
        file.streams.video[0].codec_context.color_range = 1

    assert outcome(tmp_path, Clip(), Upscaling(declare=decided)).findings == ()


def test_untagged_colour_must_not_change_its_meaning_with_the_size(tmp_path: Path) -> None:
    clip = Clip(width=640, height=400, frames=2)
    assert checks(outcome(tmp_path, clip)) == {"colour.matrix"}  # 800 lines untagged are taken for BT.709


def test_text_subtitles_may_be_converted(tmp_path: Path) -> None:
    clip = Clip(texts=(Text("subrip", lines=((40, 120, r"{\i1}one{\i0}\Ntwo"), (200, 280, "three"))),))
    same = replace(clip, texts=(replace(clip.texts[0], codec="mov_text"),))
    other = replace(clip, texts=(Text("mov_text", lines=((40, 120, r"one\Ntwo"), (200, 280, "tree"))),))
    later = replace(clip, texts=(Text("mov_text", lines=((40, 120, r"one\Ntwo"), (220, 280, "three"))),))
    source = write_clip(tmp_path / "in.mkv", clip)
    assert verify(source, write_clip(tmp_path / "same.mp4", same)).findings == ()
    assert checks(verify(source, write_clip(tmp_path / "other.mp4", other))) == {"tracks.text"}
    assert checks(verify(source, write_clip(tmp_path / "later.mp4", later))) == {"tracks.pts"}


def test_aac_may_lose_its_adts_header(tmp_path: Path) -> None:
    assert outcome(tmp_path, Clip(sounds=(Sound("aac"),)), names="in.ts out.mkv").findings == ()


def test_a_second_video_track_may_change_its_framing(tmp_path: Path) -> None:
    report = verify(two_videos(tmp_path / "in.ts"), two_videos(tmp_path / "out.mp4"))
    assert report.findings == ()


def two_videos(path: Path) -> Path:
    clips = [write_clip(path.with_suffix(f".{n}.mkv"), Clip(frames=4 + n, options={"bf": "0"})) for n in range(2)]
    with av.open(str(clips[0])) as first, av.open(str(clips[1])) as second, av.open(str(path), "w") as file:
        inputs = first, second
        copies = [file.add_stream_from_template(a.streams.video[0], opaque=True) for a in inputs]
        for a, copy in zip(inputs, copies, strict=True):
            for packet in a.demux():
                if packet.size:
                    packet.stream = copy
                    file.mux(packet)
    return path


def test_chapters_beside_a_timecode_are_no_subtitle_track(tmp_path: Path) -> None:
    clip = Clip(chapters=RICH.chapters, metadata={"timecode": "01:00:00:00"})
    source, output = write_clip(tmp_path / "in.mkv", clip), write_clip(tmp_path / "out.mp4", clip)
    assert verify(source, output).findings == ()


@pytest.mark.parametrize(
    ("degrees", "filters"),
    [(90, ["transpose=cclock"]), (180, ["hflip", "vflip"]), (-90, ["transpose=clock"])],
)
def test_a_turned_picture_may_replace_the_display_matrix(tmp_path: Path, degrees: int, filters: list[str]) -> None:
    def turned(shots: list[Shot]) -> list[Shot]:
        for described in filters:
            name, _, args = described.partition("=")
            shots = [replace(shot, frame=_filtered(shot.frame, name, args or None)) for shot in shots]
        return shots

    how = Upscaling(without=frozenset({"rotation"}), shots=turned)
    assert outcome(tmp_path, Clip(rotation=degrees), how, names="in.mp4 out.mp4").findings == ()


@pytest.mark.parametrize(
    "linear",
    [
        (1, 0, 0, 1),
        (-1, 0, 0, 1),
        (1, 0, 0, -1),
        (-1, 0, 0, -1),
        (0, 1, 1, 0),
        (0, -1, 1, 0),
        (0, 1, -1, 0),
        (0, -1, -1, 0),
    ],
)
def test_a_turn_moves_pixels_as_its_matrix_says(linear: tuple[int, int, int, int]) -> None:
    a, b, c, d = linear
    rows, columns = 3, 5
    turn = Turn.of((float(a), float(b), float(c), float(d)))
    assert turn is not None
    turned = turn.apply(np.arange(rows * columns, dtype=np.float32).reshape(1, rows, columns))[0]
    places = {(x, y): (a * x + c * y, b * x + d * y) for x in range(columns) for y in range(rows)}
    left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
    for (x, y), (across, down) in places.items():
        assert turned[down - top, across - left] == y * columns + x


def test_missing_and_falling_pts_follow_their_predecessor(tmp_path: Path) -> None:
    with av.open(str(write_clip(tmp_path / "a.mkv", Clip(frames=2)))) as file:
        clock = Clock(file.streams.video[0], in_order=True)  # 25 frames a second, in ms
    given = [None, 30, None, 90, 95, 60, 200]
    lasting = [0, 0, 50, 0, 10, 0, 0]
    times = [clock.pts_of(lone_frame(*both)) for both in zip(given, lasting, strict=True)]
    # By one interval of 40 ms where the predecessor's duration is unknown, else by that.
    assert times == [0, 30, 70, 90, 95, 105, 200]
    assert clock.not_rising == 1


def lone_frame(pts: int | None, duration: int) -> av.VideoFrame:
    frame = av.VideoFrame(16, 16)
    frame.pts, frame.duration = pts, duration
    return frame


def _filtered(frame: av.VideoFrame, name: str, args: str | None = None) -> av.VideoFrame:
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    graph.link_nodes(source, graph.add(name, args), graph.add("buffersink")).configure()
    graph.push(frame)
    return graph.vpull()


# Each fault is found, and nothing else is.


def test_last_frame_dropped(rich: Path, tmp_path: Path) -> None:
    assert spoiled(rich, tmp_path, Upscaling(shots=lambda shots: shots[:-1])) == {"frames.count"}


def test_frame_doubled(rich: Path, tmp_path: Path) -> None:
    def doubled(shots: list[Shot]) -> list[Shot]:
        return [
            *shots[:5],
            replace(shots[4], pts=shots[4].pts + 20, frame=_copied(shots[4].frame)),
            *shots[5:],
        ]

    assert spoiled(rich, tmp_path, Upscaling(shots=doubled)) == {"frames.count", "frames.pts", "frames.order"}


@pytest.mark.parametrize("at", [1, 5, 11])
def test_frame_doubled_and_the_next_dropped(rich: Path, tmp_path: Path, at: int) -> None:
    def doubled(shots: list[Shot]) -> list[Shot]:
        again = replace(shots[at], frame=_copied(shots[at - 1].frame))
        return [*shots[:at], again, *shots[at + 1 :]]

    report = verify(rich, upscaled(rich, tmp_path / "out.mkv", Upscaling(shots=doubled)))
    assert checks(report) == {"frames.order"}
    assert f"frame {at} of the output: the input's frame before is shown" in report.findings[0].message


def test_frame_dropped_and_the_last_doubled(rich: Path, tmp_path: Path) -> None:
    def dropped(shots: list[Shot]) -> list[Shot]:
        frames = [s.frame for s in shots]
        frames = [*frames[:3], *frames[4:], _copied(frames[-1])]
        return [replace(shot, frame=frame) for shot, frame in zip(shots, frames, strict=True)]

    report = verify(rich, upscaled(rich, tmp_path / "out.mkv", Upscaling(shots=dropped)))
    assert checks(report) == {"frames.order"}
    assert "frames 3-10 of the output: the input's frame after is shown" in report.findings[0].message


def test_two_frames_swapped(rich: Path, tmp_path: Path) -> None:
    def swapped(shots: list[Shot]) -> list[Shot]:
        a, b = shots[6], shots[7]
        return [*shots[:6], replace(a, frame=b.frame), replace(b, frame=a.frame), *shots[8:]]

    assert spoiled(rich, tmp_path, Upscaling(shots=swapped)) == {"frames.order"}


def test_swapped_frames_far_apart(rich: Path, tmp_path: Path) -> None:
    def swapped(shots: list[Shot]) -> list[Shot]:
        a, b = shots[2], shots[9]
        return [*shots[:2], replace(a, frame=b.frame), *shots[3:9], replace(b, frame=a.frame), *shots[10:]]

    assert spoiled(rich, tmp_path, Upscaling(shots=swapped)) & {"frames.order", "frames.resemblance"}


def test_another_picture(rich: Path, tmp_path: Path) -> None:
    def mirrored(shots: list[Shot]) -> list[Shot]:
        return [*shots[:4], replace(shots[4], frame=_filtered(shots[4].frame, "hflip")), *shots[5:]]

    assert spoiled(rich, tmp_path, Upscaling(shots=mirrored)) == {"frames.resemblance"}


def _copied(frame: av.VideoFrame) -> av.VideoFrame:
    return _filtered(frame, "copy")


@pytest.mark.parametrize("which", [slice(None), slice(4, 5)])
def test_pts_shifted_by_one_tick(rich: Path, tmp_path: Path, which: slice) -> None:
    def shifted(shots: list[Shot]) -> list[Shot]:
        moved = [replace(shot, pts=shot.pts + 1) for shot in shots]
        shots[which] = moved[which]
        return shots

    assert spoiled(rich, tmp_path, Upscaling(shots=shifted)) == {"frames.pts"}


def test_pts_shifted_by_one_tick_of_mp4(tmp_path: Path) -> None:
    clip = Clip(time_base=Fraction(1, 12800), container_options={"movie_timescale": "12800"})
    source = write_clip(tmp_path / "in.mp4", clip)
    output = write_clip(tmp_path / "out.mp4", replace(clip, start=1))
    report = verify(source, output)
    assert checks(report) == {"frames.pts"}
    assert "12 of 12 frames" in report.findings[0].message
    assert "all by 1 ticks" in report.findings[0].message


@pytest.mark.parametrize("ticks", [10, 160])
def test_last_frame_of_another_duration(tmp_path: Path, ticks: int) -> None:
    clip = Clip(codec="mjpeg", pix_fmt="yuvj420p", pts=(0, 40, 100, 150), time_base=MILLISECOND)

    def other(shots: list[Shot]) -> list[Shot]:
        shots[-1].frame.duration = round(ticks * MILLISECOND / (shots[-1].frame.time_base or 1))
        return shots

    as_it_is, how = Upscaling("mjpeg", options={"qmin": "1"}), {"names": "in.mov out.mov"}
    assert outcome(tmp_path, clip, as_it_is, **how).findings == ()
    assert "frames.duration" in checks(outcome(tmp_path, clip, replace(as_it_is, shots=other), **how))


def test_variable_rate_made_constant(tmp_path: Path) -> None:
    ticks = (0, 40, 100, 130, 200, 290, 300, 350, 420, 480)
    constant = Upscaling(shots=lambda shots: [replace(s, pts=n * 40) for n, s in enumerate(shots)])
    found = checks(outcome(tmp_path, Clip(pts=ticks, time_base=MILLISECOND), constant))
    assert found == {"frames.pts", "duration"}


@pytest.mark.parametrize(
    ("kind", "number", "check"),
    [("audio", 0, "tracks.audio"), ("audio", 1, "tracks.audio"), ("subtitle", 0, "tracks.subtitle")],
)
def test_track_missing(rich: Path, tmp_path: Path, kind: str, number: int, check: str) -> None:
    with av.open(str(rich)) as file:
        lost = [s.index for s in file.streams if s.type == kind][number]
    assert spoiled(rich, tmp_path, Upscaling(keep=lambda s: s.index != lost)) == {check}


def test_attachment_missing(rich: Path, tmp_path: Path) -> None:
    assert spoiled(rich, tmp_path, Upscaling(keep=lambda s: s.type != "attachment")) == {"attachments"}


def test_cover_art_missing(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(cover=png_picture()))
    as_attachment = Clip(attachments=(Attached("cover.png", "image/png", png_picture()),))
    assert verify(source, write_clip(tmp_path / "same.mkv", as_attachment)).findings == ()
    assert checks(verify(source, write_clip(tmp_path / "none.mkv", Clip()))) == {"cover"}
    other = replace(as_attachment, attachments=(Attached("cover.png", "image/png", png_picture(20)),))
    assert checks(verify(source, write_clip(tmp_path / "other.mkv", other))) == {"cover"}


def test_chapters_lost_and_changed(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(chapters=RICH.chapters))
    for number, chapters in enumerate(
        [
            (),
            RICH.chapters[:1],
            (Chapter(0, 200, "one"), Chapter(200, 480, "tow")),
            (Chapter(0, 198, "one"), Chapter(198, 480, "two")),
        ]
    ):
        output = write_clip(tmp_path / f"{number}.mkv", Clip(chapters=chapters))
        assert checks(verify(source, output)) == {"chapters"}


def test_metadata_lost(rich: Path, tmp_path: Path) -> None:
    assert spoiled(rich, tmp_path, Upscaling(without=frozenset({"metadata"}))) == {"metadata.file"}


def test_timecode_lost(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mov", Clip(metadata={"timecode": "01:02:03:04"}))
    assert verify(source, write_clip(tmp_path / "same.mp4", Clip(metadata={"timecode": "01:02:03:04"}))).ok
    assert checks(verify(source, write_clip(tmp_path / "out.mp4", Clip()))) == {"timecode"}


def named(kind: str, key: str, value: str) -> Callable[[OutputContainer], None]:
    def declare(file: OutputContainer) -> None:
        next(s for s in file.streams if s.type == kind).metadata[key] = value

    return declare


def test_language_and_title_changed(rich: Path, tmp_path: Path) -> None:
    assert spoiled(rich, tmp_path, Upscaling(declare=named("audio", "language", "und"))) == {"tracks.language"}
    assert spoiled(rich, tmp_path, Upscaling(declare=named("video", "language", "fra"))) == {"tracks.language"}
    assert spoiled(rich, tmp_path, Upscaling(declare=named("subtitle", "title", "Sub"))) == {"tracks.title"}


def test_disposition_changed(rich: Path, tmp_path: Path) -> None:
    def forced(file: OutputContainer) -> None:
        next(s for s in file.streams if s.type == "subtitle").disposition = Disposition.forced

    def second(file: OutputContainer) -> None:
        first, other = (s for s in file.streams if s.type == "audio")
        first.disposition, other.disposition = Disposition(0), Disposition.default

    assert spoiled(rich, tmp_path, Upscaling(declare=forced)) == {"tracks.disposition"}
    assert spoiled(rich, tmp_path, Upscaling(declare=second)) == {"tracks.disposition"}


def of_audio(change: Callable[[list[Packet[Stream]]], list[Packet[Stream]]]) -> Upscaling:
    return Upscaling(packets=lambda s, packets: change(packets) if s.name == "aac" else packets)


def test_audio_packets_lost_changed_and_moved(rich: Path, tmp_path: Path) -> None:
    def changed(packets: list[Packet[Stream]]) -> list[Packet[Stream]]:
        other: Packet[Stream] = Packet(bytes(255 - byte for byte in bytes(packets[7])))
        other.pts, other.dts, other.time_base = packets[7].pts, packets[7].dts, packets[7].time_base
        return [*packets[:7], other, *packets[8:]]

    def moved(packets: list[Packet[Stream]]) -> list[Packet[Stream]]:
        for packet in packets:
            packet.pts, packet.dts = (packet.pts or 0) + 30, (packet.dts or 0) + 30
        return packets

    lost = spoiled(rich, tmp_path, of_audio(lambda packets: [*packets[:7], *packets[8:]]))
    assert lost == {"tracks.packets", "tracks.payload"}
    assert spoiled(rich, tmp_path, of_audio(lambda packets: packets[:-1])) == {"tracks.packets"}
    assert spoiled(rich, tmp_path, of_audio(changed)) == {"tracks.payload"}
    assert spoiled(rich, tmp_path, of_audio(moved)) == {"tracks.pts"}


def test_audio_converted(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(sounds=(Sound("flac"),)))
    output = write_clip(tmp_path / "out.mkv", Clip(sounds=(Sound("pcm_s16le"),)))
    assert "tracks.codec" in checks(verify(source, output))


def test_pcm_is_compared_by_its_samples(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(sounds=(Sound("pcm_s16le"),)))
    assert verify(source, write_clip(tmp_path / "same.mov", Clip(sounds=(Sound("pcm_s16le"),)))).findings == ()
    other = write_clip(tmp_path / "other.mov", Clip(sounds=(Sound("pcm_s16le", hertz=450),)))
    assert checks(verify(source, other)) == {"tracks.payload"}
    shorter = upscaled(source, tmp_path / "short.mkv", Upscaling(packets=lambda _, packets: packets[:-1]))
    assert checks(verify(source, shorter)) == {"tracks.packets"}


def test_aspect_ratio_lost(rich: Path, tmp_path: Path) -> None:
    def square(file: OutputContainer) -> None:
        file.streams.video[0].codec_context.sample_aspect_ratio = Fraction(1)

    assert spoiled(rich, tmp_path, Upscaling(declare=square)) == {"aspect"}


@pytest.mark.parametrize("clip", [Clip(rotation=90), Clip(rotation=180), Clip(rotation=90, width=64, height=64)])
def test_rotation_lost(tmp_path: Path, clip: Clip) -> None:
    lost = Upscaling(without=frozenset({"rotation"}))
    assert "rotation" in checks(outcome(tmp_path, clip, lost, names="in.mp4 out.mp4"))


def test_rotation_the_wrong_way(tmp_path: Path) -> None:
    other = Upscaling(declare=lambda file: file.streams.video[0].set_display_rotation(-90))
    assert checks(outcome(tmp_path, Clip(rotation=90), other, names="in.mp4 out.mp4")) == {"rotation"}


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("colorspace", 9, "colour.matrix"),
        ("color_range", 2, "colour.range"),
        ("color_primaries", 9, "colour.primaries"),
        ("color_trc", 16, "colour.transfer"),
    ],
)
def test_colour_tag_changed(rich: Path, tmp_path: Path, name: str, value: int, check: str) -> None:
    changed = Upscaling(declare=lambda file: setattr(file.streams.video[0].codec_context, name, value))
    assert spoiled(rich, tmp_path, changed) == {check}


def test_chroma_siting_changed(rich: Path, tmp_path: Path) -> None:
    changed = Upscaling(options={"crf": "10", "chroma_sample_location": "center"})
    assert spoiled(rich, tmp_path, changed) == {"colour.siting"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"src_color_range": 1, "dst_color_range": 2}, id="limited made full"),
        pytest.param({"src_color_range": 2, "dst_color_range": 1}, id="full made limited"),
    ],
)
def test_colour_range_of_values_changed(rich: Path, tmp_path: Path, change: dict[str, int]) -> None:
    def flipped(shots: list[Shot]) -> list[Shot]:
        frames = [_through(shot.frame, change) for shot in shots]
        return [replace(shot, frame=frame) for shot, frame in zip(shots, frames, strict=True)]

    assert spoiled(rich, tmp_path, Upscaling(shots=flipped)) == {"colour.values"}


def test_colour_matrix_of_values_changed(rich: Path, tmp_path: Path) -> None:
    def converted(shots: list[Shot]) -> list[Shot]:
        frames = [_through(shot.frame, {"src_colorspace": 1, "dst_colorspace": 5}) for shot in shots]
        return [replace(shot, frame=frame) for shot, frame in zip(shots, frames, strict=True)]

    assert spoiled(rich, tmp_path, Upscaling(shots=converted)) == {"colour.values"}


def _through(frame: av.VideoFrame, change: dict[str, int]) -> av.VideoFrame:
    """The frame with its values converted and its tags as they were."""
    tags = frame.color_range, frame.colorspace
    converted = frame.reformat(format="yuv444p", **change).reformat(format=frame.format.name)
    converted.color_range, converted.colorspace = tags
    return converted


def test_captions_lost(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(captions=True))
    silent = Upscaling(options={"crf": "10", "a53cc": "0"})
    assert checks(verify(source, upscaled(source, tmp_path / "none.mkv", silent))) == {"captions"}


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_hdr_metadata_lost(tmp_path: Path, codec: str) -> None:
    options = HDR10_X265 if codec == "libx265" else HDR10_X264
    clip = Clip(codec=codec, pix_fmt="yuv420p10le", colour=BT2020_PQ, options=options)
    kept = Upscaling(codec, options=options)
    assert outcome(tmp_path, clip, kept).findings == ()
    lost = Upscaling(codec, options={"x265-params": "log-level=none"} if codec == "libx265" else {})
    assert checks(outcome(tmp_path, clip, lost)) == {"hdr.mastering", "hdr.light"}


@pytest.mark.parametrize(
    ("given", "made", "check"),
    [
        ("yuv420p10le", "yuv420p", "format.depth"),
        ("yuv444p", "yuv420p", "format.chroma"),
        ("yuv420p", "gray", "format.chroma"),
        ("yuva420p", "yuv420p", "format.alpha"),
    ],
)
def test_pixel_format_reduced(tmp_path: Path, given: str, made: str, check: str) -> None:
    report = outcome(tmp_path, Clip(codec="ffv1", pix_fmt=given), replace(LOSSLESS, pix_fmt=made))
    assert check in checks(report)
    assert {name.partition(".")[0] for name in checks(report)} <= {"format", "colour"}


def test_swapped_chroma_planes(rich: Path, tmp_path: Path) -> None:
    def swapped(shots: list[Shot]) -> list[Shot]:
        return [replace(shot, frame=_filtered(shot.frame, "swapuv")) for shot in shots]

    assert spoiled(rich, tmp_path, Upscaling(shots=swapped)) & {"frames.resemblance", "colour.values"}


# Damage, errors, the report.


def test_damage_is_not_held_against_the_output(tmp_path: Path) -> None:
    clip = Clip(frames=24, options={"g": "8", "bf": "0"}, container_options={"movflags": "faststart"})
    whole = write_clip(tmp_path / "whole.mp4", clip)
    for source in (truncated(whole, tmp_path / "cut.mp4"), damaged(whole, tmp_path / "bad.mp4", size=400)):
        assert verify(source, source).ok
    assert "frames.damage" in checks(verify(whole, tmp_path / "bad.mp4"))
    assert "frames.count" in checks(verify(whole, tmp_path / "cut.mp4"))


@pytest.mark.parametrize("content", [b"", b"no video at all", None])
def test_files_that_cannot_be_opened(rich: Path, tmp_path: Path, content: bytes | None) -> None:
    broken = tmp_path / "broken.mp4"
    if content is not None:
        broken.write_bytes(content)
    for pair in ((broken, rich), (rich, broken)):
        with pytest.raises(InputError, match=r"broken\.mp4") as caught:
            verify(*pair)
        assert caught.value.hint


def test_a_directory_and_a_sound_are_no_video(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        verify(tmp_path, tmp_path)
    with av.open(str(tmp_path / "sound.mkv"), "w") as file:
        stream = file.add_stream("flac", rate=48000)
        frame = av.AudioFrame(samples=1024, format="s16", layout="stereo")
        frame.rate = 48000
        file.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(InputError, match="no video stream"):
        verify(tmp_path / "sound.mkv", tmp_path / "sound.mkv")


def test_the_stream_to_compare_can_be_chosen(tmp_path: Path) -> None:
    source = two_videos(tmp_path / "in.mkv")
    assert verify(source, source, stream=1).input_counts.frames == 5
    with pytest.raises(UsageError, match="0 to 1"):
        verify(source, source, stream=2)


def test_the_report_as_json(rich: Path, tmp_path: Path) -> None:
    output = upscaled(rich, tmp_path / "out é.mkv", Upscaling(shots=lambda shots: shots[:-1]))
    document = json.loads(verify(rich, output).to_json())
    assert document["schema"] == 1
    assert document["ok"] is False
    assert document["output"] == str(output)
    assert document["findings"] == [{"check": "frames.count", "message": "11 frames, the input has 12"}]
    assert document["input_counts"]["frames"] == 12


def test_memory_stays_the_same_however_long_the_clip(tmp_path: Path) -> None:
    peaks = []
    for frames in (50, 400):
        clip = Clip(frames=frames, width=64, height=48, sounds=(Sound("pcm_s16le"), Sound("flac")))
        path = write_clip(tmp_path / f"{frames}.mkv", clip)
        verify(path, path)  # what is made once: imports, caches
        tracemalloc.start()
        verify(path, path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
