"""Programs written for Keras run here with their imports swapped, and compute the same.

A snippet is the text of such a program and makes a `model`. It runs as it is with Keras, where that
is installed, and with every `keras` in it replaced by `fastdense`.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any, NamedTuple

import numpy as np
import pytest

import bounds
from fastdense import activations
from keras_backend import import_keras
from reference import Array

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

LIBRARIES = ("fastdense", "keras")
BATCH = 4
# Two float32 results, each some roundings away from the exact one relative to the largest output. A
# wrong constant, order or weight is off by 1e-3 and more.
TOLERANCE = 64 * bounds.unit(np.float32)


class Snippet(NamedTuple):
    """The program, the shapes of one sample at both ends of its model, and those of its weights."""

    program: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    weight_shapes: list[tuple[int, ...]]


SNIPPETS = {
    "sequential": Snippet(
        """
        from keras.layers import Activation, Dense
        from keras.models import Sequential

        model = Sequential([
            Dense(32, input_shape=(784,)),
            Activation('relu'),
            Dense(10),
            Activation('softmax'),
        ])
        """,
        (784,),
        (10,),
        [(784, 32), (32,), (32, 10), (10,)],
    ),
    "grown by add": Snippet(
        """
        from keras import layers, models

        model = models.Sequential()
        model.add(layers.Dense(64))
        model.add(layers.Activation('tanh'))
        """,
        (20,),
        (64,),
        [(20, 64), (64,)],
    ),
    "branches joined by +": Snippet(
        """
        from keras import Input, Model
        from keras.layers import Activation, Dense

        inp = Input(shape=(20,))
        t = Dense(64)(inp)
        model = Model(inputs=inp, outputs=Activation('relu')(t) + Dense(64)(t))
        """,
        (20,),
        (64,),
        [(20, 64), (64,), (64, 64), (64,)],
    ),
    "activation after activation": Snippet(
        """
        from keras.layers import Activation, Dense
        from keras.models import Sequential

        model = Sequential()
        model.add(Dense(32, activation='tanh', input_shape=(16,)))
        model.add(Activation('relu'))
        model.add(Dense(8, activation='softmax'))
        """,
        (16,),
        (8,),
        [(16, 32), (32,), (32, 8), (8,)],
    ),
    "wide without bias": Snippet(
        """
        import keras
        from keras import layers

        model = keras.Sequential()
        model.add(layers.Dense(10*10*256, use_bias=False, input_shape=(100,)))
        """,
        (100,),
        (25600,),
        [(100, 25600)],
    ),
    "Flatten first": Snippet(
        """
        import keras

        model = keras.Sequential([
            keras.layers.Flatten(input_shape=(28, 28)),
            keras.layers.Dense(128, activation='relu'),
            keras.layers.Dense(10),
        ])
        """,
        (28, 28),
        (10,),
        [(784, 128), (128,), (128, 10), (10,)],
    ),
    "residual block": Snippet(
        """
        from keras.layers import Add, Dense, Input, ReLU
        from keras.models import Model

        inputs = Input((16,))
        shortcut = Dense(24)(inputs)
        x = Dense(24)(inputs)
        x = ReLU()(x)
        x = Dense(24)(x)
        model = Model(inputs, ReLU()(Add()([x, shortcut])))
        """,
        (16,),
        (24,),
        [(16, 24), (24,), (24, 24), (24,), (16, 24), (24,)],
    ),
    "frozen base": Snippet(
        """
        from keras.layers import Dense, Dropout, Flatten, Input
        from keras.models import Model
        from keras.optimizers import RMSprop

        images = Input((6, 6))
        features = Dense(12, activation='relu')(images)
        features = Dense(8, activation='relu')(features)
        base = Model(images, features)
        for layer in base.layers:
            layer.trainable = False

        x = Flatten()(base.output)
        x = Dense(512, activation='relu')(x)
        x = Dense(1024, activation='relu')(x)
        x = Dropout(0.2)(x)
        x = Dense(1, activation='sigmoid')(x)

        model = Model(base.input, x)
        model.compile(
            optimizer=RMSprop(learning_rate=1e-4),
            loss='binary_crossentropy',
            metrics=['accuracy'],
        )
        """,
        (6, 6),
        (1,),
        [(6, 12), (12,), (12, 8), (8,), (48, 512), (512,), (512, 1024), (1024,), (1024, 1), (1,)],
    ),
    "Dense on rank 3": Snippet(
        """
        from keras import Input, Model, layers

        inputs = Input(shape=(5, 8))
        model = Model(inputs, layers.Dense(16, activation='relu')(inputs))
        """,
        (5, 8),
        (5, 16),
        [(8, 16), (16,)],
    ),
    "Python function": Snippet(
        """
        from keras.layers import Dense
        from keras.models import Sequential

        def squash(x):
            return x * x / (1 + x * x)

        model = Sequential([Dense(16, activation=squash, input_shape=(8,)), Dense(4, squash)])
        """,
        (8,),
        (4,),
        [(8, 16), (16,), (16, 4), (4,)],
    ),
}
by_snippet = pytest.mark.parametrize("name", SNIPPETS)
by_library = pytest.mark.parametrize("library", LIBRARIES)


def model_of(name: str, library: str) -> Any:
    """The model that the snippet makes with the library, called once, so that it is built."""
    if library == "keras":
        import_keras()
    program = textwrap.dedent(SNIPPETS[name].program).replace("keras", library)
    variables: dict[str, Any] = {}
    exec(program, variables)
    model = variables["model"]
    model(np.zeros((BATCH, *SNIPPETS[name].input_shape), np.float32))
    return model


def pair_of(name: str) -> tuple[Any, Any]:
    """The snippet's model from both libraries, with Keras' weights in both."""
    theirs = model_of(name, "keras")
    # Biases begin as zeros, which would hide a mistake in them.
    rng = np.random.default_rng(5)
    weights = [w if w.ndim > 1 else rng.normal(0, 0.1, w.shape) for w in theirs.get_weights()]
    theirs.set_weights(weights)
    mine = model_of(name, "fastdense")
    mine.set_weights(theirs.get_weights())
    return mine, theirs


def inputs_of(name: str, rng: np.random.Generator, rows: int = BATCH) -> Array:
    return rng.standard_normal((rows, *SNIPPETS[name].input_shape)).astype(np.float32)


def output_of(model: Any, x: Array) -> Array:
    """What the model returns when it is called, as an array."""
    y = model(x)
    return y if isinstance(y, np.ndarray) else import_keras().ops.convert_to_numpy(y)


def assert_close(got: Any, expected: Any) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    scale = 1 + np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE * scale)


@by_library
@by_snippet
def test_snippet_makes_a_model_of_these_shapes(name: str, library: str) -> None:
    snippet = SNIPPETS[name]
    model = model_of(name, library)
    assert tuple(model.output_shape) in {
        (None, *snippet.output_shape),
        (BATCH, *snippet.output_shape),  # built by that call
    }
    assert [tuple(w.shape) for w in model.get_weights()] == snippet.weight_shapes
    assert model.count_params() == sum(np.prod(shape) for shape in snippet.weight_shapes)
    y = output_of(model, np.ones((3, *snippet.input_shape), np.float32))
    assert y.shape == (3, *snippet.output_shape) and y.dtype == np.float32


@by_snippet
def test_snippet_gives_the_numbers_of_keras(name: str, rng: np.random.Generator) -> None:
    mine, theirs = pair_of(name)
    x = inputs_of(name, rng)
    assert_close(output_of(mine, x), output_of(theirs, x))


@by_library
@by_snippet
def test_snippet_predicts_what_a_call_returns(
    name: str, library: str, rng: np.random.Generator
) -> None:
    model = model_of(name, library)
    x = inputs_of(name, rng)
    assert_close(model.predict(x, verbose=0), output_of(model, x))


@by_snippet
def test_snippet_has_the_output_shape_and_layers_of_keras(name: str) -> None:
    mine, theirs = pair_of(name)
    assert tuple(mine.output_shape) == tuple(theirs.output_shape)
    assert [type(layer).__name__ for layer in mine.layers] == [
        type(layer).__name__ for layer in theirs.layers
    ]


@by_library
def test_summary_shows_that_an_activation_has_no_parameters(library: str) -> None:
    model = model_of("activation after activation", library)
    lines: list[str] = []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    table = "\n".join(lines)
    names = [layer.name for layer in model.layers]
    counts = []
    for name in names:
        row = re.search(rf"\b{name} \(.*", table)
        assert row is not None, table
        counts.append(int(re.findall(r"[\d,]+", row[0])[-1].replace(",", "")))
    assert counts == [16 * 32 + 32, 0, 32 * 8 + 8]
    assert f"{sum(counts):,}" in table


@by_library
def test_frozen_base_keeps_its_weights_in_training(library: str, rng: np.random.Generator) -> None:
    model = model_of("frozen base", library)
    before = model.get_weights()
    x, y = inputs_of("frozen base", rng, 48), rng.integers(0, 2, 48)
    history = model.fit(x, y, batch_size=16, epochs=2, verbose=0).history
    assert set(history) == {"loss", "accuracy"} and np.all(np.isfinite(history["loss"]))
    after = model.get_weights()
    for old, new in zip(before[:4], after[:4], strict=True):
        np.testing.assert_array_equal(new, old)
    for old, new in zip(before[4:], after[4:], strict=True):
        assert not np.array_equal(new, old)


def test_frozen_base_evaluates_to_the_numbers_of_keras(rng: np.random.Generator) -> None:
    mine, theirs = pair_of("frozen base")
    x, y = inputs_of("frozen base", rng, 50), rng.integers(0, 2, 50)
    assert_close(
        mine.evaluate(x, y, batch_size=16, verbose=0),
        theirs.evaluate(x, y, batch_size=16, verbose=0),
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"alpha": 0.7}, [-7, -3.5, 0, 2, 5, 10]),
        ({"negative_slope": 0.7}, [-7, -3.5, 0, 2, 5, 10]),
        ({"max_value": 3}, [0, 0, 0, 2, 3, 3]),
        ({"threshold": 7}, [0, 0, 0, 0, 0, 10]),
    ],
    ids=str,
)
@by_library
def test_relu_with_options(library: str, arguments: dict[str, float], expected: Any) -> None:
    if library == "keras" and "alpha" in arguments:
        pytest.skip("the older name of negative_slope, which Keras 3 no longer knows")
    x = np.array([-10, -5, 0, 2, 5, 10], np.float32)
    if library == "keras":
        keras = import_keras()
        y = keras.ops.convert_to_numpy(keras.activations.relu(x, **arguments))
    else:
        y = activations.relu(x, **arguments)
    np.testing.assert_allclose(y, expected, rtol=2 * bounds.unit(np.float32))
