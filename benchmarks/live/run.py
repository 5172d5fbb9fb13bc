"""One run: a server, a publisher, viewers, for a time; and what became of the frames."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from . import signalling
from .child import Child
from .codecs import Codec
from .failures import Failed
from .glass import Glass, Percentiles, glass_of
from .processes import Usage
from .publisher import Publishing, Sent, publish
from .scene import Scene
from .servers import Server
from .viewer import View, Viewing, view

_STREAM = "bench"
_BEGIN = 40.0  # seconds for a peer to begin in, a new interpreter among them
_END = 20.0  # and to end in


@dataclass(frozen=True)
class Peers:
    """Who sends and who watches. `tuned` peers have our changes to aiortc and our encoder."""

    scene: Scene
    codec: Codec
    tuned: bool
    seconds: float  # from the first picture that a viewer sees
    viewers: int = 1
    loss: float = 0.0
    compare: bool = False  # pictures with their originals
    uplink: int | None = None  # bits a second of a tuned publisher
    options: Mapping[str, str] = field(default_factory=dict)  # of the stream, in the WHIP address


@dataclass(frozen=True)
class Ran:
    """What a run showed: of the first viewer, the server, and the machine."""

    glass: Glass
    late_ms: Percentiles  # the camera's: how busy the machine was
    size: tuple[int, int]
    bitrate: float  # bits a second at the viewer
    psnr: float | None  # dB, the median of the pictures compared
    cpu: float  # cores the server kept busy
    memory: int  # bytes, at the end
    each: list[Glass]  # of all viewers
    session: dict[str, Any] | None  # what our server says of the publisher at the end

    @property
    def added_p95(self) -> float | None:
        """Milliseconds our server added: from a frame's last packet in to its last packet out."""
        added = self.session and self.session["video"]["added_ms"]
        return float(added["p95"]) if added else None  # none was sent in the last seconds of the run

    @property
    def encode_share(self) -> float | None:
        """How much of a core our server encoded."""
        encode = self.session and self.session["video"]["stages_ms"].get("encode")
        return float(encode["p50"] * self.session["video"]["fps_out"] / 1000) if self.session and encode else None


def run(server: Server, peers: Peers) -> Ran:
    """Raises Failed."""
    whip, whep = server.publishing(_STREAM), server.viewing(_STREAM)
    query = "&".join(f"{name}={value}" for name, value in peers.options.items())
    publishing = Publishing(peers.scene, f"{whip}?{query}" if query else whip, peers.codec, peers.tuned, peers.uplink)
    viewing = Viewing(whep, peers.codec, peers.tuned, peers.loss, peers.scene if peers.compare else None)
    with ExitStack() as started:
        publisher = started.enter_context(Child(publish, publishing))
        publisher.ready(_BEGIN)
        viewers = [started.enter_context(Child(view, viewing)) for _ in range(peers.viewers)]
        for viewer in viewers:
            viewer.ready(_BEGIN)
        before, began = Usage.of(server.pid), time.perf_counter()
        time.sleep(peers.seconds)
        after, ended = Usage.of(server.pid), time.perf_counter()
        session = _publisher_session(server)
        views = [viewer.result(_END) for viewer in viewers]
        sent = publisher.result(_END)
    return _summed_up(sent, views, (after.cpu - before.cpu) / (ended - began), after.memory, session)


def _summed_up(sent: Sent, views: Sequence[View], cpu: float, memory: int, session: dict[str, Any] | None) -> Ran:
    first = views[0]
    return Ran(
        glass=glass_of(sent.made, first.seen),
        late_ms=Percentiles.of(sent.late_ms),
        size=first.size,
        bitrate=first.bitrate,
        psnr=round(median(first.psnr), 3) if first.psnr else None,
        cpu=round(cpu, 3),
        memory=memory,
        each=[glass_of(sent.made, each.seen) for each in views],
        session=session,
    )


def _publisher_session(server: Server) -> dict[str, Any] | None:
    if not server.ours:
        return None
    sessions: list[dict[str, Any]] = signalling.get_json(f"{server.address}/sessions")
    for session in sessions:
        if session["kind"] == "publisher":
            return session
    raise Failed("the server has lost its publisher")
