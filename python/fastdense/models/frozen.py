"""Snapshots of models, for the lowest latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdense import _core
from fastdense._arrays import in_place
from fastdense.models.arrays import as_arrays, unpacked
from fastdense.models.lowering import Lowering, NotInCoreError

if TYPE_CHECKING:
    from fastdense.models.model import Model


class FrozenModel:
    """The forward pass of a model with the weights that it had when it was frozen.

    They are copied, in the order in which the kernels read them, so that a call does nothing but
    compute; what becomes of the model later doesn't show. Many threads may call it at once. Results
    have the same bits as those of the model. It is not to be trained or saved: that is the model's.

    Parameters
    ----------
    model
        A built model of layers that the core knows.

    Raises
    ------
    ValueError
        If the core doesn't know a part of the model, or the model isn't built.
    """

    def __init__(self, model: Model) -> None:
        graph = model._built_graph()
        self.name = model.name
        self.inputs = model.inputs
        self.input_shape = model.input_shape
        self.output_shape = model.output_shape
        try:
            lowering = Lowering(graph, model._dtype)
            self._network = _core.Network(*lowering.arguments(), is_frozen=True)
        except NotInCoreError as unknown:
            raise ValueError(
                f"Model '{model.name}' can't be frozen, for it has something that only runs layer "
                f"by layer: {unknown}"
            ) from None

    def __call__(self, inputs: Any) -> Any:
        """Return the output, or a list of outputs, as ``model(inputs)`` does.

        Raises
        ------
        ValueError, TypeError
            If `inputs` isn't an array, or of a shape or dtype that the model can't take.
        """
        y = self._network(inputs)  # None unless it fits as it is
        if y is not None:
            return y
        return self._convert_and_run(inputs)

    def _convert_and_run(self, inputs: Any) -> Any:
        arrays = [in_place(array) for array in as_arrays(inputs, self.inputs, self.name)]
        outputs = self._network.run(arrays)
        if outputs is None:
            raise ValueError(
                f"Model '{self.name}': expected inputs with the same number of samples. Received: "
                f"inputs of shapes {[array.shape for array in arrays]}"
            )
        return unpacked(outputs)

    def __repr__(self) -> str:
        return f"<FrozenModel name={self.name}, input_shape={self.input_shape}>"
