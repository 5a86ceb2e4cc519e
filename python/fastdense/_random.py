"""Seeds: where every random number of the library starts.

A `SeedStream` turns one integer into a reproducible sequence of 64-bit seeds. One stream belongs
to the process (`utils.set_random_seed` restarts it) and hands a seed to whatever was given
none; each Dropout layer owns another.
"""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np

from fastdense._locks import ForkSafeLock

if TYPE_CHECKING:
    from numpy.random import Generator

_MASK = 2**64 - 1
_GOLDEN_GAMMA = 0x9E3779B97F4A7C15  # 2**64 / golden ratio, odd: counters visit every state once

# Taken for a few integer operations at a time; a lock per stream couldn't be pickled or copied.
_lock = ForkSafeLock()


def mix(seed: int, counter: int) -> int:
    """Return one well-mixed 64-bit integer for `(seed, counter)`.

    The `counter`-th output of SplitMix64 started at a scrambled `seed` (Steele, Lea, Flood, "Fast
    splittable pseudorandom number generators", 2014, with Stafford's mix 13 as finalizer). The
    seed is scrambled first, so that neighbouring seeds don't share shifted sequences.
    """
    return _finalize(_finalize(seed & _MASK) + (counter + 1) * _GOLDEN_GAMMA)


def _finalize(z: int) -> int:
    z &= _MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _MASK
    return z ^ (z >> 31)


def as_seed(seed: SupportsIndex, message: str) -> int:
    """Return `seed` as a Python integer, or raise ValueError with `message`."""
    if not isinstance(seed, bool):
        try:
            return operator.index(seed)
        except TypeError:
            pass
    raise ValueError(f"{message} Received: seed={seed}")


class SeedStream:
    """A reproducible sequence of 64-bit seeds: the state is `(seed, counter)`.

    Parameters
    ----------
    seed
        Any integer. None draws one from the process's stream.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = next_seed() if seed is None else seed
        self.counter = 0

    def next(self) -> int:
        """Return the next seed, an integer in ``[0, 2**64)``. Safe to call from many threads."""
        with _lock.current:
            seed = self.peek()
            self.counter += 1
        return seed

    def peek(self) -> int:
        """Return what `next` will return, without moving on."""
        return mix(self.seed, self.counter)


_process_stream = SeedStream(int.from_bytes(os.urandom(8), "little"))


def next_seed() -> int:
    """Return a fresh seed from the process's stream."""
    return _process_stream.next()


def restart(seed: int) -> None:
    """Restart the process's stream from `seed`."""
    with _lock.current:
        _process_stream.seed = seed
        _process_stream.counter = 0


def generator(seed: int) -> Generator:
    """Return a NumPy generator whose values depend on `seed` (mod 2**64) only."""
    return np.random.Generator(np.random.Philox(key=seed & _MASK))
