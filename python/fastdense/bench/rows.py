"""One measured row: a problem, every contender's time, what it means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from fastdense.bench.contenders import OURS
from fastdense.bench.figures import Figures, geometric_mean
from fastdense.bench.problem import Problem


@dataclass(frozen=True)
class Row:
    """What one process found.

    Parameters
    ----------
    problem, isa, threads
        What was measured, and with what.
    figures
        By contender, fastdense first.
    ceiling
        The most that the machine does, in FLOP/s or B/s.
    """

    problem: Problem
    isa: str
    threads: int
    figures: dict[str, Figures]
    ceiling: float

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, those that follow from others too, for JSON."""
        return {
            "problem": self.problem.to_dict(),
            "isa": self.isa,
            "threads": self.threads,
            "seconds": {
                name: {**asdict(figures), "spread": figures.spread}
                for name, figures in self.figures.items()
            },
            "work": self.problem.work,
            "rate": self.rate,
            "ceiling": self.ceiling,
            "unit": f"{self.problem.unit}/s",
            "share_of_ceiling": self.share_of_ceiling,
            "best_other": self.best_other,
            "ratio": self.ratio,
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Row:
        """Return the row whose `to_dict` gave `fields`."""
        figures = {name: Figures.from_dict(seconds) for name, seconds in fields["seconds"].items()}
        return cls(
            Problem.from_dict(fields["problem"]),
            fields["isa"],
            fields["threads"],
            figures,
            fields["ceiling"],
        )

    @property
    def rate(self) -> float:
        """FLOP/s or B/s of fastdense."""
        return self.problem.work / self.figures[OURS].median

    @property
    def share_of_ceiling(self) -> float:
        """Rate over ceiling."""
        return self.rate / self.ceiling

    @property
    def best_other(self) -> str | None:
        """The fastest other contender, None if there is none."""
        others = [name for name in self.figures if name != OURS]
        return min(others, key=lambda name: self.figures[name].median, default=None)

    @property
    def ratio(self) -> float | None:
        """Time of the fastest other contender over that of fastdense: above 1, fastdense wins."""
        if self.best_other is None:
            return None
        return self.figures[self.best_other].median / self.figures[OURS].median

    @property
    def group(self) -> tuple[str, str, str, int]:
        """Equal for the rows of one table."""
        return self.problem.title, self.problem.dtype, self.isa, self.threads


@dataclass(frozen=True)
class Summary:
    """Ratios of many rows at a glance."""

    rows: int
    geometric_mean: float
    below_1: int
    below_0_9: int

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Summary | None:
        """Return the summary of the rows that have a ratio; None if none has."""
        ratios = [row.ratio for row in rows if row.ratio is not None]
        if not ratios:
            return None
        return cls(
            len(ratios),
            geometric_mean(ratios),
            sum(ratio < 1 for ratio in ratios),
            sum(ratio < 0.9 for ratio in ratios),
        )
