"""The coefficient of determination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdense._warn import warn
from fastdense.metrics.base import Metric
from fastdense.metrics.operands import paired, weights_for

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, Config, DTypeLike, FloatArray
    from fastdense.metrics.base import Result

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """``1 - sum((y_true - y_pred)**2) / sum((y_true - mean(y_true))**2)``, column by column.

    A column whose targets are all the same has the score 0, or NaN if they are met exactly.

    Parameters
    ----------
    class_aggregation
        ``"uniform_average"`` of the columns, ``"variance_weighted_average"``, or None for an array.
    num_regressors
        If p is not 0, the adjusted score ``1 - (1 - r2) (n - 1) / (n - p - 1)`` for n elements.
    """

    _FIELDS = ("name", "dtype", "class_aggregation", "num_regressors")
    _STATE = ("num_samples", "squared_sum", "sum", "total_mse", "count")
    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: DTypeLike | Config = None,
    ) -> None:
        super().__init__(name, dtype)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {_AGGREGATIONS}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = 0.0
        self._columns: int | None = None
        # Of each column: weighted sums of y_true**2, y_true and the squared error; of the weights.
        self.squared_sum: FloatArray = np.zeros(())
        self.sum: FloatArray = np.zeros(())
        self.total_mse: FloatArray = np.zeros(())
        self.count: FloatArray = np.zeros(())

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add a batch of shape (n, columns).

        Raises
        ------
        ValueError
            If there are other axes, or another number of columns than before.
        """
        targets, predictions = paired(y_true, y_pred)
        if targets.ndim != 2:
            raise ValueError(
                "R2Score expects 2D inputs with shape (batch_size, output_dim). "
                f"Received: y_true.shape={np.shape(y_true)}, y_pred.shape={np.shape(y_pred)}"
            )
        if self._columns not in (None, targets.shape[1]):
            raise ValueError(
                f"R2Score expects {self._columns} columns, as before. "
                f"Received: y_pred.shape={np.shape(y_pred)}"
            )
        weights = weights_for(targets.shape, sample_weight).array
        self._columns = targets.shape[1]
        truth = targets.astype(np.float64)
        error = truth - predictions
        self.squared_sum = self.squared_sum + np.sum(truth * truth * weights, axis=0)
        self.sum = self.sum + np.sum(truth * weights, axis=0)
        self.total_mse = self.total_mse + np.sum(error * error * weights, axis=0)
        self.count = self.count + np.sum(np.broadcast_to(weights, truth.shape), axis=0)
        self.num_samples += truth.size

    def result(self) -> Result:
        """Return the score, or an array of one per column if they aren't aggregated."""
        with np.errstate(divide="ignore", invalid="ignore"):
            variation = self.squared_sum - self.sum * (self.sum / self.count)
            scores = 1.0 - self.total_mse / variation
            scores = np.where(np.isinf(scores), 0.0, scores)
            if self.class_aggregation is None:
                return self._adjusted(scores)
            weights = variation if self.class_aggregation.startswith("variance") else 1.0
            score = np.sum(scores * weights) / np.sum(np.broadcast_to(weights, scores.shape))
        return float(self._adjusted(score))

    def _adjusted(self, score: FloatArray) -> FloatArray:
        """Return what remains of the score if regressors are charged for."""
        n, p = self.num_samples, self.num_regressors
        if p == 0:
            return score
        if p > n - 1:
            warn(
                "More independent predictors than datapoints in adjusted R2 score. "
                "Falling back to standard R2 score."
            )
        elif p == n - 1:
            warn("Division by zero in Adjusted R2 score. Falling back to standard R2 score.")
        else:
            return 1.0 - (1.0 - score) * (n - 1.0) / (n - p - 1.0)
        return score
