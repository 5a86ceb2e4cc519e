"""Stacks of layers: growing, shrinking, building late, and what they refuse."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from fastdense import Input, Model, Sequential, _changes, layers
from models import integers, relu, residual, set_integers

FIRST: dict[str, Any] = {
    "Input": lambda: [Input((4,)), layers.Dense(3)],
    "InputLayer": lambda: [layers.InputLayer((4,)), layers.Dense(3)],
    "input_shape": lambda: [layers.Dense(3, input_shape=(4,))],
    "input_dim": lambda: [layers.Dense(3, input_dim=4)],
    "model": lambda: [Sequential([layers.Dense(3, input_shape=(4,))])],
}


@pytest.mark.parametrize("make", FIRST.values(), ids=FIRST)
@pytest.mark.parametrize("grown", [False, True])
def test_sequential_that_knows_its_input_is_built_as_it_grows(
    grown: bool, make: Any, rng: np.random.Generator
) -> None:
    stack = [*make(), layers.Activation("relu"), layers.Dense(2)]
    if grown:
        model = Sequential()
        for layer in stack:
            model.add(layer)
    else:
        model = Sequential(stack)
    assert model.built and (model.input_shape, model.output_shape) == ((None, 4), (None, 2))
    assert len(model.layers) == 3 and not isinstance(model.layers[0], layers.InputLayer)
    set_integers(model, rng)
    x = integers(rng, 6, 4)
    kernel, bias, kernel_2, bias_2 = model.weights
    np.testing.assert_array_equal(model(x), relu(x @ kernel + bias) @ kernel_2 + bias_2)


def test_sequential_without_input_is_built_when_it_is_called(rng: np.random.Generator) -> None:
    model = Sequential([layers.Dense(3), layers.Dense(2)])
    assert not model.built and model.weights == [] and len(model.layers) == 2
    for what in ("inputs", "outputs", "input_shape", "output_shape"):
        with pytest.raises(AttributeError, match="no defined"):
            getattr(model, what)
    with pytest.raises(ValueError, match="count_params"):
        model.count_params()
    with pytest.raises(ValueError, match="input tensors"):
        model([[1.0, 2.0]])
    assert not model.built
    assert model(integers(rng, 6, 4)).shape == (6, 2)
    assert model.built and model.count_params() == 5 * 3 + 4 * 2
    model.add(layers.Dense(7))
    assert model.output_shape == (6, 7), "of the batch that it was built with, as in Keras"
    assert model(integers(rng, 8, 4)).shape == (8, 7), "but any will do"


def test_sequential_builds_by_shape_or_by_a_symbolic_call() -> None:
    by_shape, by_call = (Sequential([layers.Dense(3, dtype="float64")]) for _ in range(2))
    by_shape.build((None, 4))
    assert by_call(Input((4,))).shape == (None, 3)
    for model in (by_shape, by_call):
        assert model.built and model.input_shape == (None, 4) and model.dtype == "float64"
        model.build((8, 4))
        model.build(None)
        with pytest.raises(ValueError, match=r"already.*\(None, 4\).*\(None, 5\)"):
            model.build((None, 5))


def test_sequential_lists_the_weights_of_layers_that_are_built_already() -> None:
    trained = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    model = Sequential([*trained.layers[:-1], layers.Dense(5)])
    assert not model.built and list(model._weights) == [
        f"{trained.layers[0].name}/{name}" for name in ("kernel", "bias")
    ]
    model.build((None, 4))
    assert model.layers[0] is trained.layers[0] and len(model.weights) == 4


def test_sequential_pops_its_last_layer(rng: np.random.Generator) -> None:
    model = Sequential([Input((4,)), layers.Dense(3), layers.ReLU(), layers.Dense(2)])
    x = integers(rng, 6, 4)
    first, second, last = model.layers
    before = _changes.count
    assert model.pop() is last and model.layers == [first, second]
    assert _changes.count != before
    assert model.output_shape == (None, 3) and len(model.weights) == 2
    np.testing.assert_array_equal(model(x), relu(first(x)))
    model.add(layers.Dense(7))
    assert model(x).shape == (6, 7)
    for _ in range(3):
        model.pop()
    assert not model.built and model.layers == []
    with pytest.raises(ValueError, match="no layers to remove"):
        model.pop()
    model.add(layers.Dense(1))
    assert model.input_shape == (None, 4), "the input stays"


def test_sequential_shares_a_layer_with_itself(rng: np.random.Generator) -> None:
    layer = layers.Dense(4, use_bias=False)
    model = Sequential([Input((4,)), layer, layer])
    set_integers(model, rng)
    x = integers(rng, 6, 4)
    np.testing.assert_array_equal(model(x, training=True), x @ layer.kernel @ layer.kernel)
    dy = np.ones((6, 4), np.float32)
    model.backward(dy)
    hidden = x @ layer.kernel
    (gradient,) = model.gradients
    np.testing.assert_array_equal(gradient, hidden.T @ dy + x.T @ (dy @ layer.kernel.T))


def test_sequential_layers_outputs_make_models() -> None:
    model = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    hidden = Model(model.inputs, model.layers[0].output)
    assert hidden.output_shape == (None, 3) and hidden.layers[1] is model.layers[0]
    assert model.get_layer(index=1) is model.layers[1]


def test_sequential_refuses_what_it_cannot_stack() -> None:
    model = Sequential([Input((4,)), layers.Dense(3, name="a")])
    for layer, message in (
        ("x", r"Only instances.*Received: x \(of type <class 'str'>\)"),
        (layers.Dense(2, name="a"), "unique names. Name 'a'"),
        (Input((4,)), "input already"),
        (layers.Dense(2)(Input((4,))), "Only instances"),
    ):
        with pytest.raises(ValueError, match=message):
            model.add(layer)
    with pytest.raises(ValueError, match="no layers"):
        Sequential().build((None, 4))
    with pytest.raises(ValueError, match="no layers"):
        Sequential([Input((4,))])(np.ones((2, 4)))
    with pytest.raises(ValueError, match="shape"):
        Sequential([layers.Dense(3)]).build(None)
    assert len(model.layers) == 1 and model.output_shape == (None, 3)


@pytest.mark.parametrize("how", ["add", "build", "init"])
def test_sequential_is_as_it_was_when_a_layer_cannot_take_its_input(how: str) -> None:
    good, bad = layers.Dense(3), layers.Reshape((2, 2))
    if how == "add":
        model = Sequential([Input((4,)), good])
        with pytest.raises(ValueError, match="total size"):
            model.add(bad)
        assert model.layers == [good] and model.output_shape == (None, 3)
        return
    if how == "init":
        with pytest.raises(ValueError, match="total size"):
            Sequential([Input((4,)), good, bad])
        assert not good.built
        return
    model = Sequential([good, bad])
    with pytest.raises(ValueError, match="total size"):
        model(np.ones((2, 4)))
    assert not model.built and not good.built and len(model.layers) == 2
    model.layers.clear()
    assert len(model.layers) == 2, "the list is a copy"


def test_sequential_in_another_model_keeps_its_layers() -> None:
    inner = Sequential([layers.Dense(3, input_shape=(4,))])
    x = Input((4,))
    outer = Model(x, inner(x))
    for change in (lambda: inner.add(layers.Dense(2)), inner.pop):
        with pytest.raises(ValueError, match="part of another model"):
            change()
    assert outer.output_shape == (None, 3)
    copy.deepcopy(inner).add(layers.Dense(2))


def test_sequential_frozen_from_the_beginning_leaves_its_layers_as_they_are() -> None:
    model = Sequential([layers.Dense(3, input_shape=(4,))], trainable=False)
    assert model.trainable_weights == [] and model.layers[0].trainable
    with pytest.raises(ValueError, match="trainable"):
        Sequential(trainable="yes")


def test_sequential_of_models_with_several_ends() -> None:
    x = Input((4,))
    split = Model(x, [layers.Dense(3)(x), layers.Dense(3)(x)])
    model = Sequential([split, layers.Add()])
    assert model.output_shape == (None, 3) and model(np.ones((2, 4))).shape == (2, 3)
    assert Sequential([residual()]).output_shape == (None, 6)


def test_model_names_are_keras_and_count_up() -> None:
    x = Input((4,))
    for make, prefix in (
        (Sequential, "sequential"),
        (lambda: Model(x, layers.ReLU()(x)), "functional"),
    ):
        names = {make().name for _ in range(3)}
        assert len(names) == 3 and all(name.startswith(prefix) for name in names)
    assert Sequential(name="mine").name == "mine"
