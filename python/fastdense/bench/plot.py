"""Figures measured, as a picture: the roofline with the rows in it, and the ratios."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fastdense.bench.contenders import OURS
from fastdense.bench.problem import Problem
from fastdense.bench.rows import Row
from fastdense.bench.session import Session

Axes = Any

# With more rows than this their labels can't be read.
_MOST_LABELS = 60
_INTENSITIES = (1 / 16, 1024)  # FLOP per byte


def draw(session: Session, path: Path) -> None:
    """Draw a roofline for each of the session's ceilings and ratios for each table."""
    groups = [list(rows) for _, rows in groupby(session.rows, key=lambda row: row.group)]
    compared = [rows for rows in groups if any(row.ratio is not None for row in rows)]
    heights = [5.0] * len(session.ceilings) + [_ratio_height(rows) for rows in compared]
    if not heights:
        return
    figure = Figure(figsize=(9, sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    all_axes = figure.subplots(len(heights), squeeze=False, height_ratios=heights)[:, 0]
    for axes, ceilings in zip(all_axes, session.ceilings, strict=False):
        _draw_roofline(axes, ceilings, session.rows)
    for axes, rows in zip(all_axes[len(session.ceilings) :], compared, strict=True):
        _draw_ratios(axes, rows)
    figure.savefig(path)


def _draw_roofline(axes: Axes, ceilings: dict[str, Any], rows: Sequence[Row]) -> None:
    """Draw ``min(peak, bandwidth * intensity)`` per level of memory, and the rows as points."""
    where = (ceilings["dtype"], ceilings["isa"], ceilings["threads"])
    for level in ceilings["levels"]:
        heights = [min(ceilings["flops"], level["read"] * x) / 1e9 for x in _intensities()]
        axes.plot(list(_intensities()), heights, label=f"{level['level']} read")
    for operation, mode in dict.fromkeys((row.problem.operation, row.problem.mode) for row in rows):
        points = [
            (row.problem.work / row.problem.bytes, row.rate / 1e9)
            for row in rows
            if (row.problem.operation, row.problem.mode) == (operation, mode)
            and (row.problem.dtype, row.isa, row.threads) == where
        ]
        if points:
            axes.plot(*zip(*points, strict=True), "o", label=f"{operation}, {mode}")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="FLOP per byte of every array once",
        ylabel="GFLOP/s",
        title="roofline: {}, {}, {} thread(s)".format(*where),
    )
    axes.grid(visible=True, alpha=0.3)
    axes.legend()


def _intensities() -> Sequence[float]:
    low, high = _INTENSITIES
    points = 200
    return [low * (high / low) ** (i / (points - 1)) for i in range(points)]


def _ratio_height(rows: Sequence[Row]) -> float:
    return 1.5 + 0.25 * len(rows) if len(rows) <= _MOST_LABELS else 5.0


def _draw_ratios(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw each contender's time over that of fastdense; a row per line, or sorted if too many."""
    others = dict.fromkeys(name for row in rows for name in row.figures if name != OURS)
    is_labelled = len(rows) <= _MOST_LABELS
    for name in others:
        ratios = {
            i: row.figures[name].median / row.figures[OURS].median
            for i, row in enumerate(rows)
            if name in row.figures
        }
        if is_labelled:
            axes.plot(ratios.values(), ratios.keys(), "o", label=name)
        else:
            axes.plot(sorted(ratios.values()), range(len(ratios)), label=name)
    axes.axvline(1, color="black", linewidth=1)
    if is_labelled:
        axes.set_yticks(range(len(rows)), [row.problem.label for row in rows])
        axes.invert_yaxis()
    else:
        axes.set_ylabel("shapes with a smaller ratio")
    problem: Problem = rows[0].problem
    where = f"{problem.dtype}, {rows[0].isa}, {rows[0].threads} thread(s)"
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(
        xlabel="time over that of fastdense: right of 1, fastdense is faster",
        title=f"{problem.title}\n{where}",
    )
    axes.grid(visible=True, alpha=0.3, which="both")
    axes.legend()
