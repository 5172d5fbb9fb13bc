"""Which version of the code made something."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit_of(folder: Path) -> str | None:
    """The last commit that touched `folder`; None where it is not under version control."""
    command = ["git", "-C", str(folder), "log", "-1", "--format=%H", "--", "."]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  fixed
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return None
    return shown.stdout.strip() or None
