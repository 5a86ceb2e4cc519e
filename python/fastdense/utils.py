"""Utilities that belong to no single module."""

from __future__ import annotations

from fastdense import _random


def set_random_seed(seed: int) -> None:
    """Make everything random that follows in this process reproducible.

    Restarts the stream from which initializers given by name and Dropout layers without a
    seed draw theirs; seeds Python's `random` and NumPy's legacy generator too, as
    `keras.utils.set_random_seed` does.

    Parameters
    ----------
    seed
        An integer in ``[0, 2**32)``, the range that NumPy's generator takes.

    Raises
    ------
    ValueError
        If `seed` isn't such an integer; nothing is seeded then.
    """
    import random

    import numpy as np

    number = _random.as_seed(seed, "Expected `seed` argument to be an integer.")
    np.random.seed(number)  # noqa: NPY002  (seeding the legacy generator is the purpose); checks the range
    random.seed(number)
    _random.restart(number)
