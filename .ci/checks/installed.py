"""What an installed fastdense promises: its size, and what an import costs and pulls in."""

from __future__ import annotations

import importlib.metadata
import statistics
import subprocess
import sys
from pathlib import Path

MAX_BYTES = 5_000_000
MAX_IMPORT_MS = 50
IMPORTS = 10
PROGRAM = """
import sys, time
import numpy
before = set(sys.modules)
start = time.perf_counter()
import fastdense
ms = (time.perf_counter() - start) * 1e3
third_party = {name.partition(".")[0] for name in set(sys.modules) - before}
third_party -= {"fastdense", "numpy", *sys.stdlib_module_names}
print(ms, *sorted(third_party))
"""


def import_once() -> tuple[float, list[str]]:
    """Milliseconds that an import takes beyond NumPy's, and the foreign packages it loads."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    ms, *modules = done.stdout.split()
    return float(ms), modules


def main() -> int:
    """Prints the figures; 1 if one breaks its promise."""
    files = importlib.metadata.files("fastdense") or []
    size = sum(Path(str(file.locate())).stat().st_size for file in files)
    names = {str(file) for file in files}
    missing = {"fastdense/py.typed", "fastdense/_core.pyi"} - names
    import_once()  # warms the file cache
    runs = [import_once() for _ in range(IMPORTS)]
    ms = statistics.median(run[0] for run in runs)
    modules = runs[0][1]
    print(f"installed {size / 1e6:.2f} MB in {len(files)} files; missing: {missing or 'none'}")
    print(f"import {ms:.1f} ms beyond NumPy's; foreign modules: {modules or 'none'}")
    return int(size > MAX_BYTES or ms > MAX_IMPORT_MS or bool(modules) or bool(missing))


if __name__ == "__main__":
    sys.exit(main())
