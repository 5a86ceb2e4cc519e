"""What training computes, against a plain NumPy loop and against differences, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import training_loop
from fastdense import layers, models, optimizers

Array = np.ndarray[Any, np.dtype[Any]]
RATE = 0.05
# Both sides compute in float64, in another order: far more than any reordering makes, far less than
# any wrong term.
TOLERANCE = 1e-11

by_optimizer = pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
by_execution = pytest.mark.parametrize("run_eagerly", [False, True], ids=["chosen", "layerwise"])


def net(l2: float = 0.0, **dense: Any) -> models.Sequential:
    """5-7-6-3 in float64, the loop's counterpart, not compiled."""
    arguments: dict[str, Any] = {"dtype": "float64", "kernel_regularizer": None, **dense}
    if l2:
        arguments["kernel_regularizer"] = {"class_name": "L2", "config": {"l2": l2}}
    return models.Sequential(
        [
            layers.Dense(7, activation="relu", input_shape=(5,), **arguments),
            layers.Dense(6, activation="relu", **arguments),
            layers.Dense(3, activation="softmax", **arguments),
        ]
    )


def data(rng: np.random.Generator, rows: int = 50) -> tuple[Array, Array, Array]:
    return rng.standard_normal((rows, 5)), rng.integers(0, 3, rows), rng.uniform(0.5, 2, rows)


def twin(model: models.Sequential, l2: float = 0.0) -> training_loop.Net:
    return training_loop.Net(model.get_weights(), l2)


def step(twin_net: training_loop.Net, optimizer: str) -> Callable[..., float]:
    return twin_net.sgd if optimizer == "SGD" else twin_net.adam


def assert_same_weights(model: models.Model, expected: list[Array]) -> None:
    for got, wanted in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=TOLERANCE, atol=TOLERANCE)


@by_optimizer
@by_execution
@pytest.mark.parametrize("l2", [0.0, 0.01], ids=["plain", "l2"])
def test_fit_equals_the_loop(
    optimizer: str, run_eagerly: bool, l2: float, rng: np.random.Generator
) -> None:
    model = net(l2)
    expected = twin(model, l2)
    model.compile(
        getattr(optimizers, optimizer)(RATE),
        "sparse_categorical_crossentropy",
        run_eagerly=run_eagerly,
    )
    x, labels, weights = data(rng)
    history = model.fit(
        x, labels, batch_size=16, epochs=3, sample_weight=weights, shuffle=False, verbose=0
    )
    losses = [
        training_loop.mean_loss(
            [step(expected, optimizer)(batch, RATE) for batch in batches],
            [len(batch[0]) for batch in batches],
        )
        for _ in range(3)
        for batches in [list(training_loop.batches(x, labels, weights, 16))]
    ]
    np.testing.assert_allclose(history.history["loss"], losses, rtol=TOLERANCE)
    assert_same_weights(model, expected.weights)
    np.testing.assert_allclose(
        model.predict(x, verbose=0), expected.probabilities(x), rtol=TOLERANCE
    )


@by_optimizer
@by_execution
def test_train_on_batch_equals_the_loop(
    optimizer: str, run_eagerly: bool, rng: np.random.Generator
) -> None:
    model = net(0.01)
    expected = twin(model, 0.01)
    model.compile(
        getattr(optimizers, optimizer)(RATE),
        "sparse_categorical_crossentropy",
        run_eagerly=run_eagerly,
    )
    for batch in (data(rng, rows) for rows in (20, 7, 1, 20)):
        loss = model.train_on_batch(batch[0], batch[1], sample_weight=batch[2])
        assert loss == pytest.approx(step(expected, optimizer)(batch, RATE), rel=TOLERANCE)
    assert_same_weights(model, expected.weights)
    assert model.test_on_batch(*batch) == pytest.approx(expected.loss(batch), rel=TOLERANCE)


