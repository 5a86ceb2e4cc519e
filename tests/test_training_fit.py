"""What `fit`, `evaluate` and `predict` do around the steps: epochs, logs, validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from classifiers import classifier, data
from fastdense import callbacks, layers, models


class Recorder(callbacks.Callback):
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[Any, ...]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.events.append(("train begins",))

    def on_train_end(self, logs: Any = None) -> None:
        self.events.append(("train ends", sorted(logs)))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.events.append(("epoch begins", epoch))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.events.append(("epoch ends", epoch, sorted(logs)))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.events.append(("batch begins", batch))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.events.append(("batch ends", batch, sorted(logs)))

    def on_test_begin(self, logs: Any = None) -> None:
        self.events.append(("test begins",))

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.events.append(("test batch ends", batch, sorted(logs)))

    def on_test_end(self, logs: Any = None) -> None:
        self.events.append(("test ends", sorted(logs)))

    def on_predict_begin(self, logs: Any = None) -> None:
        self.events.append(("predict begins",))

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.events.append(("predict batch ends", batch, logs["outputs"].shape))

    def on_predict_end(self, logs: Any = None) -> None:
        self.events.append(("predict ends",))


def test_history_has_the_keys_in_the_order_of_keras(rng: np.random.Generator) -> None:
    model = classifier(metrics=["accuracy"], weighted_metrics=["accuracy", "acc"])
    history = model.fit(*data(rng), epochs=3, validation_split=0.25, verbose=0)
    assert list(history.history) == [
        "acc", "accuracy", "loss", "val_acc", "val_accuracy", "val_loss",
        "val_weighted_accuracy", "weighted_accuracy",
    ]  # fmt: skip
    assert all(len(values) == 3 for values in history.history.values())
    assert all(isinstance(value, float) for value in history.history["loss"])
    assert history.epoch == [0, 1, 2]
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 1}
    assert model.history is history


def test_callbacks_are_told_everything_in_order(rng: np.random.Generator) -> None:
    model, recorder = classifier(), Recorder()
    x, y = data(rng)
    model.fit(
        x, y, batch_size=8, epochs=2, initial_epoch=1, validation_data=(x[:9], y[:9]),
        validation_batch_size=5, callbacks=[recorder], verbose=0,
    )  # fmt: skip
    steps = [e for i in range(3) for e in (("batch begins", i), ("batch ends", i, ["loss"]))]
    assert recorder.events == [
        ("train begins",),
        ("epoch begins", 1),
        *steps,
        ("test begins",),
        ("test batch ends", 0, ["loss"]),
        ("test batch ends", 1, ["loss"]),
        ("test ends", ["loss"]),
        ("epoch ends", 1, ["loss", "val_loss"]),
        ("train ends", ["loss", "val_loss"]),
    ]
    recorder.events.clear()
    model.predict(x, batch_size=15, callbacks=[recorder], verbose=0)
    assert recorder.events == [
        ("predict begins",),
        ("predict batch ends", 0, (15, 3)),
        ("predict batch ends", 1, (5, 3)),
        ("predict ends",),
    ]


def test_epochs_that_are_over_train_nothing(rng: np.random.Generator) -> None:
    model = classifier()
    before = model.get_weights()
    for arguments in ({"epochs": 0}, {"epochs": 2, "initial_epoch": 2}):
        history = model.fit(*data(rng), verbose=0, **arguments)
        assert history.history == {} and history.epoch == []
    for old, new in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, new)


def test_validation_split_is_the_tail_before_shuffling(rng: np.random.Generator) -> None:
    x, y = data(rng)
    at = 14  # floor(20 * (1 - 0.3)), as Keras has it
    split, apart = classifier(), classifier()
    for model in (split, apart):
        model._shuffle_seeds.seed = 1
    by_split = split.fit(x, y, batch_size=4, epochs=2, validation_split=0.3, verbose=0)
    by_hand = apart.fit(
        x[:at], y[:at], batch_size=4, epochs=2, validation_data=(x[at:], y[at:]), verbose=0
    )
    assert by_split.history == by_hand.history


def test_validation_data_goes_before_validation_split(rng: np.random.Generator) -> None:
    x, y = data(rng)
    history = classifier().fit(
        x, y, validation_split=0.99, validation_data=(x, y, np.zeros(20)), verbose=0
    )
    assert history.history["val_loss"] == [0.0]


@pytest.mark.parametrize(
    ("frequency", "epochs"), [(1, [1, 2, 3, 4, 5]), (2, [2, 4]), ([1, 4], [1, 4])]
)
def test_validation_freq_says_which_epochs(
    frequency: Any, epochs: list[int], rng: np.random.Generator
) -> None:
    recorder = Recorder()
    classifier().fit(
        *data(rng), epochs=5, validation_split=0.5, validation_freq=frequency,
        callbacks=[recorder], verbose=0,
    )  # fmt: skip
    found = [e[1] + 1 for e in recorder.events if e[0] == "epoch ends" and "val_loss" in e[2]]
    assert found == epochs


def test_stop_training_ends_after_the_batch_or_the_epoch(rng: np.random.Generator) -> None:
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if self.epoch == 1 and batch == 0:
                self.model.stop_training = True

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch

    recorder = Recorder()
    model = classifier()
    history = model.fit(*data(rng), batch_size=8, epochs=5, callbacks=[Stop(), recorder], verbose=0)
    assert history.epoch == [0, 1]
    assert [e[1] for e in recorder.events if e[0] == "batch ends"] == [0, 1, 2, 0]
    assert model.fit(*data(rng), epochs=2, verbose=0).epoch == [0, 1]


def test_metrics_are_of_the_whole_epoch(rng: np.random.Generator) -> None:
    model = classifier(metrics=["accuracy", "sparse_categorical_crossentropy"])
    x, y = data(rng)
    probabilities = model.predict(x, verbose=0)
    accuracy = np.mean(np.argmax(probabilities, axis=1) == y)
    loss = np.mean(-np.log(np.float64(probabilities[np.arange(20), y])))
    found = model.evaluate(x, y, batch_size=8, verbose=0)
    np.testing.assert_allclose(found, [loss, accuracy, loss], rtol=1e-6)
    found = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
    assert list(found) == ["accuracy", "loss", "sparse_categorical_crossentropy"]
    # What single batches report is of that batch alone.
    assert model.test_on_batch(x[:1], y[:1])[1] in (0.0, 1.0)
    assert model.test_on_batch(x, y)[1] == pytest.approx(accuracy)
    assert list(model.train_on_batch(x, y, return_dict=True)) == list(found)


def test_weighted_metrics_take_the_weights(rng: np.random.Generator) -> None:
    x, y = data(rng)
    model = classifier(metrics=["accuracy"], weighted_metrics=["accuracy"])
    right = np.argmax(model.predict(x, verbose=0), axis=1) == y
    weights = rng.random(20)
    found = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    assert found["accuracy"] == pytest.approx(np.mean(right))
    assert found["weighted_accuracy"] == pytest.approx(np.average(right, weights=weights))


def test_an_optimizer_keeps_its_state_from_fit_to_fit(rng: np.random.Generator) -> None:
    x, y = data(rng)
    once, twice = classifier(optimizer="adam"), classifier(optimizer="adam")
    once.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    for _ in range(2):
        twice.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    assert twice.optimizer.iterations == 6
    for a, b in zip(once.weights, twice.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_compile_starts_metrics_and_losses_anew(rng: np.random.Generator) -> None:
    x, y = data(rng)
    model = classifier(metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    model.compile("adam", "categorical_crossentropy")
    assert list(model.fit(x, np.eye(3)[y], verbose=0).history) == ["loss"]


def test_a_model_without_input_shape_is_built_by_its_first_data(rng: np.random.Generator) -> None:
    x, y = data(rng)
    model = models.Sequential([layers.Dense(3, "softmax")])
    assert not model.built
    assert model.predict(x, verbose=0).shape == (20, 3)
    for start in (lambda m: m.fit(x, y, verbose=0), lambda m: m.train_on_batch(x, y),
                  lambda m: m.evaluate(iter([(x, y)]), verbose=0)):  # fmt: skip
        model = models.Sequential([layers.Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        start(model)
        assert model.input_shape == (None, 4)


def test_callbacks_may_come_in_a_list_of_their_own(rng: np.random.Generator) -> None:
    recorder = Recorder()
    model = classifier()
    history = model.fit(*data(rng), callbacks=callbacks.CallbackList([recorder]), verbose=0)
    assert history.epoch == [0] and recorder.params["epochs"] == 1
    assert ("train begins",) in recorder.events


def test_validation_has_batches_of_its_own_size(rng: np.random.Generator) -> None:
    x, y = data(rng, 80)
    recorder = Recorder()
    for arguments, batches in (
        ({"steps_per_epoch": 40}, 2),  # 40 samples in Keras' batches of 32
        ({"batch_size": 10}, 4),
        ({"batch_size": 10, "validation_batch_size": 5}, 8),
        ({"batch_size": 10, "validation_steps": 3}, 3),
    ):
        recorder.events.clear()
        classifier().fit(x, y, validation_split=0.5, callbacks=[recorder], verbose=0, **arguments)
        assert sum(event[0] == "test batch ends" for event in recorder.events) == batches
