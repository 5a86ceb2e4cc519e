"""Arguments of `fit` and its like: what they may be together, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastdense.models.structure import is_nested

if TYPE_CHECKING:
    from fastdense.models.data import Source

DEFAULT_BATCH_SIZE = 32  # Keras'


class Batching(NamedTuple):
    """How batches are made of arrays."""

    batch_size: int | None
    steps: int | None
    shuffle: bool | str = False
    class_weight: Mapping[int, float] | None = None

    def size_for(self, rows: int) -> int:
        """Return the size of a batch: as given, or such that there are `steps`, or Keras' 32."""
        if self.batch_size is None and self.steps is not None:
            return math.ceil(rows / self.steps)
        return self.batch_size or DEFAULT_BATCH_SIZE


class Validation(NamedTuple):
    """What to test on after an epoch, and after which ones."""

    source: Source
    steps: int | None
    frequency: int | Collection[int]

    def checked(self) -> Validation:
        """Return it; ValueError unless the frequency is a positive integer or holds integers."""
        frequency = self.frequency
        if not (
            isinstance(frequency, list | tuple | set)
            or (isinstance(frequency, int) and frequency > 0)
        ):
            raise ValueError(
                "Expected `validation_freq` to be a list or int. "
                f"Received: validation_freq={frequency} of the type {type(frequency)}"
            )
        return self

    def is_due(self, epoch: int) -> bool:
        """Whether there is a test after the epoch of this number, from 0."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency


def check_weights(sample_weight: object, class_weight: object) -> None:
    """Raise ValueError if both are given."""
    if sample_weight is not None and class_weight is not None:
        raise ValueError(
            "Arguments `sample_weight` and `class_weight` cannot be specified at the same time. "
            f"Received: class_weight={class_weight} and a sample_weight"
        )


def is_arrays(x: Any) -> bool:
    """Whether `x` is one or several arrays; ValueError unless it is these or an iterable."""
    if is_nested(x) or isinstance(x, np.ndarray) or hasattr(x, "__array__"):
        return True
    if not isinstance(x, Iterable) and not hasattr(x, "__getitem__"):
        raise ValueError(
            "Expected `x` to be an array, several in a list or dict, or an iterable of batches. "
            f"Received: x={x!r:.80} (of type {type(x)})"
        )
    return False


def check_only_x(x: Any, **others: Any) -> None:
    """Raise ValueError if there is another argument beside an iterable of batches."""
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                f"When providing `x` as an iterable of batches, `{name}` should not be passed. "
                f"Batches are (x, y) or (x, y, sample_weight). Received: x of type {type(x)}"
            )


def unpacked_item(item: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample_weight of what an iterable yields; None for what isn't there."""
    if not isinstance(item, list | tuple):
        return item, None, None
    if not 1 <= len(item) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`. "
            f"Received: a {type(item).__name__} of {len(item)}"
        )
    x, y, sample_weight = (*item, None, None)[:3]
    return x, y, sample_weight


def check_sizes(**sizes: int | None) -> None:
    """Raise ValueError unless each is None or a positive integer."""
    for name, size in sizes.items():
        if size is not None and not (isinstance(size, int | np.integer) and size > 0):
            raise ValueError(f"Expected `{name}` to be a positive integer. Received: {name}={size}")
