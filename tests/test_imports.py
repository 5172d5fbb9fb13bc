"""The house's import rules: they point one way, they are relative, and the engine stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "export", "training", "benchmarks", "cli")
MAY_IMPORT = {
    "engine": set[str](),
    "training": set[str](),
    "export": {"training"},
    "benchmarks": set(PACKAGES),
    "cli": set(PACKAGES),
}


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """All that `path` imports, anywhere in it: full dotted names, and whether written as relative."""
    package = ("framelift", *path.relative_to(ROOT).parent.parts)
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, False) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = [*base, *([node.module] if node.module else [])]
            found += [(".".join([*stem, alias.name]), node.level > 0) for alias in node.names]
    return found


def offences(package: str, wrong: Callable[[str, bool], bool]) -> list[str]:
    """Imports in `package` that `wrong` says yes to; it gets an import as `imports_of` gives it."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name, relative in imports_of(path)
        if wrong(name, relative)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    allowed = {f"framelift.{name}" for name in MAY_IMPORT[package] | {package}}

    def elsewhere(name: str, _: bool) -> bool:
        return name.startswith("framelift.") and ".".join(name.split(".")[:2]) not in allowed

    assert offences(package, elsewhere) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_inside_a_package_are_relative(package: str) -> None:
    own = f"framelift.{package}."
    assert offences(package, lambda name, relative: not relative and f"{name}.".startswith(own)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_folders_are_not_imported_by_their_bare_names(package: str) -> None:
    assert offences(package, lambda name, _: name.split(".")[0] in PACKAGES) == []


def test_engine_never_imports_torch() -> None:
    assert offences("engine", lambda name, _: name.split(".")[0] == "torch") == []


def test_importing_the_engine_loads_nothing_heavy() -> None:
    code = "import sys, framelift.engine; print(*sorted({'torch', 'typer', 'rich', 'cv2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


EXTRAS = ("torch", "safetensors", "aiortc", "fastapi", "uvicorn", "matplotlib", "openvino", "ncnn")
LIGHT = ("kinds", "pages.contents", "everything.measure", "latency.measure", "pipeline.measure")
KINDS = ("latency", "pipeline", "cpu", "reuse", "quality", "peers", "live", "everything")


@pytest.mark.parametrize("without", [(*EXTRAS, "cv2"), EXTRAS])
def test_reports_are_read_and_measured_without_the_extras_that_they_do_not_need(without: tuple[str, ...]) -> None:
    """Somebody may have only the bench extra, or none and a report of another's."""
    modules = [*LIGHT, *(f"{kind}.{part}" for kind in KINDS for part in ("settings", "tables", "figures"))]
    modules += [] if "cv2" in without else ["quality.measure", "quality.clips", "peers.measure", "cpu.measure"]
    code = f"import sys; sys.modules.update(dict.fromkeys({without!r}))\n"
    code += "\n".join(f"import framelift.benchmarks.{module}" for module in modules)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
