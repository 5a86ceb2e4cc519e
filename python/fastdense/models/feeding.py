"""From what users pass as x, y and sample_weight to a model that is ready, and batches for it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastdense import _random
from fastdense.models import intake
from fastdense.models.compiled import CompileArguments, Compiled
from fastdense.models.data import shuffled, shuffled_within_batches
from fastdense.models.execution import Batch
from fastdense.models.intake import Arrays
from fastdense.models.iterables import Converted, Items
from fastdense.models.members import Network
from fastdense.models.prepared import Prepared, PreparedToTrain
from fastdense.models.structure import is_nested
from fastdense.models.tracking import Tracker

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.models.data import Source
    from fastdense.models.execution import Execution
    from fastdense.models.graph import Graph
    from fastdense.models.intake import Array

_BATCH_SIZE = 32  # Keras' default


class Batching(NamedTuple):
    """How `fit` makes batches of arrays."""

    batch_size: int | None
    steps: int | None
    shuffle: bool | str
    class_weight: Mapping[int, float] | None

    def size_for(self, rows: int) -> int:
        """Return the size of a batch: as given, or such that there are `steps`, or Keras' 32."""
        if self.batch_size is None and self.steps is not None:
            return math.ceil(rows / self.steps)
        return _BATCH_SIZE if self.batch_size is None else self.batch_size


