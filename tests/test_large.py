"""Sizes beyond 32 bits, and sizes that no machine has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastdense
from fastdense import _core, layers, ops

LINEAR = (_core.ACTIVATIONS["linear"], 0.0, 0.0, 0.0)
BEYOND = 2**31 + 8
# Nonzero at the start, across 2**31 and at the end: an index that wraps reads or misses one of
# them.
POSITIONS = [0, 2**31 - 1, 2**31, 2**31 + 1, BEYOND - 1]


def reserved(shape: tuple[int, ...], values: list[float]) -> Any:
    """Zeros of which only the pages that hold `values` take memory; skips where even reserving
    is refused."""
    try:
        array = np.zeros(shape, np.float32)
    except MemoryError:
        pytest.skip(f"the system reserves no {4 * int(np.prod(shape)) >> 30} GiB of zero pages")
    array.reshape(-1)[POSITIONS] = values
    return array


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_dense_sums_over_more_than_2_to_31_features(threads: int) -> None:
    x, kernel = (
        reserved((1, BEYOND), [1, 2, 3, 4, 5]),
        reserved((BEYOND, 1), [1, 10, 100, 1000, 10000]),
    )
    with fastdense.num_threads(threads):
        y = ops.dense(x, kernel, np.ones(1, np.float32))
    np.testing.assert_array_equal(y, [[1 + 1 + 20 + 300 + 4000 + 50000]])


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_dense_backward_sums_over_more_than_2_to_31_rows(threads: int) -> None:
    x, dy = reserved((BEYOND, 1), [1, 2, 3, 4, 5]), reserved((BEYOND, 1), [1, 10, 100, 1000, 10000])
    kernel = np.ones((1, 1), np.float32)
    with fastdense.num_threads(threads):
        # The forward's residuals without its output, which would need the memory that x doesn't.
        dx, dkernel, db = _core.dense_backward(dy, x, kernel, None, LINEAR, False, True, True)
    assert dx is None
    np.testing.assert_array_equal(dkernel, [[1 + 20 + 300 + 4000 + 50000]])
    np.testing.assert_array_equal(db, [11111])


def huge(*shape: int) -> Any:
    """An array of one element that claims a huge shape."""
    return np.broadcast_to(np.float32(1), shape)


ABSURD: dict[str, Callable[[], Any]] = {
    "input_copy": lambda: ops.dense(huge(2**44, 8), np.ones((8, 4), np.float32)),
    "output": lambda: ops.dense(huge(2**44, 1), np.ones((1, 2**16), np.float32)),
    "output_past_2_to_64": lambda: ops.dense(huge(2**60, 1), np.ones((1, 64), np.float32)),
    "output_without_input": lambda: ops.dense(
        np.empty((2**40, 0), np.float32), np.empty((0, 2**30), np.float32)
    ),
    "forward": lambda: ops.dense_forward(huge(2**44, 8), np.ones((8, 4), np.float32)),
    "kernel": lambda: ops.dense(np.ones((1, 2**20), np.float32), huge(2**20, 2**30)),
    "activation": lambda: ops.activation(huge(2**44, 4), "relu"),
    "activation_forward": lambda: ops.activation_forward(huge(2**44, 4), "softmax"),
    "dropout": lambda: ops.dropout_forward(huge(2**44, 4), 0.5, 1),
    "layer": lambda: layers.Dense(2**62).build((None, 8)),
    "layer_past_2_to_64": lambda: layers.Dense(2**40)(np.ones((1, 2**20), np.float32)),
}


@pytest.mark.parametrize("call", ABSURD.values(), ids=ABSURD)
def test_absurd_size_raises_and_the_next_call_works(call: Callable[[], Any]) -> None:
    with pytest.raises((MemoryError, ValueError)):
        call()
    y = ops.dense(np.ones((3, 4), np.float32), np.ones((4, 5), np.float32))
    np.testing.assert_array_equal(y, np.full((3, 5), 4))


def test_layer_is_unbuilt_when_its_weights_have_no_memory() -> None:
    layer = layers.Dense(2**40)
    with pytest.raises((MemoryError, ValueError)):
        layer.build((None, 2**20))
    assert not layer.built
    assert layer.weights == []
