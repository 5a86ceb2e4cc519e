"""All that one command measures, as it comes in from the workers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

from fastdense.bench import nets
from fastdense.bench.contenders import STEPS
from fastdense.bench.environment import environment
from fastdense.bench.problem import Problem
from fastdense.bench.rows import Row, Summary
from fastdense.bench.shapes import random_shapes
from fastdense.bench.worker import Job, Message

# Those who compete, and in what.
Contest = tuple[list[str], list[Problem]]

_NOT_IN = ("bare", "dx", "dw")  # modes without an activation


@dataclass
class Session:
    """What the workers of some jobs said.

    `not_installed` names contenders that would have been measured.
    `ceilings` and `workers` are dicts that also say which ``isa`` and number of ``threads`` they
    are of.
    """

    environment: dict[str, Any] = field(default_factory=environment)
    workers: list[dict[str, Any]] = field(default_factory=list)
    ceilings: list[dict[str, Any]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    not_installed: list[str] = field(default_factory=list)

    def run(self, jobs: list[Job], start: Callable[[Job], Iterator[Message]]) -> Iterator[Message]:
        """Run the jobs, one after the other; keep what they say and pass it on."""
        for job in jobs:
            where = {"isa": job.isa, "threads": job.threads}
            for message in start(job):
                if "environment" in message:
                    self.workers.append(where | message["environment"])
                if "ceilings" in message:
                    self.ceilings.append(where | message["ceilings"])
                if "row" in message:
                    self.rows.append(Row.from_dict(message["row"]))
                yield message

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, for JSON."""
        return {
            "environment": self.environment,
            "not_installed": self.not_installed,
            "workers": self.workers,
            "ceilings": self.ceilings,
            "rows": [row.to_dict() for row in self.rows],
            "summary": self._summary(),
        }

    def _summary(self) -> dict[str, Any] | None:
        summary = Summary.of(self.rows)
        return None if summary is None else asdict(summary)


def jobs_of(options: argparse.Namespace) -> list[Job]:
    """Return a job for each instruction set, number of threads and list of contenders."""
    if options.command == "roofline":
        contests: list[Contest] = [([], [])]
        how = {}
    else:
        contests = _contests_of(options)
        how = {name: getattr(options, name) for name in ("rounds", "seconds", "clock")}
        how["glance_first"] = options.command == "random"
    needs_roofs = options.command == "roofline" or (
        options.plot and options.command in ("dense", "random")
    )
    return [
        Job(
            isa=isa,
            threads=threads,
            problems=problems,
            against=against,
            ceilings_of=options.dtype if needs_roofs else [],
            **how,
        )
        for isa, threads, (against, problems) in product(options.isa, options.threads, contests)
    ]


def _contests_of(options: argparse.Namespace) -> list[Contest]:
    """Return who competes in what."""
    problems = problems_of(options)
    # An epoch is compared with its own steps, and needs no other library in its process.
    fits = [problem for problem in problems if problem.mode == "fit"]
    others = [problem for problem in problems if problem.mode != "fit"]
    return [contest for contest in ((options.against, others), ([STEPS], fits)) if contest[1]]


def problems_of(options: argparse.Namespace) -> list[Problem]:
    """Return the rows, in the order of the tables."""
    if options.command == "network":
        return _networks_of(options)
    if options.command == "random":
        shapes = random_shapes(options.count, options.max, options.seed, options.distribution)
        operation = "dense"
    else:
        shapes = options.shapes or options.default_shapes
        operation = options.command
    rate = options.rate if operation == "dropout" else None
    functions: list[str | None] = options.function if operation == "activation" else [None]
    if operation == "dense" and options.activation != "none":
        functions = [options.activation]
    return [
        Problem(operation, mode, shape, dtype, None if mode in _NOT_IN else function, rate)
        for dtype, mode, function, shape in product(options.dtype, options.mode, functions, shapes)
    ]


def _networks_of(options: argparse.Namespace) -> list[Problem]:
    return [
        Problem("network", mode, shape, dtype, rows=options.rows if mode == "fit" else None)
        for dtype, mode in product(options.dtype, options.mode)
        for shape in nets.shapes_of(mode, options.nets, options.batches)
    ]
