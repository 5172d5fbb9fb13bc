"""What a report must say of where it was made: the machine, the versions, the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import av

from ..engine.compute import usable_cores

_PACKAGES = ("framelift", "av", "numpy", "onnx", "onnxruntime", "openvino", "ncnn", "torch", "opencv-python-headless")


def machine() -> dict[str, object]:
    """The processor, its cores that this process may use, memory in bytes, system, and the load before the run."""
    return {
        "cpu": _cpu_name(),
        "cores": usable_cores(),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "system": platform.platform(),
        "load": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Of Python, of the packages a run uses, and of FFmpeg's libraries."""
    packages = {name: metadata.version(name) for name in _PACKAGES if _installed(name)}
    libraries = {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    return {"python": platform.python_version(), **packages, **libraries}


def commit() -> str | None:
    """The commit that is checked out where this code lies, `+` for changes on it; None outside our repository."""
    ours = _git("ls-files", ":/benchmarks/machine.py")  # an installed copy may lie in somebody else's
    head = _git("rev-parse", "HEAD") if ours else None
    return f"{head}+" if head and _git("status", "--porcelain", "--untracked-files=no") else head


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _cpu_name() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() or None  # noqa: S603
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return None
