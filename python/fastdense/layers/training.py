"""The training of a layer: its forward pass with residuals, its backward pass, its penalties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import regularizers
from fastdense._arrays import as_float
from fastdense.layers.backprop import for_inputs
from fastdense.layers.weights import Weighted

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastdense._typing import FloatArray
    from fastdense.layers.backprop import Backprop, Gradients, InputGradient


class Trained(Weighted):
    """What a layer has by being trained.

    `_step` is what the last training call left: the way back, and the shape that dy must have.
    """

    activity_regularizer: Callable[..., float] | None

    def __init__(self, trainable: bool) -> None:
        super().__init__(trainable)
        self.gradients: list[FloatArray] = []
        self._activity_loss: float | None = None
        self._step: tuple[Backprop, Any] | None = None

    def forward(self, inputs: Any, **kwargs: Any) -> tuple[Any, Backprop]:
        """Return the output for training, and the function that computes its gradients."""
        raise NotImplementedError

    def _as_input(self, inputs: Any) -> Any:
        raise NotImplementedError

    def training_pass(self, inputs: Any, **kwargs: Any) -> tuple[Any, Backprop]:
        """Return what `forward` does, with the activity regularizer in it, for a built layer.

        The penalty is kept for `losses`; its gradient joins dy.
        """
        as_it_is = type(inputs) is np.ndarray and inputs.dtype is self._dtype
        x = inputs if as_it_is else self._as_input(inputs)
        y, backprop = self.forward(x, **kwargs)
        if self.activity_regularizer is not None:
            self._activity_loss = activity_penalty(self.activity_regularizer, y)
            backprop = _penalized(self.activity_regularizer, y, backprop)
        return y, backprop if x is inputs else for_inputs(inputs, backprop)

    def final_activation(self) -> str | None:
        """Return "softmax" or "sigmoid" if the output is exactly that, of logits, else None.

        Softmax means: over the last axis. Such a layer has `logits_pass`.
        """
        return None

    def logits_pass(self, inputs: Any) -> tuple[FloatArray, FloatArray, Backprop]:
        """Return output, logits, and the function from the gradient of the logits backwards."""
        raise NotImplementedError(f"Layer {type(self).__name__} ends in no activation of its own")

    def backward(self, dy: FloatArray, *, needs_input_grad: bool = True) -> InputGradient:
        """Return the gradient with respect to the input of the last training call.

        Fills `gradients`, aligned with `trainable_weights`; penalties of regularizers are included
        in both. A frozen layer passes the gradient on and leaves `gradients` empty.

        Parameters
        ----------
        dy
            Gradient with respect to the output, of its shape.
        needs_input_grad
            If False, the input's gradient isn't computed and None is returned.

        Raises
        ------
        RuntimeError
            If the layer hasn't been called with ``training=True``.
        ValueError
            If dy has another shape than the output.
        TypeError
            If a callable without a gradient is in the way: an activation or a regularizer.
        """
        if self._step is None:
            raise RuntimeError(
                f"layer '{self.name}': backward() needs a training call before it: "
                "`layer(x, training=True)`"
            )
        backprop, shape = self._step
        dx, gradients = backprop(self._as_gradient(dy, shape), needs_input_grad)
        weights = self._select(trainable=True)
        for name, weight in weights.items():
            if weight.regularizer is not None:
                gradients[name] += regularizers.gradient_of(weight.regularizer, weight.value)
        self.gradients = [gradients[name] for name in weights]
        return dx

    @property
    def losses(self) -> list[float]:
        """The activity penalty of the last call, then that of each regularized trainable weight."""
        return self._activity_losses() + [
            float(weight.regularizer(weight.value))
            for weight in self._select(trainable=True).values()
            if weight.regularizer is not None
        ]

    def _activity_losses(self) -> list[float]:
        return [] if self._activity_loss is None else [self._activity_loss]

    def _as_gradient(self, dy: Any, shape: Any) -> Any:
        """Return `dy` in the layer's dtype; ValueError unless it has the output's shape."""
        dy = as_float(dy, self._dtype, f"layer '{self.name}': dy")
        if dy.shape != shape:
            raise ValueError(
                f"layer '{self.name}': dy has shape {dy.shape}, expected {shape} as the output"
            )
        return dy


def activity_penalty(regularizer: Callable[..., float], y: FloatArray) -> float:
    """Return the penalty on the output y, divided by its batch size."""
    return float(regularizer(y)) / max(len(y), 1)


def _penalized(regularizer: Callable[..., float], y: FloatArray, backprop: Backprop) -> Backprop:
    """Return `backprop` with the gradient of the penalty on y added to dy."""

    def penalized(dy: FloatArray, needs_input_grad: bool) -> Gradients:
        own = regularizers.gradient_of(regularizer, y, scale=1 / max(len(y), 1))
        return backprop(dy + own, needs_input_grad)

    return penalized
