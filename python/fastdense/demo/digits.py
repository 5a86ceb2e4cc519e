"""The data set of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn import datasets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Labels = NDArray[np.int64]

CLASSES = 10
FEATURES = 64
_HELD_OUT = 250  # for validation, and as many again for the test


class Samples(NamedTuple):
    """Images of shape (n, 64) with intensities in [0, 1], and the n digits they show."""

    x: Floats
    y: Labels


class Digits(NamedTuple):
    """What to learn from, what to look at meanwhile, and what to look at in the end."""

    train: Samples
    validation: Samples
    test: Samples


def load(seed: int) -> Digits:
    """Return the 1,797 digits that scikit-learn ships, dealt out at random."""
    images, labels = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(images))
    test, validation, train = np.split(order, [_HELD_OUT, 2 * _HELD_OUT])
    x, y = (images / 16).astype(np.float32), labels.astype(np.int64)
    return Digits(*(Samples(x[rows], y[rows]) for rows in (train, validation, test)))
