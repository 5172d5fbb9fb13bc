"""The table of all files: each is upscaled and verified, or refused with a documented code; the table says which."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from ..engine.errors import ExitCode, FrameliftError, InputError
from ..engine.media import MediaFacts, open_input, probe
from ..engine.pipeline import run
from ..engine.plan import Options, make_plan
from ..engine.report import RunReport
from ..engine.verify import verify
from .tables import table

PQ, HLG, FULL_RANGE = 16, 18, 2  # H.273 codes


class Outcome(Enum):
    """What became of a file."""

    KEPT = "upscaled, verify ok"
    DAMAGED = "upscaled what can be decoded (exit code 6), verify ok"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Examined:
    """One file: what it is, what became of it, and the details in words."""

    name: str
    what: str
    outcome: Outcome
    words: str


def examine(folders: Iterable[Path], options: Options, suffix: str, say: Callable[[str], None]) -> list[Examined]:
    """Try every file below `folders`, writing to a temporary folder. Raises InputError where there is none."""
    paths = [(folder.resolve(), path) for folder in folders for path in _files_below(folder.resolve())]
    if not paths:
        raise InputError("these folders hold no file", "name folders of video files")
    rows = []
    with TemporaryDirectory() as work:
        for folder, path in paths:
            output = Path(work) / f"output{suffix}"
            row = _examined(path, output, f"{folder.name}/{path.relative_to(folder)}", options)
            say(f"{row.name}: {row.outcome.value}{row.words and ': '}{row.words}")
            output.unlink(missing_ok=True)
            rows.append(row)
    return rows


def markdown(rows: list[Examined], command: str) -> str:
    """The table as a document; it names no place of this machine."""
    counts = [f"{sum(row.outcome is outcome for row in rows)} {outcome.value}" for outcome in Outcome]
    lines = ((f"`{row.name}`", row.what, row.outcome.value, row.words) for row in rows)
    return (
        f"# All files\n\nMade by `{command}`: every file is upscaled and the result compared with it by "
        f"`framelift verify`.\n\n{len(rows)} files: {'; '.join(counts)}.\n\n"
        f"{table(('file', 'what it is', 'result', 'details'), lines, numbers=False)}\n"
    )


def _files_below(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder", "name folders of video files")
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _examined(path: Path, output: Path, name: str, options: Options) -> Examined:
    try:
        what = _description(probe(path, options.stream))
    except FrameliftError:
        what = f"{path.stat().st_size} bytes"
    try:
        outcome, words = _tried(path, output, options)
    except Exception as error:  # noqa: BLE001  an internal error is a row of the table, too
        outcome, words = Outcome.FAILED, f"exit code {int(ExitCode.INTERNAL)}: {type(error).__name__}: {error}"
    return Examined(name, what, outcome, words.replace(f"{path.parent}/", "").replace(f"{output.parent}/", ""))


def _tried(path: Path, output: Path, options: Options) -> tuple[Outcome, str]:
    try:
        report = run(make_plan(path, output, options))
    except FrameliftError as error:
        refused = ExitCode.USAGE <= error.exit_code <= ExitCode.OUTPUT
        return Outcome.REFUSED if refused else Outcome.FAILED, f"exit code {int(error.exit_code)}: {error.message}"
    words = [f"{report.frames} frame{'s' * (report.frames != 1)}", *_remarks(report)]
    verified = verify(path, output, stream=options.stream)
    findings = [f"{finding.check}: {finding.message}" for finding in verified.findings]
    if findings:
        return Outcome.FAILED, "; ".join([*words, *findings])
    return Outcome.DAMAGED if report.damage else Outcome.KEPT, "; ".join(words)


def _remarks(report: RunReport) -> list[str]:
    return [*([report.damage] if report.damage else []), *report.notes]


def _description(facts: MediaFacts) -> str:
    """Codec, size, pixel format, rate, and whatever is not plain."""
    video, colour = facts.video, facts.video.colour
    aspect = video.sample_aspect_ratio
    remarks = {
        "variable rate": video.has_pts and _rate_varies(facts),
        "no timestamps": not video.has_pts,
        "timestamps out of order": video.has_pts and not video.pts_in_order,
        "interlaced": video.interlaced,
        f"pixels {aspect.numerator}:{aspect.denominator}": aspect != 1,
        f"turned by {video.rotation} degrees": video.rotation != 0,
        "alpha": video.alpha,
        "full range": colour.range == FULL_RANGE,
        "HDR": colour.transfer in (PQ, HLG),
        **dict.fromkeys(_tracks(facts), True),
    }
    words = [
        f"{video.codec} {video.width}x{video.height} {video.pix_fmt}, {float(video.rate):.5g} fps",
        *(remark for remark, holds in remarks.items() if holds),
    ]
    return ", ".join(words)


def _tracks(facts: MediaFacts) -> list[str]:
    """What there is beside the video, counted by type."""
    kinds = ["cover art" if t.cover_art else "more video" if t.type == "video" else t.type for t in facts.tracks]
    words = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    return words + ([f"{facts.chapters} chapters"] if facts.chapters else [])


def _rate_varies(facts: MediaFacts) -> bool:
    """Whether more than a tenth of the steps from frame to frame differ from the usual one, rounding aside."""
    with open_input(facts.path) as container:
        packets = container.demux(container.streams[facts.video.index])
        pts = sorted({packet.pts for packet in packets if packet.pts is not None})
    steps = [after - before for before, after in pairwise(pts)]
    usual = statistics.median_low(steps) if steps else 0
    return sum(abs(step - usual) > 1 for step in steps) > len(steps) / 10
