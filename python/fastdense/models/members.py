"""What a model has by being made of layers: their weights and penalties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fastdense.layers import Layer
from fastdense.models.ends import Wired

if TYPE_CHECKING:
    from fastdense.layers.weights import Weight


class Network(Wired):
    """A layer whose weights are those of its `layers`, in their order, each once."""

    @property
    def layers(self) -> list[Layer]:
        """The layers in their order; networks among them as one."""
        raise NotImplementedError

    @property
    def operations(self) -> Sequence[Layer]:
        """The layers, and the operators such as ``a + b``."""
        return self.layers

    @property
    def trainable(self) -> bool:
        """Whether the weights get gradients; setting it sets that of all layers, nested ones too.

        A layer that is thawed later gets gradients in every network that is not frozen itself.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.layers:
            layer.trainable = value

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of this name, or at this place in `layers`.

        Raises
        ------
        ValueError
            If there is none, or not exactly one of both is given.
        """
        layers = self.layers
        if (name is None) is (index is None):
            raise ValueError(
                "Provide either a layer name or a layer index. "
                f"Received: index={index}, name={name}."
            )
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(layers)} layers."
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: {[layer.name for layer in layers]}."
        )

    def _leaves(self) -> Iterator[tuple[str, Layer]]:
        """Return the layers that aren't networks themselves with their paths, each once."""
        seen: set[Layer] = set()
        for layer in self.layers:
            inner = layer._leaves() if isinstance(layer, Network) else [("", layer)]
            for path, leaf in inner:
                if leaf not in seen:
                    seen.add(leaf)
                    yield f"{layer.name}/{path}" if path else layer.name, leaf

    @property
    def _weights(self) -> dict[str, Weight]:
        return {
            f"{path}/{name}": weight
            for path, leaf in self._leaves()
            for name, weight in leaf._weights.items()
        }

    def _select(self, trainable: bool) -> dict[str, Weight]:
        return {
            f"{path}/{name}": weight
            for path, leaf in self._leaves()
            for name, weight in leaf._weights.items()
            if (self._trainable and leaf.trainable and weight.trainable) is trainable
        }

    def _activity_losses(self) -> list[float]:
        return [loss for _, leaf in self._leaves() for loss in leaf._activity_losses()]
