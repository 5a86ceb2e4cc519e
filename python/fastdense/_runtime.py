"""Threads, and what the core chose when it was loaded."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager

from fastdense import _core
from fastdense._version import __version__

_MOST = 2**31 - 1  # the largest C int


def get_num_threads() -> int:
    """Return the most threads that one call may use."""
    return _core.get_num_threads()


def set_num_threads(n: int) -> None:
    """Set the most threads that one call may use, in the whole process.

    Results don't depend on it. Small work runs on the calling thread anyway.

    Raises
    ------
    ValueError
        If `n` isn't an integer >= 1, or more than a C int holds.
    """
    if isinstance(n, bool) or not hasattr(n, "__index__") or not 1 <= operator.index(n) <= _MOST:
        raise ValueError(
            f"set_num_threads: expected an integer from 1 to {_MOST}. Received: n={n!r}"
        )
    _core.set_num_threads(operator.index(n))


@contextmanager
def num_threads(n: int) -> Iterator[None]:
    """Set the number of threads within a ``with`` block, and put the old one back after it.

    If none was set before, none is after it: OpenMP's own limit applies again, which
    ``OMP_NUM_THREADS`` and threadpoolctl set. The number belongs to the process: blocks in several
    Python threads at once see each other's.
    """
    before = _core.requested_num_threads()
    set_num_threads(n)
    try:
        yield
    finally:
        _core.set_num_threads(before)


def show_config(mode: str = "stdout") -> dict[str, object] | None:
    """Print version, instruction sets chosen and available, threads and their layer, compiler.

    Parameters
    ----------
    mode
        ``"stdout"`` prints; ``"dicts"`` returns the same as a dict, as `numpy.show_config` does.
    """
    if mode not in {"stdout", "dicts"}:
        raise ValueError(f'show_config: mode must be "stdout" or "dicts". Received: mode={mode!r}')
    config: dict[str, object] = {"fastdense": __version__, **_core.config()}
    if mode == "dicts":
        return config
    width = max(map(len, config))
    for name, value in config.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        print(f"{name:<{width}}  {text}")
    return None
