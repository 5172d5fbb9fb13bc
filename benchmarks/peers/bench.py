"""The run itself: every peer opened in a process of its own, then all of them in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TypeVar

import av

from ..report import Report, add
from ..statistics.calibration import Calibration
from ..statistics.measurement import Measurement, measured_once
from ..statistics.steady import first_steady
from ..statistics.turns import interleaved
from .material import Material
from .peer import ELSEWHERE, Absent, Peer
from .picture_sets import PictureSet, psnr_of
from .quality import quality_of, quality_of_bicubic
from .running import FileJob, FileRun, Job, PeerFailed, Running
from .settings import Say, Settings

FRAME_METRIC = "frame"
FILE = 3
"""How many times as long a turn of a file is, at the speed of its frames, as one of frames."""
FILE_FRAMES = (2, 4, 8, 16, 32, 64, 128)

_PSNR, _SSIM = 0.005, 0.00005  # differences that count as none

T = TypeVar("T")


@dataclass
class Bench:
    """What all parts of the run share. A peer that fails is told of in the report, and left out from then on."""

    settings: Settings
    material: Material
    report: Report
    say: Say
    keep: Callable[[], None]
    calibration: Calibration = field(default_factory=Calibration)
    failed: set[Peer] = field(default_factory=set)

    def run(self, peers: Sequence[Peer], sets: Sequence[PictureSet]) -> None:
        """Everything on all threads; on one, milliseconds alone."""
        for threads in self.settings.threads:
            with ExitStack() as stack:
                running = self._opened([peer for peer in peers if peer not in self.failed], threads, stack)
                if threads == self.settings.threads[0]:
                    self._compare(running)
                frames = self._time_frames(running, threads)
                if threads == self.settings.threads[0]:
                    self._time_files(running, frames)
                    self._compare_pictures(running, sets)

    def _opened(self, peers: Sequence[Peer], threads: int, stack: ExitStack) -> dict[Peer, Running]:
        self.say(f"opening {len(peers)} peers, {threads} thread{'s' if threads > 1 else ''} each")
        job = Job(self.material.size, self.settings.scale, threads)

        def opened(peer: Peer) -> Running:
            return stack.enter_context(peer.opened(job))

        found = {peer: self._tried(peer, partial(opened, peer)) for peer in peers}
        return {peer: running for peer, running in found.items() if running is not None}

    def _compare(self, running: Mapping[Peer, Running]) -> None:
        """Rows, PSNR and SSIM of those whose pictures are what they should be."""
        bicubic = quality_of_bicubic(self.material)
        for peer, opened in running.items():
            quality = self._tried(peer, partial(quality_of, opened, peer.pix_fmt, self.material, bicubic))
            if quality is None:
                continue
            case = peer.case(self.material.size)
            add(self.report, measured_once(case, "PSNR-Y", "dB", "higher", quality.psnr, _PSNR))
            add(self.report, measured_once(case, "SSIM", "", "higher", quality.ssim, _SSIM))
            self.report["rows"].append(self._row(peer, opened))
            self.keep()
            self.say(f"{case}: {quality.psnr:.2f} dB")

    def _row(self, peer: Peer, opened: Running) -> dict[str, object]:
        """Without figures: these are measurements."""
        return {
            "name": peer.name,
            "case": peer.case(self.material.size),
            "threads": {str(threads): peer.case(self.material.size, threads) for threads in self.settings.threads},
            "group": peer.group,
            "pix_fmt": peer.pix_fmt,
            "about": opened.about,
            "file_frames": None,
        }

    def _time_frames(self, running: Mapping[Peer, Running], threads: int) -> dict[Peer, float]:
        """The median of each, in milliseconds."""
        codes = {pix_fmt: self.material.codes(pix_fmt) for pix_fmt in {peer.pix_fmt for peer in running}}

        def turn(peer: Peer) -> tuple[float, ...]:
            found = running[peer].times(codes[peer.pix_fmt], self.settings.seconds)
            return tuple(found[first_steady(found) :] or found[1:] or found)

        return {
            peer: self._add(peer.case(self.material.size, threads), FRAME_METRIC, "ms", turns)
            for peer, turns in self._in_turns(running, turn, self.settings.repeat).items()
        }

    def _time_files(self, running: Mapping[Peer, Running], frames: Mapping[Peer, float]) -> None:
        """Of as many frames as a turn has time for."""
        jobs = {peer: self._job(milliseconds) for peer, milliseconds in frames.items()}
        runs = self._in_turns(
            frames, lambda peer: self._file(peer, running[peer], jobs[peer]), self.settings.file_turns
        )
        rows = {row["case"]: row for row in self.report["rows"]}
        for peer, turns in runs.items():
            case = peer.case(self.material.size)
            rows[case]["file_frames"] = jobs[peer].frames
            self._add(case, "throughput", "fps", [(run.fps,) for run in turns])
            if all(run.memory for run in turns):
                self._add(case, "memory", "MB", [(run.memory / 1e6,) for run in turns])

    def _file(self, peer: Peer, opened: Running, job: FileJob) -> FileRun:
        run = peer.file(opened, job)
        with av.open(str(job.output)) as file:
            written = sum(1 for packet in file.demux(video=0) if packet.size)
        if written != job.frames:
            raise PeerFailed(f"wrote {written} of {job.frames} frames")
        return run

    def _job(self, milliseconds: float) -> FileJob:
        fitting = [count for count in FILE_FRAMES if count * milliseconds <= 1000 * FILE * self.settings.seconds]
        frames, output = max(fitting, default=FILE_FRAMES[0]), self.material.folder / "out.mp4"
        s = self.settings
        return FileJob(self.material.file(frames), output, frames, s.scale, s.preset, s.crf)

    def _compare_pictures(self, running: Mapping[Peer, Running], sets: Sequence[PictureSet]) -> None:
        """Not of what has the network of framelift's own rows."""
        for peer, pictures in ((peer, pictures) for peer in running for pictures in sets):
            if peer.group == ELSEWHERE:
                continue
            work = partial(psnr_of, running[peer], peer.pix_fmt, pictures, self.settings.scale)
            found = self._tried(peer, work)
            if found is not None:
                case = peer.case(self.material.size)
                add(self.report, measured_once(case, f"PSNR-Y, {pictures.name}", "dB", "higher", found, _PSNR))
        self.keep()

    def _in_turns(self, peers: Mapping[Peer, object], work: Callable[[Peer], T], turns: int) -> dict[Peer, list[T]]:
        """Results of those that did not fail."""
        left = {peer.case(self.material.size): peer for peer in peers if peer not in self.failed}
        works = {case: partial(self._tried, peer, partial(work, peer)) for case, peer in left.items()}
        found = interleaved(works, turns, calibration=self.calibration)
        whole = {left[case]: [each for each in results if each is not None] for case, results in found.items()}
        return {peer: results for peer, results in whole.items() if peer not in self.failed}

    def _add(self, case: str, metric: str, unit: str, turns: Sequence[tuple[float, ...]]) -> float:
        """The median of what is added."""
        measurement = Measurement(case, metric, unit, "higher" if unit == "fps" else "lower", tuple(turns))
        add(self.report, measurement)
        self.keep()
        self.say(f"{case}: {measurement.median:.2f} {unit}")
        return measurement.median

    def _tried(self, peer: Peer, work: Callable[[], T]) -> T | None:
        """None where the peer fails, or has."""
        if peer in self.failed:
            return None
        try:
            return work()
        except PeerFailed as error:
            self.failed.add(peer)
            self.report["absent"].append(asdict(Absent(peer.name, str(error), peer.hint)))
            self.say(f"{peer.name}: {error}")
            return None
