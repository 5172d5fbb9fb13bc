"""How near enlarged pictures and clips come to their originals, and at what cost.

`plan.py` says what is measured on what and refuses the rest; `way.py` is what a way of enlarging is, `filters.py` and
`network.py` are those there are; `scores.py` has the metrics, `front.py` the times. `clips/` is about video.
"""

KIND = "quality"
