"""The backward half of a layer: a function that its forward half returns.

Residuals live in the function's closure, so that a layer can take part in one pass several times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from fastdense._typing import FloatArray

InputGradient: TypeAlias = "FloatArray | list[FloatArray] | None"
"""dx; a list for a layer that takes a list of inputs; None where it isn't needed."""

Gradients: TypeAlias = "tuple[InputGradient, dict[str, FloatArray]]"
"""dx, and the gradients of the weights by name: new arrays."""

Backprop: TypeAlias = "Callable[[Any, bool], Gradients]"
"""From ``(dy, needs_input_grad)`` to the gradients of one training call."""


def weightless(gradient: Callable[[FloatArray], FloatArray]) -> Backprop:
    """Return the `Backprop` of a layer without weights from its function ``dy -> dx``."""

    def backprop(dy: FloatArray, needs_input_grad: bool) -> Gradients:
        return (gradient(dy) if needs_input_grad else None), {}

    return backprop


def for_inputs(inputs: FloatArray | list[FloatArray], backprop: Backprop) -> Backprop:
    """Return `backprop` with dx in the dtype of `inputs`, which the layer converted to its own."""

    def converting(dy: FloatArray, needs_input_grad: bool) -> Gradients:
        dx, gradients = backprop(dy, needs_input_grad)
        if isinstance(dx, list):
            dx = [a.astype(x.dtype, copy=False) for a, x in zip(dx, inputs, strict=True)]
        elif dx is not None and not isinstance(inputs, list):
            dx = dx.astype(inputs.dtype, copy=False)
        return dx, gradients

    return converting
