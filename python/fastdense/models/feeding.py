"""From what users pass as x, y and sample_weight to a model that is ready, and batches for it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastdense import _random
from fastdense._locks import ForkSafeLock
from fastdense.models import intake
from fastdense.models.arguments import (
    Batching,
    check_only_x,
    check_weights,
    is_arrays,
    unpacked_item,
)
from fastdense.models.compiled import Compiled
from fastdense.models.compiling import Compilable
from fastdense.models.data import ArraySource, Column, shuffled, shuffled_within_batches
from fastdense.models.execution import Batch
from fastdense.models.intake import Arrays
from fastdense.models.iterables import Converted, Items
from fastdense.models.prepared import Prepared

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.models.data import Source
    from fastdense.models.graph import Graph
    from fastdense.models.intake import Array


# Guards the `_trained` of all models.
_keeping = ForkSafeLock()


class Fed(Compilable):
    """What a model has by being fed with data.

    The shapes of the first data build a model that doesn't know that of its input, and say what
    ``"accuracy"`` stands for.
    """

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
        if not self.built:  # nor shall it be by what doesn't fit together
            intake.unnamed(x, y, sample_weight).checked()
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

    def _ready(self, arrays: Arrays | None) -> Prepared:
        """Return the model made ready for training and testing with targets like those given.

        `_trained` is for who asks to set, once nothing is left that might be refused: what names
        stand for goes by the targets, and those of a call that was refused shall not count.
        """
        ready = self._trained
        if ready is not None and ready.is_current:
            return ready
        graph, names, arguments = self._built_graph(), self.output_names, self._arguments
        assert arguments is not None  # who trains has checked that
        if ready is not None and ready.graph is graph:
            compiled = ready.compiled
            compiled.fuse(graph)
        else:
            given = [None] * len(names) if arrays is None else arrays.y
            shapes = [None if target is None else target.shape for target in given]
            compiled = Compiled(arguments, graph, names, shapes)
        return Prepared(self, compiled)

    def _batch(
        self, arrays: Arrays, class_weight: Mapping[int, float] | None = None
    ) -> tuple[Prepared, Batch]:
        """Return the model made ready, and all rows of `arrays` as a step takes them."""
        ready = self._ready(arrays)
        batch = ready.batch(arrays, class_weight)
        return self._keep(ready), batch

    def _ready_again(self) -> Prepared:
        """Return the model as it was made ready, anew if layers have changed since."""
        ready = self._trained
        if ready is None:  # though data has been there
            raise self._compiled_anew()
        return ready if ready.is_current else self._keep(self._ready(None))

    def _keep(self, ready: Prepared) -> Prepared:
        """Let later calls begin with `ready`, and return it: or what another thread has kept."""
        with _keeping.current:
            if ready.compiled.arguments is not self._arguments:
                raise self._compiled_anew()
            kept = self._trained
            if kept is None or not kept.is_current:
                kept = self._trained = ready
        return kept

    def _compiled_anew(self) -> ValueError:
        return ValueError(f"Model '{self.name}' was compiled anew while it was trained or tested")

    def _array_source(
        self,
        ready: Prepared,
        arrays: Arrays,
        batching: Batching,
    ) -> Source:
        """Return the batches of arrays, all of which a step can take."""
        size = batching.size_for(arrays.rows)
        order: Callable[[], Array] | None = None
        if batching.shuffle:
            make = shuffled_within_batches if batching.shuffle == "batch" else shuffled

            def order() -> Array:
                return make(arrays.rows, size, self._shuffle_seeds.next())

        return ready.source(arrays, size, order, batching.class_weight)

    def _iterable_source(
        self, batches: Any, ready: Prepared | None = None
    ) -> tuple[Prepared, Source]:
        """Return the batches of an iterable of ``(x, y)`` or ``(x, y, sample_weight)``."""
        items = Items(batches)
        arrays = self._arrays(*unpacked_item(items.first))
        if ready is None:
            ready = self._ready(arrays)
        ready.batch(arrays)  # refuses it if a step would have to

        def convert(item: Any) -> Batch:
            return self._batch(self._arrays(*unpacked_item(item)))[1]

        return ready, Converted(items, convert)

    def _training_sources(
        self,
        given: tuple[Any, Any, Any],
        batching: Batching,
        validation_split: float,
        of_validation: Batching,
    ) -> tuple[Prepared, Source, Source | None]:
        """Return the batches to train on, and those of the samples that are split off.

        With them comes the model made ready for them, as from the next one.
        """
        x, y, sample_weight = given
        if not is_arrays(x):
            check_only_x(
                x,
                y=y,
                sample_weight=sample_weight,
                class_weight=batching.class_weight,
                validation_split=validation_split or None,
            )
            return *self._iterable_source(x), None
        check_weights(sample_weight, batching.class_weight)
        arrays, held_out = self._arrays(x, y, sample_weight), None
        if validation_split:
            arrays, held_out = arrays.split(validation_split)
        ready = self._ready(arrays)
        source = self._array_source(ready, arrays, batching)
        if held_out is None:
            return ready, source, None
        return ready, source, self._array_source(ready, held_out, of_validation)

    def _test_source(
        self,
        given: tuple[Any, Any, Any],
        batching: Batching,
        ready: Prepared | None = None,
    ) -> tuple[Prepared, Source]:
        """Return the batches of whatever data to test on; `ready` is for those of its training."""
        x, y, sample_weight = given
        if not is_arrays(x):
            check_only_x(x, y=y, sample_weight=sample_weight)
            return self._iterable_source(x, ready)
        arrays = self._arrays(x, y, sample_weight)
        if ready is None:
            ready = self._ready(arrays)
        return ready, self._array_source(ready, arrays, batching)

    def _input_source(self, x: Any, batching: Batching) -> Source:
        """Return the batches of inputs to predict for."""
        items = None if is_arrays(x) else Items(x)
        first = self._input_arrays(x if items is None else unpacked_item(items.first)[0])
        conversions = [intake.input_conversion(tensor, self.name) for tensor in self.inputs]
        if items is None:
            rows = Arrays(first, [], []).checked().rows
            columns = [Column(*pair) for pair in zip(first, conversions, strict=True)]
            return ArraySource((columns, [], []), rows, batching.size_for(rows))

        def convert(item: Any) -> Batch:
            arrays = self._input_arrays(unpacked_item(item)[0])
            inputs = [convert(array) for convert, array in zip(conversions, arrays, strict=True)]
            return Batch(inputs, [], [], None)

        return Converted(items, convert)
