"""Where a network begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastdense.layers import Layer
from fastdense.models.arrays import unpacked

if TYPE_CHECKING:
    from fastdense.layers.symbolic import SymbolicTensor
    from fastdense.models.topology import Topology


class Wired(Layer):
    """A layer with a network in it.

    `_topology` is how its layers are connected; None as long as the shape of the input isn't known.
    `_FIRST_CALL` is the number that its first call has where a config tells inputs and outputs.
    """

    _topology: Topology | None
    _FIRST_CALL: ClassVar[int] = 0

    def _wired(self, what: str) -> Topology:
        if self._topology is None:
            raise AttributeError(
                f"Model '{self.name}' has no defined {what} yet: call it on data, or "
                "`build(input_shape)`."
            )
        return self._topology

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic inputs."""
        return list(self._wired("inputs").inputs)

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic outputs."""
        return list(self._wired("outputs").outputs)

    @property
    def input(self) -> Any:
        """The symbolic input, or a list of them."""
        return unpacked(self.inputs)

    @property
    def output(self) -> Any:
        """The symbolic output, or a list of them."""
        return unpacked(self.outputs)

    @property
    def input_shape(self) -> Any:
        """The shape of the input, batch included, or a list of shapes."""
        return unpacked([tensor.shape for tensor in self._wired("input shape").inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of the output, batch included, or a list of shapes."""
        return unpacked([tensor.shape for tensor in self._wired("output shape").outputs])

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that the outputs come from."""
        return [tensor.name for tensor in self.outputs]
