"""Making layers and metrics from a file: within bounds that follow from its size.

A few bytes can describe a layer with a terabyte of weights, a metric with a billion thresholds or,
by models that call models that call models several times each, a network of billions of calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense._arrays import zeros_on_cache_line

if TYPE_CHECKING:
    from fastdense._typing import FloatArray


@dataclass
class Allowance:
    """What may still be made.

    Attributes
    ----------
    weight_bytes
        The size of weights.
    state_bytes
        The size of other arrays, such as the counts of metrics.
    calls
        Calls of layers in networks.
    """

    weight_bytes: int
    state_bytes: int
    calls: int


_allowance: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def loading(allowance: Allowance) -> Iterator[None]:
    """Give layers that are built in the block zeros for weights: no initializer runs.

    What goes beyond `allowance` is a ValueError before it takes memory.
    """
    token = _allowance.set(allowance)
    try:
        yield
    finally:
        _allowance.reset(token)


def allowed_zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> FloatArray | None:
    """Return a new weight while something is being loaded, None otherwise."""
    allowance = _allowance.get()
    if allowance is None:
        return None
    allowance.weight_bytes -= math.prod(shape) * dtype.itemsize
    if allowance.weight_bytes < 0:
        raise ValueError(f"a weight of shape {shape} is larger than what is there to be loaded")
    return zeros_on_cache_line(shape, dtype)


def count_state(size: int) -> None:
    """Count the bytes of arrays that are no weights, before they are made."""
    allowance = _allowance.get()
    if allowance is not None:
        allowance.state_bytes -= size
        if allowance.state_bytes < 0:
            raise ValueError(f"a state of {size} bytes is larger than what may be loaded")


def count_call() -> None:
    """Count a call of a layer in a network."""
    allowance = _allowance.get()
    if allowance is not None:
        allowance.calls -= 1
        if allowance.calls < 0:
            raise ValueError("models that call models make a network larger than can be loaded")
