"""Residuals: the dtype of gradients follows the forward call, and each backward knows its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import cases
from fastdense import layers, ops


class Double:
    """A callable with a gradient, which forgets the dtype."""

    def __call__(self, x: Any) -> Any:
        return x * 2

    def backward(self, x: Any, y: Any, dy: Any) -> Any:
        assert dy.dtype == y.dtype
        return dy.astype(np.float64) * 2


class WideGradient:
    """A regularizer whose gradient is float64."""

    def __call__(self, x: Any) -> float:
        return float(x.sum())

    def gradient(self, x: Any) -> Any:
        return np.ones(x.shape)


@pytest.mark.parametrize("given", [*bounds.FLOATS, np.float16, np.int64])
@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_gradient_has_the_dtype_of_the_forward_whatever_that_of_dy(dtype: Any, given: Any) -> None:
    x, dy = np.ones((4, 4), dtype), np.ones((4, 4), given)
    for activation in (None, "relu", "softmax", Double(), lambda x: x):
        if not callable(activation) or hasattr(activation, "backward"):
            _, residuals = ops.activation_forward(x, activation)
            assert ops.activation_backward(dy, residuals).dtype == dtype
            _, dense_residuals = ops.dense_forward(x, x, x[0], activation)
            gradients = ops.dense_backward(dy, dense_residuals)
            assert [array.dtype for array in gradients] == [dtype] * 3
    _, dropout_residuals = ops.dropout_forward(x, 0.5, 1)
    assert ops.dropout_backward(dy, dropout_residuals).dtype == dtype


@pytest.mark.parametrize(
    "make",
    [layers.Identity, layers.ReLU, layers.Flatten, lambda **kw: layers.Activation("linear", **kw)],
)
def test_layer_gradient_has_its_dtype_when_the_regularizer_gives_another(
    make: Any, rng: np.random.Generator
) -> None:
    layer = make(activity_regularizer=WideGradient())
    x = cases.normal(rng, (4, 6), np.float32)
    y = layer(x, training=True)
    assert layer.backward(np.ones_like(y)).dtype == np.float32


def test_regularizer_gradient_of_another_shape_is_refused() -> None:
    class Wrong(WideGradient):
        def gradient(self, x: Any) -> Any:
            return np.ones((5, 5))

    layer = layers.Dense(3, kernel_regularizer=Wrong())
    y = layer(np.ones((2, 4), np.float32), training=True)
    with pytest.raises(ValueError, match=r"\(5, 5\).*\(4, 3\)"):
        layer.backward(y)
    assert layer.gradients == []


def test_backward_refuses_dy_that_is_complex() -> None:
    x = np.ones((4, 4), np.float32)
    for forward, backward in (
        (lambda: ops.activation_forward(x, None), ops.activation_backward),
        (lambda: ops.dropout_forward(x, 0.5, 1), ops.dropout_backward),
        (lambda: ops.dense_forward(x, x), ops.dense_backward),
    ):
        with pytest.raises(TypeError, match=r"dy.*complex"):
            backward(x * 1j, forward()[1])


def test_backward_refuses_residuals_of_another_operation() -> None:
    x = np.ones((4, 4), np.float32)
    of = {
        ops.dense_backward: ops.dense_forward(x, x)[1],
        ops.activation_backward: ops.activation_forward(x, "relu")[1],
        ops.dropout_backward: ops.dropout_forward(x, 0.5, 1)[1],
    }
    for backward, own in of.items():
        for residuals in (*of.values(), None):
            if residuals is not own:
                with pytest.raises(TypeError, match=backward.__name__):
                    backward(x, residuals)
