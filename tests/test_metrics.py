"""Metrics without Keras: definitions by NumPy, states, names, configs, refusals."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fastdense import losses, metrics

NAMES = sorted(
    name
    for name in metrics.__all__
    if name[0].isupper() and name not in ("Metric", "MeanMetricWrapper")
)


def test_mean_and_sum_are_weighted(rng: np.random.Generator) -> None:
    values, weights = rng.random((6, 4)), rng.random(6)
    mean, total = metrics.Mean(), metrics.Sum()
    for part in (slice(0, 2), slice(2, 6)):
        mean.update_state(values[part], weights[part])
        total.update_state(values[part], weights[part])
    assert mean.result() == pytest.approx(np.average(values.mean(1), weights=weights), rel=1e-14)
    assert total.result() == pytest.approx(np.sum(values * weights[:, None]), rel=1e-14)


def test_mean_of_nothing_is_zero_and_batches_count_by_their_samples() -> None:
    mean = metrics.Mean()
    assert mean.result() == 0
    mean.update_state([])
    assert mean.result() == 0
    mean.update_state([1, 2, 3])
    assert mean(10) == 4  # a scalar is one sample
    assert isinstance(mean.result(), float)
    np.testing.assert_array_equal(mean.variables, [16, 4])


def test_sums_are_kept_in_float64() -> None:
    mean = metrics.Mean()
    mean.update_state(np.full(10, 2.0**24, np.float32))
    mean.update_state(np.ones(10, np.float32))
    assert mean.result() == (2.0**24 + 1) / 2


@pytest.mark.parametrize("name", NAMES)
def test_reset_forgets_everything(name: str, rng: np.random.Generator) -> None:
    metric = getattr(metrics, name)(name="x")
    sparse = name.startswith("Sparse")
    y_true = rng.integers(0, 2, 5 if sparse else (5, 3))
    batch = (rng.random(5),) if name in ("Mean", "Sum") else (y_true, rng.random((5, 3)))
    first = metric(*batch)
    metric(*batch)
    metric.reset_state()
    assert all(not np.any(value) for value in metric.variables) and metric.variables
    np.testing.assert_array_equal(metric(*batch), first)


@pytest.mark.parametrize("name", NAMES)
def test_metric_round_trips_through_config(name: str) -> None:
    metric = getattr(metrics, name)()
    config = json.loads(json.dumps(metrics.serialize(metric)))
    assert (config["module"], config["class_name"]) == ("keras.metrics", name)
    again = metrics.get(config)
    assert type(again) is type(metric) and again.get_config() == metric.get_config()
    assert metrics.deserialize(config).name == metric.name


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("AUC", {"thresholds": [0.5, 0.25], "curve": "pr", "label_weights": [1, 2]}),
        ("AUC", {"num_thresholds": 7, "multi_label": True, "num_labels": 2, "from_logits": True}),
        ("Precision", {"thresholds": [0.25, 0.5], "class_id": 1}),
        ("Recall", {"top_k": 2}),
        ("TruePositives", {"thresholds": 0.25}),
        ("F1Score", {"average": "macro", "threshold": 0.25}),
        ("FBetaScore", {"beta": 2.0}),
        ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
        ("SparseCategoricalCrossentropy", {"ignore_class": 1}),
        ("R2Score", {"class_aggregation": None, "num_regressors": 1}),
        ("BinaryAccuracy", {"threshold": 0.75, "name": "mine", "dtype": "float64"}),
        ("SparseTopKCategoricalAccuracy", {"k": 3}),
        ("CosineSimilarity", {"axis": 1}),
    ],
)
def test_arguments_survive_a_config(name: str, arguments: dict[str, Any]) -> None:
    metric = getattr(metrics, name)(**arguments)
    again = metrics.get(json.loads(json.dumps(metrics.serialize(metric))))
    assert again.get_config() == metric.get_config()
    assert metric.get_config() != {**getattr(metrics, name)().get_config(), "name": metric.name}


def test_names_are_those_of_keras() -> None:
    for alias, cls in (
        ("mse", metrics.MeanSquaredError),
        ("MAE", metrics.MeanAbsoluteError),
        ("bce", metrics.BinaryCrossentropy),
        ("AUC", metrics.AUC),
        ("auc", metrics.AUC),
        ("r2_score", metrics.R2Score),
        ("sparse_categorical_accuracy", metrics.SparseCategoricalAccuracy),
        (metrics.Recall, metrics.Recall),
    ):
        assert type(metrics.get(alias)) is cls
    assert metrics.get(None) is None
    assert metrics.MeanSquaredError().name == "mean_squared_error"
    assert metrics.LogCoshError().name == "logcosh"
    first, second = metrics.AUC().name, metrics.AUC().name
    assert first.startswith("auc") and first != second
    with pytest.raises(ValueError, match="foo"):
        metrics.get("foo")


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        (((None, 1), (None, 1)), "Binary"),
        (((None,), (None, 1)), "Binary"),
        (((None,), (None, 3)), "SparseCategorical"),
        (((None, 1), (None, 3)), "SparseCategorical"),
        (((None, 7), (None, 7, 3)), "SparseCategorical"),
        (((None, 3), (None, 3)), "Categorical"),
    ],
)
def test_resolve_chooses_by_shapes(shapes: Any, kind: str) -> None:
    for name, suffix in (("acc", "Accuracy"), ("accuracy", "Accuracy"), ("ce", "Crossentropy")):
        metric = metrics.resolve(name, *shapes)
        assert (type(metric).__name__, metric.name) == (kind + suffix, name)


def test_resolve_names_metrics_as_they_were_asked_for() -> None:
    def halves(y_true: Any, y_pred: Any) -> Any:
        return np.full(len(y_pred), 0.5)

    shapes = ((None, 3), (None, 3))
    assert metrics.resolve("mse", *shapes).name == "mse"
    assert metrics.resolve(metrics.AUC(name="area"), *shapes).name == "area"
    assert metrics.resolve(losses.mean_squared_error, *shapes).name == "mean_squared_error"
    metric = metrics.resolve(halves, *shapes)
    assert metric.name == "halves" and metric(np.ones((4, 3)), np.ones((4, 3))) == 0.5
    with pytest.raises(ValueError, match="None"):
        metrics.resolve(None, *shapes)
    with pytest.raises(ValueError, match="foo"):
        metrics.resolve("foo", *shapes)


def test_wrapper_averages_any_function_with_its_arguments() -> None:
    def scaled(y_true: Any, y_pred: Any, factor: float) -> Any:
        return factor * np.mean(np.abs(np.subtract(y_true, y_pred)), -1)

    metric = metrics.MeanMetricWrapper(scaled, name="scaled", factor=3.0)
    assert metric([[1, 2], [1, 1]], [[1, 1], [1, 1]]) == 0.75
    config = metrics.serialize(metric)
    with pytest.raises(ValueError, match="scaled"):
        metrics.deserialize(config)


def test_wrapper_of_a_known_function_round_trips_and_has_a_direction() -> None:
    metric = metrics.MeanMetricWrapper(losses.huber, name="h", delta=0.5)
    assert metric._direction == "down"
    again = metrics.deserialize(json.loads(json.dumps(metrics.serialize(metric))))
    batch = ([[1.0, 3.0]], [[1.0, 1.0]])
    assert again.name == "h" and again(*batch) == metric(*batch) > 0


def test_wrapper_refuses_what_can_not_be_called() -> None:
    with pytest.raises(TypeError, match="callable"):
        metrics.MeanMetricWrapper("mse")  # type: ignore[arg-type]


def test_metric_of_ones_own() -> None:
    class Largest(metrics.Metric):
        _STATE = ("largest",)
        largest = 0.0

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.largest = max(self.largest, float(np.max(y_pred)))

        def result(self) -> float:
            return self.largest

    metric = Largest()
    assert metric.name.startswith("largest") and metric(0, [1, 3, 2]) == 3
    metric.reset_state()
    assert metric.result() == 0
    assert metrics.get(Largest).name != metric.name
    again = metrics.deserialize(metrics.serialize(metric), {"Largest": Largest})
    assert isinstance(again, Largest)


def test_abstract_metric_says_what_is_missing() -> None:
    metric = metrics.Metric(name="mine")
    for method in (metric.update_state, metric.result, metric.reset_state):
        with pytest.raises(NotImplementedError, match=method.__name__):
            method()


def test_confusion_counts_by_hand() -> None:
    y_true, y_pred = [0, 1, 1, 0, 1], [0.2, 0.7, 0.5, 0.9, 1.0]
    counts = {"TruePositives": 2, "FalsePositives": 1, "TrueNegatives": 1, "FalseNegatives": 1}
    for name, expected in counts.items():
        assert getattr(metrics, name)()(y_true, y_pred) == expected
        weighted = getattr(metrics, name)(thresholds=[0.95, 0.1])
        weighted.update_state(y_true, y_pred, [1, 2, 4, 8, 16])
        right = {"True": lambda p, t: p == t, "False": lambda p, t: p != t}[name[:-9]]
        sums = [
            sum(w for w, t, p in zip([1, 2, 4, 8, 16], y_true, y_pred, strict=True)
                if right(p > at, t) and (p > at) == name.endswith("Positives"))
            for at in (0.95, 0.1)
        ]  # fmt: skip
        np.testing.assert_array_equal(weighted.result(), sums)
    assert metrics.Precision()(y_true, y_pred) == pytest.approx(2 / 3)
    assert metrics.Recall()(y_true, y_pred) == pytest.approx(2 / 3)


def test_ties_with_a_threshold_and_nan_are_not_above_it() -> None:
    assert metrics.TruePositives(thresholds=0.1)([1, 1], np.array([0.1, np.nan], np.float32)) == 0
    assert metrics.FalseNegatives(thresholds=0.1)([1, 1], np.array([0.1, np.nan], np.float32)) == 2


def test_auc_by_hand() -> None:
    assert metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]) == 0.75
    assert metrics.AUC()([0, 0, 1, 1], [0, 0.1, 0.3, 0.9]) == 1
    assert metrics.AUC(curve="PR")([0, 0, 1, 1], [0, 0.1, 0.3, 0.9]) == pytest.approx(1)
    assert metrics.AUC().result() == 0


def test_r2_by_hand_and_its_warnings(rng: np.random.Generator) -> None:
    y_true, y_pred = rng.random((9, 2)), rng.random((9, 2))
    error, spread = ((y_true - y_pred) ** 2).sum(0), ((y_true - y_true.mean(0)) ** 2).sum(0)
    found = metrics.R2Score(class_aggregation=None)(y_true, y_pred)
    np.testing.assert_allclose(found, 1 - error / spread, rtol=1e-12)
    for regressors, text in ((18, "More independent"), (17, "Division by zero")):
        with pytest.warns(UserWarning, match=text):
            score = metrics.R2Score(num_regressors=regressors)(y_true, y_pred)
        assert score == pytest.approx(np.mean(found))


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("AUC", {"num_thresholds": 1}, "num_thresholds"),
        ("AUC", {"num_thresholds": 2.5}, "num_thresholds"),
        ("AUC", {"curve": "x"}, "curve"),
        ("AUC", {"summation_method": "x"}, "summation method"),
        ("AUC", {"num_labels": 2}, "num_labels"),
        ("AUC", {"thresholds": [2.0]}, "Threshold"),
        ("Precision", {"thresholds": [0.5, -1]}, "Threshold"),
        ("Recall", {"thresholds": [None]}, "Threshold"),
        ("TruePositives", {"thresholds": []}, "Threshold"),
        ("TruePositives", {"thresholds": [np.nan]}, "Threshold"),
        ("F1Score", {"average": "x"}, "average"),
        ("F1Score", {"threshold": 0.0}, "threshold"),
        ("F1Score", {"threshold": 1}, "threshold"),
        ("FBetaScore", {"beta": 0.0}, "beta"),
        ("FBetaScore", {"beta": 1}, "beta"),
        ("R2Score", {"class_aggregation": "x"}, "class_aggregation"),
        ("R2Score", {"num_regressors": -1}, "num_regressors"),
        ("Mean", {"dtype": "int32"}, "dtype"),
    ],
)
def test_metric_refuses_bad_arguments(name: str, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        getattr(metrics, name)(**arguments)


@pytest.mark.parametrize(
    ("metric", "y_true", "y_pred", "weight", "error", "text"),
    [
        (metrics.TruePositives(), [1, 0], [[1, 0]], None, ValueError, r"\(2,\).*\(1, 2\)"),
        (metrics.Precision(), [1, 0], [1, 0], [1, 1, 1], ValueError, "sample_weight"),
        (metrics.Precision(top_k=3), [[1, 0]], [[1, 0]], None, ValueError, "top_k"),
        (metrics.Precision(top_k=1), [1, 0], [1, 0], None, ValueError, "top_k"),
        (metrics.Recall(class_id=2), [[1, 0]], [[1, 0]], None, ValueError, "class_id"),
        (metrics.AUC(multi_label=True), [1, 0], [1, 0], None, ValueError, "labels"),
        (metrics.AUC(multi_label=True, num_labels=3), [[1]], [[1]], None, ValueError, "3"),
        (metrics.AUC(label_weights=[1, 2]), [[1]], [[1]], None, ValueError, "label_weights"),
        (metrics.AUC(), ["a"], [1], None, TypeError, "y_true"),
        (metrics.F1Score(), [1, 0], [1, 0], None, ValueError, "2D"),
        (metrics.R2Score(), [1, 0], [1, 0], None, ValueError, "2D"),
        (metrics.Accuracy(), [1, 0], [1, 0, 1], None, ValueError, "y_true has shape"),
        (metrics.Accuracy(), [1], [1j], None, TypeError, "y_pred"),
    ],
)
def test_metric_refuses_what_does_not_fit_and_stays_as_it_was(
    metric: Any, y_true: Any, y_pred: Any, weight: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        metric.update_state(y_true, y_pred, weight)
    assert not any(np.any(value) for value in metric.variables)


@pytest.mark.parametrize("name", ["F1Score", "R2Score"])
def test_number_of_columns_stays(name: str) -> None:
    metric = getattr(metrics, name)()
    metric.update_state(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match="3"):
        metric.update_state(np.eye(2), np.eye(2))


def test_masked_values_are_refused() -> None:
    masked = np.ma.masked_array([1.0, 2.0], mask=[True, False])
    with pytest.raises(TypeError, match="masked"):
        metrics.Mean().update_state(masked)
