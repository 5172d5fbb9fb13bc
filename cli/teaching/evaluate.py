"""`framelift evaluate`: how good models are, by the papers' protocol."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from framelift.engine.errors import UsageError

from ..console import say
from .needs import require_torch
from .upscalers import BICUBIC, upscaler_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from framelift.training.recognition import Recognition
    from framelift.training.scores import LookDistance, Scores

    Results = dict[str, dict[str, Scores]]

DRAWN = Path("drawn")


def evaluate(
    models: Annotated[
        list[str], typer.Argument(help="Shipped names, .onnx files, checkpoints, published weights, or bicubic.")
    ],
    sets: Annotated[
        list[Path] | None, typer.Option("--on", help="A folder of full-size pictures, such as Set5; may be repeated.")
    ] = None,
    scale: Annotated[int | None, typer.Option(min=1, help="Of models that come in several.")] = None,
    crf: Annotated[
        list[int] | None,
        typer.Option(min=0, max=51, help="Also as H.264 at this quality, as streams are; may be repeated."),
    ] = None,
    json_to: Annotated[Path | None, typer.Option("--json", help="Write the scores as JSON.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the table as Markdown.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="A folder for comparison pictures, PNG.")] = None,
    curves: Annotated[Path | None, typer.Option(help="Draw the runs of checkpoints as PNG.")] = None,
    lpips: Annotated[Path | None, typer.Option(help="LPIPS's linear weights; needs --backbone.")] = None,
    backbone: Annotated[Path | None, typer.Option(help="The weights of the network that LPIPS looks with.")] = None,
    recognition: Annotated[
        Path | None, typer.Option(help="CIFAR-10 in its binary version, or `drawn` for a small built-in case.")
    ] = None,
) -> int:
    """Measure PSNR, SSIM and MSE on luma and in RGB, beside bicubic."""
    require_torch()
    if not sets and recognition is None and curves is None:
        raise UsageError("there is nothing to measure on", "add --on with a folder, or --recognition")
    if not sets and (crf or markdown or pictures or lpips or backbone):
        raise UsageError("there are no pictures to measure on", "add --on with a folder, or ask for no scores")
    names = [folder.absolute().name for folder in sets or []]
    if len(set(names)) < len(names):
        raise UsageError("two folders of --on have one name", f"give each a name of its own: {', '.join(names)}")
    runs = _runs(models) if curves is not None else {}
    results = _measured(models, sets or [], scale, crf or [], _look(lpips, backbone), pictures)
    report: dict[str, object] = {
        name: {model: scores.to_json() for model, scores in rows.items()} for name, rows in results.items()
    }
    if results:
        _show(results, markdown)
    if recognition is not None:
        report["recognition"] = _recognised(models, scale, recognition)
    if curves is not None:
        _draw_curves(runs, curves)
    if json_to is not None:
        _write(json_to, json.dumps(report, indent=2))
    return 0


def _measured(
    models: list[str],
    sets: list[Path],
    scale: int | None,
    crfs: list[int],
    look: LookDistance | None,
    pictures: Path | None,
) -> Results:
    """Set -> model -> scores; bicubic of the models' scale comes first."""
    from framelift.training.evaluate import clean_cases
    from framelift.training.scores import compressed_cases, measure

    results: Results = {}
    scales = _scales(models, scale) if sets else {}
    for folder in sets:
        for label, (model, own) in _with_bicubic(scales).items():
            with upscaler_named(model, own) as upscaler:
                name = f"{folder.absolute().name} x{own}"
                results.setdefault(name, {})[label] = measure(clean_cases(folder, own), upscaler, look)
                for crf in crfs:
                    cases = compressed_cases(folder, own, crf)
                    results.setdefault(f"{name} CRF {crf}", {})[label] = measure(cases, upscaler, look)
        if pictures is not None:
            _compare(_with_bicubic(scales), folder, pictures)
    return results


