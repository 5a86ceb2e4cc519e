"""Activations over an axis: softmax, log_softmax, sparsemax, glu."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import bounds
import cases
import differences
import reference
import subprocesses
from fastdense import activations, ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
by_case = pytest.mark.parametrize("case", cases.ROW_CASES, ids=str)
AXES = [((6,), 0), ((4, 6), 0), ((4, 6), -2), ((2, 4, 6), 1), ((2, 4, 6), -1), ((4, 2, 3, 2), 0)]


def tolerance(name: str, x: Any, exact: Any, terms: int, dtype: Any) -> Any:
    """Bound of a value over an axis of `terms` elements.

    x - max is rounded once, relative to its own size, and exp multiplies that error by |x - max|
    (below 87 or the term vanishes); exp, the terms - 1 additions and the division round further:
    (span + terms + 6) u, relative. log_softmax subtracts: the same error is absolute, relative to
    the terms of the difference. sparsemax's tau is a sum of `terms` elements divided by a count.
    glu is a product with a 2-ulp sigmoid.
    """
    carriers = 2 if dtype == np.float64 else 1
    span = np.ptp(reference.wide(x)) if x.size else 0.0
    relative = carriers * bounds.unit(dtype) * (span + terms + 6)
    size = np.abs(exact)
    if name == "log_softmax":
        size = size + 1 + np.log(max(terms, 1))
    elif name == "sparsemax":
        size = 1 + np.max(np.abs(x), initial=0.0)
    elif name == "glu":
        relative = carriers * 6 * bounds.unit(dtype)
    return relative * size + float(np.finfo(dtype).smallest_subnormal)


def spec(case: cases.Case, axis: int) -> Any:
    return functools.partial(getattr(activations, case.name), axis=axis)


@by_dtype
@by_case
def test_row_activation_matches_reference_at_every_length(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    for length in [*range(2, 71), 255, 1000, 1031]:
        width = 2 * length if case.name == "glu" else length
        for scale in (1, 10):
            x = cases.normal(rng, (3, width), dtype) * dtype(scale)
            exact = reference.activation(case.name, x)
            y = ops.activation(x, case.spec)
            bound = tolerance(case.name, x, exact, length, dtype)
            bounds.assert_within(y, exact, bound, f"{case} of {length}")


@by_dtype
@by_case
@pytest.mark.parametrize(("shape", "axis"), AXES, ids=str)
def test_row_activation_works_over_any_axis(
    shape: tuple[int, ...], axis: int, case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    x = cases.normal(rng, shape, dtype)
    y, residuals = ops.activation_forward(x, spec(case, axis))
    moved = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    expected = np.moveaxis(ops.activation(moved, case.spec), -1, axis)
    np.testing.assert_array_equal(y, expected, strict=True)
    exact = reference.activation(case.name, x, axis=axis)
    bounds.assert_within(y, exact, tolerance(case.name, x, exact, shape[axis], dtype), str(case))
    dy = cases.normal(rng, y.shape, dtype)
    dx = ops.activation_backward(dy, residuals)
    assert dx.dtype == dtype
    truth = reference.activation_backward(case.name, x, dy, axis=axis)
    # Sums of up to 6 products of a value and dy, |dy| <= 5: 30 covers terms, roundings and their
    # sizes.
    bounds.assert_within(dx, truth, 30 * 5 * bounds.unit(dtype), f"gradient of {case}")


@by_case
def test_row_activation_backward_agrees_with_central_differences(
    case: cases.Case, rng: np.random.Generator
) -> None:
    x = rng.standard_normal((3, 8))
    y, residuals = ops.activation_forward(x, case.spec)
    dy = rng.standard_normal(y.shape)
    differences.assert_gradients(
        lambda at: float(np.sum(dy * ops.activation(at, case.spec))),
        [x],
        [ops.activation_backward(dy, residuals)],
        str(case),
    )


@by_dtype
def test_softmax_does_not_overflow_when_logits_are_huge(dtype: Any) -> None:
    large = dtype(np.finfo(dtype).max / 4)
    x = np.array([[large, 0, -large], [large, large, -large], [-large, -large, -large]], dtype)
    expected = np.array([[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]])
    # exp is of 0 or of what vanishes: only the division rounds, and exp(0) may be 2 ulp off.
    np.testing.assert_allclose(ops.activation(x, "softmax"), expected, rtol=8 * bounds.unit(dtype))


@by_dtype
def test_softmax_gives_zero_and_log_softmax_gives_minus_infinity_when_logit_is_minus_infinity(
    dtype: Any, rng: np.random.Generator
) -> None:
    for length in range(2, 71):
        x = cases.normal(rng, (2, length), dtype)
        for position in (0, length // 2, length - 1):
            masked = x.copy()
            masked[1, position] = -np.inf
            others = np.arange(length) != position
            for name, value in (("softmax", 0.0), ("log_softmax", -np.inf)):
                y = ops.activation(masked, name)
                assert y[1, position] == value
                exact = reference.activation(name, masked[1, others])
                bound = tolerance(name, masked[1, others], exact, length, dtype)
                bounds.assert_within(y[1, others], exact, bound, name)


@by_dtype
@by_case
def test_row_activation_nan_stays_in_its_row_at_every_position(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    for length in range(2, 71, 2):
        x = cases.normal(rng, (3, length), dtype)
        clean = ops.activation(x, case.spec)
        for position in range(length):
            spoiled = x.copy()
            spoiled[1, position] = np.nan
            y = ops.activation(spoiled, case.spec)
            np.testing.assert_array_equal(y[::2], clean[::2])
            hit = [position % (length // 2)] if case.name == "glu" else slice(None)
            assert np.all(np.isnan(y[1, hit]))


@by_dtype
@by_case
def test_row_activation_row_has_same_bits_whatever_batch_it_came_in(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    x = cases.normal(rng, (37, 26), dtype)
    whole = ops.activation(x, case.spec)
    for start, stop in [(0, 1), (5, 6), (3, 20), (36, 37)]:
        np.testing.assert_array_equal(ops.activation(x[start:stop], case.spec), whole[start:stop])
    np.testing.assert_array_equal(ops.activation(x[9], case.spec), whole[9])


def test_sparsemax_gives_exact_zeros_and_a_simplex(rng: np.random.Generator) -> None:
    y = ops.activation(rng.standard_normal((50, 30)) * 3, "sparsemax")
    assert np.any(y == 0) and np.all(y >= 0)
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=40 * bounds.unit(np.float64))


def test_sparsemax_ends_when_elements_tie_with_its_threshold() -> None:
    # Small fractions meet the threshold exactly or to a rounding: a search that is not careful
    # about its end runs for ever, which a process of its own turns into a failure.
    program = """
import numpy as np
from fastdense import ops
rng = np.random.default_rng(0)
for dtype in (np.float32, np.float64):
    for width in (2, 3, 4, 5, 8, 17):
        x = (rng.integers(0, 25, (20_000, width)) / 24).astype(dtype)
        y = ops.activation(x, "sparsemax")
        error = np.abs(y.sum(axis=-1, dtype=np.float64) - 1)
        assert error.max() <= 4 * width * np.finfo(dtype).eps
        assert y.min() >= 0
print("done")
"""
    assert subprocesses.python(program) == "done"
