"""The base class of losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastdense._arrays import as_float, float_dtype
from fastdense._changes import Noted
from fastdense._configurable import Configurable
from fastdense._naming import to_snake_case
from fastdense.losses.reduction import check_reduction, weighting
from fastdense.losses.targets import match_ranks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastdense._typing import ArrayLike, DTypeLike, FloatArray

    Code = tuple[int, float, float]


class Loss(Configurable, Noted):
    """Base class. A subclass defines `call` and, to be trained with, `gradient`.

    Parameters
    ----------
    name
        The name in logs; the class' own in snake_case if None.
    reduction
        What becomes of the samples' values: ``"sum_over_batch_size"`` or ``"mean"``, their sum,
        weighted if there are weights, divided by their number; ``"sum"``;
        ``"mean_with_sample_weight"``, divided by the sum of the weights; ``"none"`` or None, an
        array, which nothing can be trained with.
    dtype
        float32 or float64 to compute in; that of the predictions if None.

    Raises
    ------
    ValueError
        If there is no such reduction or dtype.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = ("name", "reduction")
    axis = -1

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: DTypeLike = None,
    ) -> None:
        self.name = name or to_snake_case(type(self).__name__)
        self.reduction = check_reduction(reduction)
        self.dtype = None if dtype is None else float_dtype(dtype)

    def call(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the values of the samples: of y_pred's shape without its last axis."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `call`")

    def gradient(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the derivative of each sample's value by its predictions, of y_pred's shape."""
        raise TypeError(
            f"{self.name} has no method `gradient(y_true, y_pred)`, which training needs. "
            "See fastdense.losses.Loss"
        )

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Return the loss: a float, or an array without a reduction.

        Parameters
        ----------
        y_true
            Targets; what fits is up to the loss.
        y_pred
            Predictions, of any rank.
        sample_weight
            A number, one per sample, or an array that broadcasts to the samples' values.

        Raises
        ------
        TypeError
            If something holds no real numbers.
        ValueError
            If the shapes don't fit, or a label is out of range.
        """
        targets, predictions, _ = self._arrays(y_true, y_pred)
        values = np.asarray(self.call(targets, predictions))
        how = weighting(self.reduction, values.shape, predictions.dtype, sample_weight)
        weighted = values if how.weights is None else values * how.weights
        if self.reduction in {None, "none"}:
            return weighted
        return how.mean(float(np.sum(weighted, dtype=np.float64)))

    def value_and_gradient(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
        scale: float = 1.0,
    ) -> tuple[float, FloatArray]:
        """Return the loss, and `scale` times its gradient for `y_pred`, an array of its shape.

        Raises
        ------
        TypeError
            As in a call, and if the loss has no gradient.
        ValueError
            As in a call, and if there is no reduction.
        """
        self._require_reduction()
        targets, predictions, shape = self._arrays(y_true, y_pred)
        values = np.asarray(self.call(targets, predictions))
        slopes = np.asarray(self.gradient(targets, predictions), predictions.dtype)
        if slopes.shape != predictions.shape:
            raise ValueError(
                f"{self.name}: `gradient` returned shape {slopes.shape}, expected "
                f"{predictions.shape}, that of y_pred"
            )
        how = weighting(self.reduction, values.shape, predictions.dtype, sample_weight)
        slopes = slopes * predictions.dtype.type(how.scale(scale))
        if how.weights is not None:
            values = values * how.weights
            slopes *= np.expand_dims(how.weights, self._axis_of(predictions.shape))
        return how.mean(float(np.sum(values, dtype=np.float64))), slopes.reshape(shape)

    def lower(self) -> Code | None:
        """Return the core's code of this loss; None if the core has none that is exactly it."""
        return None

    def on_logits(self, activation: str) -> Loss | None:
        """Return the same loss of what goes into `activation`, ``"softmax"`` or ``"sigmoid"``.

        None unless this loss is the crossentropy that belongs to the activation. Computed from
        logits, it is exact, and has a gradient, where the activation saturates.
        """
        return None

    def prepare_targets(
        self, y_true: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        """Do what `fastdense.losses.prepare_targets` says."""
        return as_float(y_true, dtype, f"{self.name}: y_true")

    def _arrays(
        self, y_true: ArrayLike, y_pred: ArrayLike
    ) -> tuple[NDArray[Any], FloatArray, tuple[int, ...]]:
        """Return targets, predictions, and the shape in which the latter came."""
        predictions = self._predictions(y_pred)
        targets = as_float(y_true, predictions.dtype, f"{self.name}: y_true")
        return *match_ranks(targets, predictions), predictions.shape

    def _predictions(self, y_pred: ArrayLike) -> FloatArray:
        dtype = self.dtype
        if dtype is None:
            wide = getattr(y_pred, "dtype", None) == np.float64
            dtype = np.dtype(np.float64 if wide else np.float32)
        return as_float(y_pred, dtype, f"{self.name}: y_pred")

    def _axis_of(self, shape: tuple[int, ...]) -> int:
        """Return the axis along which the values of samples of predictions of `shape` are made."""
        if not -len(shape) <= self.axis < len(shape):
            raise ValueError(
                f"{self.name}: axis must be an axis of y_pred. "
                f"Received: axis={self.axis}, y_pred.shape={shape}"
            )
        return self.axis % len(shape)

    def _require_reduction(self) -> None:
        if self.reduction in {None, "none"}:
            raise ValueError(
                f"{self.name}: training needs one number to be minimized. "
                f"Received: reduction={self.reduction!r}"
            )


class LossFunctionWrapper(Loss):
    """The loss that a function ``(y_true, y_pred, **kwargs)`` gives the values of samples for.

    To be trained with, the function needs an attribute ``gradient(y_true, y_pred, **kwargs)``.
    """

    def __init__(
        self,
        fn: Callable[..., ArrayLike],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return what the function does."""
        return np.asarray(self.fn(y_true, y_pred, **self._fn_kwargs), y_pred.dtype)

    def gradient(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return what the function's `gradient` does; TypeError if it has none."""
        gradient = getattr(self.fn, "gradient", None)
        if gradient is None:
            return super().gradient(y_true, y_pred)
        return np.asarray(gradient(y_true, y_pred, **self._fn_kwargs), y_pred.dtype)
