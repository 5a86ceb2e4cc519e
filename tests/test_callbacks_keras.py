"""Callbacks beside Keras' own, driven with the same logs, where it is installed with a backend."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fake_model import FakeModel, drive
from fastdense import callbacks
from keras_backend import import_keras

keras = import_keras()
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


def both(
    name: str, epochs: list[dict[str, Any]], learning_rate: float = 0.5, **arguments: Any
) -> None:
    """Drive both classes; what they decide and print must be the same."""
    traces = []
    for library in (callbacks, keras.callbacks):
        model = FakeModel(learning_rate)
        callback = getattr(library, name)(**arguments)
        together = library.CallbackList([callback], add_history=True, model=model, epochs=1)
        traces.append((drive(together, model, epochs), model.history.history, model.history.epoch))
    assert traces[0] == traces[1]


def random_logs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Values with few decimals, so that they are often equal, and with holes."""
    names = ("loss", "val_loss")
    logs = []
    for _ in range(15):
        values = dict(zip(names, np.round(rng.random(2), 1).tolist(), strict=True))
        if rng.random() < 0.1:
            values["val_loss"] = float("inf")
        if rng.random() < 0.05:
            del values["val_loss"]
        logs.append(values)
    return logs


@pytest.mark.parametrize("mode", ["auto", "min", "max", "other"])
@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"restore_best_weights": True},
        {"min_delta": 0.15, "restore_best_weights": True},
        {"min_delta": -0.15},
        {"baseline": 0.4, "restore_best_weights": True},
        {"start_from_epoch": 4, "restore_best_weights": True},
        {"verbose": 1, "restore_best_weights": True},
    ],
    ids=str,
)
def test_early_stopping_decides_as_keras(
    arguments: dict[str, Any], patience: int, mode: str, rng: np.random.Generator
) -> None:
    for _ in range(20):
        both("EarlyStopping", random_logs(rng), patience=patience, mode=mode, **arguments)


@pytest.mark.parametrize("mode", ["auto", "max"])
@pytest.mark.parametrize("patience", [0, 1, 2])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"factor": 0.5, "cooldown": 2},
        {"factor": 0.5, "cooldown": 1, "min_delta": 0.15},
        {"factor": 0.5, "min_lr": 0.125, "cooldown": 3},
        {"factor": 0.25, "monitor": "loss"},
    ],
    ids=str,
)
def test_reduce_lr_on_plateau_decides_as_keras(
    arguments: dict[str, Any], patience: int, mode: str, rng: np.random.Generator
) -> None:
    for _ in range(20):
        both("ReduceLROnPlateau", random_logs(rng), patience=patience, mode=mode, **arguments)


@pytest.mark.parametrize(
    ("arguments", "suffix"),
    [
        ({}, "{epoch:02d}-{loss:.2f}.keras"),
        ({"save_best_only": True}, "best.keras"),
        ({"save_best_only": True, "mode": "max"}, "best.keras"),
        (
            {"save_best_only": True, "monitor": "loss", "initial_value_threshold": 0.4},
            "{epoch}.keras",
        ),
        ({"save_weights_only": True, "save_best_only": True}, "{epoch}.weights.h5"),
    ],
    ids=str,
)
def test_model_checkpoint_decides_as_keras(
    arguments: dict[str, Any], suffix: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    for _ in range(20):
        both("ModelCheckpoint", random_logs(rng), filepath=str(tmp_path / suffix), **arguments)


@pytest.mark.parametrize("frequency", [1, 3, 7])
def test_model_checkpoint_counts_batches_as_keras(frequency: int, tmp_path: Path) -> None:
    path = str(tmp_path / "{epoch}-{batch}.keras")
    saved = []
    for library in (callbacks, keras.callbacks):
        model = FakeModel()
        checkpoint = library.ModelCheckpoint(path, save_freq=frequency)
        checkpoint.set_model(model)
        for epoch in range(3):
            checkpoint.on_epoch_begin(epoch)
            for batch in (0, 1, 2, 4, 8):
                checkpoint.on_train_batch_end(batch, {"loss": 1.0})
            checkpoint.on_epoch_end(epoch, {"loss": 1.0})
        saved.append(model.saved)
    assert saved[0] == saved[1] and saved[0]


@pytest.mark.parametrize(
    "schedule", [lambda epoch: 1.0 / (1 + epoch), lambda epoch, rate: rate * 0.5], ids=["1", "2"]
)
def test_learning_rate_scheduler_sets_as_keras(schedule: Any, rng: np.random.Generator) -> None:
    both("LearningRateScheduler", random_logs(rng), schedule=schedule)


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("first", [{"loss": 0.5}, {"loss": 0.5, "val_loss": 0.25}], ids=str)
def test_csv_logger_writes_the_bytes_of_keras(
    first: dict[str, Any], append: bool, separator: str, tmp_path: Path
) -> None:
    epochs = [first, {"loss": [1.0, 2.0]}, {"loss": np.array(0.125)}, {}, {"loss": "a,b;c"}]
    files = []
    for library in (callbacks, keras.callbacks):
        path = tmp_path / library.__name__
        for _ in range(2):
            logger = library.CSVLogger(str(path), separator=separator, append=append)
            logger.set_model(FakeModel())
            logger.on_train_begin()
            for epoch, logs in enumerate(epochs):
                logger.on_epoch_end(epoch, logs)
            logger.on_train_end()
        files.append(path.read_bytes())
    assert files[0] == files[1] and files[0].count(b"epoch") == 1


@pytest.mark.parametrize(
    "name",
    [
        "EarlyStopping",
        "History",
        "LearningRateScheduler",
        "ModelCheckpoint",
        "TerminateOnNaN",
        "CSVLogger",
        "ReduceLROnPlateau",
    ],
)
def test_callback_signature_equals_keras(name: str) -> None:
    def defaults(cls: type) -> dict[str, Any]:
        found = inspect.signature(cls).parameters
        return {key: value.default for key, value in found.items() if key != "kwargs"}

    assert defaults(getattr(callbacks, name)) == defaults(getattr(keras.callbacks, name))


def test_hooks_are_those_of_keras() -> None:
    def hooks(cls: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(getattr(cls, name)).parameters)
            for name in dir(cls)
            if name.startswith("on_")
        }

    assert hooks(callbacks.Callback) == hooks(keras.callbacks.Callback)
