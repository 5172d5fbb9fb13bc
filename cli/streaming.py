"""`framelift stream`: from any address to any other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import say

if TYPE_CHECKING:
    from framelift.engine.live.stream.report import StreamReport


def stream(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A file, v4l2:/dev/video0, screen:, or an address: rtsp, rtmp, udp, http (HLS too), srt.",
        ),
    ],
    destination: Annotated[
        str,
        typer.Argument(
            metavar="DEST",
            help="A file, an HLS folder/ or .m3u8, or an address: rtmp, rtsp, udp, srt, http(s)://.../whip/... (WHIP).",
        ),
    ],
    scale: Annotated[int, typer.Option(help="2, 3 or 4.")] = 2,
    model: Annotated[str, typer.Option(help="A name of `framelift models`, an .onnx file, or bicubic.")] = "tiny-16",
    backend: Annotated[str, typer.Option(help="As `framelift upscale` has it.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16, int8; auto: int8 for 8 bits.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Of the backend; one for each core by default.")] = None,
    budget: Annotated[
        float | None, typer.Option(min=1, help="Milliseconds a frame may stay; the time between frames by default.")
    ] = None,
    codec: Annotated[str | None, typer.Option(help="h264 or vp8; the first the destination takes by default.")] = None,
    bitrate: Annotated[
        int | None, typer.Option(min=150_000, help="Bits a second; by size and rate by default.")
    ] = None,
    audio: Annotated[
        str, typer.Option(help="copy: as it is where the destination takes it, else as AAC or Opus; none.")
    ] = "copy",
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds without data after which a source counts as gone.")
    ] = 5.0,
    give_up_after: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds a live source or the destination may be gone; for ever if not given."),
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="FRAMELIFT_TOKEN", help="Bearer token of a WHIP destination.")
    ] = None,
    input_option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of FFmpeg's for the source, such as video_size=640x480."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")] = False,
    trace: Annotated[
        Path | None, typer.Option(help="Write where each frame's time went, in Chrome's trace format.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--json", help="Write a report here when the stream ends.")] = None,
) -> int:
    """Enhance a stream while it runs. Ctrl-C is its normal end: a file is then finished and whole."""
    _require_extra()
    from framelift.engine.errors import UsageError
    from framelift.engine.live.settings import LiveSettings
    from framelift.engine.live.stream.run import StreamOptions
    from framelift.engine.live.stream.run import stream as run

    if audio not in ("copy", "none"):
        raise UsageError(f"--audio {audio!r}: copy and none are allowed", "leave it out for copy")
    live = LiveSettings(model, scale, backend, precision, threads, bitrate, budget)
    options = StreamOptions(
        live, codec, audio == "copy", timeout, give_up_after, token, overwrite, _pairs(input_option or []), trace
    )
    if report is not None:
        _check_report(report)
    show = _Line()
    try:
        result = run(source, destination, options, show)
    finally:
        show.end()
    if report is not None:
        _write_report(report, result)
    print(_summary(result))
    return 0


def _require_extra() -> None:
    """Raises UsageError when the extra is not installed: WHIP needs certificates, which aiortc brings."""
    from importlib.util import find_spec

    from framelift.engine.errors import UsageError

    if find_spec("cryptography") is None:
        raise UsageError("stream needs cryptography", "pip install 'framelift[live]'")


class _Line:
    """A line on a terminal that is written again and again; plain silence where stderr is none."""

    def __init__(self) -> None:
        self._shown = 0

    def __call__(self, report: StreamReport) -> None:
        if not sys.stderr.isatty():
            return
        path = report.path
        added = f", +{path.added_ms.p50:.0f} ms (p95 {path.added_ms.p95:.0f})" if path.added_ms else ""
        text = f"{path.fps_in:.1f} fps in, {path.fps_out:.1f} out{added}, {path.rung or 'opening'}, {_losses(report)}"
        sys.stderr.write(f"\r{text:<{self._shown}}")
        sys.stderr.flush()
        self._shown = len(text)

    def end(self) -> None:
        """Leave what was shown."""
        if self._shown:
            sys.stderr.write("\n")


def _pairs(texts: list[str]) -> dict[str, str]:
    from framelift.engine.errors import UsageError

    for text in texts:
        if "=" not in text:
            raise UsageError(f"--input-option {text}: KEY=VALUE is allowed", "for instance video_size=640x480")
    return dict(text.split("=", 1) for text in texts)


def _losses(report: StreamReport) -> str:
    lost = sum(report.dropped.values())
    again = sum(report.reconnects.values())
    return f"{lost} dropped" + (f", {again} times connected again" if again else "")


def _summary(report: StreamReport) -> str:
    path = report.path
    if path.note:
        say(f"note: {path.note}")
    size = f", {path.output[0]}x{path.output[1]}" if path.output else ""
    added = f", {path.added_ms.p50:.1f} ms added (p95 {path.added_ms.p95:.1f})" if path.added_ms else ""
    return f"{report.destination}: {report.frames_out} of {report.frames_in} frames{size}{added}, {_losses(report)}"


def _check_report(path: Path) -> None:
    """Before any work."""
    from framelift.engine.errors import OutputError

    if not path.parent.is_dir():
        raise OutputError(f"report {path} cannot be written: {path.parent} is not a folder", "create it first")


def _write_report(path: Path, report: StreamReport) -> None:
    from framelift.engine.errors import OutputError

    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"report {path} cannot be written: {error.strerror}", "choose another place") from error
