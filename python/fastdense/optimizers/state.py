"""What an optimizer keeps: its weights, and arrays beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import initializers
from fastdense._arrays import zeros_on_cache_line
from fastdense._warn import warn
from fastdense.optimizers import arguments
from fastdense.optimizers.weight_decay import DecaySelection

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, DTypeLike, FloatArray, Identifier


class OptimizerState:
    """The part of an optimizer that saving saves.

    Weights are known by identity: they are the arrays that `build` was given.
    """

    name: str

    def __init__(self) -> None:
        self.built = False
        self._iterations = np.zeros((), np.int64)
        self._weights: list[FloatArray] = []
        self._index: dict[int, int] = {}  # by id
        self._decays: list[bool] = []
        self._selection = DecaySelection()
        self._added: list[FloatArray] = []
        self._slots: list[list[FloatArray]] = []

    @property
    def iterations(self) -> int:
        """The number of steps made."""
        return int(self._iterations)

    @iterations.setter
    def iterations(self, value: int) -> None:
        self._iterations[...] = value

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[FloatArray] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        """Let some weights not decay; to be called before `build`, else ValueError.

        Parameters
        ----------
        var_list
            The arrays themselves.
        var_names
            Regular expressions: ``["bias"]`` for the weights in whose names there is "bias".
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay()` can only be configured before the optimizer is "
                "built."
            )
        self._selection = DecaySelection(var_list, var_names)

    def build(self, weights: Sequence[FloatArray], names: Sequence[str] | None = None) -> None:
        """Make what the optimizer keeps beside `weights`, which it then updates in place.

        Parameters
        ----------
        weights
            Float32 or float64 arrays, all of one dtype, writable and C-contiguous.
        names
            Their names, as ``"kernel"``, for `exclude_from_weight_decay`.

        Raises
        ------
        TypeError, ValueError
            If a weight is no such array, or shares memory with another one.
        """
        weights = list(weights)
        arguments.check_weights(weights, f"optimizer {self.name!r}")
        if names is not None and len(names) != len(weights):
            raise ValueError(
                f"optimizer {self.name!r}: expected one name per weight, {len(weights)}. "
                f"Received: {len(names)}"
            )
        self._decays = self._selection.decays(weights, names)
        self._weights = weights
        self._number_weights()
        self.built = True

    def _number_weights(self) -> None:
        self._index = {id(weight): i for i, weight in enumerate(self._weights)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._number_weights()  # of a copy, or of what was unpickled: those are other arrays

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Identifier = "zeros",
        dtype: DTypeLike = None,
        name: str | None = None,
    ) -> FloatArray:
        """Return a new array that belongs to the optimizer's state; arrays have no names."""
        make = initializers.get(initializer) or initializers.Zeros()
        variable = np.array(make(tuple(shape), dtype=dtype or np.float32), order="C")
        self._added.append(variable)
        return variable

    def add_variable_from_reference(
        self,
        reference_variable: FloatArray,
        name: str | None = None,
        initializer: Identifier = "zeros",
    ) -> FloatArray:
        """Return a new array of a weight's shape and dtype that belongs to the state."""
        make = initializers.get(initializer) or initializers.Zeros()
        shape, dtype = reference_variable.shape, reference_variable.dtype
        variable = zeros_on_cache_line(shape, dtype, like=reference_variable)
        variable[...] = make(shape, dtype=dtype)
        self._added.append(variable)
        return variable

    def add_optimizer_variables(
        self,
        trainable_variables: Sequence[FloatArray],
        name: str | Sequence[str],
        initializer: Identifier = "zeros",
    ) -> Any:
        """Return a list with an array for each weight; for several names, a tuple of such lists.

        `variables` has those of several names weight by weight, as in Keras.
        """
        names = (name,) if isinstance(name, str) else tuple(name)
        rows = [
            [self.add_variable_from_reference(weight, each, initializer) for each in names]
            for weight in trainable_variables
        ]
        added = tuple([row[i] for row in rows] for i in range(len(names)))
        self._slots += added
        return added[0] if isinstance(name, str) else added

    def decays(self, index: int) -> bool:
        """Return whether weight `index` decays, if `weight_decay` is set."""
        return self._decays[index]

    def slots_of(self, index: int) -> list[FloatArray]:
        """Return the arrays beside weight `index`, in the order in which they were added."""
        return [arrays[index] for arrays in self._slots]

    def _get_variable_index(self, weight: FloatArray) -> int:
        """Return the weight's position in what `build` was given; ValueError if it isn't there."""
        index = self._index.get(id(weight))
        if index is None:
            raise ValueError(
                f"Unknown variable: an array of shape {np.shape(weight)}. This optimizer can only "
                "be called for the variables it was originally built with. When working with a new "
                "set of variables, you should recreate a new optimizer instance."
            )
        return index

    @property
    def variables(self) -> list[np.ndarray[Any, Any]]:
        """The whole state, the arrays themselves: iterations, learning rate if a number, others."""
        rate = getattr(self, "_learning_rate", None)
        return [self._iterations, *([rate] if isinstance(rate, np.ndarray) else []), *self._added]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Copy `weights` into `variables`, all or none.

        Raises
        ------
        ValueError
            If the optimizer isn't built, or their number or a shape differs.
        TypeError
            If one doesn't convert to the variable's dtype.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. "
                "Please call `optimizer.build(trainable_variables)` to create the optimizer "
                "weights before calling `set_weights()`."
            )
        variables, values = self.variables, [np.asarray(value) for value in weights]
        if len(values) != len(variables):
            raise ValueError(
                f"optimizer {self.name!r}: expected {len(variables)} arrays. "
                f"Received: {len(values)}"
            )
        for i, (variable, value) in enumerate(zip(variables, values, strict=True)):
            if variable.shape != value.shape:
                raise ValueError(
                    f"Optimizer variable {i} has shape {variable.shape} not compatible with "
                    f"provided weight shape {value.shape}."
                )
            if not np.can_cast(value.dtype, variable.dtype, "same_kind"):
                raise TypeError(
                    f"Optimizer variable {i} has dtype {variable.dtype}. "
                    f"Received: an array of dtype {value.dtype}"
                )
        for variable, value in zip(variables, values, strict=True):
            np.copyto(variable, value, casting="same_kind")

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put a copy of each of `variables` into `store`, under "0", "1", ..."""
        store.update({str(i): variable.copy() for i, variable in enumerate(self.variables)})

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Take over what `save_own_variables` stored; only warn if that is another number."""
        if len(store) == len(self.variables):
            self.set_weights([store[str(i)] for i in range(len(store))])
            return
        hint = "" if self.built else "This is likely because the optimizer has not been built yet."
        warn(
            f"Skipping variable loading for optimizer '{self.name}', because it has "
            f"{len(self.variables)} variables whereas the saved optimizer has {len(store)} "
            f"variables. {hint}"
        )
