"""What every layer has: building, weights, gradients, names, configs, copies, errors."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import differences
from fastdense import layers
from layer_cases import LAYERS, LayerCase

by_layer = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)


def inputs(case: LayerCase, rng: np.random.Generator, dtype: Any = np.float64) -> Any:
    return rng.standard_normal(case.input_shape).astype(dtype)


@by_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layer_gives_the_shape_it_computes_and_its_dtype(
    case: LayerCase, dtype: str, rng: np.random.Generator
) -> None:
    layer = case.make(dtype=dtype)
    x = inputs(case, rng, dtype)
    for training in (False, True):
        y = layer(x, training=training)
        assert y.shape == case.output_shape
        assert y.dtype == dtype
        dx = layer.backward(np.ones_like(y)) if training else x
        assert dx.shape == x.shape and dx.dtype == dtype
    assert tuple(layer.compute_output_shape(case.input_shape)) == case.output_shape
    batchless = (None, *case.input_shape[1:])
    assert tuple(layer.compute_output_shape(batchless)) == (None, *case.output_shape[1:])
    assert all(weight.dtype == dtype for weight in layer.weights)


@by_layer
def test_layer_is_built_by_build_or_by_its_first_call(
    case: LayerCase, rng: np.random.Generator
) -> None:
    ahead, on_use = case.make(), case.make()
    ahead.build(case.input_shape)
    assert ahead.built
    on_use(inputs(case, rng, np.float32))
    assert on_use.built
    assert [w.shape for w in ahead.weights] == [w.shape for w in on_use.weights]
    assert ahead.count_params() == sum(weight.size for weight in ahead.weights)


@by_layer
def test_layer_gradients_agree_with_central_differences(
    case: LayerCase, rng: np.random.Generator
) -> None:
    layer = case.make(dtype="float64")
    x = inputs(case, rng)
    x[np.abs(x) < 1e-2] = 0.1
    dy = rng.standard_normal(case.output_shape)

    def seeded() -> Any:
        # A layer with a seed of its own moves on at every call: a copy starts where the original
        # does.
        return copy.deepcopy(layer)

    layer.build(x.shape)

    def loss(x: Any, *weights: Any) -> float:
        probe = seeded()
        probe.set_weights(list(weights))
        return float(np.sum(dy * probe(x, training=True))) + float(sum(map(float, probe.losses)))

    used = seeded()
    used(x, training=True)
    dx = used.backward(dy)
    assert len(used.gradients) == len(used.trainable_weights)
    at = [x, *layer.get_weights()]
    differences.assert_gradients(loss, at, [dx, *used.gradients], type(layer).__name__)


@by_layer
def test_layer_inference_and_training_forward_agree(
    case: LayerCase, rng: np.random.Generator
) -> None:
    layer = case.make()
    x = inputs(case, rng, np.float32)
    before = x.copy()
    y = layer(x)
    np.testing.assert_array_equal(layer(x), y, strict=True)
    if not isinstance(layer, layers.Dropout):
        np.testing.assert_array_equal(layer(x, training=True), y, strict=True)
        layer.backward(np.ones_like(y))
    np.testing.assert_array_equal(x, before)


@by_layer
def test_layer_backward_raises_when_there_was_no_training_forward(
    case: LayerCase, rng: np.random.Generator
) -> None:
    layer = case.make()
    dy = np.ones(case.output_shape, np.float32)
    for prepare in (
        lambda: None,
        lambda: layer.build(case.input_shape),
        lambda: layer(inputs(case, rng)),
    ):
        prepare()
        with pytest.raises((RuntimeError, ValueError), match="training=True"):
            layer.backward(dy)


@by_layer
def test_layer_backward_refuses_dy_of_another_shape(
    case: LayerCase, rng: np.random.Generator
) -> None:
    layer = case.make()
    layer(inputs(case, rng, np.float32), training=True)
    for shape in ((case.output_shape[0] + 1, *case.output_shape[1:]), case.output_shape[:-1], ()):
        with pytest.raises(ValueError, match="dy"):
            layer.backward(np.ones(shape, np.float32))
    layer.backward(np.ones(case.output_shape, np.float32))


@by_layer
def test_layer_accepts_an_empty_batch(case: LayerCase) -> None:
    layer = case.make()
    x = np.empty((0, *case.input_shape[1:]), np.float32)
    y = layer(x, training=True)
    assert y.shape == (0, *case.output_shape[1:])
    assert layer.backward(y).shape == x.shape
    for gradient, weight in zip(layer.gradients, layer.trainable_weights, strict=True):
        assert gradient.shape == weight.shape and np.all(np.isfinite(gradient))


@by_layer
def test_layer_config_round_trips_through_json(case: LayerCase, rng: np.random.Generator) -> None:
    layer = case.make(name="a_name", dtype="float64", trainable=False)
    config = layer.get_config()
    assert config["name"] == "a_name" and config["trainable"] is False
    clone = type(layer).from_config(json.loads(json.dumps(config)))
    assert type(clone) is type(layer)
    assert clone.name == "a_name" and clone.trainable is False
    assert json.dumps(clone.get_config()) == json.dumps(config)
    x = inputs(case, rng)
    layer.build(x.shape)
    clone.build(x.shape)
    clone.set_weights(layer.get_weights())
    np.testing.assert_array_equal(clone(x, training=True), layer(x, training=True), strict=True)


@by_layer
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
@pytest.mark.parametrize("state", ["new", "built", "between_forward_and_backward"])
def test_layer_copy_is_equal_and_independent(
    state: str, copied: Any, case: LayerCase, rng: np.random.Generator
) -> None:
    layer = case.make()
    x = inputs(case, rng, np.float32)
    if state != "new":
        layer.build(x.shape)
    if state == "between_forward_and_backward":
        layer(x, training=True)
    twin = copied(layer)
    assert twin.built == layer.built and twin.name == layer.name
    assert twin.get_config() == layer.get_config()
    for one, two in zip(twin.weights, layer.weights, strict=True):
        np.testing.assert_array_equal(one, two)
        assert not np.shares_memory(one, two)
    if state != "new":
        np.testing.assert_array_equal(twin(x, training=True), layer(x, training=True))
        dy = np.ones(case.output_shape, np.float32)
        np.testing.assert_array_equal(twin.backward(dy), layer.backward(dy))


@by_layer
def test_layer_made_by_new_alone_raises_and_does_not_crash(case: LayerCase) -> None:
    half = type(case.make()).__new__(type(case.make()))
    for use in (
        lambda: half(np.ones(case.input_shape, np.float32)),
        lambda: half.backward(np.ones(3)),
    ):
        with pytest.raises((AttributeError, RuntimeError, ValueError, TypeError)):
            use()


def test_layer_names_are_keras_and_count_up() -> None:
    for make, prefix in [
        (lambda: layers.Dense(1), "dense"),
        (layers.ReLU, "re_lu"),
        (layers.PReLU, "p_re_lu"),
        (layers.LeakyReLU, "leaky_re_lu"),
        (layers.ELU, "elu"),
        (lambda: layers.Dropout(0.1), "dropout"),
    ]:
        names = [make().name for _ in range(3)]
        assert len(set(names)) == 3
        assert all(name == prefix or name[len(prefix)] == "_" for name in names)
        assert all(name.startswith(prefix) for name in names)


def test_layer_refuses_unknown_keyword_and_wrong_trainable() -> None:
    with pytest.raises((TypeError, ValueError), match="foo"):
        layers.Dense(3, foo=1)
    with pytest.raises((TypeError, ValueError), match="trainable"):
        layers.Dense(3, trainable="yes")
    with pytest.raises((TypeError, ValueError), match="dtype"):
        layers.Dense(3, dtype="int8")
