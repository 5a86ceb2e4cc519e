"""The backward half of a layer: a function that its forward half returns.

Residuals live in the function's closure, so that a layer can take part in one pass several times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from fastdense._typing import FloatArray

Gradients: TypeAlias = "tuple[FloatArray | None, dict[str, FloatArray]]"
"""dx, or None where it isn't needed, and the gradients of the weights by name: new arrays."""

Backprop: TypeAlias = "Callable[[FloatArray, bool], Gradients]"
"""From ``(dy, needs_input_grad)`` to the gradients of one training call."""


def weightless(gradient: Callable[[FloatArray], FloatArray]) -> Backprop:
    """Return the `Backprop` of a layer without weights from its function ``dy -> dx``."""

    def backprop(dy: FloatArray, needs_input_grad: bool) -> Gradients:
        return (gradient(dy) if needs_input_grad else None), {}

    return backprop
