"""What a run did, for people and as JSON."""

from __future__ import annotations

import re
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ExitCode
from .timing import StageTimes, Timing

if TYPE_CHECKING:
    from .decode import Decoder
    from .mux import OutputFile
    from .plan import Plan
    from .upscaler import Upscaler

SCHEMA = 1


@dataclass(frozen=True)
class RunReport:
    """One file's run. `stages` holds milliseconds a frame; `memory_peak` is the process's, in bytes."""

    schema: int
    input: str
    output: str
    model: str
    scale: int
    precision: str | None  # that was computed in; None where the model's file does not state it
    backend: str
    backend_reason: str
    encoder: str
    encoder_reason: str
    input_size: tuple[int, int]
    output_size: tuple[int, int]
    frames: int
    kept_share: float | None  # of the pixels: unchanged since the frame before, not computed again
    seconds: float
    fps: float
    stages: dict[str, StageTimes]
    limiting_stage: str
    memory_peak: int
    damage: str | None
    notes: list[str]

    @property
    def exit_code(self) -> ExitCode:
        """0, or 6 where the input was damaged."""
        return ExitCode.DAMAGED if self.damage else ExitCode.DONE

    def to_json(self) -> dict[str, object]:
        """Plain values for `json.dumps`."""
        return asdict(self)


def report_of(
    plan: Plan, decoder: Decoder, upscaler: Upscaler, output: OutputFile, timing: Timing, seconds: float
) -> RunReport:
    """Sum up a run that has ended."""
    g = plan.geometry
    return RunReport(
        schema=SCHEMA,
        input=str(plan.input),
        output=str(plan.output),
        model=plan.model.name,
        scale=plan.model.scale,
        precision="bf16" if plan.options.precision == "bf16" else plan.model.precision,
        backend=upscaler.backend.name,
        backend_reason=upscaler.backend.reason,
        encoder=plan.choice.encoder.name,
        encoder_reason=plan.choice.reason,
        input_size=(g.width, g.height),
        output_size=plan.output_size,
        frames=timing.frames,
        kept_share=None if upscaler.kept_share is None else round(upscaler.kept_share, 4),
        seconds=round(seconds, 3),
        fps=round(timing.frames / max(seconds, 1e-9), 2),
        stages=timing.stages(seconds),
        limiting_stage=timing.limiting_stage(),
        memory_peak=peak_memory(),
        damage=decoder.damage.describe() if decoder.damage else None,
        notes=_notes(plan, decoder, output),
    )


def peak_memory() -> int:
    """The largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists() and (line := re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"))):
        return 1024 * int(line[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # on Linux never below the peak of who started it
    return peak if sys.platform == "darwin" else 1024 * peak


def _notes(plan: Plan, decoder: Decoder, output: OutputFile) -> list[str]:
    """What a user should know that is no error."""
    notes = [f"dropped: {words}" for words in plan.dropped]
    if decoder.frames_deinterlaced:
        notes.append(f"{decoder.frames_deinterlaced} interlaced frames were deinterlaced by bwdif")
    if decoder.size_changes:
        notes.append(f"{decoder.size_changes} frames of another size or format were scaled to the first frame's")
    if decoder.timestamps_made_up:
        notes.append(f"{decoder.timestamps_made_up} frames had no usable timestamp and follow the frame rate")
    if output.timestamp_jumps:
        notes.append(f"{output.timestamp_jumps} packets of other tracks went back in time and were moved on")
    if output.text_overlaps:
        notes.append(f"{output.text_overlaps} subtitle texts overlap others, and this container shows one at a time")
    notes += [f"converted: stream {p.track.index} to {p.codec}" for p in plan.tracks if p.action == "convert"]
    return notes
