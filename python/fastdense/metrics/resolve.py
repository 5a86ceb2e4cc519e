"""Names, configs and objects as metrics; names that mean another one for other shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastdense._naming import to_snake_case
from fastdense._registry import Registry
from fastdense.metrics import accuracy as _accuracy
from fastdense.metrics import confusion as _confusion
from fastdense.metrics import from_losses as _from_losses
from fastdense.metrics.auc import AUC
from fastdense.metrics.base import Metric
from fastdense.metrics.f_score import F1Score, FBetaScore
from fastdense.metrics.r2 import R2Score
from fastdense.metrics.reductions import Mean, MeanMetricWrapper, Sum

if TYPE_CHECKING:
    from fastdense._typing import Identifier

_registry: Registry[Any] = Registry("metric", "keras.metrics")

for _class in (
    AUC,
    F1Score,
    FBetaScore,
    Mean,
    MeanMetricWrapper,
    R2Score,
    Sum,
    _accuracy.Accuracy,
    _accuracy.BinaryAccuracy,
    _accuracy.CategoricalAccuracy,
    _accuracy.SparseCategoricalAccuracy,
    _accuracy.SparseTopKCategoricalAccuracy,
    _accuracy.TopKCategoricalAccuracy,
    _confusion.FalseNegatives,
    _confusion.FalsePositives,
    _confusion.Precision,
    _confusion.Recall,
    _confusion.TrueNegatives,
    _confusion.TruePositives,
    _from_losses.CategoricalCrossentropy,
    _from_losses.CategoricalHinge,
    _from_losses.CosineSimilarity,
    _from_losses.Hinge,
    _from_losses.KLDivergence,
    _from_losses.LogCoshError,
    _from_losses.Poisson,
    _from_losses.RootMeanSquaredError,
    _from_losses.SparseCategoricalCrossentropy,
    _from_losses.SquaredHinge,
):
    _registry.register(_class)
_registry.register(_from_losses.BinaryCrossentropy, "bce", "BCE")
_registry.register(_from_losses.MeanAbsoluteError, "mae", "MAE")
_registry.register(_from_losses.MeanAbsolutePercentageError, "mape", "MAPE")
_registry.register(_from_losses.MeanSquaredError, "mse", "MSE")
_registry.register(_from_losses.MeanSquaredLogarithmicError, "msle", "MSLE")

get = _registry.get
serialize = _registry.serialize
deserialize = _registry.deserialize

# For predictions of one column, for integer labels, for targets of the predictions' shape.
_ACCURACIES = (
    _accuracy.BinaryAccuracy,
    _accuracy.SparseCategoricalAccuracy,
    _accuracy.CategoricalAccuracy,
)
_CROSSENTROPIES = (
    _from_losses.BinaryCrossentropy,
    _from_losses.SparseCategoricalCrossentropy,
    _from_losses.CategoricalCrossentropy,
)
_BY_SHAPE: dict[str, Sequence[Callable[[str], Metric]]] = {
    "accuracy": _ACCURACIES,
    "acc": _ACCURACIES,
    "crossentropy": _CROSSENTROPIES,
    "ce": _CROSSENTROPIES,
}


def resolve(
    identifier: Identifier,
    y_true_shape: Sequence[int | None],
    y_pred_shape: Sequence[int | None],
) -> Metric:
    """Return the metric that a model is compiled with, named as Keras names it.

    ``"accuracy"`` and ``"acc"``, ``"crossentropy"`` and ``"ce"`` are the binary one for predictions
    of one column; else the sparse one if targets have fewer axes, or one column; else the
    categorical one.

    Parameters
    ----------
    identifier
        A name, config, class, instance, or function ``(y_true, y_pred)`` to be averaged.
    y_true_shape, y_pred_shape
        With the batch first, whose size doesn't matter.

    Raises
    ------
    ValueError
        If the identifier stands for no metric.
    """
    if identifier is None:
        raise ValueError("Expected a metric. Received: None")
    name = identifier if isinstance(identifier, str) else None
    if name is not None and name.lower() in _BY_SHAPE:
        candidates = _BY_SHAPE[name.lower()]
        return candidates[_kind_of_targets(y_true_shape, y_pred_shape)](name)
    metric: Any = get(identifier)
    if not isinstance(metric, Metric):
        named = metric if hasattr(metric, "__name__") else type(metric)
        return MeanMetricWrapper(metric, to_snake_case(named.__name__))
    if name is not None:
        metric.name = name
    return metric


def _kind_of_targets(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> int:
    if y_pred_shape[-1] == 1:
        return 0
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return 1
    return 2
