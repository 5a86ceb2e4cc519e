"""extension.py FILE: what the compiled module links, exports and asks of the loader."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import elf

# A second OpenMP runtime in the process slows both to milliseconds a call.
OPENMP = re.compile(r"lib(g|i)?omp")


def faults(path: Path) -> list[str]:
    """What is wrong with the module, each as a sentence."""
    found = []
    runtimes = [name for name in elf.needed(path) if OPENMP.match(name)]
    if runtimes != ["libgomp.so.1"]:
        found.append(f"OpenMP runtimes {runtimes}, expected only libgomp.so.1")
    exports = [s.name for s in elf.symbols(path, "--dyn-syms") if s.section != "UND"]
    if exports != ["PyInit__core"]:
        found.append(f"exports {exports[:10]}, expected only PyInit__core")
    if elf.stack_flags(path) != "RW":
        found.append(f"stack flags {elf.stack_flags(path)}, expected RW")
    return found


def main() -> int:
    """Checks one module."""
    path = Path(sys.argv[1])
    found = faults(path)
    print(f"{path.name}: {'; '.join(found) or 'clean'}; needs {' '.join(elf.needed(path))}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
