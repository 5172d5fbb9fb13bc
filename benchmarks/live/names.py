"""What reports call the cases and their metrics: alike for who measures and who shows, who needs no peers installed."""

from __future__ import annotations

from dataclasses import dataclass

from .codecs import Codec

GLASS, P95, P99 = "glass to glass", "glass to glass p95", "glass to glass p99"
EARLY, LATE, GAP = "p50 at first", "p50 at last", "longest gap"
LOST, DOUBLED, OUT_OF_ORDER, UNREAD = "lost", "twice", "out of order", "unread"
FPS, BITRATE, PSNR = "pictures seen", "bitrate", "PSNR-Y"
CORES, MEMORY, ADDED, ENCODE, MACHINE = "cores busy", "memory", "added p95", "cores that encode", "machine late"
"""The metrics of a run, as the viewer, the server and the publisher see it. All but the first have a value a run."""

SMALL_BITRATE, GAIN = "small, bitrate", "gain"
"""Of the small stream that the viewer enlarges, and what our picture is better by."""

THREADS, FILES, PROCESSES = "threads", "open files", "processes"
"""The server's, beside `MEMORY`."""


@dataclass(frozen=True)
class System:
    """A server, ours or plain aiortc, and peers, with our changes to aiortc or plain."""

    ours: bool
    tuned: bool

    @property
    def name(self) -> str:
        """Of server and peers."""
        return f"{'ours' if self.ours else 'stock'}, {'our' if self.tuned else 'stock'} peers"


OURS = System(ours=True, tuned=True)
STOCK = System(ours=False, tuned=False)
ALL = (OURS, System(ours=True, tuned=False), System(ours=False, tuned=True), STOCK)


def latency_of(codec: Codec, system: System) -> str:
    """A row of case latency, and its measurements."""
    return f"latency, {codec}, {system.name}"


def viewers_of(codec: Codec, system: System, count: int) -> str:
    """Likewise of case viewers."""
    return f"viewers, {codec}, {system.name}, {count}"
