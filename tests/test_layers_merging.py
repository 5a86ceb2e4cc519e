"""Layers that take several arrays: values, shapes, gradients, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import differences
from fastdense import Input, layers

MERGES: dict[str, Any] = {
    "Add": (layers.Add, lambda *xs: sum(xs[1:], xs[0])),
    "Multiply": (layers.Multiply, lambda *xs: np.prod(np.broadcast_arrays(*xs), axis=0)),
    "Average": (layers.Average, lambda *xs: sum(xs[1:], xs[0]) / len(xs)),
}
SHAPES: dict[str, list[tuple[int, ...]]] = {
    "two": [(4, 3), (4, 3)],
    "three": [(4, 3), (4, 3), (4, 3)],
    "repeated": [(4, 1, 3), (4, 2, 1)],
    "rank-2-and-3": [(4, 3), (4, 2, 3)],
}


def aligned(arrays: list[Any]) -> list[Any]:
    """A sample that lacks axes is the same along them: they come right after the batch."""
    ndim = max(x.ndim for x in arrays)
    return [x.reshape(len(x), *[1] * (ndim - x.ndim), *x.shape[1:]) for x in arrays]


@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(("make", "reference"), MERGES.values(), ids=MERGES)
def test_merge_values_and_gradients(
    make: Any, reference: Any, shapes: list[tuple[int, ...]], rng: np.random.Generator
) -> None:
    layer = make(dtype="float64")
    xs = [rng.standard_normal(shape) for shape in shapes]
    expected = reference(*aligned(xs))
    np.testing.assert_allclose(layer(xs), expected, rtol=1e-15)
    assert layer.compute_output_shape(shapes) == expected.shape
    batchless = [(None, *shape[1:]) for shape in shapes]
    assert layer.compute_output_shape(batchless) == (None, *expected.shape[1:])
    dy = rng.standard_normal(expected.shape)
    layer(xs, training=True)
    differences.assert_gradients(
        lambda *at: float(np.sum(dy * layer(list(at)))), xs, layer.backward(dy), make.__name__
    )


def test_subtract_values_and_gradients(rng: np.random.Generator) -> None:
    layer = layers.Subtract(dtype="float64")
    a, b, dy = rng.standard_normal((3, 4, 2))
    np.testing.assert_array_equal(layer([a, b], training=True), a - b)
    da, db = layer.backward(dy)
    np.testing.assert_array_equal(da, dy)
    np.testing.assert_array_equal(db, -dy)


@pytest.mark.parametrize("axis", [-1, 1, 2, -2])
def test_concatenate_values_and_gradients(axis: int, rng: np.random.Generator) -> None:
    shapes = [[4, 3, 5], [4, 3, 5], [4, 3, 5]]
    for i, shape in enumerate(shapes):
        shape[axis] = i + 1
    xs = [rng.standard_normal(shape) for shape in shapes]
    layer = layers.Concatenate(axis, dtype="float64")
    expected = np.concatenate(xs, axis)
    np.testing.assert_array_equal(layer(xs, training=True), expected)
    assert layer.compute_output_shape([tuple(shape) for shape in shapes]) == expected.shape
    dy = rng.standard_normal(expected.shape)
    for dx, part in zip(layer.backward(dy), np.split(dy, [1, 3], axis), strict=True):
        np.testing.assert_array_equal(dx, part)
    assert layer.backward(dy, needs_input_grad=False) is None


def test_merge_converts_each_input_and_its_gradient_back() -> None:
    layer = layers.Add(dtype="float64")
    a, b = np.ones((2, 3), np.float32), np.ones((2, 3), np.int32)
    y = layer([a, b], training=True)
    assert y.dtype == np.float64
    mixed = layers.Add(dtype="float64").training_pass([a, a.astype(np.float64)])
    (da, db), _ = mixed[1](y, True)
    assert da.dtype == np.float32 and db.dtype == np.float64


def test_merge_adds_an_activity_regularizer_once() -> None:
    layer = layers.Add(activity_regularizer="l2")
    x = np.full((2, 3), 2, np.float32)
    y = layer([x, x], training=True)
    assert layer.losses == pytest.approx([0.01 * np.sum(y**2) / 2])
    da, db = layer.backward(np.zeros_like(y))
    np.testing.assert_allclose(da, 0.02 * y / 2, rtol=1e-6)
    np.testing.assert_array_equal(da, db)


def test_merge_functions_are_the_layers() -> None:
    a, b = np.ones((2, 3), np.float32), np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(layers.add([a, a]), a + a)
    assert layers.concatenate([a, b]).shape == (2, 7)
    assert layers.concatenate([Input((3,)), Input((4,))], axis=1).shape == (None, 7)


@pytest.mark.parametrize("make", [layers.Add, layers.Subtract, layers.Concatenate])
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.ones((2, 3)), "list of inputs"),
        ([], "at least 1"),
        ([np.ones((2, 3)), np.ones((3, 3))], r"\(3, 3\)"),
        ([np.ones((2, 3, 4)), np.ones((2, 2, 4))], r"shapes"),
        ([np.ones((2, 3)), [[1.0, 2.0, 3.0]]], "input tensors"),
        ([np.float32(1), np.float32(1)], "input tensors|rank"),
        ([np.array(1.0), np.array(1.0)], "rank >= 1"),
    ],
)
def test_merge_refuses_what_it_cannot_merge(make: Any, inputs: Any, message: str) -> None:
    layer = make()
    with pytest.raises(ValueError, match=message):
        layer(inputs)
    assert not layer.built


def test_subtract_refuses_three_inputs() -> None:
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match="exactly 2"):
        layers.Subtract()([x, x, x])


@pytest.mark.parametrize("axis", [0, 2, -2, -3])
def test_concatenate_refuses_the_batch_and_axes_that_are_none(axis: int) -> None:
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match=f"axis={axis}"):
        layers.Concatenate(axis)([x, x])


def test_layer_refuses_a_list_where_it_takes_one_input() -> None:
    with pytest.raises(ValueError, match="one input"):
        layers.Dense(3)([Input((4,)), Input((4,))])


@pytest.mark.parametrize("name", ["Add", "Average", "Concatenate", "Multiply", "Subtract"])
def test_merge_config_round_trips(name: str) -> None:
    layer = getattr(layers, name)(name="merge")
    twin = layers.deserialize(layers.serialize(layer))
    assert type(twin) is type(layer) and twin is not None
    assert twin.get_config() == layer.get_config()
