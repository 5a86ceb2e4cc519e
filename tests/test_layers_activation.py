"""Activation layers: Activation, ReLU, LeakyReLU, PReLU, ELU, Softmax; and Flatten, Reshape,
Identity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import cases
import reference
from fastdense import activations, layers, ops


def run(layer: Any, x: Any, dy: Any) -> tuple[Any, Any]:
    """Training forward and backward."""
    y = layer(x, training=True)
    return y, layer.backward(dy)


@pytest.mark.parametrize(
    ("layer", "case"),
    [
        (lambda: layers.ReLU(), cases.Case("relu")),
        (lambda: layers.ReLU(6.0), cases.Case("relu6")),
        (lambda: layers.ReLU(2.5, 0.125, 0.75), cases.Case(
            "relu", {"max_value": 2.5, "negative_slope": 0.125, "threshold": 0.75})),
        (lambda: layers.LeakyReLU(0.25), cases.Case("leaky_relu", {"negative_slope": 0.25})),
        (lambda: layers.ELU(), cases.Case("elu")),
        (lambda: layers.ELU(0.5), cases.Case("elu", {"alpha": 0.5})),
        (lambda: layers.Softmax(), cases.Case("softmax")),
        (lambda: layers.Softmax(axis=0), cases.Case("softmax", {"axis": 0})),
        (lambda: layers.Activation("mish"), cases.Case("mish")),
        (lambda: layers.Activation(activations.gelu), cases.Case("gelu")),
        (lambda: layers.Activation(layers.ELU(0.5)), cases.Case("elu", {"alpha": 0.5})),
    ],
)  # fmt: skip
def test_activation_layer_equals_its_function(
    layer: Any, case: cases.Case, rng: np.random.Generator
) -> None:
    x, dy = (cases.normal(rng, (5, 9), np.float32) for _ in range(2))
    expected, residuals = ops.activation_forward(x, case.spec)
    np.testing.assert_array_equal(layer()(x), expected, strict=True)
    y, dx = run(layer(), x, dy)
    np.testing.assert_array_equal(y, expected, strict=True)
    np.testing.assert_array_equal(dx, ops.activation_backward(dy, residuals), strict=True)


def test_leaky_relu_layer_has_its_own_default_slope() -> None:
    assert layers.LeakyReLU().negative_slope == 0.3
    np.testing.assert_array_equal(
        layers.LeakyReLU()(np.float32([[-1, 1]])), np.float32([[-0.3, 1]])
    )
    np.testing.assert_array_equal(
        activations.leaky_relu(np.float32([-1, 1])), np.float32([-0.2, 1])
    )


def test_activation_layer_with_callable_needs_its_gradient_in_backward() -> None:
    x = np.ones((2, 3), np.float32)
    layer = layers.Activation(lambda a: a + 1)
    np.testing.assert_array_equal(layer(x), 2)
    layer(x, training=True)
    with pytest.raises(TypeError, match="backward"):
        layer.backward(x)


@pytest.mark.parametrize("shared", [None, [1], [2], [1, 2], 1])
@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_prelu_matches_reference_when_axes_are_shared(
    shared: Any, dtype: Any, rng: np.random.Generator
) -> None:
    layer = layers.PReLU("random_normal", shared_axes=shared, dtype=np.dtype(dtype).name)
    x, dy = (cases.normal(rng, (4, 3, 6), dtype) for _ in range(2))
    y, dx = run(layer, x, dy)
    axes = [shared] if isinstance(shared, int) else shared or []
    shape = tuple(1 if axis in axes else size for axis, size in enumerate((3, 6), start=1))
    assert layer.alpha.shape == shape
    exact = reference.prelu(x, layer.alpha)
    bounds.assert_ulp(y, exact, 1.0, x, "prelu")
    exact_dx, per_element = reference.prelu_backward(x, np.broadcast_to(layer.alpha, (3, 6)), dy)
    bounds.assert_ulp(dx, exact_dx, 1.0, x, "gradient of prelu")
    kept = tuple(axis - 1 for axis in axes)
    exact_dalpha = per_element.sum(axis=kept, keepdims=True)
    size = np.abs(dy * np.minimum(x, 0)).sum(axis=0).sum(axis=kept, keepdims=True)
    # At most 4 * 18 products of one rounding each, added up.
    bounds.assert_within(
        layer.gradients[0], exact_dalpha, bounds.product_bound(size, 72, dtype), "dalpha"
    )


def test_prelu_nan_and_signs_go_where_numpy_puts_them() -> None:
    layer = layers.PReLU("ones")
    x = np.float32([[np.nan, np.inf, -np.inf, 0.0, -2.0]])
    np.testing.assert_array_equal(layer(x), x)


@pytest.mark.parametrize("axes", [[1, 2], (1, 2), [-1, -2], [2]])
def test_softmax_layer_takes_several_axes_as_one(axes: Any, rng: np.random.Generator) -> None:
    x = cases.normal(rng, (4, 3, 6), np.float64)
    y = layers.Softmax(axis=axes, dtype="float64")(x)
    e = np.exp(x)
    expected = e / e.sum(axis=tuple(axes), keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=50 * bounds.unit(np.float64))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.ReLU(max_value=-1.0), "max_value.*-1"),
        (lambda: layers.ReLU(negative_slope=-1.0), "negative_slope.*-1"),
        (lambda: layers.ReLU(negative_slope=None), "negative_slope.*None"),
        (lambda: layers.ReLU(threshold=-1.0), "threshold.*-1"),
        (lambda: layers.ReLU(threshold=None), "threshold.*None"),
        (lambda: layers.LeakyReLU(-1.0), "negative_slope.*-1"),
        (lambda: layers.LeakyReLU(None), "negative_slope.*None"),
        (lambda: layers.Activation("foo"), "activation.*foo"),
    ],
)
def test_activation_layer_refuses_bad_arguments(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_flatten_and_reshape_keep_the_order_and_the_batch(rng: np.random.Generator) -> None:
    x = cases.normal(rng, (4, 3, 6), np.float32)
    for layer, shape in [
        (layers.Flatten(), (4, 18)),
        (layers.Reshape((6, 3)), (4, 6, 3)),
        (layers.Reshape((-1,)), (4, 18)),
        (layers.Reshape((2, -1, 3)), (4, 2, 3, 3)),
    ]:
        y, dx = run(layer, x, x.reshape(shape))
        np.testing.assert_array_equal(y, x.reshape(shape), strict=True)
        np.testing.assert_array_equal(dx, x, strict=True)
    assert layers.Flatten()(np.ones(5, np.float32)).shape == (5, 1)


@pytest.mark.parametrize("target", [(4, 4), (-1, 5)])
def test_reshape_refuses_a_size_that_does_not_fit(target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"18|target_shape"):
        layers.Reshape(target)(np.ones((4, 3, 6), np.float32))


def test_identity_layer_returns_what_it_is_given(rng: np.random.Generator) -> None:
    x, dy = (cases.normal(rng, (4, 3), np.float32) for _ in range(2))
    y, dx = run(layers.Identity(), x, dy)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(dx, dy)
