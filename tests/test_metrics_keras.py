"""Metrics against Keras' own, batch by batch, where it is installed with a backend."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from fastdense import metrics
from keras_backend import import_keras

keras = import_keras()
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

Batch = tuple[np.ndarray, np.ndarray]


def real(rng: np.random.Generator, n: int) -> Batch:
    return rng.uniform(0.1, 2, (n, 3)), rng.uniform(0.1, 2, (n, 3)).astype(np.float32)


def column(rng: np.random.Generator, n: int) -> Batch:
    return rng.integers(0, 2, n), rng.random((n, 1), np.float32)


def flat(rng: np.random.Generator, n: int) -> Batch:
    return rng.integers(0, 2, n), rng.random(n, np.float32)


def several(rng: np.random.Generator, n: int) -> Batch:
    return rng.integers(0, 2, (n, 4)), rng.random((n, 4), np.float32)


def signs(rng: np.random.Generator, n: int) -> Batch:
    return rng.choice([-1.0, 1.0], (n, 3)), rng.standard_normal((n, 3)).astype(np.float32)


def probabilities(rng: np.random.Generator, n: int) -> Batch:
    y = rng.random((n, 5), np.float32) + 0.1
    return np.eye(5, dtype=np.float32)[rng.integers(0, 5, n)], y / y.sum(1, keepdims=True)


def labels(rng: np.random.Generator, n: int) -> Batch:
    return rng.integers(0, 5, n), probabilities(rng, n)[1]


def label_column(rng: np.random.Generator, n: int) -> Batch:
    y_true, y_pred = labels(rng, n)
    return y_true[:, np.newaxis], y_pred


def sequence(rng: np.random.Generator, n: int) -> Batch:
    return rng.integers(0, 4, (n, 6)), rng.random((n, 6, 4), np.float32)


def sequence_one_hot(rng: np.random.Generator, n: int) -> Batch:
    y_true, y_pred = sequence(rng, n)
    return np.eye(4)[y_true], y_pred


class Case(NamedTuple):
    name: str
    data: Callable[[np.random.Generator, int], Batch]
    arguments: dict[str, Any] = {}  # noqa: RUF012  (a default that nothing changes)

    def __str__(self) -> str:
        values = ",".join(f"{key}={value}" for key, value in self.arguments.items())
        return f"{self.name}({values})-{self.data.__name__}"


CASES = [
    Case("Accuracy", column),
    Case("Accuracy", several),
    *(Case("BinaryAccuracy", data) for data in (column, flat, several)),
    Case("BinaryAccuracy", several, {"threshold": 0.25}),
    Case("CategoricalAccuracy", probabilities),
    Case("CategoricalAccuracy", sequence_one_hot),
    *(Case("SparseCategoricalAccuracy", data) for data in (labels, label_column, sequence)),
    Case("TopKCategoricalAccuracy", probabilities, {"k": 2}),
    Case("TopKCategoricalAccuracy", sequence_one_hot, {"k": 3}),
    *(Case("SparseTopKCategoricalAccuracy", data, {"k": 2}) for data in (labels, sequence)),
    *(
        Case(name, real)
        for name in (
            "MeanSquaredError",
            "RootMeanSquaredError",
            "MeanAbsoluteError",
            "MeanAbsolutePercentageError",
            "MeanSquaredLogarithmicError",
            "LogCoshError",
            "CosineSimilarity",
            "Poisson",
            "R2Score",
        )
    ),
    Case("KLDivergence", probabilities),
    *(Case(name, signs) for name in ("Hinge", "SquaredHinge", "CategoricalHinge")),
    Case("Hinge", several),
    Case("BinaryCrossentropy", several),
    Case("BinaryCrossentropy", several, {"from_logits": True, "label_smoothing": 0.125}),
    Case("CategoricalCrossentropy", probabilities),
    Case("CategoricalCrossentropy", probabilities, {"from_logits": True, "label_smoothing": 0.25}),
    Case("SparseCategoricalCrossentropy", labels),
    Case("SparseCategoricalCrossentropy", labels, {"from_logits": True}),
    *(
        Case(name, data)
        for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
        for data in (flat, several)
    ),
    Case("TruePositives", several, {"thresholds": [0.8, 0.3]}),
    *(
        Case(name, several, arguments)
        for name in ("Precision", "Recall")
        for arguments in (
            {},
            {"thresholds": 0.7},
            {"thresholds": [0.9, 0.25, 0.5]},
            {"top_k": 2},
            {"class_id": 1},
            {"top_k": 3, "class_id": 2},
            {"top_k": 2, "thresholds": 0.6},
        )
    ),
    *(Case("F1Score", probabilities, {"average": a}) for a in (None, "micro", "macro", "weighted")),
    Case("F1Score", several, {"threshold": 0.5}),
    Case("FBetaScore", several, {"beta": 2.0, "average": "macro", "threshold": 0.25}),
    *(
        Case("AUC", data, {"curve": curve, "summation_method": method, "num_thresholds": 40})
        for data in (column, several)
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "majoring", "minoring")
    ),
    Case("AUC", several, {"multi_label": True}),
    Case("AUC", several, {"multi_label": True, "curve": "PR", "num_labels": 4}),
    Case("AUC", several, {"multi_label": True, "label_weights": [0.5, 1.0, 0.0, 2.0]}),
    Case("AUC", several, {"label_weights": [0.5, 1.0, 0.0, 2.0]}),
    Case("AUC", flat, {"thresholds": [0.1, 0.9, 0.25]}),
    Case("AUC", several, {"from_logits": True}),
    Case("R2Score", real, {"class_aggregation": None}),
    Case("R2Score", real, {"class_aggregation": "variance_weighted_average", "num_regressors": 2}),
]


def weights_of(kind: str, rng: np.random.Generator, y_pred: np.ndarray) -> np.ndarray | None:
    return None if kind == "none" else rng.uniform(0, 2, len(y_pred)).astype(np.float32)


@pytest.mark.parametrize("weights", ["none", "per sample"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_metric_equals_keras(case: Case, weights: str, rng: np.random.Generator) -> None:
    metric = getattr(metrics, case.name)(**case.arguments)
    expected = getattr(keras.metrics, case.name)(**case.arguments)
    for n in (7, 32, 1):
        y_true, y_pred = case.data(rng, n)
        w = weights_of(weights, rng, y_pred)
        metric.update_state(y_true, y_pred, w)
        expected.update_state(y_true, y_pred, sample_weight=w)
        # Keras adds up in float32: 40 rows of up to 24 terms.
        np.testing.assert_allclose(
            metric.result(), np.asarray(expected.result()), rtol=2e-5, atol=2e-6
        )
    metric.reset_state()
    expected.reset_state()
    y_true, y_pred = case.data(rng, 16)
    np.testing.assert_allclose(
        metric(y_true, y_pred), np.asarray(expected(y_true, y_pred)), rtol=2e-5, atol=2e-6
    )


@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 6), (8, 6, 1), ()], ids=str)
@pytest.mark.parametrize("name", ["SparseCategoricalAccuracy", "Mean", "Sum"])
def test_weights_of_all_shapes_equal_keras(
    name: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    metric, expected = getattr(metrics, name)(), getattr(keras.metrics, name)()
    for _ in range(2):
        y_true, y_pred = sequence(rng, 8)
        arguments = (y_true, y_pred) if name.startswith("Sparse") else (y_pred[..., 0],)
        w = rng.uniform(0, 2, shape).astype(np.float32)
        metric.update_state(*arguments, w)
        expected.update_state(*arguments, sample_weight=w)
    assert metric.result() == pytest.approx(float(expected.result()), rel=1e-5)


@pytest.mark.parametrize("name", sorted({case.name for case in CASES}))
def test_metric_signature_and_config_equal_keras(name: str) -> None:
    ours, theirs = getattr(metrics, name), getattr(keras.metrics, name)

    def defaults(cls: type) -> dict[str, Any]:
        return {
            key: value.default
            for key, value in inspect.signature(cls).parameters.items()
            if key not in ("name", "from_sorted_ids")
        }

    assert defaults(ours) == defaults(theirs)
    found, expected = ours().get_config(), theirs().get_config()
    assert found.keys() == expected.keys() | ({"axis"} if name == "CosineSimilarity" else set())
    assert {k: v for k, v in found.items() if k in expected and k != "name"} == {
        k: v for k, v in expected.items() if k != "name"
    }
    assert ours(name="x").name == "x" and theirs.from_config(found | {"name": "x"}).name == "x"


def test_metrics_keras_has_directions_for_have_the_same() -> None:
    for name in {case.name for case in CASES}:
        direction = getattr(getattr(keras.metrics, name)(), "_direction", None)
        if direction is not None:
            assert getattr(metrics, name)()._direction == direction, name


@pytest.mark.parametrize(
    "identifier", ["accuracy", "acc", "Accuracy", "mse", "AUC", "binary_accuracy"]
)
@pytest.mark.parametrize(
    "shapes", [((8,), (8, 1)), ((8,), (8, 3)), ((8, 1), (8, 3)), ((8, 3), (8, 3))]
)
def test_resolve_equals_keras(identifier: str, shapes: Any) -> None:
    from keras.src.trainers.compile_utils import get_metric

    found = metrics.resolve(identifier, *shapes)
    expected = get_metric(identifier, *(np.zeros(shape, np.float32) for shape in shapes))
    assert (type(found).__name__, found.name) == (type(expected).__name__, expected.name)


def test_auc_approaches_the_exact_area(rng: np.random.Generator) -> None:
    y_true = rng.integers(0, 2, 500)
    y_pred = np.clip(0.3 * y_true + rng.random(500) * 0.7, 0, 1)
    pairs = np.subtract.outer(y_pred[y_true == 1], y_pred[y_true == 0])
    exact = float(np.mean(pairs > 0))
    assert metrics.AUC(num_thresholds=5000)(y_true, y_pred) == pytest.approx(exact, abs=2e-3)
