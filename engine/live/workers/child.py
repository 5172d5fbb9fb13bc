"""The worker's process: tasks come in as lines on standard input, messages go out as lines on standard output.

It starts with limits that no file can lift, and below the priority of live video.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from ...errors import FrameliftError, OutputError
from ..refused import Refused
from .clip import enlarge_clip, inspect_clip
from .picture import enlarge_picture
from .task import Enlarged, Progress, Task

LOWER_PRIORITY = 10  # live video goes first
LEAST_MEMORY = 4 << 30  # bytes of addresses; half of the machine's memory where that is more
SPARE_DISK = 512 << 20  # bytes that no result may take

_ACTIONS = {"picture": enlarge_picture, "inspect": inspect_clip}


def main() -> None:
    """Serve until standard input ends, which is when the server does, however it does."""
    folder = Path(sys.argv[1])
    with suppress(BrokenPipeError), _kept_for_messages() as out:
        set_limits(folder)
        for line in sys.stdin.buffer:
            if line.strip():
                _answer(Task.from_json(line), out)
            else:
                _say(out, "ready", {})
    shutil.rmtree(folder, ignore_errors=True)  # the server's own last act, which it may not have come to


def set_limits(folder: Path) -> None:
    """Bound what this process may take of the machine."""
    os.nice(LOWER_PRIORITY)
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    _limit(resource.RLIMIT_AS, max(LEAST_MEMORY, physical // 2))
    _limit(resource.RLIMIT_FSIZE, max(0, shutil.disk_usage(folder).free - SPARE_DISK))
    _limit(resource.RLIMIT_CORE, 0)


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _kept_for_messages() -> TextIO:
    """Standard output, which from here on nobody else writes to: what libraries print goes to standard error."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return out


def _say(out: TextIO, kind: str, values: dict[str, Any]) -> None:
    out.write(json.dumps([kind, values]) + "\n")
    out.flush()


def _answer(task: Task, out: TextIO) -> None:
    say = partial(_say, out)
    try:
        done = _carried_out(task, lambda progress: say("progress", asdict(progress)))
    except BrokenPipeError:
        raise
    except MemoryError:
        say("refused", _refusal(413, f"{task.name} needs more memory than one file may have", "send a smaller one"))
    except FrameliftError as error:
        hidden = error.message.replace(str(task.source), task.name).replace(f"{task.source.parent}/", "")
        say("refused", _refusal(_status_of(error), hidden, error.hint))
    except Exception as error:  # noqa: BLE001  a bug that one file meets must not cost the others
        traceback.print_exc()
        say("refused", _refusal(500, f"internal error: {type(error).__name__}", "the server's log has more"))
    else:
        say("done", done.to_json())


def _carried_out(task: Task, watch: Callable[[Progress], None]) -> Enlarged:
    if task.action == "clip":
        return enlarge_clip(task, watch)
    return _ACTIONS[task.action](task)


def _status_of(error: FrameliftError) -> int:
    if isinstance(error, Refused):
        return error.status
    cause = getattr(error.__cause__, "errno", None)
    full = isinstance(error, OutputError) and cause in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return 507 if full else 422


def _refusal(status: int, message: str, hint: str) -> dict[str, Any]:
    return {"status": status, "message": message, "hint": hint}


if __name__ == "__main__":
    main()