def test_evaluate_weighs_batches_by_their_size_and_adds_penalties(rng: np.random.Generator) -> None:
    model = net(0.01)
    expected = twin(model, 0.01)
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, labels, weights = data(rng, 50)
    loss = model.evaluate(x, labels, batch_size=16, sample_weight=weights, verbose=0)
    assert loss == pytest.approx(expected.loss((x, labels, weights)), rel=TOLERANCE)


def test_class_weight_is_the_weight_of_the_samples_of_a_class(rng: np.random.Generator) -> None:
    x, labels, _ = data(rng)
    one_hot, column = np.eye(3)[labels], labels[:, None]
    table = {0: 2.0, 2: 0.25}
    weights = np.array([2.0, 1.0, 0.25])[labels]
    expected = twin(net())
    first = [w.copy() for w in expected.weights]
    for batch in training_loop.batches(x, labels, weights, 16):
        expected.sgd(batch, RATE)
    for loss, y in (
        ("sparse_categorical_crossentropy", labels),
        ("sparse_categorical_crossentropy", column.astype(np.uint8)),
        ("categorical_crossentropy", one_hot),
    ):
        model = net()
        model.set_weights(first)
        model.compile(optimizers.SGD(RATE), loss)
        model.fit(x, y, batch_size=16, class_weight=table, shuffle=False, verbose=0)
        assert_same_weights(model, expected.weights)
        model.set_weights(first)
        assert model.train_on_batch(x, y, class_weight=table) == pytest.approx(
            training_loop.Net(first).loss((x, labels, weights)), rel=TOLERANCE
        )


def test_frozen_layers_keep_their_weights_and_pass_gradients_on(rng: np.random.Generator) -> None:
    x, labels, weights = data(rng)
    model = net(0.01)
    model.layers[1].trainable = False
    expected = twin(model)
    model.compile(optimizers.SGD(RATE), "sparse_categorical_crossentropy")
    before = model.get_weights()
    loss = model.train_on_batch(x, labels, weights)
    gradients = expected.gradients((x, labels, weights))
    penalty = 0.01 * sum(float(np.sum(before[i] ** 2)) for i in (0, 4))
    assert loss == pytest.approx(expected.loss((x, labels, weights)) + penalty, rel=TOLERANCE)
    for i in (0, 4):
        gradients[i] += 0.02 * before[i]
    frozen = (2, 3)
    assert_same_weights(
        model,
        [
            w if i in frozen else w - RATE * g
            for i, (w, g) in enumerate(zip(before, gradients, strict=True))
        ],
    )


def test_layers_that_are_frozen_or_thawed_after_compile_are_so_from_the_next_step(
    rng: np.random.Generator,
) -> None:
    x, labels, _ = data(rng)
    model = net()
    model.compile(optimizers.SGD(RATE), "sparse_categorical_crossentropy")
    for frozen in (False, True, False):
        model.layers[1].trainable = not frozen
        before = model.get_weights()
        model.train_on_batch(x, labels)
        changed = [not np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True)]
        assert changed == [True, True, not frozen, not frozen, True, True]


def test_a_weight_that_was_frozen_in_the_first_step_needs_compile_to_be_trained(
    rng: np.random.Generator,
) -> None:
    x, labels, _ = data(rng)
    model = net()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.layers[1].trainable = False
    model.train_on_batch(x, labels)
    model.layers[1].trainable = True
    before = model.get_weights()
    with pytest.raises(ValueError, match="Unknown variable"):
        model.train_on_batch(x, labels)
    assert_same_weights(model, before)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.train_on_batch(x, labels)
    assert not any(np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True))


