"""What `fit`, `evaluate` and `predict` do around the steps: epochs, orders, logs, validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fastdense import callbacks, layers, models, optimizers

Array = np.ndarray[Any, np.dtype[Any]]


def classifier(**compiled: Any) -> models.Sequential:
    """4-3 with softmax, its weights always the same."""
    model = models.Sequential([layers.Input((4,)), layers.Dense(3, "softmax", name="dense")])
    model.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
    arguments: dict[str, Any] = {
        "optimizer": optimizers.SGD(0.1), "loss": "sparse_categorical_crossentropy", **compiled
    }  # fmt: skip
    model.compile(**arguments)
    return model


def data(rng: np.random.Generator, rows: int = 20) -> tuple[Array, Array]:
    return rng.standard_normal((rows, 4)).astype(np.float32), rng.integers(0, 3, rows)


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


class Orders(layers.Layer):
    """Writes down the first feature of what comes by in training."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[int]] = []

    def call(self, inputs: Array) -> Array:  # type: ignore[override]
        return inputs

    def forward(self, inputs: Array) -> Any:  # type: ignore[override]
        self.seen.append(inputs[:, 0].astype(int).tolist())
        return inputs, lambda dy, needs_input_grad: (dy, {})


def numbered() -> tuple[models.Sequential, Orders, Array, Array]:
    """A model that writes down the numbers of the samples."""
    orders = Orders()
    model = models.Sequential([layers.Input((1,)), orders, layers.Dense(1)])
    model.compile("sgd", "mse")
    return model, orders, np.arange(10, dtype=np.float32)[:, None], np.zeros((10, 1))


def test_every_epoch_has_all_rows_in_another_order_that_the_seed_fixes() -> None:
    found = []
    for _ in range(2):
        model, orders, x, y = numbered()
        model._shuffle_seeds.seed = 7
        model.fit(x, y, batch_size=4, epochs=2, verbose=0)
        assert [len(batch) for batch in orders.seen] == [4, 4, 2] * 2
        epochs = [np.concatenate(orders.seen[i : i + 3]).tolist() for i in (0, 3)]
        assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
        assert epochs[0] != epochs[1]
        found.append(epochs)
    assert found[0] == found[1]


def test_orders_go_on_where_the_last_fit_ended() -> None:
    model, orders, x, y = numbered()
    model._shuffle_seeds.seed = 7
    model.fit(x, y, epochs=4, verbose=0)
    again, resumed, _, _ = numbered()
    again._shuffle_seeds.seed = 7
    again.fit(x, y, epochs=1, verbose=0)
    again.fit(x, y, epochs=4, initial_epoch=1, verbose=0)
    assert resumed.seen == orders.seen


def test_shuffle_false_and_batch() -> None:
    model, orders, x, y = numbered()
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert orders.seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    orders.seen.clear()
    model.fit(x, y, batch_size=4, epochs=9, shuffle="batch", verbose=0)
    assert [sorted(batch) for batch in orders.seen] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] * 9
    assert len({tuple(batch) for batch in orders.seen}) > 3


def test_evaluate_and_predict_keep_the_order() -> None:
    model, _, x, _ = numbered()
    model.layers[1].set_weights([[[1.0]], [0.5]])
    np.testing.assert_array_equal(model.predict(x, batch_size=3, verbose=0), x + 0.5)
    np.testing.assert_array_equal(model.predict_on_batch(x), x + 0.5)
    assert model.evaluate(x, x, batch_size=3, verbose=0) == 0.25


def test_steps_per_epoch_goes_on_where_the_epoch_ended() -> None:
    model, orders, x, y = numbered()
    model.fit(x[:8], y[:8], batch_size=2, steps_per_epoch=2, epochs=3, shuffle=False, verbose=0)
    assert orders.seen == [[0, 1], [2, 3], [4, 5], [6, 7], [0, 1], [2, 3]]


def test_steps_per_epoch_alone_makes_the_batches() -> None:
    model, orders, x, y = numbered()
    history = model.fit(x, y, steps_per_epoch=3, shuffle=False, verbose=0)
    assert [len(batch) for batch in orders.seen] == [4, 4, 2]
    assert history.params["steps"] == 3


