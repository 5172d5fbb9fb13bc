"""`/jobs`: a video is taken, queued, enlarged with progress, fetched and forgotten; whatever ends it leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from clips import Clip, Sound, truncated, write_clip
from file_server import SLOW_FRAMES, FileServer, kill, refused, serving, slow_clip, workers
from framelift.engine.live.http import job as job_module
from framelift.engine.live.http import job_list, jobs, scratch, workshop
from framelift.engine.live.settings import LiveSettings, ServeSettings
from framelift.engine.live.workers.task import Caps
from framelift.engine.verify import verify
from waiting import until

SMALL = Clip(width=64, height=48, frames=12, options={"g": "4"})
SETTINGS = ServeSettings(max_video_bytes=4 << 20, live=LiveSettings(threads=1))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    with serving(tmp_path_factory.mktemp("files"), SETTINGS) as started:
        yield started


ADDRESSES = list[str]()  # of the jobs that a test has started


@pytest.fixture(autouse=True)
def _nothing_left(server: FileServer) -> Iterator[None]:
    yield
    while ADDRESSES:
        server.delete(ADDRESSES.pop())
    until(lambda: server.scratches == [] and len(workers()) <= 1)  # the warm one stays


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip that is done at once."""
    return write_clip(tmp_path_factory.mktemp("small") / "in.mkv", SMALL).read_bytes()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip that takes long: it is enlarged four times."""
    return slow_clip(tmp_path_factory.mktemp("slow") / "in.avi")


def started(server: FileServer, data: bytes, name: str = "in.mkv", **fields: str) -> str:
    """The address of a new job."""
    answer = server.post("/jobs", data, name, **fields)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    ADDRESSES.append(answer.headers["location"])
    return ADDRESSES[-1]


def state(server: FileServer, address: str) -> dict[str, Any]:
    answer = server.get(address)
    assert answer.status_code == 200, answer.text[:300]
    told: dict[str, Any] = answer.json()
    return told


def ended(server: FileServer, address: str) -> dict[str, Any]:
    """The job's last state."""
    until(lambda: state(server, address)["state"] in ("done", "failed"))
    return state(server, address)


def running(server: FileServer, slow: bytes) -> str:
    """The address of a job that has begun, and will not end by itself."""
    address = started(server, slow, "slow.avi", scale="4")
    until(lambda: state(server, address)["frames"] > 0)
    return address


# ---- from the upload to the result


def test_a_job_gives_the_enlarged_video(server: FileServer, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", replace(SMALL, frames=50, sounds=(Sound(),)))
    answer = server.post("/jobs", source.read_bytes(), "my cat.mp4", scale="3", model="tiny-8")
    told = answer.json()
    assert (told["state"], told["frames"], told["frames_total"]) == ("queued", 0, 50)
    assert (told["input"], told["output"], told["filename"]) == ([64, 48], [192, 144], "my cat-x3.mp4")
    last = ended(server, answer.headers["location"])
    assert (last["state"], last["frames"], last["frames_total"], last["error"]) == ("done", 50, 50, None)
    assert last["fps"] > 0
    assert (last["model"], last["scale"]) == ("tiny-8", 3)
    result = server.get(f"{answer.headers['location']}/result")
    assert result.headers["content-disposition"] == 'attachment; filename="my cat-x3.mp4"'
    assert result.headers["content-type"] == "video/mp4"
    (tmp_path / "out.mp4").write_bytes(result.content)
    assert verify(source, tmp_path / "out.mp4").findings == ()
    assert server.delete(answer.headers["location"]).status_code == 204
    refused(server.get(answer.headers["location"]), 404, "no job")


def test_a_result_can_be_fetched_in_parts(server: FileServer, small: bytes) -> None:
    address = started(server, small)
    assert ended(server, address)["state"] == "done"
    whole = server.get(f"{address}/result").content
    with server.client() as client:
        head = client.head(f"{address}/result")
        assert (head.status_code, head.content) == (200, b"")
        assert (head.headers["accept-ranges"], int(head.headers["content-length"])) == ("bytes", len(whole))
    first = server.get(f"{address}/result", Range="bytes=0-99")
    rest = server.get(f"{address}/result", Range="bytes=100-")
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.headers["content-range"] == f"bytes 0-99/{len(whole)}"
    assert first.content + rest.content == whole
    assert server.get(f"{address}/result", Range=f"bytes={len(whole)}-").status_code == 416


def test_damage_is_told(server: FileServer, tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=40))
    address = started(server, truncated(whole, tmp_path / "cut.mkv").read_bytes())
    last = ended(server, address)
    assert last["state"] == "done"
    assert last["damage"]
    assert 0 < last["frames"] < 40
    assert server.get(f"{address}/result").headers["framelift-damage"] == last["damage"]


