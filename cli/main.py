"""The command's entry: which commands there are, and how errors are shown."""

from __future__ import annotations

import signal
import sys
from io import TextIOWrapper

import typer
from framelift.engine.errors import ExitCode, FrameliftError
from framelift.training.errors import TrainingError
from typer.exceptions import TyperException

from .bench import bench
from .console import show_error, show_internal_error, verbosity
from .demo import demo
from .inspecting import models, probe, verify
from .live import serve
from .streaming import stream
from .teaching import evaluate, export, infer, train
from .upscaling import upscale

app = typer.Typer(
    name="framelift",
    help="Make video larger and sharper. Every frame, timestamp, track and tag is kept.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (upscale, serve, stream, probe, verify, models, demo, train, evaluate, infer, export):
    app.command()(command)
app.add_typer(bench, name="bench")


def main() -> None:
    """Run the command line and exit with the documented code."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may be no text
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing half-written stays
    sys.exit(exit_code_of(sys.argv[1:]))


def exit_code_of(arguments: list[str]) -> int:
    """Run a command line; whatever goes wrong is shown as one `error:` and one `hint:` line on stderr.

    `--debug` anywhere before `--` adds the traceback.
    """
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    verbosity.debug = "--debug" in options
    if verbosity.debug:
        arguments = [a for i, a in enumerate(arguments) if a != "--debug" or i >= len(options)]
    try:
        code = int(app(arguments, prog_name="framelift", standalone_mode=False) or ExitCode.DONE)
    except TyperException as error:
        show_error(error.format_message(), "`framelift --help` and `framelift COMMAND --help` list what is allowed")
        return ExitCode.USAGE
    except (FrameliftError, TrainingError) as error:
        show_error(error.message, error.hint)
        return int(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _show_interrupted()
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  the last line of defence: users see words, not a traceback
        show_internal_error(error)
        return ExitCode.INTERNAL
    if code == ExitCode.INTERRUPTED:  # typer turns Ctrl-C into this code
        _show_interrupted()
    return code


def _show_interrupted() -> None:
    show_error("interrupted", "nothing was written under the output's name; run the command again")
