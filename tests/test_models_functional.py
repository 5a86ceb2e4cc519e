"""Functional models: what they compute, forward and backward, and what they refuse."""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np
import pytest

import differences
from fastdense import Input, Model, Sequential, layers
from models import (
    branched,
    branched_in_numpy,
    integers,
    relu,
    residual,
    residual_in_numpy,
    set_integers,
)


def test_model_with_branches_equals_numpy(rng: np.random.Generator) -> None:
    model = residual()
    set_integers(model, rng)
    x = integers(rng, 7, 5)
    expected = residual_in_numpy(x, model.weights)
    np.testing.assert_array_equal(model(x), expected)
    np.testing.assert_array_equal(model(x, training=True), expected)
    assert [layer.name for layer in model.layers] == ["inputs", "first", "relu", "second", "sum"]
    assert (model.input_shape, model.output_shape) == ((None, 5), (None, 6))


def test_model_with_shared_and_nested_layers_equals_numpy(rng: np.random.Generator) -> None:
    model = branched()
    set_integers(model, rng)
    a, b = integers(rng, 7, 4), integers(rng, 7, 4)
    expected = branched_in_numpy(a, b, model.weights)
    for inputs in ([a, b], (a, b), {"b": b, "a": a}):
        for training in (False, True):
            for got, truth in zip(model(inputs, training=training), expected, strict=True):
                np.testing.assert_array_equal(got, truth)
    assert list(model._weights) == [
        "shared/kernel",
        "shared/bias",
        "inner/inside/kernel",
        "inner/inside/bias",
        "head/kernel",
        "head/bias",
    ]
    assert model.count_params() == 4 * 3 + 3 + 3 * 3 + 3 + 9 * 2 + 2
    assert model.input_names == ["a", "b"] and model.output_names == ["head", "shared"]
    assert model.output_shape == [(None, 2), (None, 3)]


def test_graph_has_a_node_for_each_use_of_a_leaf() -> None:
    graph = branched()._built_graph()
    assert sorted(node.layer.name for node in graph.nodes) == [
        "head",
        "inside",
        "inside",
        "inside",
        "joined",
        "shared",
        "shared",
    ]
    assert graph.inputs == (0, 1)
    assert [node.output for node in graph.nodes] == list(range(2, 9))
    for node in graph.nodes:
        assert all(value < node.output for value in node.inputs), "in topological order"
    assert len(graph.shapes) == 9 and graph.shapes[graph.outputs[0]] == (None, 2)


def test_model_gradients_agree_with_central_differences(rng: np.random.Generator) -> None:
    model = branched(dtype="float64", kernel_regularizer="l2", activity_regularizer="l2")
    a, b = rng.standard_normal((2, 5, 4))
    set_integers(model, rng)
    model.set_weights([w + 0.1 * rng.standard_normal(w.shape) for w in model.weights])
    dys = [rng.standard_normal((5, 2)), rng.standard_normal((5, 3))]

    def loss(a: Any, b: Any, *weights: Any) -> float:
        model.set_weights(weights)
        outputs = model([a, b])
        return float(sum(np.sum(dy * y) for dy, y in zip(dys, outputs, strict=True))) + sum(
            model.losses
        )

    weights = model.get_weights()
    model([a, b], training=True)
    dx = model.backward(dys)
    gradients = list(model.gradients)
    assert len(gradients) == len(model.trainable_weights)
    differences.assert_gradients(loss, [a, b, *weights], [*dx, *gradients], "branched")


def test_model_losses_add_up_the_uses_of_a_shared_layer(rng: np.random.Generator) -> None:
    shared = layers.Dense(3, activity_regularizer="l1", name="shared")
    x = Input((3,))
    model = Model(x, shared(shared(x)))
    array = integers(rng, 4, 3)
    for training in (False, True):
        y = model(array, training=training)
        once = shared.kernel
        expected = 0.01 * (np.abs(array @ once).sum() + np.abs(y).sum()) / 4
        assert model.losses == pytest.approx([expected], rel=1e-5)


