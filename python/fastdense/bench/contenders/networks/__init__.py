"""The libraries that run whole networks: one file each, and what they have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.bench.inputs import layers_of
from fastdense.bench.problem import Problem
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.inputs import Array, Inputs

    Layers = list[tuple[Array, Array]]


class NetworkLibrary(ABC):
    """See `fastdense.bench.contenders.Contender`.

    A mode's method gets kernels and biases of its own, to train or to keep, and returns the call,
    or None if the library doesn't offer it.
    """

    version: str

    def prepare(self, problem: Problem, inputs: Inputs) -> Call | None:
        """Return the call of the problem's mode."""
        x, labels, layers = inputs["x"], inputs["labels"], layers_of(inputs)
        match problem.mode:
            case "inference":
                return self.inference(x, layers)
            case "frozen":
                return self.frozen(x, layers)
            case "training":
                return self.training(x, labels, layers)
        return self.fit(x, labels, layers, problem.shape[0])

    @abstractmethod
    def inference(self, x: Array, layers: Layers) -> Call | None:
        """Return a call that takes x as it is, a NumPy array, and returns y as one."""

    def frozen(self, x: Array, layers: Layers) -> Call | None:
        """Return `inference` with weights that won't change any more."""
        return self.inference(x, layers)

    def training(self, x: Array, labels: Array, layers: Layers) -> Call | None:
        """Return a call that takes one more step of Adam and returns the loss before it.

        The batch may be where the library wants it, once and for all.
        """
        return None

    def fit(self, x: Array, labels: Array, layers: Layers, batch: int) -> Call | None:
        """Return a call that takes all steps of an epoch and returns the mean loss."""
        return None

    def to_numpy(self, result: Any) -> Any:
        """Return y as it is, or the loss in float32."""
        array = np.asarray(result)
        return [array if array.ndim else array.astype(np.float32)]
