"""Latency: milliseconds of a frame from file to packet, stage by stage, and from a process's start to its first frame.

`chain.py` is what is timed, `cold.py` the start; `choices.py` says what there is to measure, `measure.py` does it.
"""

KIND = "latency"