def test_model_output_that_nothing_depends_on_gives_zero_gradients(
    rng: np.random.Generator,
) -> None:
    x = Input((3,))
    inner = Model(x, [layers.Dense(2, name="used")(x), layers.Dense(2, name="unused")(x)])
    y = Input((3,))
    model = Model(y, inner(y)[0])
    model(integers(rng, 4, 3), training=True)
    model.backward(np.ones((4, 2), np.float32))
    gradients = dict(zip(model._select(trainable=True), model.gradients, strict=True))
    assert np.any(gradients[f"{inner.name}/used/kernel"])
    assert not np.any(gradients[f"{inner.name}/unused/kernel"])


def test_model_of_an_inner_output(rng: np.random.Generator) -> None:
    model = residual()
    set_integers(model, rng)
    x = integers(rng, 7, 5)
    hidden = Model(model.inputs, model.layers[2].output)
    expected = relu(x @ model.layers[1].kernel + model.layers[1].bias)
    np.testing.assert_array_equal(hidden(x), expected)
    both = Model(model.inputs, [model.get_layer("first").output, model.output])
    np.testing.assert_array_equal(both(x)[1], model(x))
    assert hidden.get_layer("first") is model.get_layer("first")


def test_model_from_an_inner_tensor(rng: np.random.Generator) -> None:
    model = residual()
    set_integers(model, rng)
    x = integers(rng, 7, 5)
    first = model.get_layer("first")
    rest = Model(first.output, model.output)
    np.testing.assert_array_equal(rest(first(x)), model(x))
    assert first not in rest.layers and rest.input_shape == (None, 6)
    assert rest.count_params() == 6 * 6 + 6


def test_model_may_return_its_input_and_ignore_another(rng: np.random.Generator) -> None:
    a, b = Input((3,), name="a"), Input((2,), name="b")
    model = Model([a, b], [a, layers.ReLU()(a)])
    x = integers(rng, 4, 3)
    same, positive = model([x, np.ones((4, 2), np.float32)], training=True)
    np.testing.assert_array_equal(same, x)
    np.testing.assert_array_equal(positive, relu(x))
    dy = np.ones_like(x)
    da, db = model.backward([dy, dy])
    np.testing.assert_array_equal(da, 1 + (x > 0))
    np.testing.assert_array_equal(db, np.zeros((4, 2)))


def test_models_nest_as_layers(rng: np.random.Generator) -> None:
    inner, x = residual(), Input((5,))
    middle = Sequential([inner, layers.Dense(5, name="back")], name="middle")
    outer = Model(x, inner(middle(x)))
    set_integers(outer, rng)
    array = integers(rng, 3, 5)
    np.testing.assert_array_equal(outer(array), inner(middle(array)))
    assert len(outer.weights) == 6, "those of the model that is used twice are there once"
    assert outer._built_graph().nodes[0].layer is inner.get_layer("first")
    assert [layer.name for layer in outer.layers[1:]] == ["middle", "residual"]


def test_dropout_of_a_part_that_never_trains_is_none(rng: np.random.Generator) -> None:
    base = Sequential([layers.Dropout(0.5, input_shape=(4,)), layers.Dense(3), layers.ReLU()])
    x = Input((4,))
    model = Model(x, base(x, training=False))
    array = integers(rng, 6, 4)
    np.testing.assert_array_equal(model(array, training=True), model(array))
    model.backward(np.ones((6, 3), np.float32))
    assert len(model.gradients) == 2, "its weights are trained nevertheless"
    assert not np.array_equal(base(array, training=True), model(array))


def test_merge_of_one_input_in_a_model_returns_it(rng: np.random.Generator) -> None:
    x = Input((4,))
    for merge in (layers.Add(), layers.Concatenate(), layers.Add(activity_regularizer="l2")):
        model = Model(x, merge([layers.ReLU()(x)]))
        array = integers(rng, 6, 4)
        np.testing.assert_array_equal(model(array, training=True), relu(array))
        np.testing.assert_array_equal(model(array), relu(array))


