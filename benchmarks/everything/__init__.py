"""All kinds of measurement one after the other, as one report: what `framelift bench all` makes."""

from __future__ import annotations

KIND = "all"
"""Of the report."""