def test_there_is_no_result_before_the_end(server: FileServer, slow: bytes) -> None:
    address = running(server, slow)
    answer = server.get(f"{address}/result")
    refused(answer, 409, "running")
    assert int(answer.headers["retry-after"]) > 0
    told = state(server, address)
    assert told["frames_total"] == SLOW_FRAMES
    assert told["eta"] > 0


# ---- events


def events(lines: Iterator[str], most: int = 10_000) -> Iterator[tuple[int, dict[str, Any]]]:
    """(id, data) of server-sent events, as a browser reads them."""
    number, data = 0, ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "id":
            number = int(value)
        elif field == "data":
            data = value
        elif not line and data:
            yield number, json.loads(data)
            data, most = "", most - 1
            if not most:
                return


def test_events_tell_progress_until_the_end(server: FileServer, tmp_path: Path) -> None:
    data = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=100)).read_bytes()
    address = started(server, data)
    with server.client() as client, client.stream("GET", f"{address}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        got = list(events(answer.iter_lines()))
    numbers, states = [number for number, _ in got], [told["state"] for _, told in got]
    frames = [told["frames"] for _, told in got]
    assert numbers == sorted(set(numbers))
    assert states[-1] == "done"
    assert set(states[:-1]) <= {"queued", "running"}
    assert frames == sorted(frames)
    assert frames[-1] == 100
    assert got[-1][1] == state(server, address)
    again = server.get(f"{address}/events", **{"Last-Event-ID": str(numbers[-1])})
    assert (again.status_code, again.content) == (204, b"")  # which tells a browser not to come again
    missed = server.get(f"{address}/events", **{"Last-Event-ID": str(numbers[0])})
    assert [told["state"] for _, told in events(iter(missed.text.splitlines()))] == ["done"]
    for odd in ("abc", "-1", "9" * 30):
        assert server.get(f"{address}/events", **{"Last-Event-ID": odd}).status_code == 200


def test_events_resume_where_they_broke_off(server: FileServer, slow: bytes) -> None:
    address = running(server, slow)
    with server.client() as client:
        with client.stream("GET", f"{address}/events") as answer:
            *_, (seen, before) = events(answer.iter_lines(), most=2)
        with client.stream("GET", f"{address}/events", headers={"Last-Event-ID": str(seen)}) as answer:
            number, after = next(events(answer.iter_lines()))
        assert number > seen
        assert after["frames"] >= before["frames"]


def test_events_end_when_the_job_is_removed(server: FileServer, slow: bytes) -> None:
    address = running(server, slow)
    with server.client() as client:
        with client.stream("GET", f"{address}/events") as answer:
            got = events(answer.iter_lines())
            next(got)
            server.delete(address)
            *_, (_, last) = got
        assert last["state"] == "cancelled"


def test_silence_is_filled_with_heartbeats(
    server: FileServer, slow: bytes, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", 0.05)
    running(server, slow)
    waiting = started(server, small)
    with server.client() as client, client.stream("GET", f"{waiting}/events") as answer:
        lines = answer.iter_lines()
        until(lambda: next(lines) == ": ")


# ---- removal


def test_removal_ends_the_work(server: FileServer, slow: bytes) -> None:
    address = running(server, slow)
    assert len(workers()) == 2
    assert server.delete(address).status_code == 204
    assert len(workers()) == 1
    assert server.scratches == []
    refused(server.get(address), 404, "no job")
    refused(server.delete(address), 404, "no job")
    refused(server.get(f"{address}/result"), 404, "no job")
    refused(server.get(f"{address}/events"), 404, "no job")


def test_a_job_that_waits_can_be_removed(server: FileServer, slow: bytes, small: bytes) -> None:
    address = running(server, slow)
    waiting, after = started(server, small), started(server, small)
    assert state(server, waiting)["state"] == "queued"
    assert server.delete(waiting).status_code == 204
    assert state(server, after)["state"] == "queued"
    server.delete(address)
    assert ended(server, after)["state"] == "done"


def test_results_expire(server: FileServer, small: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_list, "KEPT_SECONDS", 0.2)
    address = started(server, small)
    until(lambda: server.get(address).status_code == 404)
    assert server.scratches == []


def test_an_ended_job_says_when_it_expires(server: FileServer, small: bytes) -> None:
    address = started(server, small)
    last = ended(server, address)
    made = server.get(f"{address}/result").headers["last-modified"]
    assert last["expires"] == pytest.approx(parsedate_to_datetime(made).timestamp() + job_module.KEPT_SECONDS, abs=5)


def test_old_results_make_room(server: FileServer, small: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_list, "MOST_KEPT", 2)
    addresses = []
    for _ in range(3):
        addresses.append(started(server, small))
        until(lambda: server.get(addresses[-1]).json()["state"] == "done")
    assert [server.get(address).status_code for address in addresses] == [404, 200, 200]
    monkeypatch.setattr(scratch, "SPARE_DISK", 1 << 60)
    refused(server.post("/jobs", small), 507, "disk")
    assert [server.get(address).status_code for address in addresses] == [404, 404, 404]


# ---- what is refused, and what goes wrong


def test_bad_uploads_are_refused_at_once(server: FileServer, monkeypatch: pytest.MonkeyPatch, small: bytes) -> None:
    refused(server.post("/jobs", b"hello", "a.mp4"), 422, "a.mp4 cannot be read")
    refused(server.post("/jobs", bytes(SETTINGS.max_video_bytes + 1)), 413, "over")
    refused(server.post("/jobs", small, model="better"), 422, "no model")
    refused(server.post("/jobs", small, scale="1"), 422, "scale")
    with server.client() as client:
        refused(client.post("/jobs", json={"DATA": "AAAA"}), 415, "application/json")
    monkeypatch.setattr(workshop, "JOB", Caps(pixels=10**6, frames=11))
    refused(server.post("/jobs", small), 413, "11 frames", "parts")
    monkeypatch.setattr(workshop, "JOB", Caps(pixels=128 * 96 - 1, frames=100))
    refused(server.post("/jobs", small), 413, "128x96")


def test_a_full_queue_is_told(server: FileServer, slow: bytes, small: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_list, "MOST_WAITING", 2)
    running(server, slow)
    started(server, small)
    started(server, small)
    answer = server.post("/jobs", small)
    refused(answer, 503, "2 jobs wait")
    assert int(answer.headers["retry-after"]) > 0


def test_a_process_that_dies_costs_its_job_alone(server: FileServer, slow: bytes, small: bytes) -> None:
    address = running(server, slow)
    next_one = started(server, small)
    warm, own = workers()
    kill(own)
    last = ended(server, address)
    assert (last["state"], last["eta"]) == ("failed", None)
    assert "SIGKILL" in last["error"]
    assert last["hint"]
    refused(server.get(f"{address}/result"), 409, "failed", "SIGKILL")
    assert ended(server, next_one)["state"] == "done"
    assert warm in workers()


def test_a_job_that_takes_too_long_is_ended(server: FileServer, slow: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "JOB_SECONDS", 0.05)
    address = started(server, slow, scale="4")
    last = ended(server, address)
    assert (last["state"], "longer than 0.05 s" in last["error"]) == ("failed", True)
    assert server.scratches == []


# ---- the end of the server


def test_the_server_ends_its_jobs_with_itself(tmp_path: Path, slow: bytes, small: bytes) -> None:
    before = set(workers())
    with serving(tmp_path, SETTINGS) as server:
        address = server.post("/jobs", slow, scale="4").headers["location"]
        assert server.post("/jobs", small).status_code == 202
        until(lambda: state(server, address)["frames"] > 0)
        assert len(set(workers()) - before) == 2
        assert len(server.scratches) == 2


SERVER = """
import socket, sys, tempfile, uvicorn
from fastapi import FastAPI
from framelift.engine.live.http import media
from framelift.engine.live.settings import ServeSettings
tempfile.tempdir = sys.argv[1]
app = FastAPI()
app.include_router(media.router(ServeSettings()))
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listener])
"""


def test_a_server_that_is_killed_leaves_nothing_either(tmp_path: Path, slow: bytes) -> None:
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        server = FileServer(f"http://127.0.0.1:{int(process.stdout.readline())}", tmp_path)
        address = server.post("/jobs", slow, scale="4").headers["location"]
        until(lambda: state(server, address)["frames"] > 0)
        children = workers(process.pid)
        assert len(children) == 2
    finally:
        process.kill()
        process.wait(30)
    until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    until(lambda: not list(tmp_path.iterdir()))
