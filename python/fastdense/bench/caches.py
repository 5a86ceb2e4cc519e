"""Sizes of the processor's caches."""

from __future__ import annotations

import re
from pathlib import Path

_LINUX = Path("/sys/devices/system/cpu/cpu0/cache")
# Where the system doesn't say: what most processors have.
_TYPICAL = {"L1": 32 << 10, "L2": 1 << 20, "L3": 32 << 20}
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def cache_sizes(folder: Path = _LINUX) -> dict[str, int]:
    """Return the bytes of the first processor's data caches by name: L1, L2 and L3."""
    found: dict[str, int] = {}
    for cache in sorted(folder.glob("index*")):
        try:
            level, kind, size = (
                (cache / name).read_text().strip() for name in ("level", "type", "size")
            )
        except OSError:
            continue
        number = re.fullmatch(r"(\d+)([KMG]?)", size)
        if kind != "Instruction" and number:
            found[f"L{level}"] = int(number[1]) * _UNITS[number[2]]
    return {name: found.get(name, size) for name, size in _TYPICAL.items()}


def working_sets(caches: dict[str, int]) -> dict[str, int]:
    """Return bytes that live in each level of memory: half of a cache, four times the last one."""
    return {name: size // 2 for name, size in caches.items()} | {"DRAM": 4 * caches["L3"]}
