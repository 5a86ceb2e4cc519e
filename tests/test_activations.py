"""Elementwise activations: accuracy in ulp, special values at every position, gradients."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import bounds
import cases
import differences
import reference
import reference_activations
from fastdense import activations, ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
by_case = pytest.mark.parametrize("case", cases.ELEMENTWISE_CASES, ids=str)
# The longest vector has 16 lanes, an unrolled body perhaps 4 of them: every tail of every one.
LENGTHS = range(1, 71)
# math.erfc itself may be 5 ulp off (glibc manual, known maximum errors), and the tail of gelu's
# tanh form multiplies long double's roundings by its exponent (up to 700); the others are exact to
# far below 1 ulp where long double carries more digits than float64.
REFERENCE_ULP = {"gelu": 5.0, "gelu-approximate=True": 1.0}
SMALLEST = {dtype: float(np.finfo(dtype).smallest_subnormal) for dtype in bounds.FLOATS}


def float32_sample(rng: np.random.Generator) -> Any:
    """Finite float32 from every stretch of 4,096 bit patterns, and 200,000 where functions bend."""
    starts = np.arange(0, 2**32, 4096, dtype=np.uint64)
    bits = (starts + rng.integers(0, 4096, starts.shape, dtype=np.uint64)).astype(np.uint32)
    sample = np.concatenate(
        [bits.view(np.float32), rng.uniform(-30, 30, 200_000).astype(np.float32)]
    )
    return sample[np.isfinite(sample)]


def float64_sample(rng: np.random.Generator) -> Any:
    """Finite float64 of every exponent and both signs, and 40,000 where functions bend."""
    mantissas = rng.uniform(1, 2, (2098, 8))
    powers = np.ldexp(mantissas, np.arange(-1074, 1024)[:, None]).ravel()
    return np.concatenate([powers, -powers, rng.uniform(-40, 40, 40_000)])


def specials(dtype: Any) -> list[float]:
    """NaN, infinities, zeros, the smallest denormal and the largest number of the type."""
    largest = float(np.finfo(dtype).max)
    return [
        np.nan,
        np.inf,
        -np.inf,
        -0.0,
        0.0,
        SMALLEST[dtype],
        -SMALLEST[dtype],
        largest,
        -largest,
    ]


@by_case
def test_activation_is_within_2_ulp_of_reference_when_float32(
    case: cases.Case, rng: np.random.Generator
) -> None:
    x = float32_sample(rng)
    y = ops.activation(x, case.spec)
    assert y.dtype == np.float32
    exact = reference.activation(case.name, x, **case.params)
    bounds.assert_ulp(y, exact, bounds.VALUE_ULP, x, str(case))


@pytest.mark.skipif(
    np.finfo(np.longdouble).nmant <= np.finfo(np.float64).nmant,
    reason="this platform's long double is no wider than float64, so NumPy has no truth to offer",
)
@by_case
def test_activation_is_within_2_ulp_of_extended_precision_when_float64(
    case: cases.Case, rng: np.random.Generator
) -> None:
    x = float64_sample(rng)
    y = ops.activation(x, case.spec)
    assert y.dtype == np.float64
    exact = reference.activation(case.name, x.astype(np.longdouble), **case.params)
    bound = bounds.VALUE_ULP + REFERENCE_ULP.get(str(case), 0.0)
    bounds.assert_ulp(y, exact, bound, x, str(case))


@by_dtype
@by_case
def test_activation_special_value_is_right_at_every_lane_and_tail_position(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    values = np.array(specials(dtype), dtype)
    exact = reference.activation(case.name, values, **case.params).astype(np.float64)
    alone = ops.activation(values, case.spec)
    # In float64 the reference has rounded too: one more ulp.
    bounds.assert_ulp(alone, exact, bounds.VALUE_ULP + 1, values, str(case))
    assert np.all(np.isnan(alone) == np.isnan(values)), (
        f"{case}: NaN comes from NaN and only from NaN"
    )
    for length in LENGTHS:
        x = cases.normal(rng, (length,), dtype)
        clean = ops.activation(x, case.spec)
        for position in {0, length // 2, length - 1, *range(max(0, length - 16), length)}:
            which = (position + length) % len(values)
            spoiled = x.copy()
            spoiled[position] = values[which]
            expected = clean.copy()
            expected[position] = alone[which]
            np.testing.assert_array_equal(ops.activation(spoiled, case.spec), expected)


@by_dtype
@by_case
def test_activation_element_has_same_bits_whatever_position_it_is_at(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    x = cases.normal(rng, (200,), dtype) * 4
    whole = ops.activation(x, case.spec)
    for length in LENGTHS:
        np.testing.assert_array_equal(
            ops.activation(x[7 : 7 + length], case.spec), whole[7 : 7 + length]
        )


def gate_gain(case: cases.Case, x: Any) -> Any:
    """What multiplies the error of a gate s in the slope s + x u' s (1 - s): 1 - s carries all
    of it, and x u' of gelu's tanh form, alone among the gates, grows well past 1 before s is 1."""
    if case.params.get("approximate"):
        x = reference.widest(x)
        open_gate = reference_activations.sigmoid(-np.abs(2 * x)) > np.finfo(np.float32).eps
        return np.where(open_gate, np.abs(x * reference_activations.gelu_argument_slope(x)), 1.0)
    return 1.0


@by_dtype
@by_case
def test_activation_backward_matches_reference_slope(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    x = np.concatenate([rng.uniform(-12, 12, 4001), rng.uniform(-90, 90, 300), [0.1, -0.1]]).astype(
        dtype
    )
    x = cases.away_from_kinks(x, case)
    if case.name == "exponential":
        x = np.minimum(x, 80)
    dy = cases.normal(rng, x.shape, dtype)
    y, residuals = ops.activation_forward(x, case.spec)
    np.testing.assert_array_equal(y, ops.activation(x, case.spec))
    dx = ops.activation_backward(dy, residuals)
    slope = reference.activation_slope(case.name, reference.widest(x), **case.params)
    tolerance = bounds.slope_bound(slope, dy, dtype, gate_gain(case, x))
    assert dx.dtype == dtype
    bounds.assert_within(dx, dy * slope, tolerance, f"gradient of {case}")


@by_case
def test_activation_backward_agrees_with_central_differences(
    case: cases.Case, rng: np.random.Generator
) -> None:
    x = cases.away_from_kinks(rng.uniform(-4, 4, (5, 7)), case)
    dy = rng.standard_normal(x.shape)
    _, residuals = ops.activation_forward(x, case.spec)
    differences.assert_gradients(
        lambda at: float(np.sum(dy * ops.activation(at, case.spec))),
        [x],
        [ops.activation_backward(dy, residuals)],
        str(case),
    )


@by_dtype
@by_case
def test_activation_backward_is_the_limit_slope_at_infinity(case: cases.Case, dtype: Any) -> None:
    x = np.array([np.inf, -np.inf] * 9, dtype)
    _, residuals = ops.activation_forward(x, case.spec)
    dx = ops.activation_backward(np.ones_like(x), residuals)
    expected = reference.activation_slope(case.name, x, **case.params)
    np.testing.assert_allclose(dx, expected, rtol=2 * bounds.VALUE_ULP * bounds.unit(dtype))


@by_dtype
def test_squareplus_slope_of_nan_is_nan_and_of_zero_without_b_is_zero(dtype: Any) -> None:
    for spec, x, slope in (
        ("squareplus", np.nan, np.nan),
        (partial(activations.squareplus, b=0), 0.0, 0.0),
    ):
        _, residuals = ops.activation_forward(np.array([x], dtype), spec)
        dx = ops.activation_backward(np.ones(1, dtype), residuals)
        np.testing.assert_array_equal(dx, np.array([slope], dtype))


@pytest.mark.parametrize("name", ["relu", "relu6"])
def test_relu_slope_is_zero_at_zero(name: str) -> None:
    _, residuals = ops.activation_forward(np.array([0.0, -0.0, 6.0]), name)
    dx = ops.activation_backward(np.ones(3), residuals)
    np.testing.assert_array_equal(dx, [0, 0, 0 if name == "relu6" else 1])


@by_dtype
@by_case
def test_activation_writes_over_its_own_input_when_out_is_x(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    for length in (1, 15, 16, 17, 70):
        x = cases.normal(rng, (3, length), dtype)
        expected = ops.activation(x, case.spec)
        assert ops.activation(x, case.spec, out=x) is x
        np.testing.assert_array_equal(x, expected)


@by_case
def test_activation_leaves_its_input_alone(case: cases.Case, rng: np.random.Generator) -> None:
    x = cases.normal(rng, (5, 33), np.float32)
    before = x.copy()
    y = ops.activation(x, case.spec)
    _, residuals = ops.activation_forward(x, case.spec)
    if case.name != "linear":  # whose result may be the input itself, as in Keras
        y[...] = 7
    dy = np.ones_like(x)
    ops.activation_backward(dy, residuals)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dy, 1)


@by_case
def test_activations_function_equals_op(case: cases.Case, rng: np.random.Generator) -> None:
    x = cases.normal(rng, (4, 9), np.float32)
    called = getattr(activations, case.name)(x, **case.params)
    np.testing.assert_array_equal(called, ops.activation(x, case.spec), strict=True)
