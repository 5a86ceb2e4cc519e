"""Models against Keras itself, where it is installed: order of layers, numbers, configs, tables.

One recipe makes a model of either library.
"""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import bounds
import fastdense
from keras_backend import import_keras

keras = import_keras()
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
# Two float32 results of a few layers of at most 10 terms, relative to the largest: a wrong weight
# or order is off by 1e-3 and more.
TOLERANCE = 64 * bounds.unit(np.float32)


def stack(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((5,), name="i"),
            k.layers.Dense(6, "relu", name="a"),
            k.layers.Dropout(0.5, name="b"),
            k.layers.Dense(4, "softmax", name="c"),
        ],
        name="stack",
    )


def residual(k: Any) -> Any:
    x = k.Input((5,), name="x")
    t = k.layers.Dense(6, name="t")(x)
    y = k.layers.Add(name="s")(
        [k.layers.Activation("relu", name="r")(t), k.layers.Dense(6, name="d")(t)]
    )
    return k.Model(x, k.layers.ReLU(name="end")(y), name="residual")


def operators(k: Any) -> Any:
    x = k.Input((4,), name="x")
    y = x + k.layers.Dense(4, name="d")(x)
    return k.Model(x, k.layers.ReLU(name="r")(y * x - y), name="operators")


def many_ends(k: Any) -> Any:
    """Ends given in another order than made, one input unused."""
    a, b, c = (k.Input((4,), name=name) for name in "abc")
    u = k.layers.Dense(3, "tanh", name="u")(b)
    v = k.layers.Dense(3, name="v")(k.layers.Dense(5, name="w")(a))
    joined = k.layers.Concatenate(name="joined")([v, u])
    return k.Model([c, b, a], [k.layers.Dense(2, name="p")(joined), u, v], name="many_ends")


def shared(k: Any) -> Any:
    """A layer used at several depths, which decides where Keras lists it."""
    x, y = k.Input((4,), name="x"), k.Input((4,), name="y")
    again = k.layers.Dense(4, "tanh", name="again")
    other = k.layers.Dense(4, name="other")
    u, v = again(other(again(x))), again(y)
    total = k.layers.Add(name="total")([u, v, x])
    product = k.layers.Multiply(name="product")([total, other(v)])
    mean = k.layers.Average(name="mean")([product, y])
    return k.Model([x, y], k.layers.Subtract(name="minus")([mean, u]), name="shared")


def nested(k: Any) -> Any:
    x = k.Input((5,), name="outer_x")
    inner, base = residual(k), stack(k)
    base.trainable = False
    y = k.layers.Concatenate(name="joined")([inner(x), base(x, training=False), base(x)])
    back = k.layers.Dense(5, name="back")(y)
    return k.Model(x, [inner(back), back], name="nested")


def broadcast(k: Any) -> Any:
    x = k.Input((1, 4), name="x")
    y = k.Input((3, 1), name="y")
    z = k.Input((4,), name="z")
    total = k.layers.Add(name="total")([x, y, z])
    return k.Model([x, y, z], k.layers.Flatten(name="flat")(total), name="broadcast")


def cut(k: Any) -> Any:
    model = residual(k)
    return k.Model(model.layers[1].output, model.output, name="cut")


OURS = SimpleNamespace(
    Input=fastdense.Input,
    Model=fastdense.Model,
    Sequential=fastdense.Sequential,
    layers=fastdense.layers,
)
RECIPES = (stack, residual, operators, many_ends, shared, nested, broadcast, cut)
by_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.__name__)


