"""What the commands need that is not installed by default."""

from __future__ import annotations

from importlib.util import find_spec

from framelift.engine.errors import UsageError


def require_torch() -> None:
    """Raises UsageError when the `train` extra is not installed."""
    if find_spec("torch") is None:
        raise UsageError("this command needs torch, which is not installed", "pip install 'framelift[train]'")
