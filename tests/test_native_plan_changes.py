"""What changes between two steps, and steps that fail: the core and Python take it alike."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastdense
import subprocesses
from fastdense import Model, Sequential, layers, losses, optimizers
from fastdense.optimizers import schedules
from twins import Array, Twins, is_native, state

SPARSE = "sparse_categorical_crossentropy"


def stack(**dense: Any) -> Sequential:
    return Sequential(
        [
            layers.Dense(7, "relu", input_shape=(5,), **dense),
            layers.Dropout(0.25),
            layers.Dense(3, "softmax"),
        ]
    )


def batch(rng: np.random.Generator, rows: int = 9) -> tuple[Array, Array]:
    return rng.standard_normal((rows, 5)).astype(np.float32), rng.integers(0, 3, rows)


def setting(name: str, value: Any) -> Callable[[Model], None]:
    return lambda model: setattr(model.optimizer, name, value)


def relu_to_tanh(model: Model) -> None:
    model.layers[0].activation = fastdense.activations.tanh


def no_softmax(model: Model) -> None:
    model.layers[-1].activation = fastdense.activations.softplus


def freeze(model: Model) -> None:
    model.layers[0].trainable = False


def stronger_penalty(model: Model) -> None:
    model.layers[0].kernel_regularizer.l2 = 0.5


def tighter_constraint(model: Model) -> None:
    model.layers[0].bias_constraint.max_value = 0.001


def other_weights(model: Model) -> None:
    model.set_weights([w / 2 for w in model.get_weights()])


def more_dropout(model: Model) -> None:
    model.layers[1].rate = 0.5


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Model], None]]] = {
    "learning_rate": (lambda: optimizers.SGD(0.1), setting("learning_rate", 0.5)),
    "schedule": (
        lambda: optimizers.SGD(0.1),
        setting("learning_rate", schedules.ExponentialDecay(0.5, 1, 0.5)),
    ),
    "clipnorm": (lambda: optimizers.SGD(0.1), setting("clipnorm", 0.001)),
    "clipvalue": (lambda: optimizers.Adam(0.1), setting("clipvalue", 1e-9)),
    "global_clipnorm": (lambda: optimizers.SGD(0.1), setting("global_clipnorm", 0.001)),
    "weight_decay": (lambda: optimizers.Adam(0.1), setting("weight_decay", 0.5)),
    "beta_1": (lambda: optimizers.Nadam(0.1), setting("beta_1", 0.5)),
    "epsilon": (lambda: optimizers.Adagrad(0.1), setting("epsilon", 0.5)),
    "momentum": (lambda: optimizers.SGD(0.1, momentum=0.5), setting("momentum", 0.1)),
    "nesterov": (lambda: optimizers.SGD(0.1, momentum=0.5), setting("nesterov", True)),
    "activation": (lambda: optimizers.SGD(0.1), relu_to_tanh),
    "last activation": (lambda: optimizers.SGD(0.1), no_softmax),
    "frozen layer": (lambda: optimizers.SGD(0.1), freeze),
    "regularizer": (lambda: optimizers.SGD(0.1), stronger_penalty),
    "constraint": (lambda: optimizers.SGD(0.1), tighter_constraint),
    "weights": (lambda: optimizers.SGD(0.1), other_weights),
    "dropout": (lambda: optimizers.SGD(0.1), more_dropout),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_after_the_first_step_takes_effect_in_the_next(
    name: str, rng: np.random.Generator
) -> None:
    optimizer, change = CHANGES[name]
    dense = {"kernel_regularizer": "l2", "bias_constraint": fastdense.constraints.MaxNorm(2.0)}
    model, (x, labels) = stack(**dense), batch(rng)
    twins, unchanged = (Twins(copy.deepcopy(model), SPARSE, optimizer) for _ in range(2))
    for each in (twins, unchanged):
        each.train(x, labels)
    twins.do(change)
    for each in (twins, unchanged):
        each.train(x, labels)
    pairs = zip(twins.model.get_weights(), unchanged.model.get_weights(), strict=True)
    assert not all(np.array_equal(a, b) for a, b in pairs)


def test_a_changed_loss_takes_effect_in_the_next_step(rng: np.random.Generator) -> None:
    x, labels = batch(rng)
    y = np.eye(3, dtype=np.float32)[labels]
    for loss, name, value in (
        (losses.Huber(1.0), "delta", 0.01),
        (losses.CategoricalCrossentropy(), "label_smoothing", 0.5),
    ):
        twins = Twins(stack(), loss, "sgd")
        twins.train(x, y)
        before = twins.do(lambda model: model.test_on_batch(x, y))
        twins.do(lambda model, name=name, value=value: setattr(model.loss, name, value))
        assert twins.do(lambda model: model.test_on_batch(x, y)) != before


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [(lambda: optimizers.SGD(0.1), "momentum"), (lambda: optimizers.Adam(0.1), "amsgrad")],
)
def test_a_change_that_needs_more_state_is_refused(
    optimizer: Any, name: str, rng: np.random.Generator
) -> None:
    twins = Twins(stack(), SPARSE, optimizer)
    x, labels = batch(rng)
    twins.train(x, labels)
    twins.do(setting(name, 0.5))
    twins.raises(ValueError, "", lambda model: model.train_on_batch(x, labels))


def test_layers_that_come_after_the_first_step_are_refused(rng: np.random.Generator) -> None:
    def replace(model: Model) -> None:
        assert isinstance(model, Sequential)
        model.pop()
        model.add(layers.Dense(3, "softmax", name="new", kernel_initializer="ones"))

    twins = Twins(stack(), SPARSE, "adam")
    x, labels = batch(rng)
    twins.train(x, labels)
    twins.do(replace)
    twins.raises(ValueError, "Unknown variable", lambda model: model.train_on_batch(x, labels))
    twins.do(lambda model: model.compile("adam", SPARSE, run_eagerly=model is twins.both[1]))
    twins.train(x, labels)


BAD: dict[str, tuple[str, Callable[[Array, Array], tuple[Any, Any]]]] = {
    "label": ("label", lambda x, y: (x, np.where(np.arange(len(y)) == 4, 3, y))),
    "negative label": ("label", lambda x, y: (x, y - 3)),
    "features": ("shape", lambda x, y: (x[:, 1:], y)),
    "rows": ("", lambda x, y: (x, y[1:])),
    "no rows": ("", lambda x, y: (x[:0], y[:0])),
    "rank": ("", lambda x, y: (x[0], y[0])),
}


@pytest.mark.parametrize("name", BAD)
def test_a_step_that_fails_leaves_everything_as_it_was(name: str, rng: np.random.Generator) -> None:
    message, spoil = BAD[name]
    twins = Twins(stack(), SPARSE, "nadam")
    x, labels = batch(rng)
    twins.train(x, labels)
    twins.raises(ValueError, message, lambda model: model.train_on_batch(*spoil(x, labels)))
    twins.train(x, labels)


def test_arrays_that_lie_anyhow_are_taken(rng: np.random.Generator) -> None:
    twins = Twins(stack(), SPARSE, "sgd")
    x, labels = batch(rng)
    twins.train(x, labels)
    unaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(x.shape)
    unaligned[...] = x
    assert not unaligned.flags.aligned
    for given in (unaligned, x[::-1], np.asfortranarray(x), x.astype(">f4"), x.astype(np.float64)):
        twins.train(given, labels)
        twins.train(given, labels.astype(np.uint8)[:, None])
        twins.do(lambda model, given=given: model.predict(given, verbose=0))


def at_once(*actions: Callable[[], object]) -> None:
    """Runs each in a thread of its own, all at the same time."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> None:
        try:
            start.wait()
            action()
        except BaseException as error:  # noqa: BLE001  # the main thread raises it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("eagerly", [False, True], ids=["native", "layerwise"])