def test_trainable_is_recursive_and_a_layer_may_be_thawed_again() -> None:
    model = branched()
    assert len(model.trainable_weights) == 6
    model.get_layer("inner").trainable = False
    assert list(model._select(trainable=True)) == [
        "shared/kernel",
        "shared/bias",
        "head/kernel",
        "head/bias",
    ]
    assert list(model._select(trainable=False)) == ["inner/inside/kernel", "inner/inside/bias"]
    model.trainable = False
    assert model.trainable_weights == [] and len(model.non_trainable_weights) == 6
    assert not model.get_layer("head").trainable
    model.trainable = True
    assert len(model.trainable_weights) == 6
    assert Model(model.inputs, model.outputs, trainable=False).trainable_weights == []


def test_frozen_layers_pass_the_gradient_on(rng: np.random.Generator) -> None:
    model = branched()
    set_integers(model, rng)
    inputs = [integers(rng, 3, 4), integers(rng, 3, 4)]
    dys = [integers(rng, 3, 2), integers(rng, 3, 3)]
    model(inputs, training=True)
    dx = model.backward(dys)
    free = dict(zip(model._select(trainable=True), model.gradients, strict=True))
    model.get_layer("inner").trainable = model.get_layer("head").trainable = False
    model(inputs, training=True)
    for got, expected in zip(model.backward(dys), dx, strict=True):
        np.testing.assert_array_equal(got, expected)
    for name, gradient in zip(model._select(trainable=True), model.gradients, strict=True):
        np.testing.assert_array_equal(gradient, free[name])
    assert model.backward(dys, needs_input_grad=False) is None


def test_model_of_mixed_dtypes_converts_between_its_layers(rng: np.random.Generator) -> None:
    x = Input((4,))
    wide = layers.Dense(3, dtype="float64")
    model = Model(x, layers.Dense(2)(wide(layers.ReLU()(x))))
    y = model(integers(rng, 5, 4), training=True)
    dx = model.backward(np.ones_like(y))
    assert y.dtype == np.float32 and dx.dtype == np.float32
    assert [g.dtype for g in model.gradients] == [w.dtype for w in model.trainable_weights]


def test_model_adjusts_a_last_axis_of_size_one(rng: np.random.Generator) -> None:
    column, row = Input((1,)), Input(())
    x = integers(rng, 5)
    assert Model(column, layers.ReLU()(column))(x).shape == (5, 1)
    assert Model(row, layers.ReLU()(row))(x[:, None]).shape == (5,)


