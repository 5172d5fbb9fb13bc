"""A peer of this environment in a process of its own: `python -m framelift.benchmarks.peers.worker`."""

from __future__ import annotations

from .apart.serving import Enlarger, Request, serve


def opened(request: Request) -> Enlarger:
    """By the request's `kind`. Each loads its own packages alone: they count in the process's memory."""
    match request["kind"]:
        case "ours":
            from .enlargers.ours import Ours  # noqa: PLC0415

            return Ours(request)
        case "runtime":
            from .enlargers.runtimes import InRuntime  # noqa: PLC0415

            return InRuntime(request)
        case "real-esrgan":
            from .enlargers.real_esrgan import RealEsrgan  # noqa: PLC0415

            return RealEsrgan(request)
        case kind:
            raise ValueError(f"there is no kind {kind!r}")


if __name__ == "__main__":
    serve(opened)
