"""`framelift upscale`: a file, a folder or a pattern."""

from __future__ import annotations

import glob
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .console import progress, say, show_error, show_internal_error

if TYPE_CHECKING:
    from framelift.engine.plan import Options


def upscale(
    source: Annotated[
        str,
        typer.Argument(metavar="INPUT", help="A video file, a folder, or a quoted pattern: 'clips/*.mp4'."),
    ],
    output: Annotated[
        Path, typer.Argument(metavar="OUTPUT", help="A file (its suffix is the container), or a folder.")
    ],
    scale: Annotated[int | None, typer.Option(help="2, 3 or 4; 2 by default.")] = None,
    height: Annotated[
        int | None, typer.Option(min=2, help="Any height in pixels instead: the model, then bicubic.")
    ] = None,
    width: Annotated[int | None, typer.Option(min=2, help="Likewise; with both, the pixels' aspect makes up.")] = None,
    model: Annotated[str, typer.Option(help="A name of `framelift models`, or an .onnx file.")] = "tiny-16",
    model_range: Annotated[float | None, typer.Option(help="White of a foreign model's input: 1 or 255.")] = None,
    model_order: Annotated[str | None, typer.Option(help="Channel order of a foreign model: rgb or bgr.")] = None,
    backend: Annotated[
        str, typer.Option(help="auto, native, onnxruntime, openvino, or a provider: onnxruntime:cuda.")
    ] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, fp16, bf16, int8; auto: int8 for 8 bits.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Of the backend; one for each core by default.")] = None,
    mode: Annotated[str, typer.Option(help="throughput: a frame a thread; latency: all threads on each frame.")] = (
        "throughput"
    ),
    reuse: Annotated[
        bool, typer.Option(help="Keep what did not change since the frame before; the result is the same.")
    ] = True,
    tile: Annotated[
        int | None, typer.Option(min=0, help="Tile side in pixels, 0 for none; large frames are tiled.")
    ] = None,
    codec: Annotated[
        str | None, typer.Option(help="libx264, libx265, libsvtav1, libvpx-vp9, ffv1, prores_ks, *_nvenc ...")
    ] = None,
    crf: Annotated[float | None, typer.Option(help="Quality; the default looks lossless.")] = None,
    preset: Annotated[str | None, typer.Option(help="The encoder's speed preset.")] = None,
    pix_fmt: Annotated[
        str | None, typer.Option("--pix-fmt", help="Convert to this pixel format; kept by default.")
    ] = None,
    deinterlace: Annotated[str, typer.Option(help="auto, on or off.")] = "auto",
    stream: Annotated[int | None, typer.Option(help="Which video stream, from 0; the first by default.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")] = False,
    drop_unsupported: Annotated[
        bool, typer.Option("--drop-unsupported", help="Leave out what the container cannot carry.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    preview: Annotated[
        int, typer.Option(min=0, help="Write so many pictures instead: bicubic left, the model right.")
    ] = 0,
    report: Annotated[Path | None, typer.Option("--json", help="Write a report of every file here.")] = None,
) -> int:
    """Enlarge video files; sound, subtitles, chapters, tags and timing are kept."""
    from framelift.engine.encoders import EncodeSettings
    from framelift.engine.errors import UsageError
    from framelift.engine.geometry import TargetSize
    from framelift.engine.model import Foreign
    from framelift.engine.plan import Options

    if deinterlace not in ("auto", "on", "off"):
        raise UsageError(f"--deinterlace {deinterlace!r}: auto, on and off are allowed", "leave it out for auto")
    foreign = None
    if model_range is not None or model_order is not None:
        foreign = Foreign(largest=1.0 if model_range is None else model_range, channel_order=model_order or "rgb")
    options = Options(
        model=model,
        target=TargetSize(scale, width, height),
        foreign=foreign,
        backend=backend,
        precision=precision,
        threads=threads,
        mode=mode,
        reuse=reuse,
        tile=tile,
        encode=EncodeSettings(codec, crf, preset, pix_fmt),
        deinterlace=deinterlace,  # type: ignore[arg-type]  # checked above
        stream=stream,
        overwrite=overwrite,
        drop_unsupported=drop_unsupported,
    )
    jobs = jobs_of(source, output)
    if report is not None:
        _check_report(report, jobs)
    many = _is_many(source)
    if many and not dry_run:
        _make_folder(output)
    entries: list[dict[str, Any]] = []
    try:
        codes = _all(jobs, options, entries, new_folder=many, dry_run=dry_run, preview=preview)
    finally:  # an interrupted batch has a report of what was done
        if report is not None:
            _write_report(report, entries)
    if len(jobs) > 1:
        say(f"{codes.count(0)} of {len(jobs)} files without a complaint")
    return next((code for code in codes if code), 0)


def jobs_of(source: str, output: Path) -> list[tuple[Path, Path]]:
    """(input, output) pairs. Raises FrameliftError when a folder or pattern holds no video."""
    from framelift.engine.containers import SUFFIXES
    from framelift.engine.errors import InputError, UsageError

    if not _is_many(source):
        path = Path(source)
        return [(path, output / _named(path, SUFFIXES) if _is_folder(output) else output)]
    folder = Path(source)
    found = sorted(folder.iterdir()) if folder.is_dir() else [Path(name) for name in sorted(glob.glob(source))]  # noqa: PTH207  absolute patterns too
    inputs = [path for path in found if path.is_file() and path.suffix.lower() in _VIDEO_SUFFIXES]
    if not inputs:
        raise InputError(f"{source} holds no video file", f"video files end in {', '.join(sorted(_VIDEO_SUFFIXES))}")
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is a file", "several inputs need a folder as their output")
    jobs = [(path, output / _named(path, SUFFIXES)) for path in inputs]
    names = [target.name for _, target in jobs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"two inputs would both become {twice}", "upscale them apart, or rename one")
    return jobs


_VIDEO_SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".ts", ".m2ts", ".mts", ".avi", ".mpg", ".mpeg", ".vob", ".wmv", ".flv",
    ".ogv", ".3gp", ".y4m", ".dv", ".h264", ".hevc", ".mxf", ".gif",
})  # fmt: skip


