"""The trace file."""

from __future__ import annotations

import json
import os
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from framelift.engine.errors import OutputError
from framelift.engine.frame import Ledger
from framelift.engine.live import trace as trace_module
from framelift.engine.live.statistics import STAGES
from framelift.engine.live.trace import Trace
from hypothesis import given
from hypothesis import strategies as st
from waiting import until


def ledger_at(start: float, lasting: float = 0.004) -> Ledger:
    """A frame that goes through all stages, one right after the other."""
    return Ledger({s: (start + i * lasting, start + (i + 1) * lasting) for i, s in enumerate(STAGES)})


def events_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found


def test_every_span_is_an_event_with_its_times(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace.json")
    for frame in range(50):
        ledger = ledger_at(10 + frame / 30)
        trace.add("camera", ledger, STAGES[:-1])
        trace.add("camera", ledger, STAGES[-1:])
    trace.close()
    trace.close()
    events = events_of(tmp_path / "trace.json")
    spans = [event for event in events if event["ph"] == "X"]
    assert [event["name"] for event in spans] == [*STAGES] * 50
    assert len({event["args"]["frame"] for event in spans}) == 50
    for number, event in enumerate(spans):
        frame, stage = divmod(number, len(STAGES))
        assert event["ts"] == pytest.approx(1e6 * (10 + frame / 30 + 0.004 * stage), abs=0.2)
        assert event["dur"] == pytest.approx(4000, abs=0.2)
    names = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {names[event["tid"]] for event in spans} == {f"camera {stage}" for stage in STAGES}


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2)), max_size=40))
def test_events_of_one_row_do_not_overlap(tmp_path_factory: pytest.TempPathFactory, spans: Any) -> None:
    """They are where there are rows enough: a viewer of traces shows overlapping ones wrongly."""
    path = tmp_path_factory.mktemp("trace") / "trace.json"
    trace = Trace(path)
    for began, lasted in spans[: trace_module.ROWS]:
        for name in ("a", "b"):
            trace.add(name, Ledger({"arrive": (0, 0), "send": (began, began + lasted)}), ["send"])
    trace.close()
    rows: dict[int, list[tuple[float, float]]] = {}
    for event in events_of(path):
        if event["ph"] == "X":
            rows.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"]))
    for row in rows.values():
        assert all(earlier[1] <= later[0] + 0.2 for earlier, later in pairwise(sorted(row)))


@pytest.mark.parametrize("frames", [1, 400])
def test_a_file_that_ends_early_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int) -> None:
    """As after a crash: whatever has reached the file by then are whole events of an array that is not terminated."""
    monkeypatch.setattr(trace_module, "FLUSH_AFTER", 0.0)
    path = tmp_path / "trace.json"
    trace = Trace(path)
    for frame in range(frames):
        trace.add("camera", ledger_at(float(frame)), STAGES)
    until(lambda: path.read_text().count('"ph": "X"') == len(STAGES) * frames)
    text = path.read_text()
    trace.close()
    assert len([event for event in json.loads(f"{text}]") if event["ph"] == "X"]) == len(STAGES) * frames


def test_an_empty_trace_is_an_empty_array(tmp_path: Path) -> None:
    Trace(tmp_path / "trace.json").close()
    assert events_of(tmp_path / "trace.json") == []


def test_the_file_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_module, "MOST_BYTES", 1 << 20)
    trace = Trace(tmp_path / "trace.json")
    for frame in range(5000):
        trace.add("camera", ledger_at(frame / 30), STAGES)
    trace.close()
    assert (tmp_path / "trace.json").stat().st_size < (1 << 20) + 2 * trace_module.BLOCK
    assert "1 MB" in str(trace.note)
    json.loads((tmp_path / "trace.json").read_text() + "]")


def test_a_full_disk_ends_the_trace_and_nothing_else() -> None:
    trace = Trace(Path("/dev/full"))
    for frame in range(500):
        trace.add("camera", ledger_at(frame / 30), STAGES)
    trace.close()
    assert "No space left" in str(trace.note)


def test_what_comes_too_fast_is_left_out_and_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is a pipe that nobody reads: writing to it blocks for as long as it is full."""
    monkeypatch.setattr(trace_module, "MOST_COMING", 1000)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    trace = Trace(path)
    for frame in range(5000):
        trace.add("camera", ledger_at(frame / 30), STAGES)
    assert "lacks" in str(trace.note)
    os.set_blocking(reader, True)
    closing = threading.Thread(target=trace.close)
    closing.start()
    with os.fdopen(reader, "rb") as file:
        events = json.loads(file.read())
    closing.join(30)
    spans = [event for event in events if event["ph"] == "X"]
    lost = int(str(trace.note).partition("lacks ")[2].split()[0])
    assert len(spans) == (5000 - lost) * len(STAGES)
    assert lost >= 2000


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        Trace(tmp_path / "nowhere" / "trace.json")


def test_threads_may_write_at_once(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace.json")

    def write(name: str) -> None:
        for frame in range(300):
            trace.add(name, ledger_at(frame / 30), STAGES)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    trace.close()
    spans = [event for event in events_of(tmp_path / "trace.json") if event["ph"] == "X"]
    assert len(spans) == 3 * 300 * len(STAGES)
