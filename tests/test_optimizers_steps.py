"""What the optimizers compute, against float64 NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import fastdense
import reference_optimizers
from fastdense import _core, optimizers
from fastdense.optimizers import schedules
from optimizer_cases import CASES, CONFIGURATIONS, label, make, weights_and_gradients
from reference import Array

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
by_case = pytest.mark.parametrize("case", CASES, ids=label)
STEPS = 20


def assert_near(got: list[Array], expected: list[Array], dtype: Any, steps: int = STEPS) -> None:
    """Each step rounds the weight, of size 4 at most, and an update far smaller; what a step got
    wrong, the next ones carry on: SGD's by 1 / (1 - 0.9), RMSprop's by a division."""
    for found, wanted in zip(got, expected, strict=True):
        assert found.dtype == dtype
        bounds.assert_within(found, wanted, 8 * steps * bounds.unit(dtype), "weights")


@by_dtype
@by_case
def test_steps_are_the_definition(
    case: tuple[str, dict[str, Any]], dtype: Any, rng: np.random.Generator
) -> None:
    name, options = case
    weights, gradients = weights_and_gradients(rng, STEPS, dtype)
    expected = reference_optimizers.run(name, weights, gradients, 0.01, **options)
    optimizer = make(name, options)
    for gradient in gradients:
        optimizer.apply(gradient, weights)
    assert optimizer.iterations == STEPS
    assert_near(weights, expected, dtype)


def test_schedule_gives_the_rate_of_each_step_and_of_its_decay(rng: np.random.Generator) -> None:
    schedule = schedules.PiecewiseConstantDecay([3, 6], [0.1, 0.01, 0.5])
    weights, gradients = weights_and_gradients(rng, 10, np.float64)
    expected = reference_optimizers.run("SGD", weights, gradients, schedule, weight_decay=0.1)
    optimizer = optimizers.SGD(schedule, weight_decay=0.1)
    for gradient in gradients:
        optimizer.apply(gradient, weights)
    assert_near(weights, expected, np.float64)


def test_callable_learning_rate_is_asked_once_per_step(rng: np.random.Generator) -> None:
    rates = [0.1, 0.2, 0.3]
    remaining = iter(rates)
    weights, gradients = weights_and_gradients(rng, 3, np.float64)
    expected = reference_optimizers.run("SGD", weights, gradients, rates.__getitem__)
    optimizer = optimizers.SGD(lambda: next(remaining))
    for gradient in gradients:
        optimizer.apply(gradient, weights)
    assert_near(weights, expected, np.float64)


@pytest.mark.parametrize("case", CONFIGURATIONS, ids=label)
def test_threads_and_cuts_do_not_change_bits(
    case: tuple[str, dict[str, Any]], rng: np.random.Generator
) -> None:
    """Parameters of awkward sizes, so large together that threads share them, and each cut in
    several places."""
    name, options = case
    shapes = [(300_001,), (17,), (211, 997), (1,)]
    start, gradients = weights_and_gradients(rng, 2, np.float32, shapes)
    results = []
    for threads in (1, 2, 5):
        fastdense.set_num_threads(threads)
        weights = [w.copy() for w in start]
        optimizer = make(name, options | {"global_clipnorm": 1.0})
        for gradient in gradients:
            optimizer.apply(gradient, weights)
        results.append([*weights, *optimizer.variables])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
    # One by one, elements get what they get together.
    some = [0, 1, 16_383, 16_384, 299_999]
    singles = [start[0][i : i + 1].copy() for i in some]
    optimizer = make(name, options)
    together = make(name, options)
    whole = start[0].copy()
    for gradient in gradients:
        optimizer.apply([gradient[0][i : i + 1].copy() for i in some], singles)
        together.apply([gradient[0]], [whole])
    np.testing.assert_array_equal(np.concatenate(singles), whole[some])


@by_dtype
@pytest.mark.parametrize("n", [0, 1, 15, 1000, 32_768, 32_769, 2_000_003])
def test_sum_of_squares_is_exact_for_integers(n: int, dtype: Any, rng: np.random.Generator) -> None:
    x = rng.integers(-1000, 1000, n).astype(dtype)
    expected = float(np.sum(np.square(x, dtype=np.float64)))
    for threads in (1, 3):
        fastdense.set_num_threads(threads)
        assert _core.sum_of_squares(x) == expected


def test_clipnorm_leaves_gradients_within_the_limit_alone() -> None:
    gradient = np.array([3.0, 4.0], np.float32) / 7
    for options in ({"clipnorm": 5 / 7 + 1e-6}, {"global_clipnorm": 5 / 7 + 1e-6}, {}):
        weights = [np.zeros(2, np.float32)]
        optimizers.SGD(1.0, **options).apply([gradient], weights)
        np.testing.assert_array_equal(weights[0], -gradient)


def test_norms_beyond_float32_clip() -> None:
    weights = [np.zeros(4, np.float32)]
    optimizers.SGD(1.0, clipnorm=2.0).apply([np.full(4, 1e38, np.float32)], weights)
    np.testing.assert_allclose(weights[0], -1.0, rtol=1e-6)


@pytest.mark.parametrize("limit", [0.0, -1.0])
@pytest.mark.parametrize("kind", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_limits_that_are_not_positive_do_not_clip(kind: str, limit: float) -> None:
    weights = [np.zeros(2, np.float32)]
    optimizers.SGD(1.0, **{kind: limit}).apply([np.array([3.0, -400.0])], weights)
    np.testing.assert_array_equal(weights[0], [-3, 400])


@pytest.mark.parametrize("kind", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_nan_in_a_gradient_is_not_hidden_by_clipping(kind: str) -> None:
    weights = [np.zeros(3, np.float32), np.zeros(1, np.float32)]
    gradients = [np.array([np.nan, 1, 1], np.float32), np.ones(1, np.float32)]
    optimizers.SGD(1.0, **{kind: 0.5}).apply(gradients, weights)
    spread = {
        "clipvalue": [True, False, False, False],
        "clipnorm": [True, True, True, False],
        "global_clipnorm": [True] * 4,
    }
    assert np.isnan(np.concatenate(weights)).tolist() == spread[kind]


def test_excluded_weights_do_not_decay() -> None:
    for arguments in ({"var_names": ["bias"]}, {"var_list": "second"}):
        weights = [np.ones(2, np.float32), np.ones(2, np.float32)]
        optimizer = optimizers.AdamW(0.1, weight_decay=0.5)
        if "var_list" in arguments:
            arguments = {"var_list": [weights[1]]}
        optimizer.exclude_from_weight_decay(**arguments)
        optimizer.build(weights, ["kernel", "bias"])
        optimizer.apply([np.zeros(2), np.zeros(2)])
        np.testing.assert_allclose(weights[0], 0.95, rtol=1e-6)
        np.testing.assert_array_equal(weights[1], 1)


def test_infinite_weight_stays_without_decay() -> None:
    weights = [np.array([np.inf], np.float32)]
    optimizers.SGD(0.1, weight_decay=0.0).apply([np.ones(1)], weights)
    assert weights[0][0] == np.inf


def test_variance_that_rounding_made_negative_counts_as_zero() -> None:
    """The gradient is always the same: its variance becomes 0 and a rounding of either sign."""
    weights = [np.zeros(640, np.float32)]
    optimizer = optimizers.RMSprop(1.0, rho=0.5, centered=True)
    gradient = np.linspace(50, 4000, 640).astype(np.float32)
    for _ in range(60):
        optimizer.apply([gradient], weights)
    assert np.isfinite(weights[0]).all()


def test_some_of_the_weights_may_be_updated(rng: np.random.Generator) -> None:
    weights, (gradient,) = weights_and_gradients(rng, 1)
    optimizer = optimizers.Adam()
    optimizer.build(weights)
    before = [w.copy() for w in weights]
    optimizer.apply_gradients([(gradient[1], weights[1])])
    changed = [not np.array_equal(a, b) for a, b in zip(before, weights, strict=True)]
    assert changed == [False, True, False, False, False]
    assert [np.any(optimizer.slots_of(i)[0] != 0) for i in range(5)] == changed


def test_gradients_of_any_real_kind_are_taken() -> None:
    for gradient in ([1, 2], np.array([1, 2], np.int8), np.array([[1, 9], [2, 9]], ">f8")[:, 0]):
        weights = [np.zeros(2, np.float32)]
        assert optimizers.SGD(1.0).apply_gradients([(gradient, weights[0])]) == 1
        np.testing.assert_array_equal(weights[0], [-1, -2])


def test_no_gradients_are_no_step() -> None:
    optimizer = optimizers.SGD()
    optimizer.apply([])
    assert optimizer.apply_gradients([]) == 0