def _scales(models: list[str], scale: int | None) -> dict[str, int]:
    """The scale of every model. Raises what `upscaler_named` raises, before anything is measured."""
    scales = {}
    for model in models:
        with upscaler_named(model, scale) as upscaler:
            scales[model] = upscaler.scale
    return scales


def _with_bicubic(scales: Mapping[str, int]) -> dict[str, tuple[str, int]]:
    """Label -> (model, scale): bicubic at each scale, then the models."""
    baselines = {f"{BICUBIC} x{own}": (BICUBIC, own) for own in sorted(set(scales.values()))}
    named = _told_apart(model for model in scales if model != BICUBIC)
    return baselines | {label: (model, scales[model]) for label, model in named.items()}


def _told_apart(paths: Iterable[str]) -> dict[str, str]:
    """By the last part of each path, or by the whole of it where another ends alike."""
    whole = list(dict.fromkeys(paths))
    names = [Path(path).absolute().name for path in whole]
    return {path if names.count(name) > 1 else name: path for name, path in zip(names, whole, strict=True)}


def _show(results: Results, markdown: Path | None) -> None:
    from framelift.training.table import table_of

    table = table_of(results)
    print(table)
    if markdown is not None:
        _write(markdown, table + "\n")


def _compare(models: dict[str, tuple[str, int]], folder: Path, out: Path) -> None:
    """A picture of each case: all models of a scale beside the truth."""
    from framelift.training.comparison import compared, write_png
    from framelift.training.evaluate import clean_cases

    for scale in sorted({own for _, own in models.values()}):
        with ExitStack() as stack:
            upscalers = {
                label: stack.enter_context(upscaler_named(model, own))
                for label, (model, own) in models.items()
                if own == scale
            }
            for case in clean_cases(folder, scale):
                shown = {label: upscaler.rgb(case.low) for label, upscaler in upscalers.items()}
                write_png(
                    out / f"{folder.absolute().name}-x{scale}-{case.name}.png", compared({**shown, "truth": case.truth})
                )
    say(f"comparison pictures lie in {out}")


def _recognised(models: list[str], scale: int | None, data: Path) -> dict[str, dict[str, float]]:
    from framelift.training.recognition import drawn_case, read_cifar10, recognise

    training, test = drawn_case() if data == DRAWN else read_cifar10(data)
    found = {}
    for model in models:
        with upscaler_named(model, scale) as upscaler:
            seen = recognise(training, test, upscaler)
        print(f"{model}: {_said(seen)}")
        found[model] = {
            "on_truth": seen.on_truth,
            "on_bicubic": seen.on_bicubic,
            "on_upscaled": seen.on_upscaled,
            "recovery": seen.recovery,
        }
    return found


def _said(seen: Recognition) -> str:
    return (
        f"recognised {seen.on_upscaled:.1%} of upscaled pictures, {seen.on_bicubic:.1%} of bicubic ones and "
        f"{seen.on_truth:.1%} of true ones: recovers {seen.recovery:.1%} (bicubic {seen.bicubic_recovery:.1%})"
    )


def _runs(models: list[str]) -> dict[str, Path]:
    """The folders of those models that are checkpoints. Raises UsageError where there is none."""
    folders = _told_apart(str(Path(model).parent) for model in models if Path(model).suffix == ".safetensors")
    if not folders:
        raise UsageError("only checkpoints of runs have curves", "give some, such as run/last.safetensors")
    return {label: Path(folder) for label, folder in folders.items()}


def _draw_curves(runs: dict[str, Path], out: Path) -> None:
    from framelift.training.curves import draw_curves

    draw_curves(runs, out)
    say(f"curves are drawn in {out}")


def _look(lpips: Path | None, backbone: Path | None) -> LookDistance | None:
    if lpips is None and backbone is None:
        return None
    if lpips is None or backbone is None:
        raise UsageError("LPIPS needs its linear weights and its backbone's", "give --lpips and --backbone")
    from framelift.training.lpips import load_lpips
    from framelift.training.scores import looking_with

    return looking_with(load_lpips(backbone, lpips))


def _write(path: Path, text: str) -> None:
    from framelift.training.files import replacing

    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