class Validation(NamedTuple):
    """What to test on after an epoch, and after which ones."""

    source: Source
    steps: int | None
    frequency: int | Collection[int]

    def is_due(self, epoch: int) -> bool:
        """Whether there is a test after the epoch of this number, from 0."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency


class Fed(Network):
    """What a model has by being fed with data.

    The shapes of the first data build a model that doesn't know that of its input, and say what
    ``"accuracy"`` stands for.
    """

    _arguments: CompileArguments | None = None
    _compiled: Compiled | None = None
    _trained: PreparedToTrain | None = None  # made ready for training and testing, the last time
    _predicting: Prepared | None = None  # the same for predictions, which need no compilation

    def _built_graph(self) -> Graph:
        raise NotImplementedError

    def _run(self, inputs: list[FloatArray]) -> list[FloatArray]:
        """Return the outputs in inference."""
        raise NotImplementedError

    @functools.cached_property
    def _shuffle_seeds(self) -> _random.SeedStream:
        """Where the order of each epoch comes from."""
        return _random.SeedStream()

    def _arrays(self, x: Any, y: Any = None, sample_weight: Any = None) -> Arrays:
        """Return the arrays that were passed, checked against each other; build if need be."""
        inputs = self._input_arrays(x)
        names = self.output_names
        arrays = Arrays(
            inputs,
            intake.optional_arrays_of(y, names, "y"),
            intake.weights_of(sample_weight, names),
        )
        return arrays.checked()

    def _input_arrays(self, x: Any) -> list[Array]:
        if not self.built:
            self.build((None, *intake.arrays_of(x, ["x"], "x")[0].shape[1:]))
        return intake.arrays_of(x, self.input_names, "x")

    def _check_compiled(self) -> None:
        if self._arguments is None:
            raise ValueError("You must call `compile()` before using the model.")

    def _ready(self, arrays: Arrays | None) -> PreparedToTrain:
        """Return the model made ready for training and testing with targets like those given."""
        ready = self._trained
        if ready is not None and ready.is_current:
            return ready
        graph, names, arguments = self._built_graph(), self.output_names, self._arguments
        assert arguments is not None  # who trains has checked that
        if self._compiled is None or ready is None or ready.graph is not graph:
            given = [None] * len(names) if arrays is None else arrays.y
            shapes = [None if target is None else target.shape for target in given]
            self._compiled = Compiled(arguments, graph, names, shapes)
        else:
            self._compiled.fuse(graph)
        optimizer = self._compiled.optimizer
        if not optimizer.built:
            weights = self._select(trainable=True)
            optimizer.build(
                [weight.value for weight in weights.values()],
                [path.rpartition("/")[2] for path in weights],
            )
        self._trained = PreparedToTrain(self, self._compiled)
        return self._trained

    def _execution(self) -> Execution:
        """Return what runs steps for the layers as they are now; they have run before."""
        ready = self._trained
        assert ready is not None
        return ready.execution if ready.is_current else self._ready(None).execution

    def _tracker(self) -> Tracker:
        """Return a tracker of losses and metrics, which starts anew."""
        assert self._compiled is not None  # data has been there
        return Tracker(self._compiled)

    def _ready_to_predict(self) -> Prepared:
        """Return the model made ready for predictions."""
        for ready in (self._trained, self._predicting):
            if ready is not None and ready.is_current:
                return ready
        self._predicting = Prepared(self)
        return self._predicting

    def _array_source(
        self,
        arrays: Arrays,
        size: int,
        shuffle: bool | str = False,
        class_weight: Mapping[int, float] | None = None,
    ) -> Source:
        """Return the batches of arrays, all of which a step can take."""
        order: Callable[[], Array] | None = None
        if shuffle:
            make = shuffled_within_batches if shuffle == "batch" else shuffled

            def order() -> Array:
                return make(arrays.rows, size, self._shuffle_seeds.next())

        return self._ready(arrays).source(arrays, size, order, class_weight)

    def _iterable_source(self, batches: Any) -> Source:
        """Return the batches of an iterable of ``(x, y)`` or ``(x, y, sample_weight)``."""
        items = Items(batches)
        self._ready(self._arrays(*unpacked_item(items.first)))

        def convert(item: Any) -> Batch:
            arrays = self._arrays(*unpacked_item(item))
            return self._ready(arrays).batch(arrays)

        return Converted(items, convert)

    def _training_sources(
        self,
        given: tuple[Any, Any, Any],
        batching: Batching,
        validation_split: float,
        validation_batch_size: int | None,
    ) -> tuple[Source, Source | None]:
        """Return the batches to train on, and those of the samples that are split off."""
        x, y, sample_weight = given
        if not is_arrays(x):
            check_only_x(
                x,
                y=y,
                sample_weight=sample_weight,
                class_weight=batching.class_weight,
                validation_split=validation_split or None,
            )
            return self._iterable_source(x), None
        check_weights(sample_weight, batching.class_weight)
        arrays, held_out = self._arrays(x, y, sample_weight), None
        if validation_split:
            arrays, held_out = arrays.split(validation_split)
        size = batching.size_for(arrays.rows)
        source = self._array_source(arrays, size, batching.shuffle, batching.class_weight)
        if held_out is None:
            return source, None
        return source, self._array_source(held_out, validation_batch_size or size)

    def _test_source(self, given: tuple[Any, Any, Any], batch_size: int | None) -> Source:
        """Return the batches of whatever data to test on."""
        x, y, sample_weight = given
        if is_arrays(x):
            size = _BATCH_SIZE if batch_size is None else batch_size
            return self._array_source(self._arrays(x, y, sample_weight), size)
        check_only_x(x, y=y, sample_weight=sample_weight)
        return self._iterable_source(x)

    def _input_source(self, x: Any, batch_size: int | None) -> Source:
        """Return the batches of inputs to predict for."""
        if is_arrays(x):
            size = _BATCH_SIZE if batch_size is None else batch_size
            inputs = Arrays(self._input_arrays(x), [], []).checked().x
            return self._ready_to_predict().input_source(inputs, size)
        items = Items(x)
        self._input_arrays(unpacked_item(items.first)[0])

        def convert(item: Any) -> Batch:
            inputs = self._input_arrays(unpacked_item(item)[0])
            return Batch(self._ready_to_predict().inputs(inputs), [], [], None)

        return Converted(items, convert)


def check_weights(sample_weight: object, class_weight: object) -> None:
    """Raise ValueError if both are given."""
    if sample_weight is not None and class_weight is not None:
        raise ValueError(
            "Arguments `sample_weight` and `class_weight` cannot be specified at the same time. "
            f"Received: class_weight={class_weight} and a sample_weight"
        )


def is_arrays(x: Any) -> bool:
    """Whether `x` is one or several arrays; ValueError unless it is these or an iterable."""
    if is_nested(x) or isinstance(x, np.ndarray) or hasattr(x, "__array__"):
        return True
    if not isinstance(x, Iterable) and not hasattr(x, "__getitem__"):
        raise ValueError(
            "Expected `x` to be an array, several in a list or dict, or an iterable of batches. "
            f"Received: x={x!r:.80} (of type {type(x)})"
        )
    return False


def check_only_x(x: Any, **others: Any) -> None:
    """Raise ValueError if there is another argument beside an iterable of batches."""
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                f"When providing `x` as an iterable of batches, `{name}` should not be passed. "
                f"Batches are (x, y) or (x, y, sample_weight). Received: x of type {type(x)}"
            )


def unpacked_item(item: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample_weight of what an iterable yields; None for what isn't there."""
    if not isinstance(item, list | tuple):
        return item, None, None
    if not 1 <= len(item) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`. "
            f"Received: a {type(item).__name__} of {len(item)}"
        )
    x, y, sample_weight = (*item, None, None)[:3]
    return x, y, sample_weight


def check_sizes(**sizes: int | None) -> None:
    """Raise ValueError unless each is None or a positive integer."""
    for name, size in sizes.items():
        if size is not None and not (isinstance(size, int | np.integer) and size > 0):
            raise ValueError(f"Expected `{name}` to be a positive integer. Received: {name}={size}")
