"""Training goes on from a file as if it had never stopped: the same bits, whatever was saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import subprocesses
from fastdense import Input, Model, Sequential, layers, losses, metrics, optimizers
from fastdense.optimizers import schedules
from fastdense.saving import FileFormatError, load_model

FEATURES, CLASSES, ROWS, BATCH = 6, 4, 50, 16


def data(dtype: str = "float32") -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((ROWS, FEATURES)).astype(dtype)
    return x, rng.integers(0, CLASSES, ROWS)


def network(dtype: str = "float32", seed: int | None = 7) -> Model:
    """With a part of everything that training has a state of, and penalties and constraints."""
    x = Input((FEATURES,), dtype=dtype)
    stack = Sequential(
        [
            Input((FEATURES,), dtype=dtype),
            layers.Dense(8, "relu", kernel_regularizer="l2", dtype=dtype),
            layers.Dropout(0.5, seed=seed, dtype=dtype),
        ]
    )
    shared = layers.Dense(8, "tanh", kernel_constraint="max_norm", dtype=dtype)
    hidden = layers.Dropout(0.25, dtype=dtype)(shared(shared(stack(x))))
    return Model(x, layers.Dense(CLASSES, "softmax", dtype=dtype)(hidden))


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "name": lambda: "adam",
    "SGD": lambda: optimizers.SGD(0.05),
    "SGD-momentum": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "RMSprop-centered": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "Adam-amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True, clipnorm=0.1),
    "AdamW": lambda: optimizers.AdamW(0.01, weight_decay=0.1, global_clipnorm=0.5),
    "Adagrad": lambda: optimizers.Adagrad(0.05, clipvalue=0.01),
    "Adamax": lambda: optimizers.Adamax(0.01),
    "Nadam": lambda: optimizers.Nadam(0.01),
    "exponential": lambda: optimizers.Adam(schedules.ExponentialDecay(0.05, 3, 0.5)),
    "cosine": lambda: optimizers.SGD(schedules.CosineDecay(0.1, 20, warmup_steps=3,
                                                           warmup_target=0.2)),
    "piecewise": lambda: optimizers.SGD(schedules.PiecewiseConstantDecay([3, 9], [0.1, 0.05, 0.02]),
                                        momentum=0.9),
}  # fmt: skip


def compiled(model: Model, optimizer: Any, **options: Any) -> Model:
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


def go_on(model: Model, until: int, start: int = 0, dtype: str = "float32") -> Any:
    x, y = data(dtype)
    return model.fit(x, y, BATCH, until, verbose=0, initial_epoch=start).history


def assert_same_state(model: Model, other: Model, folder: Path) -> None:
    """By their files, which hold all there is; and without them, in case something isn't."""
    for a, b in zip(model.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer is not None and other.optimizer is not None
    for a, b in zip(model.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    model.save(folder / "one")
    other.save(folder / "other")
    assert (folder / "one").read_bytes() == (folder / "other").read_bytes()


@pytest.mark.parametrize("eager", [False, True], ids=["chosen", "eager"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training_goes_on_as_if_it_had_never_stopped(
    tmp_path: Path, optimizer: Callable[[], Any], eager: bool
) -> None:
    model = compiled(network(), optimizer(), run_eagerly=eager)
    go_on(model, 2)
    model.save(tmp_path / "file")
    other = load_model(tmp_path / "file")
    assert other is not model
    assert go_on(other, 4, start=2) == go_on(model, 4, start=2)
    assert_same_state(model, other, tmp_path)


def test_training_does_not_depend_on_when_it_was_saved(tmp_path: Path) -> None:
    """Four epochs at once, and one after the other with a file between them."""
    model = compiled(network(), "adam")
    model.save(tmp_path / "file")
    go_on(model, 4)
    for epoch in range(4):
        other = load_model(tmp_path / "file")
        go_on(other, epoch + 1, start=epoch)
        other.save(tmp_path / "file")
    assert_same_state(model, load_model(tmp_path / "file"), tmp_path)


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_single_steps_go_on(tmp_path: Path, steps: int) -> None:
    x, y = data()
    model = compiled(network(), optimizers.Nadam(0.01))
    for _ in range(steps):
        model.train_on_batch(x, y)
    model.save(tmp_path / "file")
    other = load_model(tmp_path / "file")
    for _ in range(3):
        assert other.train_on_batch(x, y) == model.train_on_batch(x, y)
    assert_same_state(model, other, tmp_path)


def test_training_goes_on_in_float64(tmp_path: Path) -> None:
    model = compiled(network("float64"), "adam")
    go_on(model, 1, dtype="float64")
    model.save(tmp_path / "file")
    other = load_model(tmp_path / "file")
    assert all(weight.dtype == np.float64 for weight in other.weights)
    assert go_on(other, 3, 1, "float64") == go_on(model, 3, 1, "float64")
    assert_same_state(model, other, tmp_path)


ANOTHER_PROCESS = """
import numpy as np
from fastdense.saving import load_model

folder = {folder!r}
model = load_model(folder + "/file")
x, y = np.load(folder + "/x.npy"), np.load(folder + "/y.npy")
model.fit(x, y, {batch}, 4, verbose=0, initial_epoch=2)
model.save(folder + "/from another process")
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_training_goes_on_in_another_process(tmp_path: Path, threads: str) -> None:
    model = compiled(network(), "adam")
    go_on(model, 2)
    model.save(tmp_path / "file")
    for name, array in zip("xy", data(), strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    program = ANOTHER_PROCESS.format(folder=str(tmp_path), batch=BATCH)
    subprocesses.python(program, OMP_NUM_THREADS=threads)
    go_on(model, 4, start=2)
    model.save(tmp_path / "from this process")
    files = [tmp_path / f"from {which} process" for which in ("this", "another")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_training_goes_on_with_a_part_frozen_since_the_optimizer_was_built(tmp_path: Path) -> None:
    model = compiled(network(), "adam")
    go_on(model, 1)
    model.layers[1].trainable = False
    go_on(model, 2, start=1)
    model.save(tmp_path / "file")
    other = load_model(tmp_path / "file")
    for each in (model, other):
        each.layers[1].trainable = True
        go_on(each, 3, start=2)
    assert_same_state(model, other, tmp_path)


def test_weights_that_do_not_decay_still_do_not(tmp_path: Path) -> None:
    optimizer = optimizers.AdamW(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = compiled(network(), optimizer)
    go_on(model, 1)
    model.save(tmp_path / "file")
    other = load_model(tmp_path / "file")
    go_on(model, 2, start=1)
    go_on(other, 2, start=1)
    assert_same_state(model, other, tmp_path)


def test_learning_rate_that_was_changed_stays(tmp_path: Path) -> None:
    model = compiled(network(), optimizers.SGD(0.1))
    go_on(model, 1)
    assert model.optimizer is not None
    model.optimizer.learning_rate = 1 / 3
    model.save(tmp_path / "file")
    other = load_model(tmp_path / "file")
    assert other.optimizer is not None and other.optimizer.learning_rate == 1 / 3


@pytest.mark.parametrize("seed", [-1, 0, 2**64 - 1, 2**64, 2**200])
def test_seed_of_any_size_comes_back(tmp_path: Path, seed: int) -> None:
    x, _ = data()
    model = network(seed=seed)
    model(x, training=True)
    model.save(tmp_path / "file")
    np.testing.assert_array_equal(
        load_model(tmp_path / "file")(x, training=True), model(x, training=True)
    )


class Weighted(losses.Loss):
    """A loss of a user."""

    def __init__(self, factor: float = 2.0, name: str = "weighted") -> None:
        super().__init__(name=name)
        self.factor = factor

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.factor * np.mean((y_true - y_pred) ** 2, axis=-1)

    def get_config(self) -> Any:
        return {"factor": self.factor, "name": self.name}


def largest(y_true: Any, y_pred: Any) -> Any:
    return np.max(np.abs(y_true - y_pred), axis=-1)


def two_outputs() -> Model:
    x = Input((FEATURES,))
    hidden = layers.Dense(5, "tanh")(x)
    return Model(x, [layers.Dense(3, name="a")(hidden), layers.Dense(1, name="b")(hidden)])


COMPILE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "one for all": {"loss": "mse"},
    "names": {"loss": ["mse", "mae"], "metrics": [["mse"], ["mae"]]},
    "dicts": {
        "loss": {"a": "mse", "b": losses.Huber(0.5)},
        "loss_weights": {"a": 0.25, "b": 2},
        "metrics": {"b": ["mae", metrics.MeanSquaredError(name="square")]},
        "weighted_metrics": {"a": ["mse"]},
    },
    "functions": {"loss": [losses.mean_squared_error, "mse"], "loss_weights": [1, 2.5]},
    "custom": {"loss": [Weighted(3.0), "mse"], "metrics": [[largest], []]},
    "one loss": {"loss": [None, losses.MeanAbsoluteError()]},
}


@pytest.mark.parametrize("arguments", COMPILE_ARGUMENTS.values(), ids=COMPILE_ARGUMENTS)
def test_what_a_model_was_compiled_with_comes_back(
    tmp_path: Path, rng: np.random.Generator, arguments: dict[str, Any]
) -> None:
    x = rng.standard_normal((ROWS, FEATURES)).astype(np.float32)
    y = [rng.standard_normal((ROWS, units)).astype(np.float32) for units in (3, 1)]
    model = two_outputs()
    model.compile("sgd", **arguments)
    model.save(tmp_path / "file")
    custom = {"Weighted": Weighted, "largest": largest}
    other = load_model(tmp_path / "file", custom_objects=custom)
    assert other.evaluate(x, y, verbose=0, return_dict=True) == model.evaluate(
        x, y, verbose=0, return_dict=True
    )


def test_custom_loss_that_is_missing_is_named_and_may_be_left_out(tmp_path: Path) -> None:
    model = two_outputs()
    model.compile("sgd", Weighted())
    model.save(tmp_path / "file")
    with pytest.raises(FileFormatError, match=r"Weighted.*custom_objects"):
        load_model(tmp_path / "file")
    other = load_model(tmp_path / "file", compile=False)
    assert not other.compiled
    x, _ = data()
    for a, b in zip(model.predict(x, verbose=0), other.predict(x, verbose=0), strict=True):
        np.testing.assert_array_equal(a, b)


def test_model_that_was_not_compiled_is_not(tmp_path: Path) -> None:
    network().save(tmp_path / "file")
    assert not load_model(tmp_path / "file").compiled


def test_state_of_a_model_that_was_compiled_again_is_that_of_then(tmp_path: Path) -> None:
    model = compiled(network(), "adam")
    go_on(model, 1)
    compiled(model, optimizers.SGD(0.5))
    model.save(tmp_path / "file")
    other = load_model(tmp_path / "file")
    assert isinstance(other.optimizer, optimizers.SGD) and other.optimizer.iterations == 0
    assert go_on(other, 1) == go_on(model, 1)
    assert_same_state(model, other, tmp_path)