def both(recipe: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """The same model of both libraries, with the same weights."""
    ours, theirs = recipe(OURS), recipe(keras)
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    weights = [rng.standard_normal(w.shape).astype(np.float32) for w in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def as_list(things: Any) -> list[Any]:
    return list(things) if isinstance(things, list | tuple) else [things]


def outputs(model: Any, arrays: list[Any]) -> list[Any]:
    y = model(arrays if len(arrays) > 1 else arrays[0])
    return [keras.ops.convert_to_numpy(array) for array in as_list(y)]


def assert_equal_outputs(ours: Any, theirs: Any, rng: np.random.Generator) -> None:
    arrays = [
        rng.standard_normal((7, *tensor.shape[1:])).astype(np.float32) for tensor in theirs.inputs
    ]
    for got, expected in zip(outputs(ours, arrays), outputs(theirs, arrays), strict=True):
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE * scale)


@by_recipe
def test_model_equals_that_of_keras(recipe: Any, rng: np.random.Generator) -> None:
    ours, theirs = both(recipe, rng)
    # The name of the input that replaces a tensor in the middle is Keras' own affair.
    renamed = 1 if recipe is cut else 0
    names = [[layer.name for layer in model.layers][renamed:] for model in (ours, theirs)]
    assert names[0] == names[1]
    assert ours.output_shape == theirs.output_shape and ours.input_shape == theirs.input_shape
    assert ours.count_params() == theirs.count_params()
    assert_equal_outputs(ours, theirs, rng)


@by_recipe
def test_freezing_selects_the_weights_that_keras_selects(
    recipe: Any, rng: np.random.Generator
) -> None:
    ours, theirs = both(recipe, rng)

    def shapes(model: Any) -> list[list[tuple[int, ...]]]:
        return [
            [tuple(w.shape) for w in weights]
            for weights in (model.trainable_weights, model.non_trainable_weights)
        ]

    assert shapes(ours) == shapes(theirs)
    for change in (
        lambda model: setattr(model.layers[-1], "trainable", False),
        lambda model: setattr(model, "trainable", False),
        lambda model: setattr(model.layers[1], "trainable", True),
        lambda model: setattr(model, "trainable", True),
    ):
        change(ours)
        change(theirs)
        assert shapes(ours) == shapes(theirs)


@by_recipe
def test_keras_reads_the_config_and_its_own_is_read(recipe: Any, rng: np.random.Generator) -> None:
    ours, theirs = both(recipe, rng)
    their_twin = type(theirs).from_config(json.loads(json.dumps(ours.get_config())))
    their_twin.set_weights(ours.get_weights())
    assert_equal_outputs(ours, their_twin, rng)
    our_twin = type(ours).from_config(json.loads(json.dumps(theirs.get_config())))
    our_twin.set_weights(theirs.get_weights())
    assert_equal_outputs(our_twin, theirs, rng)
    if recipe is not nested:  # see test_frozen_parts_stay_frozen_in_a_config
        assert len(our_twin.trainable_weights) == len(theirs.trainable_weights)


def test_frozen_parts_stay_frozen_in_a_config() -> None:
    model = nested(OURS)
    frozen = len(model.non_trainable_weights)
    assert frozen == 4
    for config in (model.get_config(), nested(keras).get_config()):
        assert len(fastdense.Model.from_config(config).non_trainable_weights) == frozen


@by_recipe
def test_summary_has_the_cells_of_keras(
    recipe: Any, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "204")

    def cells(model: Any) -> list[str]:
        texts: list[str] = []
        model.summary(line_length=200, print_fn=texts.append, show_trainable=True)
        lines = "\n".join(texts).splitlines()
        rows = [re.split("[│┃]", line)[1:-1] for line in lines if line[:1] in {"│", "┃"}]
        footer = [line.strip() for line in lines if "params:" in line]
        texts = [re.sub(r"\s+", " ", cell).strip() for row in rows for cell in row] + footer
        # Operators are numbered in the order of their making, in all of the process.
        return [re.sub(r"\b(add|subtract|multiply)_\d+", r"\1", text) for text in texts]

    ours, theirs = both(recipe, rng)
    got, expected = cells(ours), cells(theirs)
    if recipe is cut:  # its input's name, and Keras counts calls that are not the model's
        ignored = re.compile(r"\[\d+\]\[|keras_tensor|InputLayer")
        got = [cell for cell in got if not ignored.search(cell) and cell != "t_input[0][0]"]
        expected = [cell for cell in expected if not ignored.search(cell)]
    assert got == expected


def test_sequential_grows_and_shrinks_as_in_keras() -> None:
    for k in (OURS, keras):
        model = k.Sequential()
        model.add(k.layers.Dense(3, input_shape=(4,)))
        model.add(k.layers.Dense(2))
        assert model.output_shape == (None, 2) and len(model.weights) == 4
        model.pop()
        model.add(k.layers.Dense(5))
        assert model.output_shape == (None, 5) and len(model.layers) == 2
        deferred = k.Sequential([k.layers.Dense(3), k.layers.ReLU()])
        assert deferred.weights == [] and not deferred.built
        deferred.build((None, 4))
        assert deferred.input_shape == (None, 4) and deferred.count_params() == 15
