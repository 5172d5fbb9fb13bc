"""Losses, one family a file; `weighted.py` adds them up by name."""
