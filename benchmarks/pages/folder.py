"""A report as a folder of files: `report.md`, `report.html`, and each plot as SVG and PNG in `plots/`."""

from __future__ import annotations

from pathlib import Path

from ...engine.errors import OutputError
from ..report import Report, write_text
from . import draw
from .contents import contents_of, markdown
from .html import page
from .palette import slots

PLOTS = "plots"


def write_folder(report: Report, folder: Path) -> list[Path]:
    """The files, which replace those of before; the folder is made. Raises InputError, OutputError."""
    texts = {folder / "report.md": markdown(report, PLOTS), folder / "report.html": page(report)}
    figures = [figure for content in contents_of(report) for figure in content.figures]
    colours, plots = slots(figures), folder / PLOTS
    texts |= {plots / f"{figure.name}.svg": draw.svg(figure, colours) for figure in figures}
    pictures = {plots / f"{figure.name}.png": draw.png(figure, colours) for figure in figures}
    try:
        plots.mkdir(parents=True, exist_ok=True)
        for path, picture in pictures.items():
            path.write_bytes(picture)
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be written: {error.strerror}", "choose another folder") from error
    for path, text in texts.items():
        write_text(text, path)
    return [*texts, *pictures]
