"""The routes for pictures, videos and jobs in an application of the tests' own, served by a real uvicorn."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import uvicorn
from fastapi import FastAPI
from framelift.engine.live.http import errors, media
from framelift.engine.live.settings import ServeSettings
from waiting import until

SLOW_FRAMES = 600


@dataclass
class FileServer:
    """One that runs. Its files lie in a folder within `temporary`."""

    url: str
    temporary: Path

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, **{"timeout": 60, **options})

    def post(self, path: str, file: bytes, name: str | None = "file.bin", **fields: str) -> httpx.Response:
        """As a form does."""
        with self.client() as client:
            return client.post(path, files={"file": (name, file)}, data=fields)

    def get(self, path: str, **headers: str) -> httpx.Response:
        with self.client() as client:
            return client.get(path, headers=headers)

    def delete(self, path: str) -> httpx.Response:
        with self.client() as client:
            return client.delete(path)

    @property
    def scratches(self) -> list[str]:
        """The folders of files under way, and of jobs."""
        return sorted(path.name for path in self.temporary.glob("framelift-*/*"))


@contextlib.contextmanager
def serving(temporary: Path, settings: ServeSettings | None = None) -> Iterator[FileServer]:
    """Runs until the body ends; then nothing of it may be left."""
    app = FastAPI()
    errors.install(app)
    app.include_router(media.router(settings or ServeSettings()))
    before, others = tempfile.tempdir, workers()
    tempfile.tempdir = str(temporary)
    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="file-server")
        thread.start()
        try:
            until(lambda: server.started or not thread.is_alive())
            yield FileServer(f"http://127.0.0.1:{listener.getsockname()[1]}", temporary)
        finally:
            server.should_exit = True
            thread.join(30)
            tempfile.tempdir = before
    assert not thread.is_alive()
    assert set(workers()) <= set(others)
    assert list(temporary.glob("framelift-*")) == []


def workers(parent: int | None = None) -> list[int]:
    """The processes that this one (or `parent`) has for files, by their ids, the oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it has ended meanwhile
            line = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes()
            if int(line[1]) == (parent or os.getpid()) and line[0] != "Z" and b"live.workers.child" in words:
                found.append((int(line[19]), int(folder.name)))  # with the time it started (proc(5))
    return [number for _, number in sorted(found)]


def processor_seconds(worker: int) -> float:
    """What it has used so far."""
    line = Path(f"/proc/{worker}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(line[11]) + int(line[12])) / os.sysconf("SC_CLK_TCK")  # in itself and in the kernel (proc(5))


def kill(worker: int) -> None:
    """As the system does when it is short of memory."""
    os.kill(worker, signal.SIGKILL)


def slow_clip(path: Path) -> bytes:
    """An AVI whose enlargement takes long, for every pixel of it changes with every frame; its scale is to be 4."""
    blocks = np.random.default_rng(1).integers(16, 236, (SLOW_FRAMES, 15, 20), dtype=np.uint8)
    with av.open(str(path), "w", format="avi") as file:
        stream = file.add_stream("mpeg4", rate=25, options={"qmin": "12", "qmax": "12"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number, picture in enumerate(blocks):
            frame = av.VideoFrame.from_ndarray(picture.repeat(16, 0).repeat(16, 1), "gray").reformat(format="yuv420p")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path.read_bytes()


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    """The answer says what is wrong and what to do, and nothing of where the server keeps files."""
    assert answer.status_code == status, answer.text[:300]
    told = answer.json()
    assert set(told) == {"error", "hint"}
    for word in words:
        assert word in told["error"] + " | " + told["hint"]
    assert "/framelift-" not in answer.text
