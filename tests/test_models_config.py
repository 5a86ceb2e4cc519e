"""Models as configs and back, pickled and copied."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

from fastdense import Input, Model, Sequential, layers
from models import branched, integers, residual


def twice_nested() -> Model:
    """A model with two outputs, applied to its own output."""
    x = Input((4,))
    dense = layers.Dense(4)
    twice = dense(dense(x))
    inner = Model(x, [twice, layers.ReLU()(twice)], name="inner")
    y = Input((4,))
    return Model(y, inner(inner(y)[0])[1], name="outer")


def with_frozen_part() -> Sequential:
    base = Sequential([layers.Dense(4, input_shape=(4,)), layers.Dropout(0.5)], name="base")
    base.trainable = False
    x = Input((4,))
    return Sequential([Model(x, base(x, training=False)), layers.Dense(2)], name="stack")


def operators() -> Model:
    x = Input((4,), dtype="float64")
    y = x + layers.Dense(4, dtype="float64")(x)
    return Model(x, y * x - y)


def cut(model: Model) -> Model:
    """What follows the first layer."""
    return Model(model.layers[1].output, model.output)


MODELS: dict[str, Any] = {
    "residual": (residual, (5,)),
    "branched": (branched, (4,)),
    "twice_nested": (twice_nested, (4,)),
    "with_frozen_part": (with_frozen_part, (4,)),
    "operators": (operators, (4,)),
    "sequential": (lambda: Sequential([layers.Dense(3, input_shape=(2, 4))]), (2, 4)),
    "deferred": (lambda: Sequential([layers.Dense(3), layers.ReLU()]), (4,)),
    "cut": (lambda: cut(residual()), (6,)),
}
by_model = pytest.mark.parametrize(("make", "shape"), MODELS.values(), ids=MODELS)


def inputs_for(model: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    count = len(model.inputs) if model.built else 1
    arrays = [integers(rng, 5, *shape) for _ in range(count)]
    return arrays if count > 1 else arrays[0]


def results(model: Any, x: Any, training: bool = False) -> list[Any]:
    y = model(x, training=training)
    return y if isinstance(y, list) else [y]


@by_model
def test_model_config_round_trips_through_json(
    make: Any, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    model = make()
    config = json.loads(json.dumps(model.get_config()))
    twin = type(model).from_config(config)
    assert type(twin) is type(model) and twin.get_config() == model.get_config()
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
    x = inputs_for(model, shape, rng)
    before = results(model, x)
    assert [w.shape for w in twin.weights] in ([w.shape for w in model.weights], [])
    results(twin, x)
    assert list(twin._weights) == list(model._weights)
    assert list(twin._select(trainable=True)) == list(model._select(trainable=True))
    twin.set_weights(model.get_weights())
    for got, expected in zip(results(twin, x), before, strict=True):
        np.testing.assert_array_equal(got, expected)


@by_model
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_model_copy_is_equal_and_independent(
    copied: Any, make: Any, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    model = make()
    x = inputs_for(model, shape, rng)
    twin = copied(model)
    assert twin.get_config() == model.get_config() and twin.built == model.built
    if not model.built:
        return
    for got, expected in zip(
        results(twin, x, training=True), results(model, x, training=True), strict=True
    ):
        np.testing.assert_array_equal(got, expected)
    dy = [np.ones_like(y) for y in results(model, x)]
    model.backward(dy)
    twin.backward(dy)
    for one, two in zip(twin.gradients, model.gradients, strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(twin.weights, model.weights, strict=True):
        assert not np.shares_memory(one, two)
    assert twin.layers[-1] is not model.layers[-1]
    first = twin.layers[1 if isinstance(twin.layers[0], layers.InputLayer) else 0]
    if not isinstance(first, Model):
        assert Model(twin.inputs, first.output).output_shape == first.output.shape


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_models_copied_together_share_what_they_shared(copied: Any) -> None:
    full = residual()
    hidden = Model(full.inputs, full.layers[1].output)
    full_twin, hidden_twin = copied((full, hidden))
    assert full_twin.layers[1] is hidden_twin.layers[1]
    assert full_twin.inputs == hidden_twin.inputs
    assert full_twin.weights[0] is hidden_twin.weights[0]


def test_deep_model_is_pickled_without_recursion() -> None:
    model = Sequential([Input((3,)), *(layers.ReLU() for _ in range(1500))])
    twin = pickle.loads(pickle.dumps(model))
    assert len(twin.layers) == 1500 and copy.deepcopy(model).output_shape == (None, 3)


def test_config_has_the_layout_of_keras() -> None:
    config = branched().get_config()
    assert list(config) == ["name", "trainable", "layers", "input_layers", "output_layers"]
    assert config["input_layers"] == [["a", 0, 0], ["b", 0, 0]]
    assert config["output_layers"] == [["head", 0, 0], ["shared", 1, 0]]
    by_name = {layer["name"]: layer for layer in config["layers"]}
    assert by_name["inner"]["class_name"] == "Sequential"
    calls = by_name["joined"]["inbound_nodes"]
    (tensors,) = calls[0]["args"]
    assert [tensor["config"]["keras_history"] for tensor in tensors] == [
        ["inner", 0, 0],
        ["inner", 2, 0],
        ["shared", 0, 0],
    ]
    outer = twice_nested().get_config()
    assert outer["output_layers"] == ["inner", 2, 1], "counted from 1, as Keras does there"
    assert outer["layers"][1]["class_name"] == "Functional"


class Double(layers.Layer):
    """A layer of someone else."""

    def call(self, inputs: Any) -> Any:
        return 2 * inputs


def cube(x: Any) -> Any:
    return x**3


def test_custom_objects_are_known_to_all_that_a_config_is_made_of() -> None:
    x = Input((3,))
    inner = Sequential([layers.Dense(3, cube, input_shape=(3,)), Double()])
    model = Model(x, inner(x))
    custom: dict[str, Any] = {"Double": Double, "cube": cube}
    twin = Model.from_config(model.get_config(), custom_objects=custom)
    twin.set_weights(model.get_weights())
    array = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(twin(array), model(array))
    for missing in custom:
        rest = {name: value for name, value in custom.items() if name != missing}
        with pytest.raises(ValueError, match=missing):
            Model.from_config(model.get_config(), custom_objects=rest)
    with pytest.raises(ValueError, match=r"Double|cube"):
        Model.from_config(model.get_config())


def test_nested_model_is_deserialized_as_a_layer() -> None:
    config = layers.serialize(branched())
    twin = layers.deserialize(config)
    assert isinstance(twin, Model) and layers.serialize(twin) == config


def break_class(config: Any) -> None:
    config["layers"][1]["class_name"] = "Popen"


def break_history(config: Any) -> None:
    config["layers"][-1]["inbound_nodes"][0]["args"][0][0]["config"]["keras_history"] = ["x", 0, 0]


def break_order(config: Any) -> None:
    tensor = config["layers"][-1]["inbound_nodes"][0]["args"][0][0]
    tensor["config"]["keras_history"] = ["sum", 0, 0]


def break_output(config: Any) -> None:
    config["output_layers"] = ["sum", 5, 0]


def break_layers(config: Any) -> None:
    del config["layers"]


def break_calls(config: Any) -> None:
    config["layers"][1]["inbound_nodes"] = 3


def break_kwargs(config: Any) -> None:
    config["layers"][1]["inbound_nodes"][0]["kwargs"] = {"mask": 1}


def break_training(config: Any) -> None:
    config["layers"][1]["inbound_nodes"][0]["kwargs"] = {"training": True}


@pytest.mark.parametrize(
    "broken",
    [
        break_class,
        break_history,
        break_order,
        break_output,
        break_layers,
        break_calls,
        break_kwargs,
        break_training,
    ],
)
def test_functional_refuses_a_broken_config(broken: Any) -> None:
    config = residual().get_config()
    broken(config)
    with pytest.raises(ValueError):  # noqa: PT011  (which message depends on what is broken)
        Model.from_config(config)


@pytest.mark.parametrize("config", [{}, {"layers": 3}, {"layers": [None]}, {"layers": [{}]}])
def test_sequential_refuses_a_broken_config(config: Any) -> None:
    with pytest.raises(ValueError, match=r"layers|config"):
        Sequential.from_config(config)
