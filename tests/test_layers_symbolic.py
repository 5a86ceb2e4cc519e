"""Layers called on symbolic tensors, and what they tell those who lower models to other code."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from fastdense import Input, _changes, layers
from layer_cases import LAYERS, LayerCase

by_layer = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)


@by_layer
def test_layer_called_on_a_symbolic_tensor_is_built_and_returns_one(case: LayerCase) -> None:
    layer = case.make(dtype="float64")
    x = Input(case.input_shape[1:], dtype="float64")
    y = layer(x)
    assert layer.built
    assert y.shape == (None, *case.output_shape[1:])
    assert y.dtype == "float64" and y.ndim == len(case.output_shape)
    assert layer.input is x and layer.output is y
    layer(y) if y.shape == x.shape else layer(x)
    assert layer.output is y, "the first call is the one that counts"


def test_input_returns_a_tensor_of_its_shape() -> None:
    x = Input(shape=(4, None), batch_size=3, dtype="float64", name="x")
    assert (x.shape, x.dtype, x.name) == ((3, 4, None), "float64", "x")
    assert Input(batch_shape=[None, 5]).shape == (None, 5)
    assert Input(()).shape == (None,)
    assert "shape=(3, 4, None)" in repr(x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "shape"),
        ({"shape": 4}, "'4'"),
        ({"shape": (4.5,)}, "4.5"),
        ({"shape": (-1,)}, "[Nn]egative"),
        ({"shape": (4,), "batch_shape": (None, 4)}, "batch_shape"),
        ({"batch_size": 2, "batch_shape": (None, 4)}, "batch_size"),
        ({"batch_shape": ()}, "batch"),
        ({"shape": (4,), "dtype": "int32"}, "dtype"),
        ({"shape": (4,), "name": "a/b"}, "name"),
    ],
)
def test_input_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Input(**arguments)


def test_symbolic_tensors_merge_by_operators() -> None:
    a, b = Input((4,)), Input((4,))
    for tensor, layer in (
        (a + b, layers.Add),
        (a - b, layers.Subtract),
        (a * b, layers.Multiply),
    ):
        assert type(tensor.node.layer) is layer
        assert tensor.node.inputs == (a, b)
    assert (a + Input((4,), dtype="float64")).dtype == "float64"


def test_symbolic_tensor_does_not_add_to_anything_else() -> None:
    x = Input((4,))
    for other in (1, np.ones(4)):
        with pytest.raises(TypeError):
            x + other
        with pytest.raises(TypeError):
            other + x


def test_layer_refuses_symbolic_shapes_that_it_refuses_as_arrays() -> None:
    with pytest.raises(ValueError, match="defined"):
        layers.Dense(3)(Input((None,)))
    layer = layers.Dense(3)
    layer.build((None, 5))
    with pytest.raises(ValueError, match="value 5"):
        layer(Input((4,)))
    assert layer(Input((None, 5))).shape == (None, None, 3)
    with pytest.raises(ValueError, match="training=True"):
        layer(Input((5,)), training=True)


def test_layer_without_calls_has_no_input_and_output() -> None:
    layer = layers.Dense(3)
    with pytest.raises(AttributeError, match="never been called"):
        _ = layer.output
    with pytest.raises(AttributeError, match="no defined input"):
        _ = layer.input


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_layers_have_not_been_called(copied: Any) -> None:
    layer = layers.Dense(3)
    layer(Input((4,)))
    with pytest.raises(AttributeError, match="never been called"):
        _ = copied(layer).output
    assert copied(layers.InputLayer((4,))).output.shape == (None, 4)


def test_input_layer_config_round_trips_and_takes_that_of_keras() -> None:
    layer = layers.InputLayer((4, None), batch_size=2, dtype="float64", name="x")
    config = layer.get_config()
    assert config == {"batch_shape": [2, 4, None], "dtype": "float64", "name": "x"}
    keras = {**config, "sparse": False, "ragged": False, "optional": False}
    twin = layers.InputLayer.from_config(keras)
    assert twin.get_config() == config
    with pytest.raises(TypeError, match="sparse"):
        layers.InputLayer.from_config({**config, "sparse": True})


def test_first_layer_takes_input_shape_and_input_dim() -> None:
    for layer in (
        layers.Dense(3, input_shape=(4,)),
        layers.Dense(3, input_dim=4),
        layers.ReLU(input_dim=4),
    ):
        assert layer._sample_shape == (4,)


def test_changes_count_what_changes_a_layer_and_nothing_else() -> None:
    layer = layers.Dense(3)
    x = np.ones((2, 4), np.float32)
    layer(x)
    before = _changes.count
    layer(x, training=True)
    layer.backward(np.ones((2, 3), np.float32))
    layer.kernel = np.zeros((4, 3))
    layer.bias[...] = 1
    assert _changes.count == before, "values are no change"
    for change in (
        lambda: setattr(layer, "trainable", False),
        lambda: setattr(layer, "activation", "relu"),
        lambda: layers.Dense(3),
    ):
        before = _changes.count
        change()
        assert _changes.count != before


PROBABILITIES: dict[str, tuple[Any, str | None]] = {
    "Dense-softmax": (lambda: layers.Dense(3, "softmax"), "softmax"),
    "Dense-sigmoid": (lambda: layers.Dense(3, "sigmoid"), "sigmoid"),
    "Dense-layer": (lambda: layers.Dense(3, layers.Softmax()), "softmax"),
    "Activation": (lambda: layers.Activation("sigmoid"), "sigmoid"),
    "Softmax": (lambda: layers.Softmax(), "softmax"),
    "Dense-linear": (lambda: layers.Dense(3), None),
    "Dense-callable": (lambda: layers.Dense(3, lambda x: x), None),
    "Dense-penalized": (lambda: layers.Dense(3, "softmax", activity_regularizer="l2"), None),
    "Softmax-other-axis": (lambda: layers.Softmax(axis=(1,)), None),
    "log_softmax": (lambda: layers.Activation("log_softmax"), None),
    "Dropout": (lambda: layers.Dropout(0.5), None),
}


@pytest.mark.parametrize(("make", "name"), PROBABILITIES.values(), ids=PROBABILITIES)
def test_final_activation_is_softmax_or_sigmoid_of_logits(
    make: Any, name: str | None, rng: np.random.Generator
) -> None:
    layer = make()
    assert layer.final_activation() == name
    x = rng.standard_normal((4, 3)).astype(np.float32)
    y = layer(x)
    if name is None:
        return
    given, logits, backprop = layer.logits_pass(x)
    np.testing.assert_array_equal(given, y)
    np.testing.assert_array_equal(layers.Activation(name)(logits), y)
    dlogits = rng.standard_normal(logits.shape).astype(np.float32)
    dx, gradients = backprop(dlogits, True)
    if isinstance(layer, layers.Dense):
        linear = layers.Dense(3)
        linear.build(x.shape)
        linear.set_weights(layer.get_weights())
        linear(x, training=True)
        np.testing.assert_array_equal(dx, linear.backward(dlogits))
        np.testing.assert_array_equal(gradients["kernel"], linear.gradients[0])
    else:
        np.testing.assert_array_equal(dx, dlogits)
        assert gradients == {}


def test_logits_pass_of_another_layer_raises() -> None:
    with pytest.raises(NotImplementedError, match="Dropout"):
        layers.Dropout(0.5).logits_pass(np.ones((2, 3), np.float32))


def test_training_pass_folds_the_activity_regularizer_in(rng: np.random.Generator) -> None:
    layer = layers.Dense(3, activity_regularizer="l2", kernel_regularizer="l1")
    x, dy = rng.standard_normal((2, 4, 3)).astype(np.float32)
    layer(x, training=True)
    dx = layer.backward(dy)
    y, backprop = layer.training_pass(x)
    assert layer.losses[0] == layer._activity_loss
    again, gradients = backprop(dy, True)
    np.testing.assert_array_equal(y, layer(x))
    np.testing.assert_array_equal(again, dx)
    np.testing.assert_array_equal(gradients["bias"], layer.gradients[1])
    assert not np.array_equal(gradients["kernel"], layer.gradients[0]), "no weight penalties in it"


def test_training_pass_converts_its_input_and_the_gradient_back() -> None:
    layer = layers.Dense(3, dtype="float64")
    layer.build((None, 4))
    y, backprop = layer.training_pass(np.ones((2, 4), np.float32))
    dx, gradients = backprop(np.ones_like(y), True)
    assert y.dtype == np.float64 and dx.dtype == np.float32
    assert gradients["kernel"].dtype == np.float64
    assert backprop(np.ones_like(y), False)[0] is None
