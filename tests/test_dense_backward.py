"""Dense backward against the float64 reference, central differences, and the bits it promises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bounds
import cases
import differences
import fastdense
import reference
from fastdense import ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)


def operands(
    rng: np.random.Generator, batch: int, depth: int, units: int, dtype: Any
) -> tuple[Any, ...]:
    """x, kernel, bias and dy of standard normal numbers."""
    shapes = (batch, depth), (depth, units), (units,), (batch, units)
    return tuple(cases.normal(rng, shape, dtype) for shape in shapes)


def gradients(x: Any, kernel: Any, bias: Any, dy: Any, activation: Any = None) -> tuple[Any, ...]:
    """dx, dkernel, db of one forward and backward call."""
    _, residuals = ops.dense_forward(x, kernel, bias, activation)
    return ops.dense_backward(dy, residuals)


def assert_backward(x: Any, kernel: Any, bias: Any, dy: Any) -> None:
    """Each gradient is within the product bound of its own inner dimension: units, batch, batch."""
    exact = reference.dense_backward(x, kernel, dy)
    sizes = reference.dense_backward(np.abs(x), np.abs(kernel), np.abs(dy))
    batch = int(np.prod(dy.shape[:-1]))
    terms = (kernel.shape[1], batch, batch)
    got = gradients(x, kernel, bias, dy)
    for name, actual, truth, size, count in zip(
        ("dx", "dkernel", "db"), got, exact, sizes, terms, strict=True
    ):
        assert actual.dtype == x.dtype
        tolerance = bounds.product_bound(size, count, x.dtype)
        bounds.assert_within(actual, truth, tolerance, f"{name} of {x.shape} @ {kernel.shape}")


@by_dtype
@pytest.mark.parametrize("batch", cases.BATCHES)
def test_dense_backward_matches_reference_when_shape_straddles_lanes_and_tiles(
    batch: int, dtype: Any, rng: np.random.Generator
) -> None:
    for depth in cases.DEPTHS:
        for units in cases.UNITS:
            assert_backward(*operands(rng, batch, depth, units, dtype))


@by_dtype
@pytest.mark.parametrize("shape", cases.LARGE, ids=str)
def test_dense_backward_matches_reference_when_shape_exceeds_one_block(
    shape: tuple[int, int, int], dtype: Any, rng: np.random.Generator
) -> None:
    for threads in (1, 2):
        with fastdense.num_threads(threads):
            assert_backward(*operands(rng, *shape, dtype))


@given(
    lead=st.lists(st.integers(0, 4), min_size=0, max_size=3),
    depth=st.integers(0, 20),
    units=st.integers(0, 20),
    dtype=st.sampled_from(bounds.FLOATS),
)
def test_dense_backward_sums_over_leading_axes_when_rank_is_any(
    lead: list[int], depth: int, units: int, dtype: Any
) -> None:
    rng = np.random.default_rng(units)
    shapes = (*lead, depth), (depth, units), (units,), (*lead, units)
    assert_backward(*(cases.normal(rng, shape, dtype) for shape in shapes))


@by_dtype
@pytest.mark.parametrize("case", cases.ALL_CASES, ids=str)
def test_dense_backward_equals_activation_then_linear_backward_bitwise(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    for batch, depth, units in [(1, 3, 2), (5, 17, 10), (13, 8, 34), (2, 65, 66), (0, 4, 4)]:
        x, kernel, bias, dy = operands(rng, batch, depth, units, dtype)
        z, linear = ops.dense_forward(x, kernel, bias)
        y, residuals = ops.activation_forward(z, case.spec)
        dy = dy[:, : y.shape[1]]
        apart = ops.dense_backward(ops.activation_backward(dy, residuals), linear)
        for together, alone in zip(gradients(x, kernel, bias, dy, case.spec), apart, strict=True):
            np.testing.assert_array_equal(together, alone, strict=True)


@pytest.mark.parametrize("case", cases.ALL_CASES, ids=str)
def test_dense_backward_agrees_with_central_differences(
    case: cases.Case, rng: np.random.Generator
) -> None:
    x, kernel, bias, dy = operands(rng, 3, 4, 6, np.float64)
    # Away from the kinks of the activation: the pre-activation moves with its bias.
    x = x[:1]
    z = ops.dense(x, kernel, bias)
    bias = bias + (cases.away_from_kinks(z, case) - z)[0]
    dy = dy[:1, : ops.dense(x, kernel, bias, case.spec).shape[1]]

    def loss(x: Any, kernel: Any, bias: Any) -> float:
        return float(np.sum(dy * ops.dense(x, kernel, bias, case.spec)))

    got = gradients(x, kernel, bias, dy, case.spec)
    differences.assert_gradients(loss, [x, kernel, bias], got, str(case))


@by_dtype
def test_dense_backward_leaves_out_what_is_not_needed(dtype: Any, rng: np.random.Generator) -> None:
    x, kernel, bias, dy = operands(rng, 6, 7, 5, dtype)
    expected = gradients(x, kernel, bias, dy, "tanh")
    _, residuals = ops.dense_forward(x, kernel, bias, "tanh")
    dx, dkernel, db = ops.dense_backward(dy, residuals, needs_input_grad=False)
    assert dx is None
    np.testing.assert_array_equal(dkernel, expected[1])
    np.testing.assert_array_equal(db, expected[2])
    dx, dkernel, db = ops.dense_backward(dy, residuals, needs_weight_grads=False)
    np.testing.assert_array_equal(dx, expected[0])
    assert dkernel is None and db is None
    _, residuals = ops.dense_forward(x, kernel, None, "tanh")
    assert ops.dense_backward(dy, residuals)[2] is None


@by_dtype
def test_dense_backward_overwrites_nothing_and_can_be_repeated(
    dtype: Any, rng: np.random.Generator
) -> None:
    arrays = operands(rng, 9, 33, 18, dtype)
    x, kernel, bias, dy = (array.copy() for array in arrays)
    _, residuals = ops.dense_forward(x, kernel, bias, "silu")
    first = ops.dense_backward(dy, residuals)
    for one, two in zip(first, ops.dense_backward(dy, residuals), strict=True):
        np.testing.assert_array_equal(one, two)
    for used, original in zip((x, kernel, bias, dy), arrays, strict=True):
        np.testing.assert_array_equal(used, original)


@by_dtype
def test_dense_backward_input_gradient_row_depends_on_its_row_only(
    dtype: Any, rng: np.random.Generator
) -> None:
    x, kernel, bias, dy = operands(rng, 29, 70, 33, dtype)
    whole = gradients(x, kernel, bias, dy, "relu")[0]
    spoiled = dy.copy()
    spoiled[11] = np.nan
    got = gradients(x, kernel, bias, spoiled, "linear")[0]
    clean = gradients(x, kernel, bias, dy, "linear")[0]
    assert np.all(np.isnan(got[11]))
    np.testing.assert_array_equal(np.delete(got, 11, 0), np.delete(clean, 11, 0))
    assert np.all(np.isfinite(whole))


@pytest.mark.parametrize("shape", [(4, 3), (3, 4, 1), (5, 4), (4,), (4, 5)])
def test_dense_backward_refuses_dy_of_another_shape(shape: tuple[int, ...]) -> None:
    _, residuals = ops.dense_forward(np.ones((3, 2), np.float32), np.ones((2, 4), np.float32))
    with pytest.raises(ValueError, match=r"dy.*\(3, 4\)"):
        ops.dense_backward(np.ones(shape, np.float32), residuals)
