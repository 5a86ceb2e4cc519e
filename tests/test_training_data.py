"""What counts as data, and what is refused before anything is trained."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastdense import layers, models
from fastdense.models import data

import subprocesses

Array = np.ndarray[Any, np.dtype[Any]]


def classifier() -> models.Sequential:
    model = models.Sequential([layers.Input((4,)), layers.Dense(3, "softmax", name="dense")])
    model.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
    model._shuffle_seeds.seed = 3
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def two_of_each() -> models.Model:
    a, b = layers.Input((2,), name="a"), layers.Input((1,), name="b")
    h = layers.Concatenate()([a, b])
    model = models.Model(
        [a, b], [layers.Dense(1, name="p")(h), layers.Dense(2, "softmax", name="q")(h)]
    )
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"])
    return model


@contextlib.contextmanager
def unchanged(model: models.Model) -> Iterator[None]:
    """Nothing is written: weights, steps, and the seeds of orders are what they were."""
    before = model.get_weights()
    yield
    assert model.optimizer is not None and model.optimizer.iterations == 0
    assert model._shuffle_seeds.counter == 0
    for old, new in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, new)


def test_inputs_and_outputs_by_position_or_by_name(rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((6, 2)), rng.standard_normal((6, 1))
    p, q, w = rng.standard_normal((6, 1)), rng.integers(0, 2, 6), rng.random(6)
    model = two_of_each()
    expected = model.evaluate([a, b], [p, q], sample_weight=[w, w], verbose=0)
    for x in ((a, b), {"b": b, "a": a}, [a, b[:, 0]]):
        for y in ((p, q), {"q": q, "p": p}, [p[:, 0], q[:, None]]):
            for weights in (w, w[:, None], [w, w], {"q": w, "p": w}):
                assert model.evaluate(x, y, sample_weight=weights, verbose=0) == expected
    outputs = model.predict({"a": a, "b": b}, verbose=0)
    assert [output.shape for output in outputs] == [(6, 1), (6, 2)]
    weighted_once = model.evaluate([a, b], [p, q], sample_weight=[w, None], verbose=0)
    assert weighted_once[1] == expected[1] and weighted_once[2] != expected[2]


def test_weights_of_steps_or_of_samples(rng: np.random.Generator) -> None:
    model = models.Sequential([layers.Input((5, 4)), layers.Dense(3)])
    model.compile("sgd", "mse")
    x, y, w = rng.standard_normal((6, 5, 4)), rng.standard_normal((6, 5, 3)), rng.random((6, 5))
    error = np.mean((model.predict(x, verbose=0) - y) ** 2, axis=-1)
    for weights, full in ((w, w), (w[:, 0], w[:, :1] * np.ones(5))):
        found = model.evaluate(x, y, sample_weight=weights, verbose=0)
        assert found == pytest.approx(np.mean(full * error), rel=1e-6)


@pytest.mark.parametrize("at_once", [0, 2**28], ids=["by-batch", "at-once"])
def test_data_is_converted_at_once_or_by_batch_to_the_same_bits(
    at_once: int, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    x, y = rng.standard_normal((30, 4)).astype(np.float32), rng.integers(0, 3, 30)
    expected = classifier().fit(x, y, batch_size=7, epochs=2, class_weight={1: 2.0}, verbose=0)
    monkeypatch.setattr(data, "_CONVERT_AT_ONCE", at_once)
    found = classifier().fit(
        x.astype(np.float64), y.astype(np.uint8), batch_size=7, epochs=2, class_weight={1: 2.0},
        verbose=0,
    )  # fmt: skip
    assert found.history == expected.history


def test_arrays_that_fit_are_neither_copied_nor_converted(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((30, 4)).astype(np.float32), rng.integers(0, 3, 30)
    model = classifier()
    source, _ = model._training_sources(
        (x, y, None), models.feeding.Batching(8, None, True, None), 0.0, None
    )
    for batch in source:
        assert batch.rows is not None
        assert np.shares_memory(batch.inputs[0], x) and batch.inputs[0].shape == (30, 4)
        assert batch.targets[0] is not None and np.shares_memory(batch.targets[0], y)


MEMORY_LIMITED = """
import resource, sys
import numpy as np
from fastdense import layers, models, set_num_threads

folder, dtype, labels = sys.argv[1:]
set_num_threads(1)
model = models.Sequential([layers.Input((1024,)), layers.Dense(4, "softmax")])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.train_on_batch(np.zeros((32, 1024), "f"), np.zeros(32, int))
x = np.memmap(folder + "/x", dtype, "r", shape=(ROWS, 1024))
y = np.memmap(folder + "/y", labels, "r", shape=(ROWS,))
with open("/proc/self/status") as status:
    used = next(int(line.split()[1]) for line in status if line.startswith("VmData")) * 1024
limit = used + x.nbytes // 4
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    np.ones(x.shape, np.uint8).astype(dtype)
except MemoryError:
    print("limited")
history = model.fit(x, y, validation_split=0.25, verbose=0)
print(len(history.history["val_loss"]), np.isfinite(history.history["loss"]).all())
print(model.predict(x, batch_size=1024, verbose=0).shape)
""".replace("ROWS", str(16 * 1024))


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "labels"), [("float32", "int64"), ("float64", "uint8")])
def test_fit_takes_a_file_four_times_larger_than_memory(
    dtype: str, labels: str, tmp_path: Path
) -> None:
    rows = 16 * 1024
    np.memmap(tmp_path / "x", dtype, "w+", shape=(rows, 1024)).flush()
    np.memmap(tmp_path / "y", labels, "w+", shape=(rows,)).flush()
    said = subprocesses.python(MEMORY_LIMITED, arguments=[str(tmp_path), dtype, labels])
    assert said.splitlines() == ["limited", "1 True", f"({rows}, 3)".replace("3", "4")]
