"""A model made ready to run: what it takes, and who runs it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from fastdense import _changes
from fastdense._locks import ForkSafeLock
from fastdense.models import intake
from fastdense.models.choice import choose
from fastdense.models.data import ArraySource, Column
from fastdense.models.execution import Batch
from fastdense.models.intake import Arrays, Conversion
from fastdense.models.tracking import Tracker

if TYPE_CHECKING:
    from fastdense.models.compiled import Compiled
    from fastdense.models.execution import Execution
    from fastdense.models.feeding import Fed
    from fastdense.models.graph import Graph
    from fastdense.models.intake import Array

# Executions are made once, whichever threads come first.
_making = ForkSafeLock()


class Prepared:
    """A built and compiled model, as its layers are now.

    Attributes
    ----------
    compiled
        What it was compiled with.
    tracker
        What logs are made of.
    """

    def __init__(self, model: Fed, compiled: Compiled) -> None:
        self._changes = _changes.count
        self._model = weakref.ref(model)
        self.graph = graph = model._built_graph()
        self.compiled = compiled
        self.tracker = Tracker(compiled)
        self._fitting: tuple[_Kind, _Kind] | None = None
        self._training: Execution | None = None
        self._testing: Execution | None = None
        self._inputs = [intake.input_conversion(tensor, model.name) for tensor in model.inputs]
        self._targets: list[Conversion | None] = []
        self._weights: list[Conversion] = []
        dtypes = _dtypes(model, graph)
        for i, (name, value) in enumerate(zip(compiled.names, graph.outputs, strict=True)):
            shape, dtype = graph.shapes[value], dtypes[value]
            convert = intake.target_conversion(name, compiled.losses[i], shape, dtype)
            self._targets.append(convert if compiled.needs_targets(i) else None)
            self._weights.append(intake.weight_conversion(name, shape, dtype))

    @property
    def is_current(self) -> bool:
        """Whether no layer has changed since."""
        return self._changes == _changes.count

    @property
    def training(self) -> Execution:
        """What runs steps of training, and tests from then on; the optimizer is built for it.

        Raises
        ------
        ValueError
            If there is a weight that the optimizer wasn't built for.
        """
        if self._training is None:
            with _making.current:
                if self._training is None:
                    self._training = self._testing = self._made_for_training()
        return self._training

    @property
    def testing(self) -> Execution:
        """What runs tests; it has nothing to do with the optimizer, and whether that fits."""
        if self._testing is None:
            with _making.current:
                if self._testing is None:
                    self._testing = choose(self._network(), self.compiled, None)
        return self._testing

    def _made_for_training(self) -> Execution:
        model, optimizer = self._network(), self.compiled.optimizer
        if not optimizer.built:
            was_current = self.is_current
            weights = model._select(trainable=True)
            optimizer.build(
                [weight.value for weight in weights.values()],
                [path.rpartition("/")[2] for path in weights],
            )
            if was_current:  # building was a change, but none of the model
                self._changes = _changes.count
        return choose(model, self.compiled, optimizer)

    def batch(self, arrays: Arrays, class_weight: Mapping[int, float] | None = None) -> Batch:
        """Return a batch of all rows of `arrays`."""
        targets, weights = self._conversions(arrays, class_weight)
        batch = Batch(
            [convert(array) for convert, array in zip(self._inputs, arrays.x, strict=True)],
            [None if pair is None else pair[1](pair[0]) for pair in targets],
            [None if pair is None else pair[1](pair[0]) for pair in weights],
            None,
        )
        if len(batch.inputs) == 1 and len(batch.targets) == 1 and batch.targets[0] is not None:
            self._fitting = _Kind.of(batch.inputs[0]), _Kind.of(batch.targets[0])
        return batch

    def batch_of_fitting(self, x: object, y: object) -> Batch | None:
        """Return a batch of x and y themselves, if they are like those of the batch before.

        Then they need no conversion. Labels are not looked at: a step refuses wrong ones.
        """
        if self._fitting is None or not (type(x) is np.ndarray and type(y) is np.ndarray):
            return None
        of_x, of_y = self._fitting
        fits = (
            x.dtype is of_x.dtype
            and x.shape[1:] == of_x.shape
            and y.dtype is of_y.dtype
            and y.shape[1:] == of_y.shape
            and x.shape[:1] == y.shape[:1] != (0,)
            and _is_in_place(x.flags)
            and _is_in_place(y.flags)
        )
        return Batch([x], [y], [None], None) if fits else None

    def source(
        self,
        arrays: Arrays,
        batch_size: int,
        order: Callable[[], Array] | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> ArraySource:
        """Return the batches of `arrays`."""
        targets, weights = self._conversions(arrays, class_weight)
        columns = (
            [Column(*pair) for pair in zip(arrays.x, self._inputs, strict=True)],
            [None if pair is None else Column(*pair) for pair in targets],
            [None if pair is None else Column(*pair) for pair in weights],
        )
        return ArraySource(columns, arrays.rows, batch_size, order)

    def _network(self) -> Fed:
        model = self._model()
        assert model is not None  # who runs steps has it
        return model

    def _conversions(
        self, arrays: Arrays, class_weight: Mapping[int, float] | None
    ) -> tuple[list[_Converted | None], list[_Converted | None]]:
        """Return what targets and weights are made from, and how."""
        if class_weight is not None and len(self._targets) > 1:
            raise ValueError(
                "`class_weight` is only supported for models with a single output. "
                f"Received: class_weight={class_weight} for {len(self._targets)} outputs"
            )
        targets: list[_Converted | None] = []
        weights: list[_Converted | None] = []
        for i, (target, weight) in enumerate(zip(arrays.y, arrays.weights, strict=True)):
            to_target, to_weight = self._targets[i], self._weights[i]
            if to_target is None or target is None:
                if to_target is not None:
                    raise ValueError(
                        "Expected targets `y` for each output with a loss or metrics. "
                        f"Received: y=None for output '{self.compiled.names[i]}'"
                    )
                targets.append(None)
            else:
                targets.append((target, to_target))
            if class_weight is not None and target is not None:
                to_weight = intake.class_weight_conversion(class_weight, to_weight)
                weights.append((target, to_weight))
            else:
                weights.append(None if weight is None else (weight, to_weight))
        return targets, weights


class _Kind(NamedTuple):
    """What arrays of one kind share: the dtype, and the shape of a row."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, array: Array) -> _Kind:
        return cls(array.dtype, array.shape[1:])


def _is_in_place(flags: Any) -> bool:
    """Whether a step takes an array of these flags as it is."""
    return bool(flags.c_contiguous and flags.aligned)


_Converted: TypeAlias = "tuple[Array, Conversion]"


def _dtypes(model: Fed, graph: Graph) -> dict[int, np.dtype[Any]]:
    """Return the dtype of each value by its number."""
    dtypes = {
        value: np.dtype(tensor.dtype)
        for value, tensor in zip(graph.inputs, model.inputs, strict=True)
    }
    dtypes.update({node.output: np.dtype(node.layer.dtype) for node in graph.nodes})
    return dtypes
