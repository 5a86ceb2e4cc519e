"""What is printed: the environment, tables, a summary; progress meanwhile, on a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fastdense.bench import tables
from fastdense.bench.rows import Row
from fastdense.bench.session import Session

# Tables are not squeezed into less, in files and pipes neither: that of all libraries fits.
_LEAST_WIDTH = 180


class Report:
    """Prints what a session's workers say, as it comes in.

    Parameters
    ----------
    session
        Has the environment.
    steps
        Messages that will come, for the progress bar.
    """

    def __init__(self, session: Session, steps: int) -> None:
        self._session = session
        self._console = Console(highlight=False)
        self._console.width = max(self._console.width, _LEAST_WIDTH)
        self._progress = Progress(
            TextColumn("{task.description}"),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("starting", total=steps)
        self._group: list[Row] = []
        self._worst_only = False

    def __enter__(self) -> Report:
        lines = tables.environment_lines(self._session.environment)
        if self._session.not_installed:
            lines += f"\nnot installed: {', '.join(self._session.not_installed)}"
        self._print(lines)
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def take(self, message: dict[str, Any], *, worst_only: bool) -> None:
        """Take the message that the session got last; print what it completes.

        With `worst_only`, only the rows of the worst ratios are printed.
        """
        self._worst_only = worst_only
        if "environment" in message:
            self._print_group()
            self._print(tables.worker_lines(self._session.workers[-1]))
        elif "ceilings" in message:
            self._print(tables.ceilings_table(self._session.ceilings[-1]))
            self._progress.advance(self._task)
        else:
            row = self._session.rows[-1]
            if self._group and row.group != self._group[-1].group:
                self._print_group()
            self._group.append(row)
            self._progress.update(self._task, advance=1, description=row.problem.label)

    def finish(self) -> None:
        """Print what is left."""
        self._print_group()
        if len({row.group for row in self._session.rows}) > 1:
            self._print(f"all tables: {tables.summary_line(self._session.rows)}")

    def _print_group(self) -> None:
        if self._group:
            shown = tables.worst(self._group) if self._worst_only else self._group
            self._print(tables.rows_table(shown), tables.summary_line(self._group))
        self._group = []

    def _print(self, *parts: Any) -> None:
        # The progress bar may be on the same terminal.
        self._progress.stop()
        for part in parts:
            self._console.print(part)
        self._console.print()
        self._progress.start()
