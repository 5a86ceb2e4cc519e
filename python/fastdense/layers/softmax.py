"""The softmax layer, with a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import _activation, activations, ops
from fastdense._axis import Axis, plain_axis
from fastdense.layers.activation import ActivationLayer
from fastdense.layers.backprop import Backprop, weightless

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense._activation import Resolved
    from fastdense._typing import Config, FloatArray

# What takes the place of a masked logit (Keras' value).
_MASKED = -1e9


class Softmax(ActivationLayer):
    """Softmax along an axis: ``layer(x, mask=None)``.

    `mask`, an array that broadcasts to x, says what to keep: True, or a number above 0.5. What it
    doesn't keep takes no part, and comes out as 0, also where a whole axis is masked.

    Parameters
    ----------
    axis
        An axis, several that are normalized jointly, or None for all.
    **kwargs
        See `Layer`.
    """

    def __init__(self, axis: Axis = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = plain_axis(axis, "Softmax")

    def as_activation(self) -> Resolved:
        """Return the activation that the layer applies."""
        return _activation.bind(activations.softmax, axis=self.axis)

    def call(  # type: ignore[override]  # one option more
        self, inputs: FloatArray, mask: np.ndarray[Any, Any] | None = None
    ) -> FloatArray:
        """Return the softmax of what `mask` keeps, 0 elsewhere."""
        if mask is None:
            return super().call(inputs)
        keep = _keep(mask, inputs.shape)
        y = super().call(np.where(keep, inputs, inputs.dtype.type(_MASKED)))
        y *= keep
        return y

    def forward(  # type: ignore[override]  # one option more
        self, inputs: FloatArray, mask: np.ndarray[Any, Any] | None = None
    ) -> tuple[FloatArray, Backprop]:
        """Return what `call` does, and the function that computes its gradient."""
        if mask is None:
            return super().forward(inputs)
        keep = _keep(mask, inputs.shape)
        masked = np.where(keep, inputs, inputs.dtype.type(_MASKED))
        y, residuals = ops.activation_forward(masked, self.as_activation())

        def gradient(dy: FloatArray) -> FloatArray:
            dx = ops.activation_backward(dy * keep, residuals)
            dx *= keep
            return dx

        return y * keep, weightless(gradient)

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {**super().get_config(), "axis": self.axis}


def _keep(mask: np.ndarray[Any, Any], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return `mask` as booleans; ValueError unless it broadcasts to `shape`."""
    mask = np.asarray(mask)
    pairs = zip(mask.shape[::-1], shape[::-1], strict=False)
    if mask.ndim > len(shape) or any(m not in (1, size) for m, size in pairs):
        raise ValueError(
            "The `mask` must be broadcastable to `inputs`. Each mask dimension must be 1 or match "
            "the corresponding input dimension. Received: "
            f"inputs.shape={shape}, mask.shape={mask.shape}"
        )
    return mask if mask.dtype == np.bool_ else mask > 0.5
