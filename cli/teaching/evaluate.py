"""`framelift evaluate`: how good models are, by the papers' protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from framelift.engine.errors import UsageError

from ..console import say
from .needs import require_torch
from .upscalers import BICUBIC, upscaler_named

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    scale: Annotated[int | None, typer.Option(help="Of models that come in several.")] = None,
    crf: Annotated[
        list[int] | None, typer.Option(help="Also as H.264 at this quality, as streams are; may be repeated.")
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
    results = _measured(models, sets or [], scale, crf or [], _look(lpips, backbone), pictures)
    report: dict[str, object] = {
        name: {model: scores.to_json() for model, scores in rows.items()} for name, rows in results.items()
    }
    if results:
        _show(results, markdown)
    if recognition is not None:
        report["recognition"] = _recognised(models, scale, recognition)
    if curves is not None:
        _draw_curves(models, curves)
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
    from framelift.training.scores import clean_cases, compressed_cases, measure

    results: Results = {}
    scales = _scales(models, scale) if sets else {}
    for folder in sets:
        for model, (label, own) in _with_bicubic(scales).items():
            with upscaler_named(label, own) as upscaler:
                name = f"{folder.name} x{own}"
                results.setdefault(name, {})[model] = measure(clean_cases(folder, own), upscaler, look)
                for crf in crfs:
                    cases = compressed_cases(folder, own, crf)
                    results.setdefault(f"{name} CRF {crf}", {})[model] = measure(cases, upscaler, look)
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
    return baselines | {Path(model).name: (model, own) for model, own in scales.items() if model != BICUBIC}


def _show(results: Results, markdown: Path | None) -> None:
    from framelift.training.table import table_of

    table = table_of(results)
    print(table)
    if markdown is not None:
        _write(markdown, table + "\n")


def _compare(models: dict[str, tuple[str, int]], folder: Path, out: Path) -> None:
    """A picture of each case: all models of a scale beside the truth."""
    from framelift.training.comparison import compared, write_png
    from framelift.training.scores import clean_cases

    for scale in sorted({own for _, own in models.values()}):
        for case in clean_cases(folder, scale):
            shown = {}
            for label, (model, own) in models.items():
                if own == scale:
                    with upscaler_named(model, own) as upscaler:
                        shown[label] = upscaler.rgb(case.low)
            write_png(out / f"{folder.name}-x{scale}-{case.name}.png", compared({**shown, "truth": case.truth}))
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


def _draw_curves(models: list[str], out: Path) -> None:
    from framelift.training.curves import draw_curves

    logs = {Path(model).parent.name: Path(model).parent for model in models if Path(model).suffix == ".safetensors"}
    if not logs:
        raise UsageError("only checkpoints of runs have curves", "give some, such as run/last.safetensors")
    draw_curves(logs, out)
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
