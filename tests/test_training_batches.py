"""Which rows make which batch: orders, steps, iterables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from classifiers import Array, classifier, data
from fastdense import callbacks, layers, models, optimizers


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
