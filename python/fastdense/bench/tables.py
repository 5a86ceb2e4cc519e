"""Rows and environments as text and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table

from fastdense.bench.contenders import OURS
from fastdense.bench.rows import Row, Summary

_FIRST_COLUMNS = {"dense": "MxKxN", "network": "net @ batch"}
_WORST = 10
_BUSY = 0.5  # threads running when nothing should


def environment_lines(environment: dict[str, Any]) -> str:
    """Return what there is to say about the machine."""
    caches = ", ".join(f"{name} {_size(size)}" for name, size in environment["caches"].items())
    processors = f"{environment['processors']} processors, {caches}"
    python = f"Python {environment['python']}"
    variables = environment["variables"]
    lines = [
        f"fastdense {environment['fastdense']} on {environment['processor']}, {processors}",
        ", ".join([environment["platform"], python, environment["openmp"]]),
    ]
    if variables:
        settings = [f"{name}={value}" for name, value in variables.items()]
        lines.append(f"set in the environment: {' '.join(settings)}")
    if "OPENBLAS_CORETYPE" in variables:
        lines.append("OPENBLAS_CORETYPE fixes the processor that OpenBLAS's kernels are made for")
    if environment["load"] > _BUSY:
        lines.append(
            f"{environment['load']:.1f} other threads were running on average in the last minute: "
            "they cost time, with several threads most of all"
        )
    return "\n".join(lines)


def worker_lines(worker: dict[str, Any]) -> str:
    """Return who is measured, and what BLAS they say they use."""
    versions = ", ".join(f"{name} {version}" for name, version in worker["contenders"].items())
    pools = sorted({" ".join(_pool_facts(pool)) for pool in worker["thread_pools"]})
    title = f"{worker['isa']}, {_threads(worker['threads'])}: {versions}"
    return "\n".join([title, *(f"  {pool}" for pool in pools)])


def rows_table(rows: Sequence[Row]) -> Table:
    """Return the table of rows of one group."""
    first = rows[0]
    others = list(dict.fromkeys(name for row in rows for name in row.figures if name != OURS))
    unit, ceiling = ("GFLOP/s", "peak") if first.problem.unit == "FLOP" else ("GB/s", "copy")
    title = f"{first.problem.title}\n{first.problem.dtype}, {first.isa}, {_threads(first.threads)}"
    if first.problem.unit == "FLOP":
        title += f", peak {first.ceiling / 1e9:.0f} GFLOP/s"
    rows_are = _FIRST_COLUMNS.get(first.problem.operation, "shape")
    table = _table(title, rows_are, "time", "spread", unit, f"of {ceiling}", *others, "ratio")
    for row in rows:
        ours = row.figures[OURS]
        table.add_row(
            row.problem.label,
            duration(ours.median),
            f"{ours.spread:.0%}",
            _three_digits(row.rate / 1e9),
            f"{row.share_of_ceiling:.0%}",
            *(
                duration(row.figures[name].median) if name in row.figures else "-"
                for name in others
            ),
            "-" if row.ratio is None else f"{row.ratio:.2f}",
        )
    return table


def summary_line(rows: Sequence[Row]) -> str:
    """Return the geometric mean of the ratios and how many are below 1."""
    summary = Summary.of(rows)
    if summary is None:
        return f"{len(rows)} rows, nothing to compare with"
    return (
        f"geometric mean of {summary.rows} ratios: {summary.geometric_mean:.2f}; "
        f"below 1: {summary.below_1}, below 0.9: {summary.below_0_9}"
    )


def worst(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the smallest ratios, worst first."""
    ratio = {id(row): float("inf") if row.ratio is None else row.ratio for row in rows}
    return sorted(rows, key=lambda row: ratio[id(row)])[:_WORST]


def ceilings_table(ceilings: dict[str, Any]) -> Table:
    """Return the table of one roofline."""
    flops = ceilings["flops"]
    title = (
        f"roofline\n{ceilings['dtype']}, {ceilings['isa']}, {_threads(ceilings['threads'])}, "
        f"multiply-adds {flops / 1e9:.0f} GFLOP/s"
    )
    table = _table(
        title, "memory", "working set", "read GB/s", "write GB/s", "copy GB/s", "balance FLOP/B"
    )
    for level in ceilings["levels"]:
        rates = [f"{level[access] / 1e9:.0f}" for access in ("read", "write", "copy")]
        balance = f"{flops / level['read']:.1f}"
        table.add_row(level["level"], _size(level["working_set"]), *rates, balance)
    return table


def duration(seconds: float) -> str:
    """Return three digits and a unit."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 0.9995:
            return f"{_three_digits(seconds * factor)} {unit}"
    return f"{_three_digits(seconds * 1e9)} ns"


def _three_digits(number: float) -> str:
    """Return a number below 1000 like 1.23, 12.3 or 123, a greater one in full."""
    digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{digits}f}"


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _size(count: int) -> str:
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count >> 10} KB"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _pool_facts(pool: dict[str, Any]) -> list[str]:
    facts = [
        str(pool[name]) for name in ("internal_api", "version", "architecture") if name in pool
    ]
    return [*facts, _threads(pool.get("num_threads", 1))]
