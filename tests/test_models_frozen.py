"""Frozen models: snapshots with the model's bits, from any thread, and what can't be one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastdense import Input, Model, Sequential, layers


def branched() -> Model:
    """Two inputs and two outputs."""
    a, b = Input((5,)), Input((3,))
    joined = layers.Concatenate()([layers.Dense(7, "tanh")(a), layers.Dropout(0.5)(b)])
    return Model([a, b], [layers.Dense(4, "softmax")(joined), layers.Dense(2)(joined)])


def stack() -> Sequential:
    return Sequential([Input((6, 5)), layers.Dense(40, "relu"), layers.Dense(3)])


def test_frozen_model_has_the_bits_of_the_model(rng: np.random.Generator) -> None:
    model = branched()
    inputs = [rng.random((9, 5), np.float32), rng.random((9, 3), np.float32)]
    for ours, theirs in zip(model.freeze()(inputs), model(inputs), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("features", [1, 127, 128, 1000])
def test_frozen_model_of_one_output_has_the_bits_of_the_model(
    features: int, rng: np.random.Generator
) -> None:
    model = Sequential([Input((features,)), layers.Dense(1, "sigmoid")])
    x = rng.random((37, features), np.float32)
    np.testing.assert_array_equal(model.freeze()(x), model(x))


@pytest.mark.parametrize("rows", [0, 1, 33])
def test_frozen_model_converts_what_the_model_converts(rows: int, rng: np.random.Generator) -> None:
    model = stack()
    x = rng.random((rows, 5, 6)).transpose(0, 2, 1)  # float64, with strides
    y = model.freeze()(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, model(x))


def test_frozen_model_takes_unaligned_memory(rng: np.random.Generator) -> None:
    model = stack()
    memory = bytearray(1) + rng.random((1, 6, 5), np.float32).tobytes()
    x = np.frombuffer(memory, np.float32, offset=1).reshape(1, 6, 5)
    assert not x.flags.aligned
    np.testing.assert_array_equal(model.freeze()(x), model(x))


def test_model_and_frozen_model_refuse_masked_elements(rng: np.random.Generator) -> None:
    model = stack()
    x = rng.random((1, 6, 5), np.float32)
    for call in (model, model.freeze()):
        y = call(x)
        with pytest.raises(TypeError, match="masks are not supported"):
            call(np.ma.masked_array(x, mask=True))
        np.testing.assert_array_equal(call(np.ma.masked_array(x)), y)


def test_model_with_a_batch_size_of_its_own_can_be_frozen(rng: np.random.Generator) -> None:
    model = Sequential([Input((5,), batch_size=32), layers.Dense(3)])
    x = rng.random((7, 5), np.float32)  # the batch size binds nobody
    np.testing.assert_array_equal(model.freeze()(x), model(x))


def test_shapes_of_more_axes_than_arrays_have_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 64 axes"):
        Sequential([Input((1,) * 64 + (3, 1)), layers.Dense(2)]).freeze()
    model = Sequential([Input((4,)), layers.Dense(7), layers.Reshape((1,) * 63 + (7,))])
    for call in (model, model.freeze(), model.predict):
        with pytest.raises(ValueError, match=r"dim|axes"):
            call(np.ones((3, 4), np.float32))


def test_frozen_model_is_a_snapshot(rng: np.random.Generator) -> None:
    model = stack()
    x = rng.random((4, 6, 5), np.float32)
    frozen, before = model.freeze(), model(x)
    for weight in model.weights:
        weight += 1
    np.testing.assert_array_equal(frozen(x), before)
    assert (model(x) != before).any()


def test_frozen_model_may_be_called_by_many_threads(rng: np.random.Generator) -> None:
    model = stack()
    frozen = model.freeze()
    xs = rng.random((64, 8, 6, 5), np.float32)
    with ThreadPoolExecutor(8) as pool:
        for x, y in zip(xs, pool.map(frozen, xs), strict=True):
            np.testing.assert_array_equal(y, model(x))


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Sequential([layers.Dense(3)]), "is not built"),
        (lambda: Sequential([Input((4,)), layers.PReLU()]), "layer by layer: PReLU"),
        (
            lambda: Sequential([Input((4,)), layers.Activation(lambda x: 2 * x)]),
            "layer by layer: an activation",
        ),
    ],
)
def test_freeze_refuses(make: Callable[[], Model], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make().freeze()


def test_frozen_model_refuses_inputs_that_do_not_fit() -> None:
    frozen = branched().freeze()
    with pytest.raises(ValueError, match="same number of samples"):
        frozen([np.ones((2, 5)), np.ones((3, 3))])
    with pytest.raises(ValueError, match="expects 2 input"):
        frozen(np.ones((2, 5)))
    with pytest.raises(ValueError, match="incompatible"):
        frozen([np.ones((2, 5)), np.ones((2, 4))])
