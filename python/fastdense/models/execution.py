"""What goes into a step of training, what comes out of it, and what can run one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.layers import Dropout


class Batch(NamedTuple):
    """The arrays of one step, C-contiguous and in the dtypes that the model and its losses take.

    Attributes
    ----------
    inputs
        One array per input of the model, in its dtype.
    targets
        One per output: int64 labels ``(rows,)`` for a loss that takes labels, else an array of the
        prediction's shape and dtype. None where the output has neither loss nor metrics.
    weights
        One per output: what each sample's loss is multiplied by, of the shape of the loss' values
        (the prediction's without its last axis), or None for ones.
    rows
        int64: the batch consists of these rows of the arrays, all of them within bounds. None: of
        all rows.
    """

    inputs: list[FloatArray]
    targets: list[np.ndarray[Any, Any] | None]
    weights: list[FloatArray | None]
    rows: np.ndarray[Any, np.dtype[np.int64]] | None

    def gathered(self) -> Batch:
        """Return the batch with arrays of its own rows."""
        if self.rows is None:
            return self
        return Batch(
            [np.take(array, self.rows, axis=0) for array in self.inputs],
            [a if a is None else np.take(a, self.rows, axis=0) for a in self.targets],
            [a if a is None else np.take(a, self.rows, axis=0) for a in self.weights],
            None,
        )


class StepResult(NamedTuple):
    """What a step found, before it changed any weight.

    Attributes
    ----------
    loss
        The weighted sum of the outputs' losses, plus all penalties.
    losses
        The loss of each output, without its weight in that sum; 0 where there is none.
    outputs
        The predictions if they were asked for, else empty.
    """

    loss: float
    losses: list[float]
    outputs: list[FloatArray]


class Draws:
    """What some Dropout layers have drawn, to be taken back if a step fails."""

    def __init__(self, layers: Iterable[Dropout]) -> None:
        self._streams = [layer._seeds for layer in layers]
        self._counters: list[int] = []

    def begin_step(self) -> None:
        """Remember where the layers are."""
        self._counters = [stream.counter for stream in self._streams]

    def next(self) -> list[int]:
        """Return the next seed of each layer."""
        return [stream.next() for stream in self._streams]

    def take_back(self) -> None:
        """Go back to where the layers were when the step began."""
        for stream, counter in zip(self._streams, self._counters, strict=True):
            stream.counter = counter


class Execution(Protocol):
    """Runs steps of a compiled model."""

    def train(self, batch: Batch, wants_outputs: bool) -> StepResult:
        """Run one step of training, which changes the weights and the optimizer's state."""
        ...

    def test(self, batch: Batch, wants_outputs: bool) -> StepResult:
        """Return losses and predictions in inference."""
        ...
