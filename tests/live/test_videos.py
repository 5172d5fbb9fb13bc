"""`POST /video`: a short clip comes back as `framelift upscale` makes it, and makes the server open nothing else."""

from __future__ import annotations

import base64
import http.server
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from clips import Clip, Sound, Text, damaged, png_picture, truncated, write_clip
from file_server import FileServer, kill, refused, serving, slow_clip, workers
from framelift.engine.live.http import workshop
from framelift.engine.live.settings import LiveSettings, ServeSettings
from framelift.engine.live.workers.task import Caps
from framelift.engine.verify import verify
from runs import frames_of
from waiting import until

SMALL = Clip(width=64, height=48, frames=12, options={"g": "4"})
MOST = 4 << 20  # bytes of a clip, for the server here


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    settings = ServeSettings(max_video_bytes=MOST, live=LiveSettings(threads=1))
    with serving(tmp_path_factory.mktemp("files"), settings) as started:
        yield started


@pytest.fixture(autouse=True)
def _nothing_left(server: FileServer) -> Iterator[None]:
    yield
    until(lambda: server.scratches == [] and len(workers()) <= 2)  # the warm ones stay


def saved(answer: httpx.Response, path: Path) -> Path:
    assert answer.status_code == 200, answer.text[:300]
    path.write_bytes(answer.content)
    return path


# ---- what comes back


@pytest.mark.parametrize(
    ("suffix", "clip", "kind"),
    [
        (".mp4", replace(SMALL, sounds=(Sound(),), texts=(Text("mov_text"),)), "video/mp4"),
        (".mov", SMALL, "video/quicktime"),
        (".mkv", replace(SMALL, sounds=(Sound("flac"),), texts=(Text(),)), "video/matroska"),
        (".webm", replace(SMALL, codec="libvpx-vp9", options={}, sounds=(Sound("libopus"),)), "video/webm"),
        (".ts", SMALL, "video/mp2t"),
    ],
)
def test_a_clip_comes_back_whole_and_larger(
    server: FileServer, tmp_path: Path, suffix: str, clip: Clip, kind: str
) -> None:
    source = write_clip(tmp_path / f"in{suffix}", clip)
    answer = server.post("/video", source.read_bytes(), f"my clip{suffix}")
    output = saved(answer, tmp_path / f"out{suffix}")
    assert verify(source, output).findings == ()
    assert (frames_of(output)[0].width, frames_of(output)[0].height) == (128, 96)
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == f'attachment; filename="my clip-x2{suffix}"'
    assert answer.headers["framelift-size"] == "128x96"
    assert "framelift-damage" not in answer.headers


@pytest.mark.parametrize(("suffix", "given"), [(".avi", "a.avi"), (".mkv", "a.mp4"), (".mkv", "no suffix")])
def test_the_content_decides_on_the_container_not_the_name(
    server: FileServer, tmp_path: Path, suffix: str, given: str
) -> None:
    source = write_clip(tmp_path / f"in{suffix}", replace(SMALL, codec="mpeg4", options={}))
    answer = server.post("/video", source.read_bytes(), given)
    assert answer.headers["content-type"] == "video/matroska", answer.text
    assert answer.content.startswith(b"\x1a\x45\xdf\xa3")  # EBML


