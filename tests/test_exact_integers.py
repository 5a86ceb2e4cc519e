"""Integer-valued operands give exactly the integer result: no rounding hides a wrong, missed or
doubled term.

Operands are integers in [-4, 4], so every partial sum of up to 1300 products stays below 2**15:
exact in float32 whatever the order, and any difference is a bug in blocking, tails or threads. One
random shape exercises all four products (forward, dX, dW, db); 2,000 shapes run with one thread and
again with two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastdense
from fastdense import ops

SHAPES = 2000
CHUNKS = 8
LIMIT = 4
# (batch, depth, units) that random ones seldom hit, each with what it is about.
SHAPES_OF_THEIR_OWN_WAY = [
    (600, 1300, 200),  # panels of the kernel are copied, in two parts; two parts of the batch
    (20, 90, 1024),  # copied early: rows of the kernel are 4 KB apart
    (700, 40, 300),  # x is turned round before dW
    (130, 1024, 260),  # early, as its rows are 4 KB apart
    (1, 703, 1100),  # the kernel is streamed
    (2, 50, 2100),
    (3, 600, 1024),  # dW is streamed: the inner dimension is short, the result large
    (600, 4, 1024),  # y is
    (67, 130, 1),  # rows of x side by side in the lanes
    (71, 1024, 1),
    (67, 131, 4),
    (3, 70, 4),  # rows of dy times rows of the kernel
    (11, 300, 37),
]


def random_shape(rng: np.random.Generator, index: int) -> tuple[int, int, int]:
    """(batch, depth, units): log-uniform up to 96; every 20th with 4 to 9 million multiply-adds,
    so that it is shared among threads and crosses block boundaries."""
    if index % 20:
        batch, depth, units = np.exp(rng.uniform(0, np.log(97), 3)).astype(int)
        return int(batch), int(depth), int(units)
    batch, depth = (int(n) for n in np.exp(rng.uniform(np.log(8), np.log(600), 2)))
    units = int(rng.uniform(4e6, 9e6) / (batch * depth)) + 1
    return batch, depth, min(units, 600)


def integers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    return rng.integers(-LIMIT, LIMIT, shape, endpoint=True).astype(dtype)


def check_products(
    rng: np.random.Generator, batch: int, depth: int, units: int, dtype: Any
) -> None:
    x, kernel = integers(rng, (batch, depth), dtype), integers(rng, (depth, units), dtype)
    bias, dy = integers(rng, (units,), dtype), integers(rng, (batch, units), dtype)
    # float64 holds these integers exactly, in any order of summation.
    exact_x, exact_kernel, exact_dy = (a.astype(np.float64) for a in (x, kernel, dy))
    expected = {
        "y": exact_x @ exact_kernel + bias,
        "dx": exact_dy @ exact_kernel.T,
        "dkernel": exact_x.T @ exact_dy,
        "db": exact_dy.sum(axis=0),
    }
    for threads in (1, 2):
        fastdense.set_num_threads(threads)
        y, residuals = ops.dense_forward(x, kernel, bias)
        got = dict(zip(expected, (y, *ops.dense_backward(dy, residuals)), strict=True))
        for name, exact in expected.items():
            assert np.array_equal(got[name], exact), (
                f"{name} of ({batch}, {depth}) @ ({depth}, {units}), {np.dtype(dtype)}, "
                f"{threads} thread(s): {np.count_nonzero(got[name] != exact)} wrong elements"
            )


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_products_of_integers_are_exact_with_one_and_two_threads(
    chunk: int, rng: np.random.Generator
) -> None:
    for index in range(SHAPES // CHUNKS):
        dtype = (np.float32, np.float64)[index % 3 == 2]
        check_products(rng, *random_shape(rng, index), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES_OF_THEIR_OWN_WAY, ids=str)
def test_products_of_integers_are_exact_when_the_shape_has_its_own_way(
    shape: tuple[int, int, int], dtype: Any, rng: np.random.Generator
) -> None:
    check_products(rng, *shape, dtype)
