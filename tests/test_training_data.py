"""What counts as data, and what is refused before anything is trained."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import subprocesses
from fastdense import layers, models
from fastdense.models import arguments, data

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
    """Nothing is kept: weights, steps, seeds of orders, what was made ready are what they were."""
    before, trained = model.get_weights(), model._trained
    yield
    assert model._trained is trained
    assert model.optimizer is not None and not model.optimizer.built
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


@pytest.mark.parametrize("at_once", [0, 2**26], ids=["by-batch", "at-once"])
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
    _, source, _ = model._training_sources(
        (x, y, None), arguments.Batching(8, None, True), 0.0, arguments.Batching(8, None)
    )
    for batch in source:
        assert batch.rows is not None
        assert np.shares_memory(batch.inputs[0], x) and batch.inputs[0].shape == (30, 4)
        assert batch.targets[0] is not None and np.shares_memory(batch.targets[0], y)


ROWS = 16 * 1024
MEMORY_LIMITED = """
import os, resource
import numpy as np
from fastdense import layers, models, set_num_threads

folder, dtype, labels = (os.environ[name] for name in ("FOLDER", "DTYPE", "LABELS"))
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
""".replace("ROWS", str(ROWS))


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "labels"), [("float32", "int64"), ("float64", "uint8")])
def test_fit_takes_a_file_four_times_larger_than_memory(
    dtype: str, labels: str, tmp_path: Path
) -> None:
    np.memmap(tmp_path / "x", dtype, "w+", shape=(ROWS, 1024)).flush()
    np.memmap(tmp_path / "y", labels, "w+", shape=(ROWS,)).flush()
    said = subprocesses.python(MEMORY_LIMITED, FOLDER=str(tmp_path), DTYPE=dtype, LABELS=labels)
    assert said.splitlines() == ["limited", "1 True", f"({ROWS}, 4)"]


def images(rows: int, columns: int = 4) -> Array:
    return np.zeros((rows, columns), np.float32)


REFUSED: dict[str, tuple[Callable[[models.Model], object], str]] = {
    "other-number-of-rows": (
        lambda m: m.fit(images(7), np.zeros(5, int), verbose=0),
        "contain the same number of samples.'x' sizes: 7\n'y' sizes: 5",
    ),
    "other-number-of-weights": (
        lambda m: m.train_on_batch(images(7), np.zeros(7, int), np.ones(3)),
        "'sample_weight' sizes: 3",
    ),
    "no-rows": (lambda m: m.fit(images(0), np.zeros(0, int), verbose=0), "at least one sample"),
    "columns": (
        lambda m: m.fit(images(7, 5), np.zeros(7, int), verbose=0),
        r"expected shape=(None, 4), found shape=(7, 5)",
    ),
    "label": (
        lambda m: m.fit(images(7), np.full(7, 3), verbose=0),
        "label 3 at index (0,), expected labels in [0, 3)",
    ),
    "label-of-batch": (lambda m: m.train_on_batch(images(7), np.full(7, -1)), "label -1"),
    "targets": (
        lambda m: m.fit(images(7), np.zeros((7, 2)), verbose=0), "y_true has shape (",
    ),
    "no-targets": (lambda m: m.fit(images(7), verbose=0), "Expected targets `y`"),
    "weights": (
        lambda m: m.fit(images(7), np.zeros(7, int), sample_weight=np.ones((7, 2)), verbose=0),
        "`sample_weight`: expected shape (None,) for output 'dense'",
    ),
    "both-weights": (
        lambda m: m.fit(
            images(7), np.zeros(7, int), sample_weight=np.ones(7), class_weight={0: 1.0}, verbose=0
        ),
        "`sample_weight` and `class_weight` cannot be specified at the same time",
    ),
    "a-list-of-numbers": (
        lambda m: m.fit([[1, 2, 3, 4]], np.zeros(1, int), verbose=0), "expected a NumPy array",
    ),
    "labels-in-a-list": (
        lambda m: m.fit(images(2), [0, 1], verbose=0),
        "one for each of ['dense'], in a list or a dict. Received: a list of 2",
    ),
    "names": (
        lambda m: m.fit({"other": images(2)}, np.zeros(2, int), verbose=0),
        "in the dict `x`. Received: x with keys ['other']",
    ),
    "no-data": (lambda m: m.fit(7, verbose=0), "Expected `x` to be an array"),
    "y-of-iterable": (
        lambda m: m.fit(iter([(images(2), np.zeros(2, int))]), np.zeros(2, int), verbose=0),
        "When providing `x` as an iterable of batches, `y` should not be passed",
    ),
    "split-of-iterable": (
        lambda m: m.fit(iter([(images(2), np.zeros(2, int))]), validation_split=0.5, verbose=0),
        "`validation_split` should not be passed",
    ),
    "empty-iterable": (lambda m: m.fit(iter([]), verbose=0), "to yield at least one"),
    "four-items": (lambda m: m.fit(iter([(1, 2, 3, 4)]), verbose=0), "Received: a tuple of 4"),
    "split": (
        lambda m: m.fit(images(2), np.zeros(2, int), validation_split=1.0, verbose=0),
        "Training data contains 2 samples, which is not sufficient",
    ),
    "validation-data": (
        lambda m: m.fit(
            images(7), np.zeros(7, int), validation_data=(images(7), np.zeros(3, int)), verbose=0
        ),
        "Data cardinality is ambiguous",
    ),
    "batch-size": (
        lambda m: m.fit(images(7), np.zeros(7, int), batch_size=0, verbose=0),
        "Expected `batch_size` to be a positive integer. Received: batch_size=0",
    ),
    "steps": (
        lambda m: m.evaluate(images(7), np.zeros(7, int), steps=2.5, verbose=0),
        "Expected `steps` to be a positive integer. Received: steps=2.5",
    ),
    "frequency": (
        lambda m: m.fit(
            images(7), np.zeros(7, int), validation_split=0.5, validation_freq="1", verbose=0
        ),
        "Expected `validation_freq` to be a list or int. Received: validation_freq=1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("run_eagerly", [False, True], ids=["chosen", "layerwise"])
def test_refused_before_anything_is_trained(
    call: Callable[[models.Model], object], message: str, run_eagerly: bool
) -> None:
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=run_eagerly)
    with unchanged(model), pytest.raises(ValueError, match=re.escape(message)):
        call(model)


@pytest.mark.parametrize(
    "call",
    [
        lambda m, x, y: m.fit(x, y, verbose=0),
        lambda m, x, y: m.fit(iter([(x, y)]), verbose=0),
        lambda m, x, y: m.fit(x, np.eye(3)[[1] * len(x)], validation_data=(x, y), verbose=0),
        lambda m, x, y: m.fit(
            x, np.eye(3)[[1] * len(x)], validation_data=iter([(x, y)]), verbose=0
        ),
        lambda m, x, y: m.evaluate(x, y, verbose=0),
        lambda m, x, y: m.evaluate(iter([(x, y)]), verbose=0),
        lambda m, x, y: m.train_on_batch(x, y),
        lambda m, x, y: m.test_on_batch(x, y),
    ],
    ids=[
        "fit", "fit-iterable", "validation", "validation-iterable", "evaluate",
        "evaluate-iterable", "train_on_batch", "test_on_batch",
    ],
)  # fmt: skip
@pytest.mark.parametrize("y", [None, np.zeros((7, 4))], ids=["no-targets", "columns"])
def test_targets_of_a_refused_call_do_not_say_what_names_stand_for(
    call: Callable[[models.Model, Array, Any], object], y: Array | None
) -> None:
    x, labels = images(7), np.arange(7) % 3
    model, other = classifier(), classifier()
    for each in (model, other):
        each.compile("adam", "crossentropy", metrics=["accuracy", "ce"])
    with unchanged(model), pytest.raises(ValueError, match=r"y=None for output|y_true has shape"):
        call(model, x, y)
    assert model.metrics == []
    found, expected = (each.fit(x, labels, verbose=0).history for each in (model, other))
    assert found == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x: m.fit(x, np.zeros(6, int), verbose=0), "'y' sizes: 6"),
        (lambda m, x: m.evaluate(x, [np.zeros(6, int)], verbose=0), "'y' sizes: 6"),
        (
            lambda m, x: m.train_on_batch(x, np.zeros(7, int), np.ones(6)),
            "'sample_weight' sizes: 6",
        ),
        (lambda m, x: m.fit(x, [0] * 7, verbose=0), "`y`: expected a NumPy array"),
        (lambda m, x: m.test_on_batch(x[:0], np.zeros(0, int)), "at least one sample"),
    ],
)
def test_rows_that_do_not_fit_together_build_no_model(
    call: Callable[[models.Model, Array], object], message: str
) -> None:
    model = models.Sequential([layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=message):
        call(model, images(7, 5))
    assert not model.built
    model.fit(images(7, 4), np.zeros(7, int), verbose=0)
    assert model.built and model.input_shape == (None, 4)


def test_a_bad_label_after_good_batches_is_refused_before_its_step(
    rng: np.random.Generator,
) -> None:
    # Arrays that are as the last ones were go into a step as they are.
    for run_eagerly in (False, True):
        model = classifier()
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=run_eagerly)
        model.train_on_batch(images(7), np.zeros(7, int))
        before = model.get_weights()
        with pytest.raises(ValueError, match="label"):
            model.train_on_batch(images(7), np.full(7, 3))
        assert model.optimizer is not None and model.optimizer.iterations == 1
        for old, new in zip(before, model.weights, strict=True):
            np.testing.assert_array_equal(old, new)


def test_a_label_without_an_axis_is_refused_after_a_good_batch_as_before() -> None:
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy")
    for _ in range(2):
        with pytest.raises(ValueError, match="`y`: expected arrays of samples"):
            model.train_on_batch(images(1), np.array(1))
        model.train_on_batch(images(1), np.array([1]))


def test_text_and_complex_numbers_are_refused() -> None:
    model = classifier()
    for x in (np.full((2, 4), "1"), np.full((2, 4), 1j)):
        with unchanged(model), pytest.raises(TypeError, match="real numbers"):
            model.fit(x, np.zeros(2, int), verbose=0)


def test_a_single_weight_per_sample_is_needed_for_several_outputs(
    rng: np.random.Generator,
) -> None:
    model = two_of_each()
    x, y = [images(4, 2), images(4, 1)], [images(4, 1), np.zeros(4, int)]
    with unchanged(model), pytest.raises(ValueError, match="should only have one scalar score"):
        model.fit(x, y, sample_weight=np.ones((4, 2)), verbose=0)
    with unchanged(model), pytest.raises(ValueError, match="single output"):
        model.fit(x, y, class_weight={0: 2.0}, verbose=0)


def test_fit_needs_compile() -> None:
    model = models.Sequential([layers.Input((4,)), layers.Dense(3)])
    for call in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        with pytest.raises(ValueError, match=r"You must call `compile\(\)` before using the model"):
            call(images(2), images(2, 3))
