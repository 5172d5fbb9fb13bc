"""The plot of `framelift bench reuse`."""

from __future__ import annotations

from ..cases import threads_in_words
from ..pages.figures import Bars, Figure
from ..report import Report
from ..statistics.bootstrap import paired
from ..statistics.measurement import measurements_of
from .measure import WITH, WITHOUT


def figures(report: Report) -> list[Figure]:
    """What reuse makes of the network's time, by clip, model and threads."""
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    names = {
        row["case"]: f"{row['clip']}, {row['model']}, {threads_in_words(row['threads'])}" for row in report["rows"]
    }
    ratios = {name: paired(found[case, WITHOUT], found[case, WITH]) for case, name in names.items()}
    return [
        Bars(
            name="reuse",
            title="What reuse leaves of the network's time",
            caption="CPU time of the network with reuse, as a share of the time without. Below 1, time is spared.",
            x="share of the time without reuse",
            rows={name: {"time": ratio.middle} for name, ratio in ratios.items()},
            spans={name: (ratio.low, ratio.high) for name, ratio in ratios.items()},
        )
    ]
