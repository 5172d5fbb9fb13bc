"""Networks on the processor, measured: all ways to run one in turns, so that ratios hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from hashlib import sha256
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from ..networks import network_named
from ..report import Report, add, finish, new_report
from ..runners import all_cases
from ..statistics.measurement import measurements_of
from . import KIND
from .frames import own_cost
from .gauge import Gauge, peaks
from .group import NETWORK, WHOLE, Group, measure_group
from .settings import Settings


def measure(settings: Settings, say: Callable[[str], None], keep: Callable[[Report], None] = lambda _: None) -> Report:
    """The report: a row for each case of each group; after each group, `keep` gets what there is so far.

    Raises FrameliftError before any work for an unknown network.
    """
    settings = settings.completed()
    report, cases = new_report(KIND, settings.command(), asdict(settings)) | {"rows": []}, all_cases(settings.runtimes)
    with TemporaryDirectory() as folder:
        networks = [network_named(name, Path(folder)) for name in settings.networks]
        files = [path for network in networks for path in network.forms.values()]
        report["models"] = {path.stem: sha256(path.read_bytes()).hexdigest() for path in files}
        say("measuring what the machine gives at most")
        at_most = peaks(cases)
        for measurement in at_most:
            add(report, measurement)
        gauge = Gauge(at_most)
        for group in (Group(*facts) for facts in product(networks, settings.sizes, settings.threads)):
            said = []
            for row, measured in measure_group(group, cases, settings.repeat, settings.seconds, gauge):
                report["rows"].append(row)
                for measurement in measured:
                    add(report, measurement)
                said += [f"{row['way']} {m.median:.2f} ms" for m in measured if m.metric == NETWORK]
            say(f"{group}: {', '.join(said)}")
            report["calibration"] = gauge.to_json()
            keep(report)
    whole = [m.median for m in measurements_of(report) if m.metric == WHOLE]
    finish(report, gauge, own_cost(min(whole)) if whole else None)
    return report
