"""Starts workers. What they use can't be changed in a process that has imported it already."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from fastdense.bench.contenders import is_installed
from fastdense.bench.worker import Job

Message = dict[str, Any]

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    # By these XLA's client sizes its pool, else by the number of processors.
    "NPROC",
    "PJRT_NPROC",
)


class WorkerError(Exception):
    """A worker ended before it was done."""


def environment_of(job: Job) -> dict[str, str]:
    """Return the variables that give a worker its instruction set and number of threads.

    OPENBLAS_CORETYPE and the like are left as the user has them.
    """
    return (
        {"FASTDENSE_ISA": job.isa, "JAX_PLATFORMS": "cpu"}
        | {"KERAS_BACKEND": os.environ.get("KERAS_BACKEND", _keras_backend())}
        | dict.fromkeys(_THREAD_VARIABLES, str(job.threads))
    )


def _keras_backend() -> str:
    """Return the fastest one installed; of those, as measured, JAX has the least overhead."""
    backends = [name for name in ("jax", "tensorflow", "torch") if is_installed(name)]
    return backends[0] if backends else "numpy"


def start(job: Job) -> Iterator[Message]:
    """Yield the messages of a worker; raise WorkerError if it fails."""
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(
            [sys.executable, "-m", "fastdense.bench.worker"],
            env=os.environ | environment_of(job),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(job.to_json())
            process.stdin.close()
            for line in process.stdout:
                message = json.loads(line)
                if "error" in message:
                    raise WorkerError(message["error"])
                yield message
            if process.wait() != 0:
                complaints.seek(0)
                raise WorkerError(f"a worker failed: {complaints.read().strip()}")
        finally:
            process.terminate()
