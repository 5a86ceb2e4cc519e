"""The base of every metric: a state that batches are added to, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from fastdense._arrays import float_dtype
from fastdense._configurable import Configurable
from fastdense._naming import unique_name

if TYPE_CHECKING:
    from fastdense._typing import Config, DTypeLike, FloatArray

    Result: TypeAlias = float | FloatArray
    """What a metric says: a number, or an array if it was asked for several."""


class Metric(Configurable):
    """Base class of the metrics.

    A subclass defines `update_state`, which adds a batch to its state, and `result`. If `_STATE`
    names the attributes that hold the state, `reset_state` sets them to zero.

    Parameters
    ----------
    name
        Under which results are reported; made from the class name if not given.
    dtype
        Kept for the configs of Keras. States are float64 whatever it is.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = ("name", "dtype")
    _STATE: ClassVar[tuple[str, ...]] = ()
    # Where the better values are: "up" or "down"; callbacks with mode="auto" read it.
    _direction: str | None = None

    def __init__(self, name: str | None = None, dtype: DTypeLike | Config = None) -> None:
        self.name = unique_name(type(self).__name__) if name is None else name
        self._dtype = float_dtype(dtype)

    @property
    def dtype(self) -> str:
        """The dtype it was made with, by name."""
        return str(self._dtype)

    @property
    def variables(self) -> list[FloatArray]:
        """Copies of the state, as float64 arrays."""
        return [np.array(getattr(self, name), np.float64) for name in self._STATE]

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch: ``update_state(y_true, y_pred, sample_weight=None)`` for most metrics."""
        raise NotImplementedError(f"Metric {type(self).__name__} does not implement `update_state`")

    def result(self) -> Result:
        """Return the value for all that was added since the last reset."""
        raise NotImplementedError(f"Metric {type(self).__name__} does not implement `result`")

    def reset_state(self) -> None:
        """Forget all that was added."""
        if not self._STATE:
            raise NotImplementedError(
                f"Metric {type(self).__name__} does not implement `reset_state`, and its `_STATE` "
                "names no attributes to set to zero"
            )
        for name in self._STATE:
            value = getattr(self, name)
            setattr(self, name, np.zeros_like(value) if isinstance(value, np.ndarray) else 0.0)

    def __call__(self, *args: Any, **kwargs: Any) -> Result:
        """Add a batch and return the result with it."""
        self.update_state(*args, **kwargs)
        return self.result()
