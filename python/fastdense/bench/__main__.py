"""``python -m fastdense.bench``."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastdense.bench import launch
from fastdense.bench.arguments import parse
from fastdense.bench.session import Session, jobs_of

if TYPE_CHECKING:
    import argparse

_NEEDED = ("rich", "threadpoolctl")
_NEEDED_BY_PLOTS = ("matplotlib",)
_INTERRUPTED = 130  # as shells say it


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return the exit status.

    1 if a contender's result is wrong or a worker fails, 2 if the arguments make no sense or a
    package is missing.
    """
    options = parse(arguments)
    needed = _NEEDED + (_NEEDED_BY_PLOTS if options.plot else ())
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        print(
            f"fastdense.bench needs {' and '.join(missing)}: pip install 'fastdense[bench]'",
            file=sys.stderr,
        )
        return 2
    session = Session(not_installed=options.not_installed)
    try:
        _show(session, options)
    except launch.WorkerError as error:
        print(f"fastdense.bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    if options.json:
        options.json.write_text(json.dumps(session.to_dict(), indent=1) + "\n")
    if options.plot:
        from fastdense.bench import plot

        plot.draw(session, options.plot)
    return 0


def _show(session: Session, options: argparse.Namespace) -> None:
    """Run the jobs; print every table as soon as its rows are there."""
    from fastdense.bench.report import Report

    jobs = jobs_of(options)
    with Report(session, sum(len(job.problems) + len(job.ceilings_of) for job in jobs)) as report:
        for message in session.run(jobs, launch.start):
            report.take(message, worst_only=options.command == "random")
        report.finish()


if __name__ == "__main__":
    sys.exit(main())
