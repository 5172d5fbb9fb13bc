"""What cannot be done is refused before any work, with the documented code and words, and leaves nothing behind."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import networks
import numpy as np
import pytest
from clips import Attached, Clip, Sound, damaged, png_picture, truncated, write_clip
from framelift.cli.main import exit_code_of
from framelift.engine.verify import verify
from runs import QUICKLY, assert_two_lines, framelift, frames_of, kept, names_in, refusal, upscaled

SMALL = Clip(width=64, height=48, frames=12, options={"g": "4"})


def upscale(source: Path | str, output: Path | str, *options: str) -> int:
    return exit_code_of(["upscale", *QUICKLY, *options, "--", str(source), str(output)])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "in.mkv", SMALL)


# ---- inputs that cannot be read


def missing(folder: Path) -> Path:
    return folder / "nothing.mp4"


def empty_folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("This is no video.\n" * 50)
    return folder / "text.mp4"


def zeros(folder: Path) -> Path:
    (folder / "zeros.mkv").write_bytes(bytes(10_000))
    return folder / "zeros.mkv"


def noise(folder: Path) -> Path:
    (folder / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(10_000))
    return folder / "noise.mp4"


def sound_only(folder: Path) -> Path:
    path = folder / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=48_000)
        stream.codec_context.layout = "mono"
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        samples.sample_rate = 48_000
        file.mux(stream.encode(samples))
        file.mux(stream.encode(None))
    return path


def sound_with_cover(folder: Path) -> Path:
    path = folder / "album.mka"
    cover = Attached("cover.png", "image/png", png_picture())
    with av.open(str(sound_only(folder))) as a, av.open(str(path), "w", format="matroska") as b:
        copy = b.add_stream_from_template(a.streams.audio[0])
        b.add_attachment(cover.name, cover.mimetype, cover.data)
        for packet in a.demux(audio=0):
            if packet.size:
                packet.stream = copy
                b.mux(packet)
    return path


def without_an_index(folder: Path) -> Path:
    return truncated(write_clip(folder / "whole.mp4", SMALL), folder / "cut.mp4")


def header_alone(folder: Path) -> Path:
    return truncated(write_clip(folder / "whole.mkv", SMALL), folder / "cut.mkv", share=0.05)


def zero_size(folder: Path) -> Path:
    (folder / "zero.y4m").write_bytes(b"YUV4MPEG2 W0 H0 F25:1 C420\nFRAME\n")
    return folder / "zero.y4m"


def no_frames(folder: Path) -> Path:
    (folder / "none.y4m").write_bytes(b"YUV4MPEG2 W64 H48 F25:1 C420\n")
    return folder / "none.y4m"


def no_decodable_frame(folder: Path) -> Path:
    with av.open(str(write_clip(folder / "whole.mkv", SMALL))) as a, av.open(str(folder / "bad.mkv"), "w") as b:
        stream = b.add_stream_from_template(a.streams.video[0])
        for pts in (0, 40, 80):
            packet = av.Packet(np.random.default_rng(pts).bytes(500))
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, pts, pts, Fraction(1, 1000)
            b.mux(packet)
    return folder / "bad.mkv"


def with_codec(path: Path, clip: Clip, known: bytes, unknown: bytes) -> Path:
    """A Matroska file one of whose codecs is renamed to one that nobody knows."""
    write_clip(path, clip)
    path.write_bytes(path.read_bytes().replace(known, unknown))
    return path


def no_decoder(folder: Path) -> Path:
    return with_codec(folder / "alien.mkv", SMALL, b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ")


def more_than_ffmpeg_decodes(folder: Path) -> Path:
    return black_png(folder / "huge.png", 30_000, 30_000)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (missing, "no such file"),
        (empty_folder, "no video file"),
        (empty, "empty"),
        (text, "cannot be read as video"),
        (zeros, "cannot be read as video"),
        (noise, "cannot be read as video"),
        (sound_only, "no video"),
        (sound_with_cover, "no video"),
        (without_an_index, "cannot be read as video"),
        (header_alone, ""),
        (zero_size, ""),
        (no_frames, ""),
        (no_decodable_frame, "no frame"),
        (no_decoder, "no decoder"),
        (more_than_ffmpeg_decodes, "30000x30000"),
    ],
)
def test_an_input_that_cannot_be_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], make: Callable[[Path], Path], said: str
) -> None:
    source = make(tmp_path)
    with refusal(capfd, tmp_path) as words:
        assert upscale(source, tmp_path / "out.mkv") == 3
    assert source.name in words[0]
    assert said in words[0]


def test_sound_of_an_unknown_codec_is_left_out_when_told_to(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = with_codec(tmp_path / "in.mkv", replace(SMALL, sounds=(Sound(),)), b"A_AAC", b"A_XYZ")
    with refusal(capfd, tmp_path) as words:
        assert upscale(source, tmp_path / "out.mkv") == 5
    assert "stream 1, audio" in words[0]
    output = upscaled(source, tmp_path / "out.mkv", "--drop-unsupported")
    assert {finding.check for finding in verify(source, output).findings} == {"tracks.audio"}


def test_a_pipe_or_a_network_address_is_no_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for address in ("pipe:0", "http://127.0.0.1:9/a.mp4", "concat:a|b", "-"):
        with refusal(capfd, tmp_path):
            assert upscale(address, tmp_path / "out.mkv") == 3


def test_a_playlist_reaches_no_other_file(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    playlist = tmp_path / "list.ffconcat"
    playlist.write_text(f"ffconcat version 1.0\nfile 'http://127.0.0.1:9/{clip.name}'\n")
    with refusal(capfd, tmp_path):
        assert upscale(playlist, tmp_path / "out.mkv") == 3


# ---- damage: what can be decoded is written, the loss is told


@pytest.mark.parametrize("share", [0.45, 0.6, 0.75])
@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts", "avi"])
def test_a_file_cut_off_gives_all_its_frames(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str, share: float
) -> None:
    index_first = {"movflags": "faststart"} if suffix == "mp4" else {}
    clip = replace(SMALL, frames=60, container_options=index_first)
    whole = write_clip(tmp_path / f"whole.{suffix}", clip)
    source = truncated(whole, tmp_path / f"cut.{suffix}", share)
    code = upscale(source, tmp_path / "out.mkv")
    if suffix == "ts":  # a transport stream may begin and end anywhere
        assert code in (0, 6)
    else:
        assert code == 6
        assert "warning: the input is damaged" in capfd.readouterr().err
    assert_all_frames_written(source, tmp_path / "out.mkv")


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg2video", "mpeg4", "ffv1", "libvpx-vp9", "mjpeg"])
def test_damaged_bytes_cost_no_other_frame(tmp_path: Path, capfd: pytest.CaptureFixture[str], codec: str) -> None:
    clip = Clip(codec=codec, width=64, height=48, frames=40, options={"g": "4"})
    if codec == "mjpeg":
        clip = replace(clip, pix_fmt="yuvj420p", options={})
    whole = write_clip(tmp_path / "whole.mkv", clip)
    source = damaged(whole, tmp_path / "bad.mkv", at=0.6, size=200)
    assert upscale(source, tmp_path / "out.mkv") == 6
    assert "warning: the input is damaged" in capfd.readouterr().err
    assert_all_frames_written(source, tmp_path / "out.mkv")


def assert_all_frames_written(source: Path, output: Path) -> None:
    report = verify(source, output)
    assert report.ok, report.findings
    assert report.output_counts.frames == report.input_counts.frames > 0
    assert report.output_counts.packets_undecodable == report.output_counts.frames_damaged == 0


def test_a_late_start_is_no_damage(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, start=100))
    kept(source, tmp_path / "out.mkv")
    cut = truncated(write_clip(tmp_path / "whole.mkv", replace(SMALL, start=100, frames=60)), tmp_path / "cut.mkv")
    assert upscale(cut, tmp_path / "rest.mkv") == 6


def test_a_size_that_changes_on_the_way_is_brought_to_the_first(tmp_path: Path) -> None:
    parts = [
        write_clip(tmp_path / f"{w}.ts", Clip(width=w, height=48, frames=6, start=s)) for w, s in ((64, 0), (96, 6))
    ]
    source = tmp_path / "both.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert upscale(source, tmp_path / "out.mkv") in (0, 6)
    frames = frames_of(tmp_path / "out.mkv")
    assert len(frames) == 12
    assert {(frame.width, frame.height) for frame in frames} == {(128, 96)}


# ---- sizes


def black_png(path: Path, width: int, height: int) -> Path:
    """A PNG of black pixels of one bit: a small file for many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer, row = zlib.compressobj(1), bytes(1 + -(-width // 8))
    rows = b"".join(packer.compress(row * 1000) for _ in range(height // 1000)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def test_absurd_dimensions_are_refused_with_an_estimate(tmp_path: Path) -> None:
    source = black_png(tmp_path / "huge.png", 15_000, 15_000)
    assert source.stat().st_size < 1_000_000
    at_most = "import resource; resource.setrlimit(resource.RLIMIT_DATA, (3 << 30, 3 << 30))"
    run = framelift("upscale", str(source), str(tmp_path / "out.mkv"), *QUICKLY, "--codec", "ffv1", before=at_most)
    words = run.communicate(timeout=120)[1].splitlines()
    assert run.returncode == 4, words
    assert_two_lines(words)
    assert "15000x15000 to 30000x30000 needs about" in words[0]
    assert names_in(tmp_path) == [source.name]


def test_more_pixels_than_an_encoder_takes_are_refused(
    tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with refusal(capfd, tmp_path) as words:
        assert upscale(clip, tmp_path / "out.mkv", "--height", "99999") == 5
    assert "16384" in words[0]
    with refusal(capfd, tmp_path) as words:
        assert upscale(clip, tmp_path / "out.mkv", "--height", "40000", "--codec", "ffv1") == 4
    assert "GB" in words[0]


# ---- outputs that cannot be written


def test_the_output_is_not_the_input(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.mkv").symlink_to(clip)
    (tmp_path / "hard.mkv").hardlink_to(clip)
    data = clip.read_bytes()
    spellings = (
        clip,
        tmp_path / "link.mkv",
        tmp_path / "hard.mkv",
        tmp_path / "sub" / ".." / clip.name,
        f"{tmp_path}//in.mkv",
    )
    for output in spellings:
        for source, target in ((clip, output), (output, clip)):
            for options in ((), ("--overwrite",)):
                with refusal(capfd, tmp_path):
                    assert upscale(source, target, *options) == 2
    assert clip.read_bytes() == data


def test_a_folder_is_not_upscaled_onto_itself(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with refusal(capfd, tmp_path):
        assert upscale(tmp_path, tmp_path, "--overwrite") == 2
    assert clip.exists()


def test_an_output_that_exists_is_kept(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.mkv"
    output.write_bytes(b"precious")
    with refusal(capfd, tmp_path) as words:
        assert upscale(clip, output) == 5
    assert "--overwrite" in words[1]
    assert output.read_bytes() == b"precious"
    kept(clip, output, "--overwrite")


def test_a_run_that_fails_keeps_the_older_output(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.mkv"
    output.write_bytes(b"precious")
    with refusal(capfd, tmp_path):
        assert upscale(clip, output, "--overwrite", "--codec", "libx265", "--pix-fmt", "yuv410p") == 5
    assert output.read_bytes() == b"precious"


@pytest.mark.parametrize("where", ["nowhere/out.mkv", "in.mkv/out.mkv", "folder.mkv"])
def test_an_output_without_a_place(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str], where: str) -> None:
    (tmp_path / "folder.mkv" / "in.mkv").mkdir(parents=True)
    with refusal(capfd, tmp_path):
        assert upscale(clip, tmp_path / where) == 5


def test_a_folder_nobody_may_write_to(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(0o555)
    if os.access(locked, os.W_OK):  # an administrator may write anywhere but there
        locked = Path("/proc")
    with refusal(capfd, tmp_path) as words:
        assert upscale(clip, locked / "out.mkv") == 5
    assert str(locked) in words[0]


@pytest.mark.parametrize(("suffix", "share"), [("mkv", 0.0), ("ts", 0.5), ("mp4", 0.9999), ("mkv", 0.9999)])
def test_a_full_disk_leaves_nothing(tmp_path: Path, suffix: str, share: float) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=60, sounds=(Sound(),)))
    output = upscaled(source, tmp_path / f"out.{suffix}")
    size = int(share * output.stat().st_size)
    output.unlink()
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    run = framelift("upscale", str(source), str(output), *QUICKLY, before=full)
    words = run.communicate(timeout=60)[1].splitlines()
    assert run.returncode == 5, words
    assert_two_lines(words)
    assert "space" in words[1]
    assert names_in(tmp_path) == ["in.mkv"]


@pytest.mark.parametrize("name", ["out.avi", "out.flv", "out.gif", "out", "out.txt", "out.mp4.bak", ".mkv"])
def test_a_container_that_is_not_supported(
    tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    with refusal(capfd, tmp_path) as words:
        assert upscale(clip, tmp_path / name) == 2
    assert ".mkv" in words[0]


@pytest.mark.parametrize(
    ("output", "options", "code"),
    [
        ("out.mkv", ("--codec", "libx999"), 2),
        ("out.mkv", ("--codec", ""), 2),
        ("out.webm", ("--codec", "libx264"), 5),
        ("out.mp4", ("--codec", "ffv1"), 5),
        ("out.ts", ("--codec", "libvpx-vp9"), 5),
        ("out.mkv", ("--pix-fmt", "yuv999p"), 2),
        ("out.mkv", ("--pix-fmt", "yuv410p", "--codec", "libx264"), 5),
        ("out.mkv", ("--scale", "7"), 2),
        ("out.mkv", ("--scale", "two"), 2),
        ("out.mkv", ("--scale", "0"), 2),
        ("out.mkv", ("--height", "1"), 2),
        ("out.mkv", ("--height", "-5"), 2),
        ("out.mkv", ("--threads", "0"), 2),
        ("out.mkv", ("--tile", "-1"), 2),
        ("out.mkv", ("--deinterlace", "maybe"), 2),
        ("out.mkv", ("--stream", "1"), 2),
        ("out.mkv", ("--stream", "-1"), 2),
        ("out.mkv", ("--backend", "abacus"), 4),
        ("out.mkv", ("--backend", "onnxruntime:abacus"), 4),
        ("out.mkv", ("--model-range", "1"), 2),
        ("out.mkv", ("--model-range", "100"), 2),
        ("out.mkv", ("--model-order", "grb"), 2),
        ("out.mkv", ("--preview", "-1"), 2),
        ("out.mkv", ("--nonsense",), 2),
    ],
)
def test_options_out_of_range(
    tmp_path: Path,
    clip: Path,
    capfd: pytest.CaptureFixture[str],
    output: str,
    options: tuple[str, ...],
    code: int,
) -> None:
    with refusal(capfd, tmp_path):
        assert upscale(clip, tmp_path / output, *options) == code


@pytest.mark.parametrize(
    "arguments", [("upscale",), ("upscale", "a.mkv"), ("upscale", "a", "b", "c"), ("enlarge",), ("--x",)]
)
def test_wrong_usage(tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    with refusal(capfd, tmp_path):
        assert exit_code_of(list(arguments)) == 2


# ---- models


def no_model(folder: Path) -> Path:
    return folder / "none.onnx"


def text_model(folder: Path) -> Path:
    (folder / "text.onnx").write_text("weights\n" * 100)
    return folder / "text.onnx"


def empty_model(folder: Path) -> Path:
    (folder / "empty.onnx").touch()
    return folder / "empty.onnx"


def folder_model(folder: Path) -> Path:
    (folder / "folder.onnx").mkdir()
    return folder / "folder.onnx"


def cut_model(folder: Path) -> Path:
    return truncated(networks.stack(folder / "whole.onnx"), folder / "cut.onnx", 0.5)


def model_of_five_channels(folder: Path) -> Path:
    return networks.enlarging(folder / "five.onnx", channels=5)


def model_of_scale_one(folder: Path) -> Path:
    return networks.enlarging(folder / "one.onnx", scale=1)


@pytest.mark.parametrize(
    "make",
    [no_model, text_model, empty_model, folder_model, cut_model, model_of_five_channels, model_of_scale_one],
)
def test_a_model_that_is_none(
    tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str], make: Callable[[Path], Path]
) -> None:
    model = make(tmp_path)
    with refusal(capfd, tmp_path) as words:
        assert upscale(clip, tmp_path / "out.mkv", "--model", str(model)) == 4
    assert model.name in words[0]


def test_a_model_nobody_ships(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with refusal(capfd, tmp_path) as words:
        assert upscale(clip, tmp_path / "out.mkv", "--model", "colossal-512") == 4
    assert "tiny-16" in words[0]


# ---- names


@pytest.mark.parametrize(
    "name",
    [
        "two words",
        'it\'s "quoted"',
        "-dash",
        "--overwrite",
        "100% %d %s %03d",
        "film 🎬 übergröße 映画",
        "line\nbreak",
        "tab\tand\rreturn",
        "a:b",
        "file:c",
        "concat:a|b",
        "http:",
        "[brackets] {braces} *stars* ?",
        "$HOME `id` ;#&",
        "back\\slash",
        " leading and trailing ",
        "[bold]markup[bold]",
        os.fsdecode(b"latin \xe9\xff"),
        "n" * 230,
    ],
    ids=lambda name: ascii(name)[:24],
)
def test_any_file_name_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    clip = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=3))
    clip.rename(f"{name}.mkv")
    assert upscale(f"{name}.mkv", f"{name} out.mp4", "--json", f"{name}.json") == 0
    assert names_in(tmp_path) == sorted([f"{name}.mkv", f"{name} out.mp4", f"{name}.json"])
    Path(f"{name} out.mp4").rename("out.mp4")
    Path(f"{name}.mkv").rename("in.mkv")
    assert verify(Path("in.mkv"), Path("out.mp4")).ok


@pytest.mark.parametrize("name", ["line\nbreak", "film 🎬", os.fsdecode(b"\xff\xfe"), "100% %s", "[bold]x"])
def test_any_file_name_can_be_complained_about(tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    with refusal(capfd, tmp_path):
        assert upscale(tmp_path / f"{name}.mkv", tmp_path / "out.mkv") == 3


def test_a_name_longer_than_the_system_allows(tmp_path: Path, clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with refusal(capfd, tmp_path):
        assert upscale(clip, tmp_path / ("n" * 300 + ".mkv")) == 5
    with refusal(capfd, tmp_path):
        assert upscale(tmp_path / ("n" * 300 + ".mkv"), tmp_path / "out.mkv") == 3


def test_a_transport_stream_that_ends_within_a_packet_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = write_clip(tmp_path / "whole.ts", replace(SMALL, frames=60)).read_bytes()
    packets = len(whole) // 188
    (tmp_path / "cut.ts").write_bytes(whole[: packets // 2 * 188 + 100])
    assert upscale(tmp_path / "cut.ts", tmp_path / "out.mkv") == 6
    assert "the file ends within a packet" in capfd.readouterr().err
    assert upscale(tmp_path / "whole.ts", tmp_path / "whole.mkv") == 0
