"""The base of the layers that make one array of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense.layers.base import Layer
from fastdense.layers.input_spec import as_input

if TYPE_CHECKING:
    from fastdense._typing import Shape


class Merge(Layer):
    """Base of the layers that take a list of arrays, or of symbolic tensors."""

    input_spec = None

    def build(self, input_shape: Any) -> None:
        """Refuse shapes that the layer can't merge."""
        self.compute_output_shape(input_shape)
        super().build(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the output's shape for a list of shapes; ValueError unless they fit."""
        self._check_shapes(input_shape)
        batches = {shape[0] for shape in input_shape} - {None}
        if len(batches) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. "
                f"Received tensors with shapes {input_shape}"
            )
        return self._merged_shape(input_shape)

    def _merged_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Return the output's shape for shapes of one batch size."""
        raise NotImplementedError

    def _as_input(self, inputs: Any) -> Any:
        if not isinstance(inputs, list | tuple):
            raise ValueError(
                f"Layer '{self.name}' ({type(self).__name__}) should be called on a list of "
                f"inputs. Received: inputs={inputs} (not a list of tensors)"
            )
        arrays = [as_input(x, self._dtype, self.name) for x in inputs]
        if any(x.ndim == 0 for x in arrays):
            raise ValueError(f"Layer '{self.name}' expects arrays of rank >= 1, received a scalar")
        if not arrays or len({x.shape for x in arrays}) > 1:
            self.compute_output_shape([x.shape for x in arrays])
        converted = any(x is not given for x, given in zip(arrays, inputs, strict=True))
        return arrays if converted or isinstance(inputs, tuple) else inputs

    def _check_shapes(self, shapes: Any) -> None:
        if not isinstance(shapes, list | tuple) or not all(
            isinstance(shape, list | tuple) for shape in shapes
        ):
            raise ValueError(
                f"Layer '{self.name}' ({type(self).__name__}) should be called on a list of "
                f"inputs. Received: input_shape={shapes} (not a list of shapes)"
            )
        if not shapes:
            raise ValueError(
                f"Layer '{self.name}' ({type(self).__name__}) should be called on a list of at "
                "least 1 input. Received 0 inputs"
            )
