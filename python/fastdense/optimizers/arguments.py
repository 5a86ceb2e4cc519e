"""What the constructor of every optimizer checks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastdense._warn import warn
from fastdense.optimizers.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from fastdense._typing import FloatArray

LearningRate: TypeAlias = float | Callable[..., float]


def check_unknown(options: Mapping[str, Any]) -> None:
    """Raise ValueError if there are arguments that no optimizer has."""
    unknown = dict(options)
    if unknown.pop("decay", None) is not None:
        warn("Argument `decay` is no longer supported and will be ignored.")
    if unknown:
        raise ValueError(f"Argument(s) not recognized: {unknown}")


def check_supported(options: Mapping[str, Any]) -> None:
    """Raise ValueError if one of the options that do nothing here is set."""
    for name, value in options.items():
        if value:
            raise ValueError(
                f"`{name}` is not supported, expected it to be left out. Received: {name}={value}"
            )


def check_one_clipping(
    clipnorm: float | None, clipvalue: float | None, global_clipnorm: float | None
) -> None:
    """Raise ValueError if there is more than one way of clipping."""
    if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
        raise ValueError(
            "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
            f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
        )


def stored_learning_rate(learning_rate: LearningRate) -> Any:
    """Return the schedule or callable itself, a float as a zero-dimensional array.

    Raises
    ------
    ValueError
        If it is anything else, also an integer.
    """
    if callable(learning_rate):
        return learning_rate
    if not isinstance(learning_rate, float):
        raise ValueError(
            "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or "
            "a callable (that takes in the current iteration value and returns the corresponding "
            f"learning rate value). Received instead: learning_rate={learning_rate}"
        )
    return np.array(learning_rate, np.float64)


def current_value(learning_rate: Any, iterations: int) -> float:
    """Return the rate for the step after `iterations` steps, of what `stored_learning_rate` gave.

    A callable that isn't a schedule is called without arguments, as Keras does.
    """
    if isinstance(learning_rate, LearningRateSchedule):
        return float(learning_rate(iterations))
    return float(learning_rate() if callable(learning_rate) else learning_rate)


def check_weights(weights: Sequence[FloatArray], where: str) -> None:
    """Raise unless `weights` are arrays that an optimizer can update, all of one dtype.

    Raises
    ------
    TypeError, ValueError
        As the text says; `where` is its beginning.
    """
    for i, weight in enumerate(weights):
        if not isinstance(weight, np.ndarray) or weight.dtype not in (np.float32, np.float64):
            kind = getattr(weight, "dtype", type(weight).__name__)
            raise TypeError(f"{where}: weight {i} must be a float32 or float64 array, got {kind}")
        if weight.dtype != weights[0].dtype:
            raise ValueError(
                f"{where}: expected weights of one dtype. Received: {weights[0].dtype} (weight 0) "
                f"and {weight.dtype} (weight {i})"
            )
        if not (weight.flags.c_contiguous and weight.flags.writeable and weight.flags.aligned):
            raise ValueError(f"{where}: weight {i} must be writable, C-contiguous and aligned")
    for (i, a), (j, b) in itertools.combinations(enumerate(weights), 2):
        if np.may_share_memory(a, b):
            raise ValueError(f"{where}: weights {i} and {j} share memory")