@pytest.mark.parametrize("rows", [9, 2000])
def test_threads_that_train_at_once_make_one_step_after_the_other(
    rows: int, eagerly: bool, rng: np.random.Generator
) -> None:
    # All steps are alike, so that their order doesn't matter.
    twins = Twins(stack_without_dropout(), SPARSE, "adam")
    x, labels = batch(rng, rows)
    model, other = twins.both[eagerly], twins.both[not eagerly]
    for _ in range(80):
        other.train_on_batch(x, labels)
    model.train_on_batch(x, labels)
    assert is_native(model) is not eagerly

    def train() -> None:
        for _ in range(79 // 2):
            model.train_on_batch(x, labels)
            model(x)

    at_once(train, train)
    model.train_on_batch(x, labels)
    for one, expected in zip(state(model), state(other), strict=True):
        np.testing.assert_array_equal(one, expected)


def stack_without_dropout() -> Sequential:
    return Sequential([layers.Dense(7, "relu", input_shape=(5,)), layers.Dense(3, "softmax")])


def test_threads_that_predict_at_once_get_the_same_bits(rng: np.random.Generator) -> None:
    model = stack()
    x, _ = batch(rng, 3000)
    expected = model(x)

    def predict() -> None:
        for _ in range(50):
            np.testing.assert_array_equal(model(x), expected)
            np.testing.assert_array_equal(model(x[:7]), expected[:7])

    at_once(*[predict] * 4)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_forked_child_trains_what_another_thread_is_training() -> None:
    program = """
import os, signal, threading, warnings
import numpy as np
from fastdense import Sequential, layers
warnings.simplefilter("ignore", DeprecationWarning)
model = Sequential([layers.Dense(200, "relu", input_shape=(100,)), layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
x, y = np.ones((500, 100), np.float32), np.zeros(500, np.int64)
model.train_on_batch(x, y)
over = threading.Event()

def train():
    while not over.is_set():
        model.train_on_batch(x, y)

thread = threading.Thread(target=train)
thread.start()
statuses = set()
for _ in range(20):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        losses = [model.train_on_batch(x, y) for _ in range(3)]
        os._exit(0 if np.isfinite(losses).all() and model(x).shape == (500, 10) else 1)
    statuses.add(os.waitpid(child, 0)[1])
over.set()
thread.join()
print(*statuses)
"""
    assert subprocesses.python(program) == "0"
