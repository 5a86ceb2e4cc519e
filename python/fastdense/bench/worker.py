"""One process of its own for one instruction set and number of threads.

``python -m fastdense.bench.worker`` reads a `Job` as JSON from standard input and writes messages,
one line of JSON each: ``environment`` first, then ``ceilings`` and ``row``, as many as the job asks
for, or ``error``, after which it ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from fastdense.bench.ceilings import ceilings, copy_bandwidth, multiply_add_peak
from fastdense.bench.check import WrongResultError, checker
from fastdense.bench.contenders import OURS, Contender, load
from fastdense.bench.environment import thread_pools
from fastdense.bench.figures import Figures
from fastdense.bench.inputs import make_inputs
from fastdense.bench.problem import Problem
from fastdense.bench.rows import Row
from fastdense.bench.timing import Budget, Call, measure

Message = dict[str, Any]

# Of random shapes only those are measured well that look worse than this at a glance, so that the
# losses are no noise; noise among the others hardly moves the mean of thousands.
_SUSPICIOUS_RATIO = 0.97
_GLANCE = Budget(rounds=3, seconds=0)


@dataclass
class Job:
    """What a worker does. See `fastdense.bench.arguments` for what the fields mean."""

    isa: str
    threads: int
    problems: list[Problem] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    ceilings_of: list[str] = field(default_factory=list)
    rounds: int = 15
    seconds: float = 1.0
    clock: str = "wall"
    glance_first: bool = False

    @property
    def has_networks(self) -> bool:
        """Whether the contenders are those that run networks: a job has either kind of problem."""
        return any(problem.operation == "network" for problem in self.problems)

    def to_json(self) -> str:
        """Return the job as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Return the job whose `to_json` gave `text`."""
        fields = json.loads(text)
        problems = [Problem.from_dict(problem) for problem in fields.pop("problems")]
        return cls(problems=problems, **fields)


def run(job: Job, contenders: dict[str, Contender]) -> Iterator[Message]:
    """Do the job: yield messages; raise WrongResultError if a contender computes something else."""
    versions = {name: contender.version for name, contender in contenders.items()}
    yield {"environment": {"contenders": versions, "thread_pools": thread_pools()}}
    for dtype in job.ceilings_of:
        yield {"ceilings": ceilings(dtype, job.threads)}
    flops = cache(lambda dtype: multiply_add_peak(dtype, job.threads))
    copying = cache(lambda dtype, size: copy_bandwidth(dtype, job.threads, size))
    for problem in job.problems:
        if problem.unit == "FLOP":
            ceiling = flops(problem.dtype)
        else:
            ceiling = copying(problem.dtype, problem.bytes)
        figures = _measure(job, problem, contenders)
        row = Row(problem, job.isa, job.threads, figures, ceiling)
        yield {"row": row.to_dict()}


def _measure(job: Job, problem: Problem, contenders: dict[str, Contender]) -> dict[str, Figures]:
    inputs = make_inputs(problem)
    check = checker(problem, inputs)
    calls: dict[str, Call] = {}
    for name, contender in contenders.items():
        call = contender.prepare(problem, inputs)
        if call is not None:
            first_calls = (contender.to_numpy(call()) for _ in range(problem.calls_checked))
            check(name, [result for results in first_calls for result in results])
            calls[name] = call
    how: Any = {"clock": job.clock, "threads": job.threads}
    if job.glance_first:
        figures = measure(calls, _GLANCE, **how)
        ratio = Row(problem, job.isa, job.threads, figures, 1).ratio
        if ratio is None or ratio >= _SUSPICIOUS_RATIO:
            return figures
    return measure(calls, Budget(job.rounds, job.seconds), **how)


def main() -> None:
    """Read the job from standard input, write messages to standard output."""
    job = Job.from_json(sys.stdin.read())
    # Standard output is for messages: whatever a library prints goes to standard error.
    messages = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    contenders = {
        name: load(name, job.threads, networks=job.has_networks) for name in (OURS, *job.against)
    }
    try:
        for message in run(job, contenders):
            print(json.dumps(message), file=messages)
    except WrongResultError as error:
        print(json.dumps({"error": str(error)}), file=messages)


if __name__ == "__main__":
    main()
