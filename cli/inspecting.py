"""`framelift probe`, `verify` and `models`: looking, never writing."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def probe(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A video file.")],
    stream: Annotated[int | None, typer.Option(help="Which video stream, from 0.")] = None,
) -> int:
    """Show what a file holds, as JSON."""
    from framelift.engine.media import probe as look

    print(json.dumps(look(source, stream).to_json(), indent=2, ensure_ascii=False))
    return 0


def verify(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="The video that was upscaled.")],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="What came out.")],
    stream: Annotated[int | None, typer.Option(help="Which video stream of the input, from 0.")] = None,
) -> int:
    """Check that an upscaled file keeps what its input held: exit 0 or 1, reasons as JSON."""
    from framelift.engine.errors import ExitCode
    from framelift.engine.verify import verify as compare

    report = compare(source, output, stream=stream)
    print(report.to_json())
    return ExitCode.DONE if report.ok else ExitCode.CHECK_FAILED


def models(
    name: Annotated[str | None, typer.Argument(help="Show one model's manifest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """List the models that are shipped, with their measured quality."""
    from framelift.engine.model import available_models, load_model

    if name is not None:
        manifest = load_model(name).manifest
        print(json.dumps(asdict(manifest), indent=2) if manifest else "a foreign model: no manifest")
        return 0
    loaded = [load_model(shipped) for shipped in available_models()]
    if as_json:
        print(json.dumps([asdict(m.manifest) for m in loaded if m.manifest], indent=2))
        return 0
    print(f"{'model':<18}{'MAC/pixel':>10}  PSNR-Y in dB (bicubic)")
    for model in loaded:
        if model.manifest is not None:
            scores = (f"{s} {q.psnr_y:.2f} ({q.bicubic_psnr_y:.2f})" for s, q in model.manifest.quality.items())
            print(f"{model.name:<18}{model.manifest.macs_per_pixel:>10}  {', '.join(scores)}")
    return 0
