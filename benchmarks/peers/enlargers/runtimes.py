"""Our network in other runtimes: bytes of luma in, bytes of larger luma out, by the runners of `bench cpu`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from ...networks import Network, network_named
from ...runners import Runner, all_cases
from ..apart.serving import ArrayEnlarger, Codes, Request


class InRuntime(ArrayEnlarger):
    """A runner for one size."""

    def __init__(self, request: Request) -> None:
        with TemporaryDirectory() as folder:  # which only networks with random weights use
            network = network_named(request["network"], Path(folder))
        self._runner = _opener(request["runtime"], request["case"])(network, tuple(request["size"]), request["threads"])
        self.about = f"{request['runtime']} {metadata.version(request['runtime'])}"

    def enlarge(self, given: Codes) -> Codes:
        """See `Enlarger.enlarge`."""
        self._runner.take(given)
        self._runner.run()
        return self._runner.give()


def _opener(runtime: str, case: str) -> Callable[[Network, tuple[int, int], int], Runner]:
    """Of a case of `bench cpu`, or of torch."""
    if runtime == "torch":
        from .torch_network import TorchRunner  # noqa: PLC0415  it would count in the others' memory

        return lambda network, size, threads: TorchRunner(network, size, threads, compiled=case == "torch compiled")
    return next(each.open for each in all_cases((runtime,)) if each.name == case)
