"""Sums and means over samples, and metrics that are the mean of a function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastdense import losses
from fastdense._registry import Registry
from fastdense.metrics.base import Metric
from fastdense.metrics.operands import real, weights_for

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._typing import ArrayLike, Config, DTypeLike, FloatArray

    Function = Callable[..., ArrayLike]
    """``function(y_true, y_pred, **arguments)``: a value for every sample, or several."""


class Sum(Metric):
    """Sum of all values, each times the weight of its sample."""

    _STATE: ClassVar[tuple[str, ...]] = ("total",)

    def __init__(self, name: str = "sum", dtype: DTypeLike | Config = None) -> None:
        super().__init__(name, dtype)
        self.total = 0.0

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add `values`; `sample_weight` has the shape of their leading axes."""
        terms = real(values, "values")
        if sample_weight is not None:
            terms = terms * weights_for(terms.shape, sample_weight).array
        self.total += float(np.sum(terms, dtype=np.float64))

    def result(self) -> float:
        """Return the sum."""
        return self.total


class Average(Metric):
    """What all means over samples share: a weighted sum, and the sum of the weights."""

    _STATE = ("total", "count")

    def __init__(self, name: str | None = None, dtype: DTypeLike | Config = None) -> None:
        super().__init__(name, dtype)
        self.total = 0.0
        self.count = 0.0

    def result(self) -> float:
        """Return the mean; 0 if nothing was added."""
        return self.total / self.count if self.count else 0.0

    def _add(self, values: FloatArray, sample_weight: ArrayLike | None) -> None:
        """Add samples, each with the mean of its values.

        Values v of shape (n, ...) and weights w, broadcast to it, add ``sum(w v) / m`` to the total
        and ``sum(w) / m`` to the count, m being the values of a sample. As in Keras, a scalar
        weight makes one sample of the batch.
        """
        axes = values.shape[1:]
        if sample_weight is None:
            total = float(np.add.reduce(values, axis=None, dtype=np.float64))
            count = float(len(values)) if values.ndim else 1.0
        else:
            weights = weights_for(values.shape, sample_weight)
            axes = axes if np.ndim(sample_weight) else values.shape
            total = float(np.sum(values * weights.array))
            count = float(np.sum(weights.array)) * weights.run / max(1, math.prod(axes))
        self.total += total / max(1, math.prod(axes)) if axes else total
        self.count += count


class Mean(Average):
    """Mean of values, weighted by samples; 0 for none."""

    def __init__(self, name: str = "mean", dtype: DTypeLike | Config = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add `values`; `sample_weight` has the shape of their leading axes."""
        self._add(real(values, "values"), sample_weight)


class MeanMetricWrapper(Average):
    """Mean over samples of any function.

    Parameters
    ----------
    fn
        ``fn(y_true, y_pred, **kwargs)``, whose values are averaged.
    name
        Under which results are reported; made from the class name if not given.
    dtype
        Kept for the configs of Keras.
    **kwargs
        What else `fn` is called with.
    """

    def __init__(
        self,
        fn: Function,
        name: str | None = None,
        dtype: DTypeLike | Config = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, dtype)
        if not callable(fn):
            raise TypeError(f"{self.name}: expected a callable `fn`. Received: fn={fn!r}")
        self._fn = fn
        self._fn_kwargs = kwargs
        if isinstance(FUNCTIONS.serialize(fn), str):
            self._direction = "down"

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add what the function gives for a batch."""
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        self._add(real(values, f"the value of {self.name}"), sample_weight)

    def get_config(self) -> Config:
        """Return the constructor's arguments; a function unknown here by its name alone."""
        return {**super().get_config(), "fn": FUNCTIONS.serialize(self._fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return the metric that `get_config` described; `fn` must be a function of Keras'."""
        return cls(**{**config, "fn": FUNCTIONS.deserialize(config["fn"])})


FUNCTIONS: Registry[Any] = Registry("metric function", "keras.metrics")
"""The functions that configs of MeanMetricWrapper may name; all are better when smaller."""

for _function in (
    losses.binary_crossentropy,
    losses.categorical_crossentropy,
    losses.categorical_hinge,
    losses.hinge,
    losses.huber,
    losses.kl_divergence,
    losses.log_cosh,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.mean_squared_error,
    losses.mean_squared_logarithmic_error,
    losses.poisson,
    losses.sparse_categorical_crossentropy,
    losses.squared_hinge,
):
    FUNCTIONS.register(_function)
