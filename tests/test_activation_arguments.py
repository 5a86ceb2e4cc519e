"""How an activation may be given: every spelling, callables, parameters."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import cases
import fastdense
from fastdense import activations, layers, ops


def test_activation_accepts_every_spelling(rng: np.random.Generator) -> None:
    x = cases.normal(rng, (4, 9), np.float32)
    expected = ops.activation(x, cases.Case("relu", {"max_value": 6.0}).spec)
    layer = fastdense.layers.ReLU(max_value=6.0)
    np.testing.assert_array_equal(ops.activation(x, layer), expected)
    np.testing.assert_array_equal(ops.activation(x, "relu6"), expected)
    np.testing.assert_array_equal(ops.activation(x, activations.relu6), expected)
    np.testing.assert_array_equal(ops.activation(x, None), x)
    np.testing.assert_array_equal(ops.activation(x, lambda a: a * 2), x * 2)
    np.testing.assert_array_equal(activations.relu(x, alpha=0.5), activations.relu(x, 0.5))


def test_activation_callable_without_gradient_raises_in_backward(rng: np.random.Generator) -> None:
    x = cases.normal(rng, (4, 9), np.float32)
    y, residuals = ops.activation_forward(x, lambda a: a * 2)
    np.testing.assert_array_equal(y, x * 2)
    with pytest.raises(TypeError, match="backward"):
        ops.activation_backward(x, residuals)


def test_activation_callable_with_gradient_is_used_in_backward(rng: np.random.Generator) -> None:
    class Cube:
        def __call__(self, x: Any) -> Any:
            return x**3

        def backward(self, x: Any, y: Any, dy: Any) -> Any:
            return dy * 3 * y / x

    x = rng.uniform(1, 2, (4, 9))
    y, residuals = ops.activation_forward(x, Cube())
    np.testing.assert_array_equal(y, x**3)
    np.testing.assert_array_equal(ops.activation_backward(x, residuals), x * 3 * y / x)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("celu", {"alpha": 0.0}),
        ("celu", {"alpha": -1.0}),
        ("celu", {"alpha": np.nan}),
        ("squareplus", {"b": -1e-3}),
        ("squareplus", {"b": np.nan}),
        ("relu", {"max_value": 10**400}),
    ],
    ids=lambda value: str(value)[:20],
)
def test_activation_refuses_a_parameter_outside_its_domain(
    name: str, parameters: dict[str, float]
) -> None:
    function = getattr(activations, name)
    with pytest.raises(ValueError, match=name):
        function(np.ones(3), **parameters)
    with pytest.raises(ValueError, match=name):
        layers.Dense(3, activation=functools.partial(function, **parameters))


def test_activation_parameter_keeps_the_sign_of_its_zero_whatever_was_called_before() -> None:
    for zero in (0.0, -0.0, 0.0):
        y = activations.threshold(np.full(3, -1.0), threshold=0.0, default_value=zero)
        np.testing.assert_array_equal(np.signbit(y), np.signbit(zero))