def test_constraints_apply_after_each_step(rng: np.random.Generator) -> None:
    x, labels, _ = data(rng)
    model = net(kernel_constraint="unit_norm", bias_constraint="non_neg")
    model.compile(optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    expected = twin(model)
    for batch in training_loop.batches(x, labels, np.ones(50), 25):
        expected.sgd(batch, 0.5)
        for i, w in enumerate(expected.weights):
            w[...] = np.maximum(w, 0) if i % 2 else w / (1e-7 + np.linalg.norm(w, axis=0))
    model.fit(x, labels, batch_size=25, shuffle=False, verbose=0)
    assert_same_weights(model, expected.weights)


def branched() -> models.Model:
    """A layer that is used twice, branches, an input that is used twice, a nested model."""
    x = layers.Input((4,), dtype="float64", name="x")
    shared = layers.Dense(4, "tanh", dtype="float64", kernel_regularizer="l2")
    inner = models.Sequential(
        [layers.Input((4,), dtype="float64"), layers.Dense(4, "sigmoid", dtype="float64")]
    )
    a = shared(x)
    b = layers.Add(dtype="float64")([shared(a), inner(a), x])
    c = layers.Concatenate(dtype="float64")([a, b, b])
    out = layers.Dense(3, "softmax", dtype="float64", name="out")(c)
    return models.Model(x, out)


def of_several() -> models.Model:
    """Two inputs and two outputs, one of which the other one is made of."""
    x = layers.Input((4,), dtype="float64", name="x")
    z = layers.Input((2,), dtype="float64", name="z")
    h = layers.Dense(5, "tanh", dtype="float64", activity_regularizer="l2")(
        layers.Concatenate(dtype="float64")([x, z])
    )
    first = layers.Dense(3, "softmax", dtype="float64", name="first")(h)
    second = layers.Dense(3, dtype="float64", name="second", bias_regularizer="l2")(first)
    return models.Model([x, z], [first, second])


def of_sequences() -> models.Model:
    """Predictions of rank 3."""
    x = layers.Input((6, 4), dtype="float64", name="x")
    h = layers.Dense(5, "tanh", dtype="float64")(x)
    return models.Model(x, layers.Dense(3, "softmax", dtype="float64", name="out")(h))


@pytest.mark.parametrize("make", [branched, of_several, of_sequences])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mse"])
@by_execution
def test_gradients_are_the_slopes_of_what_evaluate_says(
    make: Callable[[], models.Model],
    loss: str,
    run_eagerly: bool,
    rng: np.random.Generator,
) -> None:
    # One step of SGD with rate 1 moves the weights by minus the gradient.
    model = make()
    outputs = len(model.outputs)
    model.compile(
        optimizers.SGD(1.0),
        [loss, "mse"][:outputs],
        loss_weights=[0.5, 2.0][:outputs],
        run_eagerly=run_eagerly,
    )
    x = [rng.standard_normal((8, *tensor.shape[1:])) for tensor in model.inputs]
    y = [rng.dirichlet(np.ones(3), (8, *tensor.shape[1:-1])) for tensor in model.outputs]
    w = [rng.uniform(0.5, 2, 8) for _ in model.outputs]
    before = model.get_weights()
    loss_before = model.train_on_batch(x, y, w)
    gradients = [b - a for b, a in zip(before, model.get_weights(), strict=True)]

    def total(weights: list[Array]) -> float:
        model.set_weights(weights)
        found = model.evaluate(x, y, sample_weight=w, batch_size=8, verbose=0, return_dict=True)
        return found["loss"]

    assert np.ravel(loss_before)[0] == pytest.approx(total(before), rel=TOLERANCE)
    delta = 1e-6  # the differences' error is about delta**2 and eps / delta, both near 1e-10
    for i, gradient in enumerate(gradients):
        for place in np.ndindex(gradient.shape):
            slope = 0.0
            for sign in (1, -1):
                moved = [b.copy() for b in before]
                moved[i][place] += sign * delta
                slope += sign * total(moved) / (2 * delta)
            assert gradient[place] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_losses_of_several_outputs_are_logged_without_their_weights(
    rng: np.random.Generator,
) -> None:
    model = of_several()
    model.compile("sgd", "mse", loss_weights={"second": 2.0, "first": 0.5})
    x = {"z": rng.standard_normal((8, 2)), "x": rng.standard_normal((8, 4))}
    y = {"first": rng.random((8, 3)), "second": rng.random((8, 3))}
    first, second = model.predict(x, verbose=0)
    penalties = sum(model.losses)
    found = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
    assert list(found) == ["first_loss", "loss", "second_loss"]
    assert found["first_loss"] == pytest.approx(np.mean((first - y["first"]) ** 2), rel=1e-12)
    assert found["second_loss"] == pytest.approx(np.mean((second - y["second"]) ** 2), rel=1e-12)
    assert found["loss"] == pytest.approx(
        0.5 * found["first_loss"] + 2 * found["second_loss"] + penalties, rel=1e-12
    )


def test_an_output_without_loss_needs_no_targets_and_leaves_its_weights_alone(
    rng: np.random.Generator,
) -> None:
    model = of_several()
    model.compile(optimizers.SGD(RATE), {"first": "mse", "second": None})
    x = [rng.standard_normal((8, 4)), rng.standard_normal((8, 2))]
    before = model.get_layer("second").get_weights()
    loss = model.train_on_batch(x, [rng.random((8, 3)), None])
    assert isinstance(loss, float)
    after = model.get_layer("second").get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_allclose(after[1], before[1] * (1 - RATE * 0.02), rtol=TOLERANCE)  # l2


def test_dropout_draws_one_seed_per_step_in_the_order_of_the_nodes(
    rng: np.random.Generator,
) -> None:
    from fastdense import ops

    model = models.Sequential(
        [layers.Input((6,), dtype="float64"), layers.Dropout(0.5, seed=3, dtype="float64"),
         layers.Dense(2, dtype="float64")]
    )  # fmt: skip
    model.compile(optimizers.SGD(RATE), "mse")
    x, y = rng.standard_normal((9, 6)), rng.standard_normal((9, 2))
    twin_dropout = layers.Dropout(0.5, seed=3, dtype="float64")
    for _ in range(3):
        kernel, bias = model.get_weights()
        expected = ops.dense(twin_dropout(x, training=True), kernel, bias)
        loss = model.train_on_batch(x, y)
        assert loss == pytest.approx(np.mean((expected - y) ** 2), rel=TOLERANCE)


def test_a_saturated_softmax_has_a_gradient_beside_its_crossentropy(
    rng: np.random.Generator,
) -> None:
    # Of probabilities that are 0 and 1 in float32 the slope is lost; it is computed from logits.
    def compiled(*last: layers.Layer) -> models.Sequential:
        model = models.Sequential([layers.Input((2,)), *last])
        model.layers[0].kernel = [[300.0, 0.0], [0.0, 0.0]]
        model.compile(optimizers.SGD(1.0), "sparse_categorical_crossentropy")
        return model

    x, y = np.array([[1, 0]], np.float32), np.array([1])
    for model in (
        compiled(layers.Dense(2, activation="softmax")),
        compiled(layers.Dense(2), layers.Activation("softmax")),
        compiled(layers.Dense(2), layers.Softmax()),
    ):
        assert model.train_on_batch(x, y) == pytest.approx(300)
        np.testing.assert_array_equal(model.layers[0].bias, [-1, 1])


def test_float32_arrays_of_any_kind_give_the_same_bits(rng: np.random.Generator) -> None:
    x = rng.standard_normal((40, 5)).astype(np.float32)
    y = rng.integers(0, 3, 40)
    reference: list[Array] = []
    for x_given, y_given in (
        (x, y),
        (x.astype(np.float64), y.astype(np.uint8)),
        (np.asfortranarray(x), y[:, None]),
        (x.astype(">f4"), y.astype(np.float32)),
        (np.repeat(x, 2, axis=0)[::2], np.repeat(y, 2)[::2]),
    ):
        model = models.Sequential([layers.Input((5,)), layers.Dense(3, "softmax", name="d")])
        model.set_weights([np.linspace(-1, 1, 15).reshape(5, 3), np.zeros(3)])
        model._shuffle_seeds.seed, model._shuffle_seeds.counter = 5, 0
        model.compile("adam", "sparse_categorical_crossentropy")
        history = model.fit(x_given, y_given, batch_size=16, epochs=2, verbose=0)
        found = [*model.get_weights(), np.array(history.history["loss"])]
        for got, expected in zip(found, reference or found, strict=True):
            np.testing.assert_array_equal(got, expected)
        reference = found
