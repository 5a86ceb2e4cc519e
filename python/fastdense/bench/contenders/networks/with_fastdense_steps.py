"""The steps of an epoch alone: what fit is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdense.bench.contenders.networks import with_fastdense

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array
    from fastdense.bench.timing import Call


class Library(with_fastdense.Library):
    """See `NetworkLibrary`."""

    def fit(self, x: Array, labels: Array, weights: Layers, batch: int) -> Call:
        """Train on each batch; they are gathered already, one after the other in memory."""
        model = with_fastdense.compiled_model(weights)
        starts = range(0, len(x), batch)
        batches = [(x[i : i + batch], labels[i : i + batch]) for i in starts]

        def call() -> float:
            total = 0.0
            for rows in batches:
                loss = model.train_on_batch(*rows)
                assert isinstance(loss, float)  # as there are no metrics
                total += loss * len(rows[0])
            return total / len(x)

        return call