def test_json_gets_json(server: FileServer, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", replace(SMALL, frames=4))
    sent = {"DATA": base64.b64encode(source.read_bytes()).decode(), "MODEL": "tiny-8", "FILENAME": "in.mp4", "SCALE": 3}
    with server.client() as client:
        answer = client.post("/video", json=sent)
    told = answer.json()
    assert answer.status_code == 200, told
    (tmp_path / "out.mp4").write_bytes(base64.b64decode(told.pop("DATA"), validate=True))
    assert [frame.width for frame in frames_of(tmp_path / "out.mp4")] == 4 * [192]
    assert told == {
        "FILENAME": "in-x3.mp4", "MODEL": "tiny-8", "SCALE": 3, "WIDTH": 192, "HEIGHT": 144, "TYPE": "video/mp4",
        "DAMAGE": None, "NOTES": [],
    }  # fmt: skip


def test_what_the_container_cannot_carry_is_left_out_and_named(server: FileServer, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", replace(SMALL, cover=png_picture()))
    answer = server.post("/video", source.read_bytes(), "in.mov")
    assert answer.headers["framelift-notes"] == "dropped: stream 1, cover art png"
    assert len(frames_of(saved(answer, tmp_path / "out.mov"))) == 12
    assert "framelift-notes" not in server.post("/video", source.read_bytes(), "in.mp4").headers


def test_what_can_be_decoded_of_a_damaged_clip_comes_back(server: FileServer, tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=40))
    cut = truncated(whole, tmp_path / "cut.mkv")
    answer = server.post("/video", cut.read_bytes(), "cut.mkv")
    assert answer.headers["framelift-damage"], answer.text
    assert 0 < len(frames_of(saved(answer, tmp_path / "out.mkv"))) < 40
    holed = damaged(whole, tmp_path / "holed.mkv", size=200)
    with server.client() as client:
        told = client.post("/video", json={"DATA": base64.b64encode(holed.read_bytes()).decode()}).json()
    assert told["DAMAGE"]
    assert told["FILENAME"] == "video-x2.mkv"


# ---- what is refused


def test_what_is_no_clip_is_refused(server: FileServer, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).bytes(10_000)
    for data, status, words in (
        (b"", 422, "empty"),
        (b"hello", 422, "cannot be read as video"),
        (noise, 415, "not taken"),  # which FFmpeg takes for sound
        (png_picture(), 415, "not taken"),
        (truncated(write_clip(tmp_path / "in.mp4", SMALL), tmp_path / "cut.mp4").read_bytes(), 422, "cannot be read"),
    ):
        refused(server.post("/video", data, "thing.mp4"), status, words)
    with server.client() as client:
        refused(client.post("/video", content=b"x", headers={"Content-Type": "video/mp4"}), 415, "video/mp4")
        refused(client.post("/video", json={"DATA": "%%%"}), 422, "base64")
    refused(server.post("/video", bytes(MOST + 1)), 413, f"over {MOST} bytes")
    refused(server.post("/video", b"xyz", model="/etc/passwd"), 422, "no model is named")


def test_a_long_clip_is_a_job(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_clip(tmp_path / "in.mp4", SMALL).read_bytes()
    monkeypatch.setattr(workshop, "CLIP", Caps(pixels=10**6, frames=1000, seconds=0.4))
    refused(server.post("/video", source, "in.mp4"), 413, "longer than 0.4 s", "POST /jobs")
    monkeypatch.setattr(workshop, "CLIP", Caps(pixels=10**6, frames=11, seconds=60))
    refused(server.post("/video", source, "in.mp4"), 413, "11 frames", "POST /jobs")


def test_a_clip_that_does_not_tell_its_length_is_counted(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_clip(tmp_path / "in.h264", replace(SMALL, frames=60)).read_bytes()
    assert server.post("/video", source, "in.h264").status_code == 200
    monkeypatch.setattr(workshop, "CLIP", Caps(pixels=10**6, frames=59, seconds=60))
    refused(server.post("/video", source, "in.h264"), 413, "59 frames")


def black_clip(path: Path, side: int) -> bytes:
    """One frame."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        file.mux(stream.encode(av.VideoFrame(side, side, "yuv420p")))
        file.mux(stream.encode(None))
    return path.read_bytes()


def test_a_huge_frame_is_refused(server: FileServer, tmp_path: Path) -> None:
    wide = black_clip(tmp_path / "wide.mp4", 4096)
    refused(server.post("/video", wide, "wide.mp4"), 413, "8192x8192", "megapixels")
    refused(server.post("/video", wide, "wide.mp4", scale="4"), 413, "megapixels")
    refused(server.post("/video", b"YUV4MPEG2 W30000 H30000 F25:1 C420\nFRAME\n" + bytes(1000)), 422, "cannot be read")


def test_a_clip_that_takes_too_long_is_ended(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "CLIP_SECONDS", 0.05)  # less than a process takes to start
    refused(server.post("/video", write_clip(tmp_path / "in.mkv", SMALL).read_bytes()), 413, "longer than 0.05 s")


# ---- nothing else is opened


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """An HTTP server on loopback, and the list of what it is asked for."""
    asked = list[str]()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_address[1]}", asked
        finally:
            httpd.shutdown()
            thread.join()


def references(secret: Path, url: str) -> dict[str, str]:
    """Uploads that name another file, or an address, in the ways that FFmpeg's formats have."""
    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
        f"<BaseURL>{url}/dash.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )
    return {
        "local.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "remote.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}/hls.ts\n#EXT-X-ENDLIST\n",
        "master.m3u8": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}/other.m3u8\n",
        "local.ffconcat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "remote.ffconcat": f"ffconcat version 1.0\nfile '{url}/concat.mp4'\n",
        "clip.mpd": dash,
        "clip.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "clip.asx": f"<asx version='3.0'><entry><ref href='{url}/asx.asf'/></entry></asx>",
        "clip.imf": f'<?xml version="1.0"?><AssetMap><Path>{url}/imf.mxf</Path></AssetMap>',
        "clip.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/svg.png"/></svg>',
        "clip.ivr": f"[Reference]\nRef1={url}/ref.mov\n",
        "clip.avs": f'FFmpegSource2("{secret}")\n',
    }


@pytest.mark.parametrize("path", ["/video", "/jobs", "/picture"])
def test_uploads_that_name_other_files_open_none(server: FileServer, tmp_path: Path, path: str) -> None:
    secret = write_clip(tmp_path / "secret.mkv", SMALL)
    before = secret.stat().st_atime_ns
    with listening() as (url, asked):
        for name, text in references(secret, url).items():
            answer = server.post(path, text.encode(), name)
            assert answer.status_code in (415, 422), (name, answer.text)
            assert str(secret) not in answer.text
        assert asked == []
        assert httpx.get(f"{url}/seen", trust_env=False).status_code == 404  # it would have heard
        assert asked == ["/seen"]
    assert secret.stat().st_atime_ns == before


def test_a_clip_whose_name_is_a_pattern_is_one_clip(server: FileServer, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=2))
    answer = server.post("/video", source.read_bytes(), "%03d.mkv")
    assert len(frames_of(saved(answer, tmp_path / "out.mkv"))) == 2


