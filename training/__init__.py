"""Photographs to trained networks (needs the `train` extra: torch). Importing it imports nothing."""
