"""Crossentropies, and the Kullback-Leibler divergence.

Probabilities are clipped to ``[1e-7, 1 - 1e-7]``, as Keras does, and where they are clipped there
is no gradient. From logits nothing is clipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from fastdense._warn import warn
from fastdense.losses.native import CoreLoss, Evaluation
from fastdense.losses.reduction import weighting
from fastdense.losses.targets import labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense._typing import ArrayLike, DTypeLike, FloatArray
    from fastdense.losses.native import Needs

    Self = TypeVar("Self", bound="Crossentropy")


class KLDivergence(CoreLoss):
    """``sum(y_true * log(y_true / y_pred))`` over the last axis, both clipped to [1e-7, 1]."""

    _CORE = "kl_divergence"


class Crossentropy(CoreLoss):
    """What crossentropies have in common.

    Parameters
    ----------
    from_logits
        Whether predictions are what a sigmoid or softmax takes rather than what it returns.
    axis
        Of the classes.

    Raises
    ------
    TypeError
        If `axis` is no integer.
    """

    _ACTIVATION: ClassVar[str]

    def __init__(
        self,
        from_logits: bool,
        axis: int,
        reduction: str | None,
        name: str | None,
        dtype: DTypeLike,
    ) -> None:
        super().__init__(reduction, name, dtype)
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise TypeError(f"`axis` must be of type `int`. Received: axis={axis!r}")
        self.from_logits = from_logits
        self.axis = axis

    def on_logits(self: Self, activation: str) -> Self | None:
        """Return this loss of logits, if predictions are the probabilities that belong to them."""
        fits = activation == self._ACTIVATION and not self.from_logits
        if not fits or self.axis != -1 or not self._is_as_defined():
            return None
        return type(self)(**{**self.get_config(), "from_logits": True}, dtype=self.dtype)

    def _core_name(self) -> str:
        return self._CORE + ("_from_logits" if self.from_logits else "")


class SmoothedCrossentropy(Crossentropy):
    """A crossentropy of targets that have the predictions' shape.

    Parameters
    ----------
    label_smoothing
        Between 0 and 1: the share of each target that is replaced by even odds.

    Raises
    ------
    ValueError
        If `label_smoothing` isn't in [0, 1].
    """

    _FIELDS: ClassVar[tuple[str, ...]] = (
        "name",
        "reduction",
        "from_logits",
        "label_smoothing",
        "axis",
    )

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype)
        self.label_smoothing = float(label_smoothing)
        if not 0 <= self.label_smoothing <= 1:
            raise ValueError(
                "Invalid value for argument `label_smoothing`. Expected a number in [0, 1]. "
                f"Received: label_smoothing={label_smoothing}"
            )

    def _parameter(self) -> float:
        return self.label_smoothing


class BinaryCrossentropy(SmoothedCrossentropy):
    """``mean(-t * log(p) - (1 - t) * log(1 - p))`` along an axis; t in [0, 1].

    Label smoothing makes ``t * (1 - s) + s / 2`` of t. From logits x:
    ``log(1 + exp(-|x|)) + max(x, 0) - t * x``.
    """

    _CORE = "binary_crossentropy"
    _ACTIVATION = "sigmoid"


class CategoricalCrossentropy(SmoothedCrossentropy):
    """``-sum(t * log(p / sum(p)))`` along the axis of the classes; targets add up to 1.

    Label smoothing makes ``t * (1 - s) + s / classes`` of t. From logits:
    ``-sum(t * log(softmax(x)))``, with the gradient ``softmax(x) - t``.
    """

    _CORE = "categorical_crossentropy"
    _ACTIVATION = "softmax"

    def prepare_targets(
        self, y_true: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        """Return `y_true` in the shape and dtype of the predictions; warn of a single class."""
        if shape[-1:] == (1,):
            warn(
                f"In loss {self.name}, expected y_pred.shape to be (batch_size, num_classes) with "
                f"num_classes > 1. Received: y_pred.shape={shape}. Consider using "
                "'binary_crossentropy' if you only have 2 classes."
            )
        return super().prepare_targets(y_true, shape, dtype)


class SparseCategoricalCrossentropy(Crossentropy):
    """`CategoricalCrossentropy` with the right classes' numbers as targets.

    Parameters
    ----------
    ignore_class
        A label, in or out of range, whose samples count for nothing: neither in the loss nor in
        the number of values that a mean divides by.
    """

    _CORE = "sparse_categorical_crossentropy"
    _ACTIVATION = "softmax"
    _FIELDS: ClassVar[tuple[str, ...]] = (
        "name",
        "reduction",
        "from_logits",
        "ignore_class",
        "axis",
    )

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype)
        self.ignore_class = ignore_class

    def lower(self) -> tuple[int, float, float] | None:
        """Return the core's code, if it has one: none ignores a class."""
        return super().lower() if self.ignore_class is None else None

    def prepare_targets(
        self, y_true: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        """Return `y_true` as int64, without the axis of the classes."""
        return labels(self.name, y_true, shape, self._axis_of(shape), self.ignore_class)

    def _arrays(
        self, y_true: ArrayLike, y_pred: ArrayLike
    ) -> tuple[NDArray[Any], FloatArray, tuple[int, ...]]:
        predictions = self._predictions(y_pred)
        targets = self.prepare_targets(y_true, predictions.shape, predictions.dtype)
        return targets, predictions, predictions.shape

    def _evaluate_rows(
        self,
        reduction: str | None,
        targets: NDArray[Any],
        predictions: FloatArray,
        sample_weight: ArrayLike | None,
        scale: float,
        needs: Needs,
    ) -> Evaluation:
        evaluate = super()._evaluate_rows
        if self.ignore_class is None:
            return evaluate(reduction, targets, predictions, sample_weight, scale, needs)
        counts = targets != self.ignore_class
        weights = weighting(reduction, targets.shape, predictions.dtype, sample_weight).weights
        some = None if weights is None else weights[counts]
        found = evaluate(reduction, targets[counts], predictions[counts], some, scale, needs)
        return Evaluation(
            found.loss, _spread(found.values, counts), _spread(found.gradient, counts)
        )


def _spread(some: FloatArray | None, where: NDArray[np.bool_]) -> FloatArray | None:
    """Return an array of zeros but for `some`, in their places."""
    if some is None:
        return None
    full = np.zeros(where.shape + some.shape[1:], some.dtype)
    full[where] = some
    return full