def _is_many(source: str) -> bool:
    path = Path(source)
    return _is_folder(path) or (glob.has_magic(source) and not path.exists())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long, a folder that may not be entered: told when the file is opened
        return False


def _named(path: Path, writable: tuple[str, ...]) -> str:
    return path.name if path.suffix.lower() in writable else f"{path.stem}.mkv"


def _one(
    source: Path, output: Path, options: Options, *, new_folder: bool, dry_run: bool, preview: int
) -> tuple[int, dict[str, Any]]:
    from framelift.engine.pipeline import run
    from framelift.engine.plan import make_plan
    from framelift.engine.preview import write_previews

    plan = make_plan(source, output, options, new_folder=new_folder)
    if dry_run:
        print("\n".join([f"{source} -> {output}", *(f"  {line}" for line in plan.lines())]))
        return 0, {"input": str(source), "output": str(output), "plan": plan.lines()}
    if preview:
        pictures = write_previews(plan, preview)
        print("\n".join(map(str, pictures)))
        return 0, {"input": str(source), "previews": [str(picture) for picture in pictures]}
    with progress(source.name, plan.facts.video.frames_expected) as watch:
        result = run(plan, watch)
    say(f"{result.backend}: {result.backend_reason}; {result.encoder}: {result.encoder_reason}")
    for note in result.notes:
        say(f"note: {note}")
    if result.damage:
        say(f"warning: the input is damaged: {result.damage}")
    print(
        f"{output}: {result.frames} frames, {result.output_size[0]}x{result.output_size[1]}, {result.fps:.1f} fps, "
        f"{result.limiting_stage} limits"
    )
    return int(result.exit_code), {**result.to_json(), "exit_code": int(result.exit_code)}


def _all(
    jobs: list[tuple[Path, Path]],
    options: Options,
    entries: list[dict[str, Any]],
    *,
    new_folder: bool,
    dry_run: bool,
    preview: int,
) -> list[int]:
    """Exit codes of every file, and their entries for the report; one that fails does not end the others."""
    from framelift.engine.errors import ExitCode, FrameliftError

    codes = []
    for source, output in jobs:
        try:
            code, entry = _one(source, output, options, new_folder=new_folder, dry_run=dry_run, preview=preview)
        except FrameliftError as error:
            show_error(error.message, error.hint)
            code = int(error.exit_code)
            entry = {"input": str(source), "error": error.message, "hint": error.hint, "exit_code": code}
        except Exception as error:  # noqa: BLE001  a bug that one file meets must not cost the others
            show_internal_error(error)
            code = int(ExitCode.INTERNAL)
            entry = {"input": str(source), "error": f"{type(error).__name__}: {error}", "exit_code": code}
        codes.append(code)
        entries.append(entry)
    return codes


def _make_folder(folder: Path) -> None:
    from framelift.engine.errors import OutputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}", "choose another output folder") from error


def _check_report(path: Path, jobs: list[tuple[Path, Path]]) -> None:
    """Before any work: a report that takes a video's name, or has no place. Raises FrameliftError."""
    from framelift.engine.errors import OutputError, UsageError

    if not _is_folder(path.parent):
        raise OutputError(f"report {path} cannot be written: {path.parent} is not a folder", "create it first")
    if any(path.absolute() == video.absolute() for job in jobs for video in job):
        raise UsageError(f"the report would replace the video {path}", "give --json another name")


def _write_report(path: Path, entries: list[dict[str, Any]]) -> None:
    from framelift.engine.errors import OutputError

    text = json.dumps({"schema": 1, "files": entries}, indent=2, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"report {path} cannot be written: {error.strerror}", "choose another place") from error
