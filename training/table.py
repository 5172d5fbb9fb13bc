"""Scores as a table in Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from .scores import Scores

_COLUMNS = {
    "PSNR-Y": ("psnr_y", "{:.2f} dB"),
    "SSIM-Y": ("ssim_y", "{:.4f}"),
    "MSE-Y": ("mse_y", "{:.2f}"),
    "PSNR-RGB": ("psnr_rgb", "{:.2f} dB"),
    "SSIM-RGB": ("ssim_rgb", "{:.4f}"),
    "MSE-RGB": ("mse_rgb", "{:.2f}"),
    "LPIPS": ("lpips", "{:.4f}"),
}


def table_of(results: Mapping[str, Mapping[str, Scores]]) -> str:
    """A table of set -> model -> scores, one row a model and set; columns that nobody has are left out."""
    scores = [row for models in results.values() for row in models.values()]
    columns = {title: c for title, c in _COLUMNS.items() if any(getattr(row, c[0]) is not None for row in scores)}
    lines = [_row(["set", "model", "pictures", *columns]), _row(["---", "---", *["---:"] * (len(columns) + 1)])]
    for name, models in results.items():
        for model, row in models.items():
            cells = [_cell(getattr(row, field), form) for field, form in columns.values()]
            lines.append(_row([name, model, str(row.pictures), *cells]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
