"""The Dense layer: weights, build, frozen state, equality with Dense then Activation, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import cases
import reference
from fastdense import activations, layers, ops

by_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def built(rng: np.random.Generator, units: int, features: int, **config: Any) -> Any:
    """A Dense layer with random kernel and bias."""
    layer = layers.Dense(units, **config)
    layer.build((None, features))
    layer.set_weights([rng.standard_normal(weight.shape) for weight in layer.weights])
    return layer


@by_dtype
def test_dense_layer_matches_reference(dtype: str, rng: np.random.Generator) -> None:
    layer = built(rng, 19, 23, dtype=dtype)
    x, dy = (rng.standard_normal(s).astype(dtype) for s in ((5, 4, 23), (5, 4, 19)))
    exact, size = reference.dense(x, layer.kernel, layer.bias)
    bounds.assert_within(layer(x, training=True), exact, bounds.product_bound(size, 23, dtype), "y")
    got = (layer.backward(dy), *layer.gradients)
    truth = reference.dense_backward(x, layer.kernel, dy)
    sizes = reference.dense_backward(np.abs(x), np.abs(layer.kernel), np.abs(dy))
    for actual, wanted, magnitude in zip(got, truth, sizes, strict=True):
        bounds.assert_within(actual, wanted, bounds.product_bound(magnitude, 20, dtype), "gradient")


@by_dtype
@pytest.mark.parametrize("case", cases.ALL_CASES, ids=str)
def test_dense_then_activation_equals_dense_with_activation_bitwise(
    case: cases.Case, dtype: str, rng: np.random.Generator
) -> None:
    for batch, features, units in [(1, 5, 2), (7, 33, 18), (64, 20, 66)]:
        fused = built(rng, units, features, activation=case.spec, dtype=dtype)
        dense = layers.Dense(units, dtype=dtype)
        dense.build((None, features))
        dense.set_weights(fused.get_weights())
        activation = layers.Activation(case.spec, dtype=dtype)
        x = rng.standard_normal((batch, features)).astype(dtype)
        np.testing.assert_array_equal(activation(dense(x)), fused(x), strict=True)
        z = dense(x, training=True)
        y = fused(x, training=True)
        np.testing.assert_array_equal(activation(z, training=True), y, strict=True)
        dy = rng.standard_normal(y.shape).astype(dtype)
        np.testing.assert_array_equal(
            dense.backward(activation.backward(dy)), fused.backward(dy), strict=True
        )
        for one, other in zip(dense.gradients, fused.gradients, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)
        assert activation.weights == [] and activation.count_params() == 0


def test_dense_layer_equals_op_and_accepts_every_activation_spelling(
    rng: np.random.Generator,
) -> None:
    x = rng.standard_normal((5, 6)).astype(np.float32)
    expected = None
    for spelling in (
        "relu6",
        activations.relu6,
        layers.ReLU(max_value=6.0),
        layers.Activation("relu6"),
    ):
        layer = built(np.random.default_rng(0), 4, 6, activation=spelling)
        y = layer(x)
        np.testing.assert_array_equal(y, ops.dense(x, layer.kernel, layer.bias, "relu6"))
        expected = y if expected is None else expected
        np.testing.assert_array_equal(y, expected)


def test_dense_layer_with_callable_infers_and_refuses_backward(rng: np.random.Generator) -> None:
    layer = built(rng, 4, 6, activation=lambda z: z * 2)
    x = rng.standard_normal((5, 6)).astype(np.float32)
    np.testing.assert_array_equal(layer(x), 2 * ops.dense(x, layer.kernel, layer.bias))
    layer(x, training=True)
    with pytest.raises(TypeError, match="backward"):
        layer.backward(np.ones((5, 4), np.float32))


def test_dense_layer_attributes_before_and_after_build() -> None:
    layer = layers.Dense(4, activation="relu")
    assert not layer.built
    assert layer.weights == [] and layer.get_weights() == []
    assert layer.units == 4 and layer.use_bias is True
    assert layer.activation is activations.relu
    assert layers.Dense(4).activation is activations.linear
    for attribute in ("kernel", "bias"):
        with pytest.raises(AttributeError):
            getattr(layer, attribute)
    with pytest.raises(ValueError, match="count_params"):
        layer.count_params()
    layer.build((None, 3))
    assert layer.count_params() == 16
    assert [w.shape for w in layer.weights] == [(3, 4), (4,)]
    assert layer.weights[0] is layer.kernel and layer.weights[1] is layer.bias
    np.testing.assert_array_equal(layer.bias, 0)
    bare = layers.Dense(4, use_bias=False)
    bare.build((None, 3))
    assert bare.bias is None and len(bare.weights) == 1


def test_dense_weights_are_set_by_value(rng: np.random.Generator) -> None:
    layer = built(rng, 4, 3)
    kernel = layer.kernel
    layer.kernel[...] = 2
    layer.bias[...] = [0, 1, 2, 3]
    np.testing.assert_array_equal(layer(np.ones((1, 3), np.float32)), [[6, 7, 8, 9]])
    layer.set_weights([np.ones((3, 4)), np.zeros(4)])
    assert layer.kernel is kernel, "set_weights writes into the arrays that others may hold"
    np.testing.assert_array_equal(layer(np.ones((1, 3), np.float32)), [[3, 3, 3, 3]])
    taken = layer.get_weights()
    taken[0][...] = 9
    np.testing.assert_array_equal(layer.kernel, 1)


@by_dtype
@pytest.mark.parametrize("initializer", ["zeros", "glorot_uniform", lambda shape, dtype: [[2.0]]])
def test_weights_begin_on_a_cache_line(initializer: Any, dtype: str) -> None:
    layer = layers.Dense(1, kernel_initializer=initializer, dtype=dtype)
    layer.build((None, 1))
    for weight in layer.weights:
        assert weight.ctypes.data % 64 == 0 and weight.dtype == dtype
        assert weight.flags.c_contiguous and weight.flags.writeable


def test_dense_set_weights_refuses_wrong_lists_and_leaves_the_weights(
    rng: np.random.Generator,
) -> None:
    layer = built(rng, 4, 3)
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"length 1.*2 weights"):
        layer.set_weights([np.ones((3, 4))])
    for bad in ([np.ones((4, 3)), np.ones(4)], [np.ones((3, 4)), np.ones(5)]):
        with pytest.raises(ValueError, match=r"shape"):
            layer.set_weights(bad)
        for kept, now in zip(before, layer.get_weights(), strict=True):
            np.testing.assert_array_equal(kept, now)


def test_frozen_dense_passes_gradients_on_and_receives_none(rng: np.random.Generator) -> None:
    layer = built(rng, 4, 3, activation="tanh", kernel_regularizer="l2")
    x, dy = (rng.standard_normal(s).astype(np.float32) for s in ((5, 3), (5, 4)))
    layer(x, training=True)
    dx = layer.backward(dy)
    assert len(layer.gradients) == 2
    layer.trainable = False
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 2
    layer(x, training=True)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    assert layer.gradients == []
    layer.trainable = True
    layer(x, training=True)
    layer.backward(dy)
    assert len(layer.gradients) == 2 and len(layer.trainable_weights) == 2


def test_dense_layer_computes_in_its_dtype_whatever_it_is_given(rng: np.random.Generator) -> None:
    x = rng.integers(-3, 3, (5, 3))
    for given in (np.int64, np.float64, np.float16, np.bool_):
        layer = built(np.random.default_rng(0), 4, 3)
        expected = layer(x.astype(given).astype(np.float32))
        np.testing.assert_array_equal(layer(x.astype(given)), expected, strict=True)
    assert built(rng, 4, 3, dtype="float64")(x.astype(np.float32)).dtype == np.float64


@pytest.mark.parametrize("units", [0, -1])
def test_dense_refuses_units_that_are_not_positive(units: int) -> None:
    with pytest.raises(ValueError, match=f"units.*{units}"):
        layers.Dense(units)


@pytest.mark.parametrize("units", [2.0, 2.5, "3", None, [3]])
def test_dense_refuses_units_that_are_no_integer(units: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="units"):
        layers.Dense(units)


def test_dense_refuses_unknown_activation_at_construction() -> None:
    with pytest.raises(ValueError, match=r"activation.*foo"):
        layers.Dense(3, activation="foo")


def test_dense_layer_refuses_inputs_that_do_not_fit(rng: np.random.Generator) -> None:
    layer = built(rng, 4, 5)
    with pytest.raises(ValueError, match=r"5.*\(2, 6\)"):
        layer(np.ones((2, 6), np.float32))
    with pytest.raises(ValueError, match=r"\(5,\)"):
        layer(np.ones(5, np.float32))
    with pytest.raises(ValueError, match=r"\(\)"):
        layer(np.array(1, np.float32))
    for bad in (np.ones((2, 5), complex), np.ones((2, 5), object), np.full((2, 5), "a")):
        with pytest.raises(TypeError):
            layer(bad)
    np.testing.assert_array_equal(layer(np.zeros((1, 5), np.float32))[0], layer.bias)


def test_dense_backward_twice_repeats_or_refuses_but_never_accumulates(
    rng: np.random.Generator,
) -> None:
    layer = built(rng, 4, 3)
    x, dy = (rng.standard_normal(s).astype(np.float32) for s in ((5, 3), (5, 4)))
    layer(x, training=True)
    layer.backward(dy)
    first = [gradient.copy() for gradient in layer.gradients]
    layer(x, training=True)
    layer.backward(dy)
    for one, two in zip(first, layer.gradients, strict=True):
        np.testing.assert_array_equal(one, two)
