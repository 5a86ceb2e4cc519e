"""The losses as functions ``(y_true, y_pred, ...)`` that return the values of samples."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastdense._naming import to_snake_case
from fastdense.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
)
from fastdense.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from fastdense.losses.hinge import CategoricalHinge, Hinge, SquaredHinge
from fastdense.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
)

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray
    from fastdense.losses.base import Loss

    LossFunction = Callable[..., FloatArray]

# What the constructors take beside the parameters of the function.
_NOT_OF_FUNCTIONS = {"reduction", "name", "dtype"}

CLASSES: dict[LossFunction, Callable[..., Loss]] = {}
"""The classes that the functions were made of."""


def _function(cls: Callable[..., Loss]) -> LossFunction:
    """Return the function of a class, named like it and with its parameters."""

    def function(y_true: ArrayLike, y_pred: ArrayLike, **parameters: Any) -> FloatArray:
        values: FloatArray = cls(reduction=None, **parameters)(y_true, y_pred)
        return values

    of_class = inspect.signature(cls).parameters.values()
    parameters = [p for p in of_class if p.name not in _NOT_OF_FUNCTIONS]
    arrays = list(inspect.signature(function).parameters.values())[:2]
    function.__name__ = function.__qualname__ = to_snake_case(cls.__name__)
    function.__doc__ = f"Return the values of the samples.\n\n{inspect.getdoc(cls)}"
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what `help` reads
        [*arrays, *(p.replace(kind=p.KEYWORD_ONLY) for p in parameters)]
    )
    CLASSES[function] = cls
    return function


def class_of(function: object) -> Callable[..., Loss] | None:
    """Return what makes the loss of one of these functions, perhaps with parameters bound."""
    if isinstance(function, functools.partial):
        cls = CLASSES.get(function.func)
        plain = not function.args
        return functools.partial(cls, **function.keywords) if cls is not None and plain else None
    return CLASSES.get(function) if inspect.isfunction(function) else None


binary_crossentropy = _function(BinaryCrossentropy)
binary_focal_crossentropy = _function(BinaryFocalCrossentropy)
categorical_crossentropy = _function(CategoricalCrossentropy)
categorical_focal_crossentropy = _function(CategoricalFocalCrossentropy)
categorical_hinge = _function(CategoricalHinge)
cosine_similarity = _function(CosineSimilarity)
hinge = _function(Hinge)
huber = _function(Huber)
kl_divergence = _function(KLDivergence)
log_cosh = _function(LogCosh)
mean_absolute_error = _function(MeanAbsoluteError)
mean_absolute_percentage_error = _function(MeanAbsolutePercentageError)
mean_squared_error = _function(MeanSquaredError)
mean_squared_logarithmic_error = _function(MeanSquaredLogarithmicError)
poisson = _function(Poisson)
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy)
squared_hinge = _function(SquaredHinge)
