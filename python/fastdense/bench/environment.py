"""Where figures come from: processor, versions, settings."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import fastdense
from fastdense import _core
from fastdense.bench.caches import cache_sizes

# Variables that change what libraries do.
_SETTINGS = re.compile(r"(OPENBLAS|OMP|GOMP|KMP|MKL|XLA|JAX|TORCH|FASTDENSE)_")


def processor_count() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name() -> str:
    """Return what the processor calls itself."""
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() or platform.machine()
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def environment() -> dict[str, Any]:
    """Return what all workers have in common."""
    config = _core.config()
    return {
        "fastdense": fastdense.__version__,
        "compiler": config["compiler"],
        "openmp": config["openmp"],
        "isas_available": config["isas_available"],
        "processor": processor_name(),
        "processors": processor_count(),
        "caches": cache_sizes(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "variables": {
            name: value for name, value in sorted(os.environ.items()) if _SETTINGS.match(name)
        },
    }


def thread_pools() -> list[dict[str, Any]]:
    """Return what the loaded BLAS and OpenMP libraries say about themselves."""
    from threadpoolctl import threadpool_info

    told = ("internal_api", "version", "architecture", "num_threads")
    return [{name: pool[name] for name in told if pool.get(name)} for pool in threadpool_info()]
