"""The weights of a layer: how they are made, listed, read and written."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

import numpy as np

from fastdense import constraints, initializers, regularizers
from fastdense._arrays import plain, zeros_on_cache_line
from fastdense._changes import Noted
from fastdense.layers.loading import allowed_zeros

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._typing import ArrayLike, DTypeLike, FloatArray, Identifier

V = TypeVar("V")


class Weight:
    """One weight: its array, and what applies to it. The array stays the same object for life."""

    def __init__(
        self,
        value: FloatArray,
        trainable: bool,
        regularizer: Callable[..., float] | None,
        constraint: Callable[..., FloatArray] | None,
    ) -> None:
        self.value = value
        self.trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint


class WeightAttribute(Generic[V]):
    """Attribute of a layer for the weight of the same name: reads its array, assigns by value."""

    def __set_name__(self, owner: type[Weighted], name: str) -> None:
        self._name = name
        owner._UNNOTED |= {name}

    @overload
    def __get__(self, layer: None, owner: type) -> Self: ...
    @overload
    def __get__(self, layer: Weighted, owner: type) -> V: ...
    def __get__(self, layer: Weighted | None, owner: type) -> Self | V:
        if layer is None:
            return self
        weight = layer._own_weights.get(self._name)
        if weight is not None:
            return weight.value  # type: ignore[return-value]  # V is what the owner declared
        if layer.built:
            return None  # type: ignore[return-value]  # as for the bias of a layer without one
        raise AttributeError(f"You must build the layer before accessing `{self._name}`.")

    def __set__(self, layer: Weighted, value: ArrayLike) -> None:
        target = self.__get__(layer, type(layer))
        if target is None:
            raise AttributeError(f"Layer {layer.name} has no weight `{self._name}`.")
        layer._assign([cast("FloatArray", target)], [value])


class Weighted(Noted):
    """What a layer has by having weights."""

    name: str
    built: bool
    _dtype: np.dtype[Any]

    def __init__(self, trainable: bool) -> None:
        if not isinstance(trainable, bool):
            raise ValueError(
                "Expected `trainable` to be a boolean. "
                f"Received: trainable={trainable} (of type {type(trainable)})"
            )
        self._trainable = trainable
        self._own_weights: dict[str, Weight] = {}

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Identifier = "glorot_uniform",
        dtype: DTypeLike = None,
        *,
        trainable: bool = True,
        regularizer: Identifier = None,
        constraint: Identifier = None,
        name: str | None = None,
    ) -> FloatArray:
        """Create a weight, for use in `build`, and return its array.

        Raises
        ------
        ValueError
            If the layer is built already or has a weight of this name, or the initializer returns
            another shape.
        MemoryError
            If no array can have this size.
        """
        if self.built:
            raise ValueError(
                "You cannot add new elements of state (variables or sub-layers) to a layer that is "
                "already built. All state must be created in the `__init__()` method or in the "
                f"`build()` method. Received: layer={self.name!r}, weight={name!r}"
            )
        name = name or f"variable_{len(self._own_weights)}"
        if name in self._own_weights:
            raise ValueError(f"layer {self.name!r} has a weight {name!r} already")
        shape = tuple(shape)
        dtype = np.dtype(dtype or self._dtype)
        value = allowed_zeros(shape, dtype)
        if value is None:
            value = self._initial_value(name, shape, dtype, initializer)
        self._own_weights[name] = Weight(
            value, trainable, regularizers.get(regularizer), constraints.get(constraint)
        )
        return value

    def _initial_value(
        self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], initializer: Identifier
    ) -> FloatArray:
        if math.prod(shape) > sys.maxsize // dtype.itemsize:
            raise MemoryError(f"layer {self.name!r}: no array can have the shape {shape}")
        make = initializers.get(initializer) or initializers.Zeros()
        initial = np.asarray(make(shape, dtype=dtype))
        if initial.shape != shape:
            raise ValueError(
                f"layer {self.name!r}: the initializer of weight {name!r} returned shape "
                f"{initial.shape}, expected {shape}"
            )
        value = zeros_on_cache_line(shape, dtype)
        value[...] = initial
        return value

    @property
    def trainable(self) -> bool:
        """Whether the layer's weights get gradients; settable at any time."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def _weights(self) -> dict[str, Weight]:
        """All weights by name."""
        return self._own_weights

    def _select(self, trainable: bool) -> dict[str, Weight]:
        """Return the weights that get gradients, or those that don't, by name."""
        return {
            name: weight
            for name, weight in self._own_weights.items()
            if (self._trainable and weight.trainable) is trainable
        }

    @property
    def weights(self) -> list[FloatArray]:
        """All weights in the order of their creation: the arrays themselves, not copies."""
        return [weight.value for weight in self._weights.values()]

    @property
    def trainable_weights(self) -> list[FloatArray]:
        """The weights that get gradients; none while the layer is frozen."""
        return [weight.value for weight in self._select(True).values()]

    @property
    def non_trainable_weights(self) -> list[FloatArray]:
        """The weights that get no gradients; all of them while the layer is frozen."""
        return [weight.value for weight in self._select(False).values()]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def count_params(self) -> int:
        """Return the number of scalars in the weights; ValueError if the layer isn't built."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't "
                "built. You can build it manually via: `layer.build(input_shape)`."
            )
        return sum(weight.size for weight in self.weights)

    def get_weights(self) -> list[FloatArray]:
        """Return copies of the weights."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: Iterable[ArrayLike]) -> None:
        """Copy `weights` into the layer's, all or none.

        Raises
        ------
        ValueError
            If their number or a shape differs.
        TypeError
            If one doesn't convert to the layer's dtype or has masked elements.
        """
        values = list(weights)
        if len(values) != len(self._weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of "
                f"length {len(values)}, but the layer was expecting {len(self._weights)} weights."
            )
        self._assign(self.weights, values)

    def _assign(self, targets: Sequence[FloatArray], values: Sequence[ArrayLike]) -> None:
        """Copy each value into its target once all of them are known to fit.

        Values may be views of the targets: they count as they were before.
        """
        arrays = [plain(value, f"layer {self.name!r}") for value in values]
        for target, array in zip(targets, arrays, strict=True):
            if array.shape != target.shape:
                raise ValueError(
                    f"Layer {self.name} weight shape {target.shape} is not compatible with "
                    f"provided weight shape {array.shape}."
                )
            if not np.can_cast(array.dtype, target.dtype, "same_kind"):
                raise TypeError(
                    f"Layer {self.name} has weights of dtype {target.dtype}, received an array of "
                    f"dtype {array.dtype}"
                )
        arrays = [
            array.copy() if any(np.may_share_memory(array, own) for own in targets) else array
            for array in arrays
        ]
        for target, array in zip(targets, arrays, strict=True):
            np.copyto(target, array, casting="same_kind")

    def apply_constraints(self) -> None:
        """Replace the trainable weights that have a constraint by their projections, in place.

        To be called after each update of the weights. If a constraint raises, or returns another
        shape, no weight changes.
        """
        targets, projections = [], []
        for weight in self._select(True).values():
            if weight.constraint is not None:
                targets.append(weight.value)
                projections.append(weight.constraint(weight.value))
        self._assign(targets, projections)
