"""`framelift bench`: one file a command."""

from __future__ import annotations

import typer

from . import all as everything
from . import compare, cpu, files, latency, live, peers, pipeline, quality, readme, report, reuse

COMMANDS = (
    latency.latency,
    pipeline.pipeline,
    cpu.cpu,
    reuse.reuse,
    quality.quality,
    peers.peers,
    live.live,
    files.files,
    report.report,
    readme.readme,
    compare.compare,
)

bench = typer.Typer(help="Measure speed, memory and what is kept.", no_args_is_help=True, rich_markup_mode=None)
bench.command("all")(everything.everything)
for command in COMMANDS:
    bench.command()(command)
