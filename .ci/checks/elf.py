"""What readelf says of an object file; it reads those of any architecture."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class Symbol(NamedTuple):
    """A row of a symbol table: binding GLOBAL, WEAK, UNIQUE or LOCAL; section UND if undefined."""

    name: str
    binding: str
    section: str


def _readelf(path: Path, *options: str) -> list[str]:
    done = subprocess.run(
        ["readelf", "--wide", *options, str(path)], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def symbols(path: Path, table: str = "--syms") -> list[Symbol]:
    """The named symbols, demangled; `table` is "--syms" or "--dyn-syms"."""
    found = []
    for line in _readelf(path, table, "--demangle"):
        # 12: 0000000000000000  1688 OBJECT  GLOBAL DEFAULT    8 name [with spaces]
        fields = line.replace("<OS specific>: 10", "UNIQUE").split(maxsplit=7)
        if len(fields) == 8 and fields[0].rstrip(":").isdigit():
            found.append(Symbol(fields[7].split("@")[0], fields[4], fields[6]))
    return found


def sections(path: Path) -> list[str]:
    """The names of all sections."""
    headers = (line.partition("]")[2].split() for line in _readelf(path, "--section-headers"))
    return [fields[0] for fields in headers if fields]


def needed(path: Path) -> list[str]:
    """The shared libraries that the loader will look for."""
    return [
        line.split("[")[1].rstrip("]") for line in _readelf(path, "--dynamic") if "NEEDED" in line
    ]


def stack_flags(path: Path) -> str:
    """The access flags of the stack, "RW" unless it is executable."""
    for line in _readelf(path, "--program-headers"):
        if "GNU_STACK" in line:
            return line.split()[6].strip()
    return "absent"
