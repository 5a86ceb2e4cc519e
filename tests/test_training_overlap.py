"""Loops that overlap, in a callback, a generator or threads, don't mix their losses and metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from classifiers import Array, classifier, data
from fastdense import callbacks, layers, metrics, models, optimizers
from fastdense.models import lending

SPARSE = "sparse_categorical_crossentropy"


class Share(metrics.Metric):
    """The share of right predictions, from a list that is changed in place."""

    def __init__(self, name: str = "share") -> None:
        super().__init__(name)
        self.right: list[bool] = []

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.right.extend(np.argmax(y_pred, axis=-1) == y_true)

    def result(self) -> float:
        return float(np.mean(self.right))

    def reset_state(self) -> None:
        self.right.clear()


class Uncopied(Share):
    """The same with what has no copy."""

    def __init__(self) -> None:
        super().__init__("uncopied")
        self.lock = threading.Lock()


def in_a_thread(call: Callable[[], Any]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def at_once(call: Callable[[], Any]) -> None:
    call()


INNER: dict[str, Callable[[models.Sequential, Array, Array], Any]] = {
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y),
}
METRICS = {"by-name": lambda: "accuracy", "of-a-list": Share}


@pytest.mark.parametrize("where", [at_once, in_a_thread])
@pytest.mark.parametrize("inner", INNER.values(), ids=INNER)
@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_test_during_an_epoch_changes_neither(
    metric: Callable[[], Any],
    inner: Callable[[models.Sequential, Array, Array], Any],
    where: Callable[[Callable[[], Any]], None],
    rng: np.random.Generator,
) -> None:
    x, y = data(rng, 40)
    of_three = x[:3], np.argmax(classifier().predict(x[:3], verbose=0), axis=-1)
    found: list[Any] = []
    model = classifier(metrics=[metric()], optimizer=optimizers.SGD(1e-6))

    def test(batch: int, logs: Any = None) -> None:
        if batch == 2:
            where(lambda: found.append(inner(model, *of_three)))

    options: dict[str, Any] = {"batch_size": 8, "shuffle": False, "verbose": 0}
    listener = callbacks.LambdaCallback(on_train_batch_end=test)
    history = model.fit(x, y, callbacks=[listener], **options).history
    alone = (
        classifier(metrics=[metric()], optimizer=optimizers.SGD(1e-6)).fit(x, y, **options).history
    )
    assert history == alone
    assert [each[1] for each in found] == [1.0]  # all three are right


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_tests_that_take_turns_have_results_of_their_own(
    metric: Callable[[], Any], rng: np.random.Generator
) -> None:
    x, y = data(rng, 40)
    model = classifier(metrics=[metric()])
    expected = [model.evaluate(x[i : i + 20], y[i : i + 20], verbose=0) for i in (0, 20)]
    assert expected[0][1] != expected[1][1]
    turns = [threading.Event(), threading.Event()]
    found: list[Any] = [None, None]

    def batches(i: int) -> Iterator[tuple[Array, Array]]:
        for start in range(20 * i, 20 * i + 20, 5):
            assert turns[i].wait(10)
            turns[i].clear()
            yield x[start : start + 5], y[start : start + 5]
            turns[1 - i].set()

    def run(i: int) -> None:
        found[i] = model.evaluate(batches(i), verbose=0)
        turns[1 - i].set()

    threads = [threading.Thread(target=run, args=(i,)) for i in (0, 1)]
    turns[0].set()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [pytest.approx(each) for each in expected]


def test_steps_of_training_in_a_test_have_metrics_of_their_own(rng: np.random.Generator) -> None:
    x, y = data(rng, 40)
    metric = Share()
    model = classifier(metrics=[metric], optimizer=optimizers.SGD(0.0))
    expected = model.evaluate(x, y, verbose=0)

    def train(batch: int, logs: Any = None) -> None:
        model.train_on_batch(x[:3], y[:3])

    listener = callbacks.LambdaCallback(on_test_batch_end=train)
    assert model.evaluate(x, y, verbose=0, callbacks=[listener]) == expected
    assert metric.result() == expected[1]


def test_a_metric_of_two_models_or_outputs_is_one_and_free_for_one_loop_at_a_time(
    rng: np.random.Generator,
) -> None:
    x, y = data(rng, 40)
    metric = Share()
    one, other = classifier(metrics=[metric]), classifier(metrics=[metric])
    expected = one.evaluate(x, y, verbose=0)

    def test(batch: int, logs: Any = None) -> None:
        other.evaluate(x[:3], y[:3], verbose=0)

    listener = callbacks.LambdaCallback(on_test_batch_end=test)
    assert one.evaluate(x, y, verbose=0, callbacks=[listener]) == expected
    z = layers.Input((4,))
    of_two = models.Model(z, [layers.Dense(3, name=name)(z) for name in "pq"])
    of_two.compile("sgd", SPARSE, metrics=[[metric], [metric]])

    def both() -> list[Any]:
        found = of_two.evaluate(x, [y, y], verbose=0, return_dict=True)
        return [found["p_share"], found["q_share"]]

    alone, beside = both(), []
    listener = callbacks.LambdaCallback(on_test_end=lambda logs=None: beside.extend(both()))
    one.evaluate(x, y, verbose=0, callbacks=[listener])
    assert alone == beside and alone[0] == alone[1]


def test_a_metric_object_has_the_value_of_the_last_loop(rng: np.random.Generator) -> None:
    x, y = data(rng, 40)
    metric = metrics.SparseCategoricalAccuracy()
    model = classifier(metrics=[metric])
    history = model.fit(x, y, validation_split=0.5, epochs=2, verbose=0).history
    assert metric.result() == history["val_sparse_categorical_accuracy"][-1]
    for rows in (10, 40):
        assert model.evaluate(x[:rows], y[:rows], verbose=0)[1] == metric.result()
    assert model.train_on_batch(x[:7], y[:7])[1] == metric.result()
    assert model.metrics == [metric]


def test_a_loop_that_fails_gives_the_metrics_back(rng: np.random.Generator) -> None:
    x, y = data(rng, 40)
    metric = Share()
    model = classifier(metrics=[metric])

    def fail(batch: int, logs: Any = None) -> None:
        raise RuntimeError("no more")

    listener = callbacks.LambdaCallback(on_train_batch_end=fail, on_test_batch_end=fail)
    for call in (model.fit, model.evaluate):
        with pytest.raises(RuntimeError, match="no more"):
            call(x, y, verbose=0, callbacks=[listener])
        found = model.evaluate(x, y, verbose=0)
        assert len(metric.right) == 40 and metric.result() == found[1]


def test_a_metric_without_a_copy_is_shared(rng: np.random.Generator) -> None:
    x, y = data(rng, 40)
    metric = Uncopied()
    model = classifier(metrics=["accuracy", metric])
    expected = model.evaluate(x, y, verbose=0)
    seen: list[int] = []

    def test(batch: int, logs: Any = None) -> None:
        model.evaluate(x[:3], y[:3], verbose=0)
        seen.append(len(metric.right))

    listener = callbacks.LambdaCallback(on_test_batch_end=test)
    found = model.evaluate(x, y, verbose=0, callbacks=[listener])
    assert seen == [3, 3] and found[:2] == expected[:2]
    assert model.evaluate(x, y, verbose=0) == expected


def test_a_loan_that_was_dropped_no_longer_counts() -> None:
    found = [Share()]
    ids = frozenset(map(id, found))
    loan = lending.Loan(found, ids)
    assert lending.Loan(found, ids).metrics[0] is not found[0]
    del loan  # as Ctrl-C does that comes before it is given back
    assert lending.Loan(found, ids).metrics[0] is found[0]


def test_a_metric_may_wait_for_a_thread_that_tests_another_model(rng: np.random.Generator) -> None:
    x, y = data(rng, 40)
    other = classifier(metrics=["accuracy"])

    class Waiting(Share):
        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            in_a_thread(lambda: other.evaluate(x, y, verbose=0))
            super().update_state(y_true, y_pred)

    model = classifier(metrics=[Waiting()])
    thread = threading.Thread(target=lambda: model.evaluate(x, y, verbose=0), daemon=True)
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()


def test_threads_whose_first_steps_come_at_once_share_one_state(rng: np.random.Generator) -> None:
    x, y = data(rng, 40)
    for _ in range(20):
        model = classifier(optimizer=optimizers.Adam())
        model.test_on_batch(x, y)
        threads = [threading.Thread(target=model.train_on_batch, args=(x, y)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert model.optimizer is not None and model.optimizer.iterations == 4


@pytest.mark.parametrize("hook", ["set_model", "on_train_begin", "on_train_batch_begin"])
def test_compiling_during_a_fit_is_refused_and_counts_from_then_on(
    hook: str, rng: np.random.Generator
) -> None:
    x, y = data(rng, 40)
    model = classifier()
    listener = callbacks.Callback()
    adam = optimizers.Adam()
    setattr(listener, hook, lambda *_: model.compile(adam, SPARSE))
    with pytest.raises(ValueError, match="was compiled anew while it was trained or tested"):
        model.fit(x, y, verbose=0, callbacks=[listener])
    model.fit(x, y, batch_size=10, verbose=0)
    assert adam.iterations == 4
