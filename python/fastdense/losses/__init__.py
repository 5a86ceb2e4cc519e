"""Losses, with the definitions of `keras.losses`.

A loss is called as ``loss(y_true, y_pred, sample_weight=None)``; training uses
``loss.value_and_gradient``. It computes in the dtype of the predictions. The functions return the
values of the samples. Targets must have the predictions' shape, up to a 1 at its end; nothing is
broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastdense._registry import Registry
from fastdense.losses.base import Loss, LossFunctionWrapper
from fastdense.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
)
from fastdense.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from fastdense.losses.functions import (
    CLASSES,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    class_of,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
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
from fastdense.losses.targets import prepare_targets

if TYPE_CHECKING:
    from fastdense._typing import Identifier

_ALIASES: dict[Callable[..., Any], tuple[str, ...]] = {
    BinaryCrossentropy: ("bce", "BCE"),
    KLDivergence: ("kld", "KLD"),
    MeanAbsoluteError: ("mae", "MAE"),
    MeanAbsolutePercentageError: ("mape", "MAPE"),
    MeanSquaredError: ("mse", "MSE"),
    MeanSquaredLogarithmicError: ("msle", "MSLE"),
}

_registry: Registry[Callable[..., Any]] = Registry("loss", "keras.losses")
# The classes last: a name in snake_case stands for the class, a function for itself.
for _function in CLASSES:
    _registry.register(_function)
for _class in CLASSES.values():
    _registry.register(_class, *_ALIASES.get(_class, ()))

serialize = _registry.serialize
deserialize = _registry.deserialize


def get(identifier: Identifier | Loss) -> Loss | None:
    """Return the loss that a name, config, class, instance or function stands for.

    A function of this module, also with parameters bound by `functools.partial`, stands for its
    class. Any other callable ``(y_true, y_pred)`` must return the values of the samples; to be
    trained with, it needs an attribute ``gradient(y_true, y_pred)``.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    found = _registry.get(identifier)
    if found is None or isinstance(found, Loss):
        return found
    cls = class_of(found)
    return LossFunctionWrapper(found) if cls is None else cls()


__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "prepare_targets",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]
