"""Training, testing and predicting on a single batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastdense.models.arguments import check_weights
from fastdense.models.arrays import as_arrays, unpacked
from fastdense.models.feeding import Fed

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.models.execution import Batch
    from fastdense.models.prepared import Prepared
    from fastdense.models.tracking import Report


class OnBatches(Fed):
    """What a model has by taking single batches."""

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Report:
        """Run one step of training, and return what it found before it changed any weight.

        Parameters
        ----------
        x, y, sample_weight, class_weight
            See `fit`.
        return_dict
            See `evaluate`.

        Raises
        ------
        ValueError, TypeError
            See `fit`.
        """
        ready, batch = self._ready_with_batch(x, y, sample_weight, class_weight)
        result = ready.training.train(batch, ready.tracker.wants_outputs)
        return ready.tracker.report(batch, result, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Report:
        """Return what `evaluate` does for one batch."""
        ready, batch = self._ready_with_batch(x, y, sample_weight)
        result = ready.testing.test(batch, ready.tracker.wants_outputs)
        return ready.tracker.report(batch, result, return_dict)

    def predict_on_batch(self, x: Any) -> FloatArray | list[FloatArray]:
        """Return what `predict` does for one batch."""
        arrays = self._input_arrays(x)
        return unpacked(self._run(as_arrays(arrays, self.inputs, self.name)))

    def _ready_with_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Mapping[int, float] | None = None,
    ) -> tuple[Prepared, Batch]:
        """Return the model made ready, and the batch as a step takes it."""
        ready = self._trained
        if sample_weight is None and class_weight is None and ready is not None:
            batch = ready.batch_of_fitting(x, y) if ready.is_current else None
            if batch is not None:
                return ready, batch
        self._check_compiled()
        check_weights(sample_weight, class_weight)
        return self._batch(self._arrays(x, y, sample_weight), class_weight)
