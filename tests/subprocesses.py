"""Runs small programs in a fresh interpreter: what must be seen from the start of a process."""

from __future__ import annotations

import os
import subprocess
import sys

THREADING_LAYERS = ("pool", "openmp")  # values of FASTDENSE_THREADING, the default first

# Far above what any of these programs needs: it only turns a hang into a failure.
TIMEOUT_SECONDS = 120


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `program` with these environment variables; thread and ISA settings are not inherited
    otherwise."""
    inherited = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    return subprocess.run(
        [sys.executable, "-c", program],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def python(program: str, **environment: str) -> str:
    """What `program` prints; fails with its error output if it fails."""
    done = run(program, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