@pytest.mark.parametrize(
    ("arguments", "sizes"),
    [
        ({"steps": 1}, [50]),
        ({"steps": 3}, [17, 17, 16]),
        ({"steps": 2, "batch_size": 20}, [20, 20]),
        ({"batch_size": 20}, [20, 20, 10]),
        ({}, [32, 18]),
    ],
)
def test_steps_alone_make_the_batches_of_tests_and_predictions(
    arguments: dict[str, Any], sizes: list[int], rng: np.random.Generator
) -> None:
    x, y = data(rng, 50)
    model = classifier()
    seen: list[int] = []
    listener = callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: seen.append(len(logs["outputs"])),
        on_test_batch_end=lambda batch, logs: seen.append(batch),
    )
    predicted = model.predict(x, verbose=0, callbacks=[listener], **arguments)
    assert seen == sizes and len(predicted) == sum(sizes)
    seen.clear()
    rows = slice(sum(sizes))
    expected = pytest.approx(model.evaluate(x[rows], y[rows], batch_size=50, verbose=0))
    assert model.evaluate(x, y, verbose=0, callbacks=[listener], **arguments) == expected
    assert seen == list(range(len(sizes)))
    model.compile(optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    of_validation = {f"validation_{name}": value for name, value in arguments.items()}
    twice = np.concatenate([x, x]), np.concatenate([y, y])
    for validation in ({"validation_data": (x, y)}, {"validation_split": 0.5}):
        seen.clear()
        history = model.fit(
            *twice, verbose=0, callbacks=[listener], **validation, **of_validation
        ).history
        assert history["val_loss"] == [expected] and seen == list(range(len(sizes)))


def test_an_epoch_with_too_few_batches_warns_and_ends() -> None:
    model, orders, x, y = numbered()
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(x, y, batch_size=5, steps_per_epoch=3, epochs=2, verbose=0)
    assert len(orders.seen) == 4
    assert history.epoch == [0, 1]


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


def test_a_generator_is_one_epoch_or_several_with_steps(rng: np.random.Generator) -> None:
    def batches(count: int) -> Iterator[tuple[Array, Array]]:
        for i in range(count):
            yield np.full((2, 1), i, np.float32), np.zeros((2, 1))

    model, orders, _, _ = numbered()
    history = model.fit(batches(3), verbose=0)
    assert [batch[0] for batch in orders.seen] == [0, 1, 2]
    assert history.params["steps"] is None
    orders.seen.clear()
    model.fit(batches(7), steps_per_epoch=2, epochs=3, verbose=0)
    assert [batch[0] for batch in orders.seen] == [0, 1, 2, 3, 4, 5]
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(batches(3), epochs=3, verbose=0)
    assert history.epoch == [0]
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(batches(3), steps_per_epoch=2, epochs=3, verbose=0)
    assert history.epoch == [0, 1]


def test_an_iterable_begins_anew_in_every_epoch() -> None:
    class Batches:
        """With Python's older way of iteration, as a sequence that never says that it is over."""

        def __len__(self) -> int:
            return 2

        def __getitem__(self, i: int) -> tuple[Array, Array]:
            return np.full((3, 1), i, np.float32), np.zeros((3, 1))

    model, orders, _, _ = numbered()
    history = model.fit(Batches(), epochs=2, validation_data=Batches(), verbose=0)
    assert [batch[0] for batch in orders.seen] == [0, 1, 0, 1]
    assert history.params["steps"] == 2
    assert len(history.history["val_loss"]) == 2
    assert model.predict((Batches()[i][0] for i in range(2)), verbose=0).shape == (6, 1)
    assert model.predict(Batches(), steps=1, verbose=0).shape == (3, 1)


def test_iterables_may_yield_weights(rng: np.random.Generator) -> None:
    x, y = data(rng, 8)
    weights = rng.random(8)
    model = classifier()
    expected = model.evaluate(x, y, sample_weight=weights, batch_size=4, verbose=0)
    parts = [(x[i : i + 4], y[i : i + 4], weights[i : i + 4]) for i in (0, 4)]
    assert model.evaluate(iter(parts), verbose=0) == expected


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
