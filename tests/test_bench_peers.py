"""`framelift bench peers`: other people's programs, each in its process; what is wrong with one is said, not timed."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
import onnxruntime
import pytest
from framelift.benchmarks.live.processes import family_of
from framelift.benchmarks.pages.figures import Bars, Cloud
from framelift.benchmarks.peers import process
from framelift.benchmarks.peers.apart.serving import Codes
from framelift.benchmarks.peers.catalogue import peers_of
from framelift.benchmarks.peers.command import run
from framelift.benchmarks.peers.ffmpeg import scaled_file, scaling
from framelift.benchmarks.peers.figures import figures
from framelift.benchmarks.peers.formats import PixFmt, codes_of, luma_of, picture_of
from framelift.benchmarks.peers.material import Material, material_of
from framelift.benchmarks.peers.measure import measure
from framelift.benchmarks.peers.peer import Absent, Peer
from framelift.benchmarks.peers.picture_sets import picture_sets, psnr_of
from framelift.benchmarks.peers.process import Process
from framelift.benchmarks.peers.quality import Quality, fault_of
from framelift.benchmarks.peers.running import FileJob, Job, PeerFailed
from framelift.benchmarks.peers.settings import Settings
from framelift.benchmarks.peers.tables import _verdict, document
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.statistics.measurement import Measurement, measured_once, measurements_of
from framelift.benchmarks.workloads import Workload, video_frame, workload_named
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError
from framelift.engine.fused import fast_paths
from framelift.engine.model import load_model
from framelift.training.imresize import imresize
from framelift.training.metrics import psnr, y_from_rgb
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import framelift, frames_of
from stack_ref import evaluated
from stacks import sizes, stacks

CLIP = "natural:64x48:6f"
SIZE = (32, 24)
PIX_FMTS: tuple[PixFmt, ...] = ("gray", "rgb24", "bgr24", "yuv420p")
CV2 = '''
"""OpenCV as far as it is asked: what a network does stands in its file."""
import os
from pathlib import Path
import numpy as np
__version__ = "0.0"
def setNumThreads(count): os.write(1, b"a library may print what it likes\\n")
class _Network:
    def readModel(self, path): self.kind = Path(path).read_text()
    def setModel(self, name, scale): self.scale = scale
    def upsample(self, frame):
        larger = frame.repeat(self.scale, 0).repeat(self.scale, 1)
        return {"good": larger, "moved": np.roll(larger, 1, 1), "black": larger * 0, "small": frame}[self.kind]
class dnn_superres:
    DnnSuperResImpl_create = _Network
'''

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no command ffmpeg")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("peers")


@pytest.fixture(scope="module")
def material(folder: Path) -> Material:
    return material_of(workload_named(CLIP), 2, folder)


@pytest.fixture(scope="module")
def python(folder: Path) -> Path:
    """An interpreter that has an OpenCV with dnn_superres, though not the real one."""
    (folder / "site").mkdir()
    (folder / "site" / "cv2.py").write_text(CV2)
    return script(folder / "python", f'PYTHONPATH="{folder / "site"}" exec "{sys.executable}" "$@"')


@pytest.fixture(scope="module")
def weights(folder: Path) -> Path:
    """Two networks that do not work, and one that does."""
    (folder / "weights" / "opencv").mkdir(parents=True)
    for name, kind in (("FSRCNN", "good"), ("FSRCNN-small", "moved"), ("ESPCN", "black")):
        (folder / "weights" / "opencv" / f"{name}_x2.pb").write_text(kind)
    return folder / "weights"


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def kept() -> list[tuple[int, int]]:
    """Rows and measurements each time that a report was kept."""
    return []


@pytest.fixture(scope="module")
def report(python: Path, weights: Path, said: list[str], kept: list[tuple[int, int]]) -> Report:
    families = ("onnxruntime", "opencv", "ncnn", "ffmpeg", "nvidia")
    wanted = Settings(CLIP, 2, ("tiny-8",), families, python, weights, preset="ultrafast", repeat=3, seconds=0.005)
    return measure(wanted, said.append, lambda r: kept.append((len(r["rows"]), len(r["measurements"]))))


def script(path: Path, line: str) -> Path:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o700)
    return path


def request(**what: Any) -> dict[str, Any]:
    return {"size": SIZE, "scale": 2, "threads": 1, **what}


def in_runtime(runtime: str, case: str, network: str = "tiny-8-x2") -> dict[str, Any]:
    return request(kind="runtime", runtime=runtime, case=case, network=network)


def noise(*shape: int) -> Codes:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


# ---- processes


def by_onnxruntime(plane: Codes) -> Codes:
    """tiny-8-x2 without any code of ours."""
    session = onnxruntime.InferenceSession(load_model("tiny-8-x2").path, providers=["CPUExecutionProvider"])
    (larger,) = session.run(None, {session.get_inputs()[0].name: (plane / np.float32(255))[None, None]})
    made: Codes = np.clip(np.rint(larger[0, 0] * 255), 0, 255).astype(np.uint8)
    return made


@pytest.mark.parametrize(
    ("runtime", "case"),
    [("onnxruntime", "onnxruntime fp32"), ("openvino", "openvino fp32"), ("torch", "torch eager")],
)
def test_our_network_is_the_same_in_every_runtime(runtime: str, case: str) -> None:
    pytest.importorskip(runtime, reason=f"{runtime} is not installed")
    with Process(None, in_runtime(runtime, case)) as peer:
        assert peer.about.startswith(f"{runtime} ")
        for width, height in (SIZE, (48, 16)):
            peer.resize((width, height))
            plane = noise(height, width)
            assert np.abs(peer.enlarged(plane).astype(int) - by_onnxruntime(plane)).max() <= 1
        times = peer.times([plane, plane], 0.01)
        assert times
        assert min(times) > 0
        assert peer.memory > 20e6


def test_framelift_itself_enlarges_all_planes(material: Material) -> None:
    given, frame = material.codes("yuv420p")[0], material.frames[0]
    with Process(None, request(kind="ours", network="tiny-8", precision="fp32")) as peer:
        larger = peer.enlarged(given)
    luma = by_onnxruntime(codes_of(frame, "gray"))
    assert np.abs(luma_of(larger, "yuv420p").astype(int) - luma).max() <= 1
    bicubic = codes_of(frame.reformat(64, 48, interpolation="BICUBIC"), "yuv420p")
    assert psnr(larger[48:], bicubic[48:]) > 35


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_any_stack_is_the_same_in_torch(data: st.DataObject) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    networks = pytest.importorskip("framelift.benchmarks.peers.enlargers.torch_network")
    stack = data.draw(stacks())
    height, width = data.draw(sizes(stack, products=4e4))
    x = np.random.default_rng(1).random((1, 1, height, width), np.float32)
    with torch.inference_mode():
        made = networks.StackModule(stack)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(made, evaluated(stack, x), atol=2e-4)


def test_opencv_is_asked_in_another_interpreter(python: Path, weights: Path) -> None:
    wanted = request(kind="dnn_superres", weights=str(weights / "opencv" / "FSRCNN_x2.pb"), network="fsrcnn")
    with Process(python, wanted) as peer:
        frame = noise(24, 32, 3)
        assert peer.about == "OpenCV 0.0"
        np.testing.assert_array_equal(peer.enlarged(frame), frame.repeat(2, 0).repeat(2, 1))


def test_the_real_opencv_is_asked_likewise(material: Material) -> None:
    places = [os.environ.get(name) for name in ("FRAMELIFT_OPENCV_PYTHON", "FRAMELIFT_PEER_WEIGHTS")]
    if places[0] is None or places[1] is None:
        pytest.skip("FRAMELIFT_OPENCV_PYTHON and FRAMELIFT_PEER_WEIGHTS do not say where opencv-contrib and FSRCNN are")
    wanted = Settings(peers=("opencv",), opencv_python=Path(places[0]), weights=Path(places[1]))
    found = [peer for peer in peers_of(wanted, material.folder) if isinstance(peer, Peer) and peer.pix_fmt == "bgr24"]
    assert len(found) == 3
    for peer in found:
        with peer.opened(Job(SIZE, 2, 1)) as opened:
            larger = luma_of(opened.enlarged(material.codes("bgr24")[0]), "bgr24")
        assert fault_of(Quality(99, 1), Quality(99, 1), larger, material.originals[0]) is None


def test_an_opencv_without_contrib_is_told_of() -> None:
    pytest.importorskip("cv2", reason="OpenCV is not installed")
    with pytest.raises(PeerFailed, match="has no dnn_superres"):
        Process(Path(sys.executable), request(kind="dnn_superres", weights="none.pb", network="fsrcnn"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("echo 'no module named cv2' >&2; exit 3", "exit code 3: no module named cv2"),
        ("kill -9 $$", "exit code -9"),
        ("echo nonsense; exec sleep 60", "answers what nobody understands"),
        ("exec sleep 60", "gave no answer within 0.3 s"),
    ],
)
def test_a_process_that_does_not_answer_is_ended(
    line: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "OPENING", 0.3 if line == "exec sleep 60" else 60.0)
    monkeypatch.setattr(process, "ENDING", 1.0)
    with pytest.raises(PeerFailed, match=words):
        Process(script(tmp_path / "python", line), request())


def test_a_failure_leaves_the_process_usable() -> None:
    with Process(None, request(kind="ours", network="tiny-8", precision="fp32")) as peer:
        with pytest.raises(PeerFailed, match="ValueError"):
            peer.enlarged(noise(2, 32, 5))
        assert peer.enlarged(noise(36, 32)).shape == (72, 64)


def test_a_process_ends_with_its_owner() -> None:
    with Process(None, request(kind="ours", network="tiny-8", precision="fp32")) as peer:
        pid = peer._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises((PeerFailed, ValueError)):
        peer.enlarged(noise(36, 32))


# ---- commands


def test_a_commands_output_and_its_own_memory_are_known() -> None:
    held = np.ones(300_000_000, np.uint8)
    program = "import sys, time; x = b'1' * 100_000_000; sys.stdout.write(sys.stdin.read() * 2); time.sleep(0.2)"
    done = run([sys.executable, "-c", program], 60, b"ab")
    assert done.made == b"abab"
    assert 100e6 < done.memory < 200e6
    assert held[-1] == 1


@pytest.mark.parametrize(
    ("command", "limit", "words"),
    [
        (["/missing/program"], 60, "cannot be run: No such file"),
        (["sh", "-c", "echo first >&2; echo last words >&2; exit 2"], 60, "^last words$"),
        (["sh", "-c", "exit 2"], 60, "exit code 2"),
        (["sleep", "60"], 0.1, "signal 9; it may take 0.1 s"),
    ],
)
def test_a_command_that_fails_says_why(command: list[str], limit: float, words: str) -> None:
    with pytest.raises(PeerFailed, match=words):
        run(command, limit)


@needs_ffmpeg
def test_ffmpeg_scales_and_times_itself(material: Material) -> None:
    with scaling("ffmpeg", "bicubic", Job(SIZE, 2, 1)) as peer:
        larger = peer.enlarged(material.codes("yuv420p")[0])
        times = peer.times(material.codes("yuv420p"), 0.01)
    same = codes_of(material.frames[0].reformat(64, 48, interpolation="BICUBIC"), "yuv420p")
    assert psnr(larger, same) > 45
    assert len(times) >= 8
    assert 0 < min(times) < 100


@needs_ffmpeg
def test_ffmpeg_scales_a_file(material: Material, tmp_path: Path) -> None:
    job = FileJob(material.file(9), tmp_path / "out.mp4", 9, 2, "ultrafast", 18)
    run = scaled_file("ffmpeg", "lanczos", job)
    frames = frames_of(job.output)
    assert [len(frames), frames[0].width, frames[0].height] == [9, 64, 48]
    assert run.fps > 0
    assert run.memory > 1e6


# ---- frames and files


@pytest.mark.parametrize("pix_fmt", PIX_FMTS)
def test_a_frame_keeps_its_luma_in_every_format(pix_fmt: PixFmt, material: Material) -> None:
    frame = material.frames[0]
    codes, luma = codes_of(frame, pix_fmt), codes_of(frame, "gray")
    assert psnr(luma_of(codes, pix_fmt), luma) > 40
    back = picture_of(codes, pix_fmt, frame)
    assert back.format.name == "yuv420p"
    assert psnr(codes_of(back, "yuv420p")[: SIZE[1]], luma) > 40


@pytest.mark.parametrize("pix_fmt", ["rgb24", "bgr24"])
def test_colours_are_not_confused(pix_fmt: PixFmt) -> None:
    picture = np.zeros((32, 48, 3), np.uint8)
    for number, colour in enumerate(((220, 30, 20), (20, 40, 230), (30, 210, 40))):
        picture[:, 16 * number : 16 * (number + 1)] = colour
    frame = video_frame(picture)
    luma = codes_of(frame, "gray")
    assert np.abs(luma_of(codes_of(frame, pix_fmt), pix_fmt)[:, 4::16] - luma[:, 4::16]).max() < 3
    back = codes_of(picture_of(codes_of(frame, pix_fmt), pix_fmt, frame), "yuv420p")
    assert np.abs(back[:32, 4::16] - luma[:, 4::16].astype(float)).max() < 3


def test_luma_alone_gets_its_chroma_from_the_small_frame(material: Material) -> None:
    frame = material.frames[0]
    larger = picture_of(codes_of(frame, "gray").repeat(2, 0).repeat(2, 1), "gray", frame)
    bicubic = codes_of(frame.reformat(64, 48, interpolation="BICUBIC"), "yuv420p")
    assert psnr(codes_of(larger, "yuv420p")[48:], bicubic[48:]) > 45


@given(st.sampled_from([2, 3, 4]), st.integers(70, 110), st.integers(70, 110))
@settings(max_examples=6, deadline=None)
def test_material_is_cut_to_what_both_sizes_allow(folder: Path, scale: int, width: int, height: int) -> None:
    large = [noise(height, width, 3)] * 2
    (folder / "cut").mkdir(exist_ok=True)
    made = material_of(Workload("odd", width, height, 2, Fraction(25), lambda: iter(large)), scale, folder / "cut")
    small = made.size
    assert [side // (2 * scale) for side in (width, height)] == [side / 2 for side in small]
    assert made.originals[0].shape == (scale * small[1], scale * small[0])
    assert made.codes("bgr24")[0].shape == (small[1], small[0], 3)


def test_material_lies_where_its_original_does(material: Material) -> None:
    """What is made small and large again is nowhere nearer to its original than in place."""
    for frame, original in zip(material.frames, material.originals, strict=True):
        larger = luma_of(codes_of(frame.reformat(64, 48, interpolation="BICUBIC"), "yuv420p"), "yuv420p")
        assert psnr(larger, original) > 15
        assert fault_of(Quality(99, 1), Quality(99, 1), larger, original) is None


def test_files_play_the_clip_to_and_fro(material: Material) -> None:
    frames = [codes_of(frame, "gray").astype(float) for frame in frames_of(material.file(13))]
    assert len(frames) == 13
    for number, mirrored in ((6, 4), (8, 2), (10, 0), (12, 2)):
        same, other = (np.abs(frames[number] - frames[each]).mean() for each in (mirrored, (mirrored + 3) % 6))
        assert same < other


def test_a_clip_that_is_too_small_is_refused(folder: Path) -> None:
    tiny = Workload("tiny", 24, 24, 2, Fraction(25), lambda: iter([noise(24, 24, 3)] * 2))
    with pytest.raises(InputError, match="too small"):
        material_of(tiny, 2, folder)


# ---- quality


@given(st.integers(-1, 1), st.integers(-1, 1))
@settings(deadline=None)
def test_a_picture_that_is_moved_is_found_out(material: Material, across: int, down: int) -> None:
    original = material.originals[0]
    moved = np.roll(original, (down, across), (0, 1)).astype(float) + noise(*original.shape) / 32
    found = fault_of(Quality(30, 0.9), Quality(29, 0.9), moved, original)
    assert (found is None) == (across == down == 0)
    assert found is None or f"by {across} pixels across and {down} down" in found


@given(st.floats(0, 60), st.floats(0, 60))
def test_a_picture_far_below_bicubic_is_found_out(own: float, bicubic: float) -> None:
    plane = noise(24, 32)
    found = fault_of(Quality(own, 0.9), Quality(bicubic, 0.9), plane, plane)
    assert (found is None) == (own >= bicubic - 3)


class Repeating:
    """Each pixel four times; what it is given is looked at."""

    about, memory = "repeats", 0

    def __init__(self) -> None:
        self.size = (0, 0)

    def resize(self, size: tuple[int, int]) -> None:
        self.size = size

    def enlarged(self, frame: Codes) -> Codes:
        assert frame.shape[1] == self.size[0]
        assert frame.shape[0] in (self.size[1], self.size[1] * 3 // 2)
        return frame.repeat(2, 0).repeat(2, 1)

    def times(self, frames: object, seconds: float) -> list[float]:
        raise AssertionError(f"{frames} are not timed for {seconds} s")


@pytest.mark.parametrize("pix_fmt", PIX_FMTS)
def test_pictures_are_compared_as_papers_do(pix_fmt: PixFmt, tmp_path: Path) -> None:
    pictures = [next(workload_named(f"text:{size}").pictures()) for size in ("64x48", "70x66")]
    for number, picture in enumerate(pictures):
        av.VideoFrame.from_ndarray(picture, format="rgb24").save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    found = psnr_of(Repeating(), pix_fmt, picture_sets([tmp_path], 2)[0], 2)
    expected = []
    for picture in pictures:
        large = picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]
        small = imresize(large, 0.5)
        pair = [y_from_rgb(each)[2:-2, 2:-2] for each in (large, small.repeat(2, 0).repeat(2, 1))]
        expected.append(-10 * math.log10(np.mean((pair[0] - pair[1]) ** 2) / 255**2))
    assert found == pytest.approx(np.mean(expected), abs=0.02)


# ---- the report


def measured(found: Sequence[Measurement], case: str, metric: str) -> Measurement:
    return next(each for each in found if (each.case, each.metric) == (case, metric))


def test_what_works_has_all_figures(report: Report) -> None:
    found = measurements_of(report)
    names = ["tiny-8-x2, native int8", "tiny-8-x2, native fp32", "tiny-8-x2, onnxruntime fp32"]
    names += ["FSRCNN-x2, OpenCV dnn_superres fp32"]
    names += [f"{way}-x2, FFmpeg scale" for way in ("bicubic", "lanczos") if shutil.which("ffmpeg")]
    if not fast_paths("int8"):
        names.remove("tiny-8-x2, native int8")
    assert [row["name"] for row in report["rows"]] == names
    for row in report["rows"]:
        assert row["case"] == f"{row['name']}, 32x24"
        for metric in ("PSNR-Y", "SSIM"):
            assert measured(found, row["case"], metric).exact is not None
        turns = {metric: measured(found, row["case"], metric).turns for metric in ("throughput", "memory")}
        assert [len(each) for each in turns.values()] == [2, 2]
        assert min(turns["memory"])[0] > 1
        for threads, case in row["threads"].items():
            assert case == f"{row['case']}, {threads} thread{'s' if threads != '1' else ''}"
            assert len(measured(found, case, "frame").turns) == 3
        assert 2 <= row["file_frames"] <= 128
        assert row["about"]


def test_the_same_network_has_the_same_quality(report: Report) -> None:
    found = measurements_of(report)
    cases = [f"tiny-8-x2, {backend} fp32, 32x24" for backend in ("native", "onnxruntime")]
    assert math.dist(*([measured(found, case, "PSNR-Y").median] for case in cases)) < 0.02


def test_what_does_not_work_has_reasons_instead_of_figures(report: Report) -> None:
    why = {row["name"]: row["reason"] for row in report["absent"]}
    assert "moved by 1 pixels across and 0 down" in why["FSRCNN-small-x2, OpenCV dnn_superres fp32"]
    assert "where bicubic has" in why["ESPCN-x2, OpenCV dnn_superres fp32"]
    assert {name for name in why if "OpenCV" in name}.isdisjoint(row["name"] for row in report["rows"])
    assert not any(name in m.case for m in measurements_of(report) for name in why)
    assert all(row["hint"] for row in report["absent"])
    if shutil.which("nvidia-smi") is None:
        assert why["TensorRT (trtexec)"] == "not run: no NVIDIA GPU"
    if find_spec("ncnn") is not None:
        assert why["realesr-animevideov3-x2, ncnn"] == "no realesr-animevideov3-x2.param and .bin in --weights"


def test_the_document_says_who_is_ahead_and_who_is_absent(report: Report) -> None:
    shown = document(report)
    lines = shown.splitlines()
    assert "- PSNR-Y, highest: tiny-8-x2, native" in shown
    for row in report["rows"]:
        name = f"**{row['name']}**" if row["group"] == "framelift" else row["name"]
        assert sum(line.startswith(f"| {name} |") for line in lines) == 1
    for row in report["absent"]:
        assert f"| {row['name']} | {row['reason']} | {row['hint']} |" in lines


def test_whoever_is_ahead_of_framelift_is_named_first() -> None:
    rows = [
        {"name": name, "case": f"{name}, 32x24", "group": group, "threads": {}, "pix_fmt": "gray"}
        | {"about": name, "file_frames": None}
        for name, group in (("ours", "framelift"), ("theirs", "other networks"), ("alike", "interpolation"))
    ]
    report: dict[str, Any] = {"rows": rows, "absent": [], "measurements": []}
    for name, value in (("ours", 30.0), ("theirs", 31.0), ("alike", 30.004)):
        report["measurements"].append(measured_once(f"{name}, 32x24", "PSNR-Y", "dB", "higher", value, 0.005).to_json())
    assert verdict(report) == "- PSNR-Y, highest: theirs, 31.00 dB; framelift's best, behind 1, is ours, 30.00 dB"
    report["measurements"].pop(1)
    assert verdict(report) == "- PSNR-Y, highest: ours, 30.00 dB"


def verdict(report: Report) -> str:
    """The last lines of the part that ranks."""
    return _verdict(report, measurements_of(report)).split("\n\n")[1]


def test_figures_show_speed_with_quality_and_files(report: Report) -> None:
    *clouds, bars = figures(report)
    for cloud in clouds:
        assert isinstance(cloud, Cloud)
        assert cloud.front
        assert sum(len(points) for points in cloud.groups.values()) == len(report["rows"])
    assert len(clouds) == len(report["rows"][0]["threads"])
    assert isinstance(bars, Bars)
    assert set(bars.rows) == {row["name"] for row in report["rows"]}
    speeds = [sum(parts.values()) for parts in bars.rows.values()]
    assert speeds == sorted(speeds, reverse=True)


def test_a_report_is_read_back_and_kept_on_the_way(report: Report, kept: list[tuple[int, int]], tmp_path: Path) -> None:
    write_report(report, tmp_path / "report.json")
    assert read_report(tmp_path / "report.json") == json.loads(json.dumps(report))
    assert kept == sorted(kept)
    assert len(kept) > 3
    assert report["complete"]
    assert report["overhead"]["share"] < 0.05  # of frames as small as these
    assert "--opencv-python PYTHON --weights FOLDER" in report["command"]
    assert str(tmp_path.parent) not in json.dumps(report)


def test_a_peer_that_is_absent_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = peers_of(Settings(peers=("ffmpeg", "opencv", "ncnn", "nvidia")), tmp_path)
    absent = {each.name: each.reason for each in found if isinstance(each, Absent)}
    assert absent["bicubic-x2, FFmpeg scale"] == "there is no command ffmpeg"
    assert absent["FSRCNN, OpenCV dnn_superres"] == "no FSRCNN_x2.pb in --weights"
    assert {each.group for each in found if isinstance(each, Peer)} == {"framelift"}


def test_a_model_is_measured_once_under_all_its_names(tmp_path: Path) -> None:
    path = str(load_model("tiny-8-x2").path)
    names = [each.name for each in peers_of(Settings(models=("tiny-8", "tiny-8-x2", path), peers=()), tmp_path)]
    assert len(names) == len(set(names))
    assert "tiny-8-x2, native fp32" in names


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--scale", "5"], ExitCode.USAGE),
        (["--peer", "nobody"], ExitCode.USAGE),
        (["--opencv-python", "/missing/python"], ExitCode.USAGE),
        (["--weights", "/missing"], ExitCode.INPUT),
        (["--pictures", "."], ExitCode.INPUT),
        (["--pictures", "/missing"], ExitCode.INPUT),
        (["--preset", "quick"], ExitCode.USAGE),
        (["--crf", "99"], ExitCode.USAGE),
        (["--clip", "nonsense"], ExitCode.USAGE),
        (["--clip", "missing.mp4"], ExitCode.INPUT),
        (["--model", "huge-64"], ExitCode.MODEL),
        (["--model", "tiny-8-x2", "--scale", "3"], ExitCode.USAGE),
        (["--json", "/missing/report.json"], ExitCode.OUTPUT),
    ],
)
def test_what_cannot_be_measured_is_refused_before_any_work(
    options: list[str],
    code: ExitCode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["bench", "peers", *options]) == code
    errors = capsys.readouterr().err
    assert "rendering" not in errors
    assert errors.count("hint: ") == 1


def test_an_interrupted_run_keeps_what_it_measured(tmp_path: Path) -> None:
    place = tmp_path / "report.json"
    options = [f"--clip={CLIP}", "--model=tiny-8", "--peer=onnxruntime", "--repeat=1000", f"--json={place}"]
    with framelift("bench", "peers", *options) as run:
        assert run.stderr is not None
        next(line for line in run.stderr if "onnxruntime" in line and "dB" in line)
        children = [pid for pid in family_of(run.pid) if pid != run.pid]
        run.send_signal(signal.SIGINT)
        shown, errors = run.communicate(timeout=60)
    assert children
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert run.returncode == ExitCode.INTERRUPTED
    assert "interrupted" in errors
    kept = read_report(place)
    assert not kept["complete"]
    assert {m.metric for m in measurements_of(kept)} == {"PSNR-Y", "SSIM"}
    assert "Interrupted" in shown
