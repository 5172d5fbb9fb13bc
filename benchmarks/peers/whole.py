"""File to file: framelift by its own command, and around a peer the same decoder and encoder, each in its thread."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ...engine.channel import Channel, Crew
from ...engine.decode import Decoder
from ...engine.encoders import EncodeSettings
from ...engine.frame import DecodedFrame, UpscaledFrame
from ...engine.geometry import TargetSize
from ...engine.media import open_input
from ...engine.mux import OutputFile
from ...engine.pipeline import DEPTH, PACKETS, Copied, Encoded, encode, pump, read, write
from ...engine.plan import Options, make_plan
from ...engine.timing import Timing
from .apart.serving import Codes
from .command import run
from .formats import PixFmt, codes_of, picture_of
from .running import FileJob, FileRun, Running

LIMIT = 600.0
"""Seconds for one run."""
_COMMAND = "from framelift.cli.main import main; main()"


@dataclass(frozen=True)
class _Work:
    """A frame and its bytes: small ones, then large ones."""

    frame: DecodedFrame
    codes: Codes


def file_around(running: Running, pix_fmt: PixFmt, job: FileJob) -> FileRun:
    """Frames go to the peer and come back over pipes, which counts, as do conversions of colour."""

    def prepare(frame: DecodedFrame) -> _Work:
        with frame.ledger.stage("prepare"):
            return _Work(frame, codes_of(frame.picture, pix_fmt))

    def enlarge(work: _Work) -> _Work:
        with work.frame.ledger.stage("upscale"):
            return replace(work, codes=running.enlarged(work.codes))

    def finish(work: _Work) -> UpscaledFrame:
        frame = work.frame
        with frame.ledger.stage("finish"):
            picture = picture_of(work.codes, pix_fmt, frame.picture)
            picture.colorspace, picture.color_range = frame.picture.colorspace, frame.picture.color_range
        return UpscaledFrame(
            picture, frame.index, frame.pts, frame.duration, frame.time_base, frame.colour, frame.sample_aspect_ratio,
            frame.ledger,
        )  # fmt: skip

    plan = make_plan(job.source, job.output, _options(job))
    with open_input(plan.input) as source, OutputFile(plan, source) as output, Crew() as crew:
        timing, began = Timing(), time.perf_counter()
        decoder = Decoder(source, plan.facts.video, set(), "off")
        decoded: Channel[DecodedFrame] = crew.channel(DEPTH)
        prepared: Channel[_Work] = crew.channel(DEPTH)
        enlarged: Channel[_Work] = crew.channel(DEPTH)
        finished: Channel[UpscaledFrame] = crew.channel(DEPTH)
        packets: Channel[Encoded | Copied] = crew.channel(PACKETS, producers=2)
        crew.start("decode", lambda: read(decoder, decoded, packets), decoded, packets)
        crew.start("prepare", lambda: pump(decoded, prepare, prepared), prepared)
        crew.start("upscale", lambda: pump(prepared, enlarge, enlarged), enlarged)
        crew.start("finish", lambda: pump(enlarged, finish, finished), finished)
        crew.start("encode", lambda: encode(finished, output.encoder, packets, timing), packets)
        crew.start("write", lambda: write(packets, output))
        crew.wait(0.02, lambda: None)
        output.finish()
        seconds = time.perf_counter() - began
    return FileRun(job.frames / seconds, running.memory)


def file_by_framelift(model: str, precision: str, job: FileJob) -> FileRun:
    """`framelift upscale` as anybody calls it; its own measure of time and memory. Raises PeerFailed."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--model", model, "--precision", precision, "--backend", "native", "--scale", str(job.scale)]
        options += ["--preset", job.preset, "--crf", f"{job.crf:g}", "--overwrite", "--json", str(report)]
        command = [sys.executable, "-P", "-c", _COMMAND, "upscale", str(job.source), str(job.output), *options]
        run(command, LIMIT)
        (entry,) = json.loads(report.read_text(encoding="utf-8"))["files"]
    return FileRun(job.frames / entry["seconds"], entry["memory_peak"])


def _options(job: FileJob) -> Options:
    """Their model is not run: it stands for the scale."""
    encoder = EncodeSettings(codec="libx264", crf=job.crf, preset=job.preset)
    return Options(target=TargetSize(job.scale), encode=encoder, overwrite=True)
