"""Whole runs: how fast a file goes through the engine, where it waits, what it costs, and how that grows.

`sample.py` is one run in a process of its own, `streams.py` many at once in real time; `cases.py` says what there is to
run, `measure.py` runs it.
"""

KIND = "pipeline"