def test_model_takes_any_batch_size_and_dtype(rng: np.random.Generator) -> None:
    x = Input((4,), batch_size=3)
    model = Model(x, layers.Dense(2)(x))
    for array in (np.ones((7, 4)), np.ones((0, 4), np.float32), np.ones((1, 4), np.int8)):
        y = model(array)
        assert y.shape == (len(array), 2) and y.dtype == np.float32


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (np.ones((2, 5)), ValueError, "expects 2 input"),
        ([np.ones((2, 4))] * 3, ValueError, "expects 2 input.*received 3"),
        ([np.ones((2, 4)), np.ones((2, 5))], ValueError, r"'b'.*\(None, 4\).*\(2, 5\)"),
        ([np.ones((2, 4)), np.ones((2, 3, 4))], ValueError, r"'b'.*\(2, 3, 4\)"),
        ([np.ones((2, 4)), [[1.0] * 4] * 2], ValueError, "input tensors"),
        ({"a": np.ones((2, 4))}, ValueError, r"lacks \['b'\]"),
        ([np.ones((2, 4)), np.ones((2, 4), complex)], TypeError, "complex"),
    ],
)
def test_model_refuses_inputs_that_are_not_its(
    inputs: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        branched()(inputs)


def test_model_backward_refuses_what_does_not_fit() -> None:
    model = branched()
    with pytest.raises(RuntimeError, match="training=True"):
        model.backward([np.ones((2, 2)), np.ones((2, 3))])
    model([np.ones((2, 4)), np.ones((2, 4))], training=True)
    with pytest.raises(ValueError, match="list of 2"):
        model.backward(np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        model.backward([np.ones((2, 2)), np.ones((3, 3))])


def test_model_refuses_what_is_no_graph() -> None:
    x, other = Input((4,), name="x"), Input((4,), name="other")
    y = layers.Dense(3, name="d")(layers.Add(name="s")([x, other]))
    with pytest.raises(ValueError, match=r"disconnected.*name=other.*operation 's'.*\['x'\]"):
        Model(x, y)
    with pytest.raises(ValueError, match="different"):
        Model([x, x], layers.Dense(3)(x))
    with pytest.raises(ValueError, match=r'"d" is used 2 times'):
        Model([x, other], layers.Dense(3, name="d")(y))
    with pytest.raises(ValueError, match=r"(?s)All `inputs`.*ndarray"):
        Model(np.ones((2, 4)), y)
    with pytest.raises(ValueError, match="All `outputs`"):
        Model(x, [])
    with pytest.raises(ValueError, match="names of the tensors"):
        Model({"y": x}, layers.Dense(3)(x))
    assert Model({"x": x}, layers.Dense(3)(x)).input_names == ["x"]


def test_nested_model_refuses_symbolic_inputs_that_do_not_fit() -> None:
    model = branched()
    for inputs in (Input((4,)), [Input((4,)), Input((5,))], [Input((4,)), Input((4, 4))]):
        with pytest.raises(ValueError, match="incompatible"):
            model(inputs)
    with pytest.raises(TypeError, match="mask"):
        model([np.ones((2, 4))] * 2, mask=None)


def test_get_layer_by_name_and_index() -> None:
    model = residual()
    assert model.get_layer("second") is model.layers[3]
    assert model.get_layer(index=1) is model.layers[1]
    with pytest.raises(ValueError, match=r"No such layer: third.*'second'"):
        model.get_layer("third")
    with pytest.raises(ValueError, match=r"index 5.*only has 5"):
        model.get_layer(index=5)
    for arguments in ({}, {"name": "second", "index": 3}):
        with pytest.raises(ValueError, match="name or a layer index"):
            model.get_layer(**arguments)


def test_set_weights_of_a_model_is_all_or_nothing(rng: np.random.Generator) -> None:
    model = residual()
    before = model.get_weights()
    for weights in (before[:3], [*before[:3], np.ones(7)]):
        with pytest.raises(ValueError, match="weight"):
            model.set_weights(weights)
        for now, old in zip(model.weights, before, strict=True):
            np.testing.assert_array_equal(now, old)


def test_apply_constraints_of_a_model_projects_all_weights() -> None:
    model = residual(kernel_constraint="non_neg")
    model.apply_constraints()
    assert all(np.all(model.get_layer(name).kernel >= 0) for name in ("first", "second"))


def test_model_as_deep_as_the_interpreter_never_was(rng: np.random.Generator) -> None:
    depth = 2 * sys.getrecursionlimit()
    x = inputs = Input((3,))
    for _ in range(depth):
        x = layers.ReLU()(x)
    model = Model(inputs, x)
    array = integers(rng, 2, 3)
    np.testing.assert_array_equal(model(array, training=True), relu(array))
    np.testing.assert_array_equal(model.backward(np.ones_like(array)), array > 0)


def test_threads_share_a_model(rng: np.random.Generator) -> None:
    model = residual()
    x = integers(rng, 33, 5)
    expected = model(x)
    results: list[Any] = [None] * 4

    def work(i: int) -> None:
        results[i] = [model(x) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(results))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        for y in result:
            np.testing.assert_array_equal(y, expected)
