"""Dense forward against the float64 reference, and the bits that it promises."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bounds
import cases
import fastdense
import reference
from fastdense import ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
by_case = pytest.mark.parametrize("case", cases.EPILOGUE_CASES, ids=str)


def operands(
    rng: np.random.Generator, batch: int, depth: int, units: int, dtype: Any
) -> tuple[Any, Any, Any]:
    """x, kernel and bias of standard normal numbers."""
    return (
        cases.normal(rng, (batch, depth), dtype),
        cases.normal(rng, (depth, units), dtype),
        cases.normal(rng, (units,), dtype),
    )


def assert_forward(x: Any, kernel: Any, bias: Any) -> None:
    """ops.dense is within the product bound of the reference."""
    exact, size = reference.dense(x, kernel, bias)
    tolerance = bounds.product_bound(size, kernel.shape[0], kernel.dtype)
    y = ops.dense(x, kernel, bias)
    assert y.dtype == kernel.dtype
    bounds.assert_within(y, exact, tolerance, f"dense {x.shape} @ {kernel.shape}")


@by_dtype
@pytest.mark.parametrize("batch", cases.BATCHES)
def test_dense_matches_reference_when_shape_straddles_lanes_and_tiles(
    batch: int, dtype: Any, rng: np.random.Generator
) -> None:
    for depth in cases.DEPTHS:
        for units in cases.UNITS:
            x, kernel, bias = operands(rng, batch, depth, units, dtype)
            assert_forward(x, kernel, bias)
            assert_forward(x, kernel, None)


@by_dtype
@pytest.mark.parametrize("shape", cases.LARGE, ids=str)
def test_dense_matches_reference_when_shape_exceeds_one_block(
    shape: tuple[int, int, int], dtype: Any, rng: np.random.Generator
) -> None:
    for threads in (1, 2):
        with fastdense.num_threads(threads):
            assert_forward(*operands(rng, *shape, dtype))


@given(
    lead=st.lists(st.integers(0, 4), min_size=0, max_size=3),
    depth=st.integers(0, 20),
    units=st.integers(0, 20),
    dtype=st.sampled_from(bounds.FLOATS),
)
def test_dense_multiplies_the_last_axis_when_rank_is_any(
    lead: list[int], depth: int, units: int, dtype: Any
) -> None:
    rng = np.random.default_rng(depth)
    x = cases.normal(rng, (*lead, depth), dtype)
    kernel, bias = cases.normal(rng, (depth, units), dtype), cases.normal(rng, (units,), dtype)
    assert_forward(x, kernel, bias)


@by_dtype
@by_case
def test_dense_epilogue_equals_activation_of_linear_result_bitwise(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    for batch, depth, units in [(1, 3, 2), (5, 17, 9), (13, 8, 33), (2, 600, 65), (0, 4, 4)]:
        x, kernel, bias = operands(rng, batch, depth, units, dtype)
        z = ops.dense(x, kernel, bias)
        fused = ops.dense(x, kernel, bias, activation=case.spec)
        np.testing.assert_array_equal(fused, ops.activation(z, case.spec), strict=True)


@by_dtype
def test_dense_epilogue_halves_the_units_when_activation_is_glu(
    dtype: Any, rng: np.random.Generator
) -> None:
    x, kernel, bias = operands(rng, 7, 5, 12, dtype)
    fused = ops.dense(x, kernel, bias, activation="glu")
    assert fused.shape == (7, 6)
    np.testing.assert_array_equal(fused, ops.activation(ops.dense(x, kernel, bias), "glu"))


def test_dense_takes_softmax_over_another_axis(rng: np.random.Generator) -> None:
    x, kernel, bias = operands(rng, 7, 5, 12, np.float32)
    spec = functools.partial(fastdense.activations.softmax, axis=0)
    y = ops.dense(x, kernel, bias, activation=spec)
    np.testing.assert_array_equal(y, ops.activation(ops.dense(x, kernel, bias), spec))
    # 7 terms of a sum that is 1, each of 2 ulp at most, and the sum's own 6 roundings.
    np.testing.assert_allclose(y.sum(axis=0), 1, atol=20 * bounds.unit(np.float32))


@by_dtype
def test_dense_without_features_gives_activation_of_bias(
    dtype: Any, rng: np.random.Generator
) -> None:
    x, kernel, bias = operands(rng, 6, 0, 19, dtype)
    expected = np.broadcast_to(ops.activation(bias, "tanh"), (6, 19))
    np.testing.assert_array_equal(ops.dense(x, kernel, bias, "tanh"), expected)
    np.testing.assert_array_equal(ops.dense(x, kernel), np.zeros((6, 19), dtype), strict=True)


@by_dtype
@pytest.mark.parametrize("activation", [None, "relu", "gelu", "softmax"])
@pytest.mark.parametrize(
    "shape",
    [(29, 70, 33), (300, 513, 65), (40, 1024, 130), (37, 9, 2), (600, 1300, 100), (40, 70, 4)],
    ids=str,
)
def test_dense_row_has_same_bits_whatever_batch_it_came_in(
    shape: tuple[int, int, int], activation: str | None, dtype: Any, rng: np.random.Generator
) -> None:
    assert_rows_alone_have_same_bits(rng, shape, activation, dtype)


@by_dtype
@pytest.mark.parametrize("features", [20, 70, 128, 1301])
def test_dense_row_has_same_bits_whatever_batch_it_came_in_when_it_gives_one_value(
    features: int, dtype: Any, rng: np.random.Generator
) -> None:
    assert_rows_alone_have_same_bits(rng, (67, features, 1), "sigmoid", dtype)


def assert_rows_alone_have_same_bits(
    rng: np.random.Generator, shape: tuple[int, int, int], activation: str | None, dtype: Any
) -> None:
    batch = shape[0]
    x, kernel, bias = operands(rng, *shape, dtype)
    whole = ops.dense(x, kernel, bias, activation)
    for start, stop in [(0, 1), (3, 5), (7, 20), (batch - 1, batch), (1, batch)]:
        part = ops.dense(x[start:stop], kernel, bias, activation)
        np.testing.assert_array_equal(part, whole[start:stop])
    np.testing.assert_array_equal(ops.dense(x[4], kernel, bias, activation), whole[4])


@by_dtype
def test_dense_forward_gives_the_bits_of_dense(dtype: Any, rng: np.random.Generator) -> None:
    for case in cases.ALL_CASES:
        x, kernel, bias = operands(rng, 9, 21, 18, dtype)
        y, _ = ops.dense_forward(x, kernel, bias, case.spec)
        np.testing.assert_array_equal(y, ops.dense(x, kernel, bias, case.spec), strict=True)


@by_dtype
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_dense_special_value_stays_in_its_row(
    special: float, dtype: Any, rng: np.random.Generator
) -> None:
    for units in (1, 7, 16, 33, 70):
        x, kernel, bias = operands(rng, 14, 19, units, dtype)
        clean = ops.dense(x, kernel, bias)
        for row in range(14):
            spoiled = x.copy()
            spoiled[row, row] = special
            y = ops.dense(spoiled, kernel, bias)
            expected = clean.copy()
            expected[row] = special * kernel[row]
            np.testing.assert_array_equal(y, expected)


@by_dtype
def test_dense_special_weight_stays_in_its_column(dtype: Any, rng: np.random.Generator) -> None:
    x, kernel, bias = operands(rng, 14, 19, 70, dtype)
    clean = ops.dense(x, kernel, bias)
    for column in range(70):
        spoiled = kernel.copy()
        spoiled[3, column] = np.nan
        y = ops.dense(x, spoiled, bias)
        expected = clean.copy()
        expected[:, column] = np.nan
        np.testing.assert_array_equal(y, expected)


@by_dtype
def test_dense_keeps_denormals(dtype: Any) -> None:
    smallest = np.finfo(dtype).smallest_subnormal
    x = np.full((5, 4), smallest, dtype)
    y = ops.dense(x, np.ones((4, 35), dtype), np.full(35, smallest, dtype))
    np.testing.assert_array_equal(y, np.full((5, 35), 5 * smallest, dtype))
