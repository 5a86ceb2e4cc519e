"""The parametric rectifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import _core, constraints, initializers, regularizers
from fastdense.layers.backprop import Backprop, Gradients
from fastdense.layers.base import Layer
from fastdense.layers.input_spec import InputSpec
from fastdense.layers.weights import WeightAttribute

if TYPE_CHECKING:
    from fastdense._typing import Config, FloatArray, Identifier, Shape


class PReLU(Layer):
    """``x`` for x > 0, else ``alpha * x``, with a trained alpha (He et al., arXiv:1502.01852).

    Parameters
    ----------
    alpha_initializer, alpha_regularizer, alpha_constraint
        For the weight `alpha`, of the shape of one sample.
    shared_axes
        Axes (1 is the first after the batch) along which alpha has one value.
    **kwargs
        See `Layer`.
    """

    alpha = WeightAttribute["FloatArray"]()

    def __init__(
        self,
        alpha_initializer: Identifier = "Zeros",
        alpha_regularizer: Identifier = None,
        alpha_constraint: Identifier = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = None if shared_axes is None else np.atleast_1d(shared_axes).tolist()

    def build(self, input_shape: Shape) -> None:
        """Create alpha for samples of shape ``input_shape[1:]``."""
        shared = self.shared_axes or []
        ndim = len(input_shape)
        if any(not 1 <= axis < ndim for axis in shared):
            raise ValueError(
                f"PReLU: shared_axes must lie between 1 and {ndim - 1} for inputs of rank {ndim}. "
                f"Received: shared_axes={shared}"
            )
        sizes: dict[int, int] = {}
        for axis, size in enumerate(input_shape[1:], start=1):
            if axis in shared:
                sizes[axis] = 1
            elif size is not None:
                sizes[axis] = size
        if len(sizes) < ndim - 1:
            raise ValueError(
                "PReLU: the dimensions that alpha spans must be known. "
                f"Received: input_shape={tuple(input_shape)}, shared_axes={shared}"
            )
        self.add_weight(
            name="alpha",
            shape=tuple(sizes.values()),
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        own = {axis: size for axis, size in sizes.items() if axis not in shared}
        self.input_spec = InputSpec(ndim=ndim, axes=own)
        super().build(input_shape)

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return the output."""
        y, _ = _core.prelu_forward(inputs, self._full_alpha(inputs))
        return y

    def forward(  # type: ignore[override]  # no options
        self, inputs: FloatArray
    ) -> tuple[FloatArray, Backprop]:
        """Return the output, and the function that computes its gradients."""
        alpha = self._full_alpha(inputs)
        y, x_used = _core.prelu_forward(inputs, alpha)
        shared = tuple(axis - 1 for axis in self.shared_axes or ())

        def backprop(dy: FloatArray, needs_input_grad: bool) -> Gradients:
            dx, dalpha = _core.prelu_backward(dy, x_used, alpha)
            if shared:
                dalpha = np.sum(dalpha, axis=shared, keepdims=True)
            return dx if needs_input_grad else None, {"alpha": dalpha}

        return y, backprop

    def _full_alpha(self, inputs: FloatArray) -> FloatArray:
        """Return alpha with its shared axes repeated: one value for each element of a sample."""
        return np.broadcast_to(self.alpha, inputs.shape[1:])

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }
