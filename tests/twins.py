"""Two models that are the same but for who runs their steps: one call of the core, or Python."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from fastdense import Model, optimizers
from fastdense.models.layerwise import LayerwiseExecution
from fastdense.models.native import NativeExecution

Array = np.ndarray[Any, np.dtype[Any]]


def same_bits(one: Any, other: Any) -> bool:
    """Whether numbers or arrays are the same bit for bit: NaN and the sign of 0 count."""
    a, b = np.asarray(one), np.asarray(other)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def assert_same(what: str, one: Any, other: Any) -> None:
    """Arrays, numbers, or lists of them are the same bit for bit."""
    if not isinstance(one, list | tuple):
        one, other = [one], [other]
    assert len(one) == len(other), what
    for i, (a, b) in enumerate(zip(one, other, strict=True)):
        if not same_bits(a, b):
            difference = np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64))
            raise AssertionError(f"{what} {i} differs by {difference.max()}:\n{a}\n{b}")


def is_native(model: Model) -> bool:
    """Whether the core runs the model's steps; it must have run one."""
    assert model._trained is not None
    assert isinstance(model._trained.training, NativeExecution | LayerwiseExecution)
    return isinstance(model._trained.training, NativeExecution)


class Twins:
    """A model that the core may run, and its copy that runs layer by layer.

    Whatever is done to both must give the same bits: results, weights, the optimizer's variables
    and the numbers that Dropout draws.

    Parameters
    ----------
    model
        Built or not, not compiled.
    loss, **arguments
        See `compile`.
    optimizer
        A name, or a function that makes an optimizer.
    native
        Whether the core is to run the first one.
    """

    def __init__(
        self,
        model: Model,
        loss: Any,
        optimizer: str | Callable[[], Any] = "sgd",
        *,
        native: bool = True,
        **arguments: Any,
    ) -> None:
        self.native = native
        self.both = (model, copy.deepcopy(model))
        for each, eagerly in zip(self.both, (False, True), strict=True):
            made = optimizer() if callable(optimizer) else optimizers.get(optimizer)
            each.compile(made, copy.deepcopy(loss), run_eagerly=eagerly, **copy.deepcopy(arguments))

    @property
    def model(self) -> Model:
        """The first one."""
        return self.both[0]

    def do(self, action: Callable[[Model], Any]) -> Any:
        """Do something to both, compare, and return what it returned."""
        results = [action(model) for model in self.both]
        assert_same("result", *results)
        self.assert_same_state()
        return results[0]

    def raises(self, error: type[Exception], match: str, action: Callable[[Model], Any]) -> None:
        """Do something to both that fails and leaves everything as it was."""
        for model in self.both:
            before = state(model)
            try:
                action(model)
            except error as caught:
                assert match in str(caught)
            else:
                raise AssertionError(f"{error.__name__} was not raised")
            assert_same("state after a failure", state(model), before)
        self.assert_same_state()

    def train(self, x: Any, y: Any, *more: Any, **options: Any) -> Any:
        """One step for both; returns losses and metrics."""
        found = self.do(lambda model: model.train_on_batch(x, y, *more, **options))
        assert is_native(self.model) is self.native and not is_native(self.both[1])
        return found

    def assert_same_state(self) -> None:
        """Both have the same state."""
        assert_same("state", *(state(model) for model in self.both))


def state(model: Model) -> list[Array]:
    """What training changes: weights, the optimizer's variables, what Dropout has drawn."""
    optimizer = model.optimizer
    variables = [] if optimizer is None or not optimizer.built else optimizer.variables
    seeds = [
        np.int64(layer._seeds.counter) for _, layer in model._leaves() if hasattr(layer, "_seeds")
    ]
    return [array.copy() for array in (*model.weights, *variables, *seeds)]