# ---- processes


@pytest.fixture
def warm(server: FileServer, tmp_path: Path) -> set[int]:
    """The workers there are already."""
    clip = write_clip(tmp_path / "warm.mkv", replace(SMALL, frames=1))
    assert server.post("/video", clip.read_bytes()).status_code == 200
    return set(workers())


def asked(server: FileServer, data: bytes, warm: set[int], read: float) -> tuple[threading.Thread, list[object]]:
    """A request for a slow clip whose own worker runs, and the list that its answer, or what goes wrong, will be in."""

    def ask() -> None:
        with server.client(timeout=httpx.Timeout(60, read=read)) as client:
            try:
                answers.append(client.post("/video", files={"file": ("cat.avi", data)}, data={"scale": "4"}))
            except httpx.ReadTimeout as error:
                answers.append(error)

    answers = list[object]()
    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: len(set(workers()) - warm) == 1)
    return asking, answers


def test_a_client_that_leaves_ends_the_work(server: FileServer, tmp_path: Path, warm: set[int]) -> None:
    asking, answers = asked(server, slow_clip(tmp_path / "in.avi"), warm, read=1)
    asking.join(60)
    assert isinstance(answers[0], httpx.ReadTimeout)
    until(lambda: set(workers()) == warm)


def test_a_process_that_dies_costs_its_clip_alone(server: FileServer, tmp_path: Path, warm: set[int]) -> None:
    asking, answers = asked(server, slow_clip(tmp_path / "in.avi"), warm, read=60)
    kill(*(set(workers()) - warm))
    asking.join(60)
    assert isinstance(answers[0], httpx.Response)
    refused(answers[0], 422, "cat.avi", "SIGKILL")
    assert set(workers()) == warm
