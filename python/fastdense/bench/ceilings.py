"""What the machine can do at most: the ceilings of the roofline model, measured.

Of all tries the best counts: a ceiling is what nothing disturbed.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import _core
from fastdense.bench.caches import cache_sizes, working_sets
from fastdense.bench.timing import wait_until_idle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

ACCESSES = ("read", "write", "copy")
# Long beside what it takes to start threads, short enough to meet a quiet moment.
_SECONDS = 5e-3
# So many tries in a row that are no better are the last ones.
_PATIENCE = 15
_SHARED = ("L3", "DRAM")
# Arrays begin on a huge page, for which NumPy asks when it allocates 4 MB or more. On small pages
# chance decides which parts of an array compete for the same places in L2.
_ALIGNMENT = 2 << 20
_SPARE = 4 << 20

# work(repeats) returns the amount done.
Work = Callable[[int], float]


def multiply_add_peak(dtype: str, threads: int) -> float:
    """Return the most floating-point operations per second; a multiply-add is two."""

    def work(steps: int) -> float:
        return _core.multiply_add_peak(dtype, steps)[1]

    return _best_rate([work] * threads)


def bandwidth(access: str, dtype: str, threads: int, size: int) -> float:
    """Return bytes per second, read and written, over a working set of `size` bytes per thread."""
    return _best_rate([_stream(access, dtype, size) for _ in range(threads)])


def copy_bandwidth(dtype: str, threads: int, size: int) -> float:
    """Return bytes per second of a copy whose source and target take `size` bytes together."""
    return bandwidth("copy", dtype, threads, math.ceil(size / threads))


def ceilings(dtype: str, threads: int) -> dict[str, Any]:
    """Return the multiply-add peak and the bandwidth per level of memory and access."""
    sets = working_sets(cache_sizes())
    return {
        "dtype": dtype,
        "flops": multiply_add_peak(dtype, threads),
        "levels": [
            {
                "level": level,
                "working_set": size,
                **{
                    access: bandwidth(
                        access, dtype, threads, size // threads if level in _SHARED else size
                    )
                    for access in ACCESSES
                },
            }
            for level, size in sets.items()
        ],
    }


def _aligned(n: int, dtype: str) -> Array:
    memory = np.ones(n + _SPARE // np.dtype(dtype).itemsize, dtype)
    skipped = -memory.ctypes.data % _ALIGNMENT // memory.itemsize
    return memory[skipped : skipped + n]


def _stream(access: str, dtype: str, size: int) -> Work:
    """Return the work of walking through `size` bytes; its amount is in bytes."""
    n = max(size // np.dtype(dtype).itemsize, 2)
    if access == "copy":
        x, y = _aligned(n // 2, dtype), _aligned(n // 2, dtype)
        moved = 2 * x.nbytes
        walk: Callable[[int], object] = partial(_core.stream_copy, x, y)
    else:
        array = _aligned(n, dtype)
        moved = array.nbytes
        if access == "read":
            walk = partial(_core.stream_read, array)
        else:
            walk = partial(_core.stream_write, array)

    def work(passes: int) -> float:
        walk(passes)
        return passes * moved

    return work


def _best_rate(works: Sequence[Work]) -> float:
    """Return the most that all `works` do per second, each on a thread of its own."""
    wait_until_idle()  # a library's threads may still spin
    repeats = 1
    while (seconds := _timed(works, repeats)[1]) < _SECONDS:
        repeats = math.ceil(repeats * min(max(_SECONDS / max(seconds, 1e-9), 1.1) * 1.2, 100))
    best, since = 0.0, 0
    while since < _PATIENCE:
        amount, seconds = _timed(works, repeats)
        since = 0 if amount / seconds > 1.01 * best else since + 1
        best = max(best, amount / seconds)
    return best


def _timed(works: Sequence[Work], repeats: int) -> tuple[float, float]:
    """Return the amount done, and the seconds from the first start to the last end."""
    barrier = threading.Barrier(len(works))
    runs: list[tuple[float, float, float]] = []

    def run(work: Work) -> None:
        barrier.wait()
        start = time.perf_counter()
        amount = work(repeats)
        runs.append((amount, start, time.perf_counter()))

    threads = [threading.Thread(target=run, args=(work,)) for work in works[1:]]
    for thread in threads:
        thread.start()
    run(works[0])
    for thread in threads:
        thread.join()
    amounts, starts, ends = zip(*runs, strict=True)
    return sum(amounts), max(ends) - min(starts)
