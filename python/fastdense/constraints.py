"""Projections to apply to weights after an update, with the definitions of `keras.constraints`.

A constraint is a callable ``w -> w'`` on arrays; it returns a new array of w's shape and dtype.
`Layer.apply_constraints` applies those of a layer to its weights.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from fastdense import _core
from fastdense._arrays import is_computable
from fastdense._axis import Axis, PlainAxis, plain_axis
from fastdense._changes import Noted
from fastdense._configurable import Configurable
from fastdense._registry import Registry

if TYPE_CHECKING:
    from fastdense._activation import Code
    from fastdense._typing import FloatArray

# Added to norms before dividing by them (Keras' epsilon).
_EPSILON = 1e-7


class Constraint(Configurable, Noted):
    """Base class. A subclass defines ``__call__`` and, if it has parameters, `get_config`."""

    def __call__(self, w: FloatArray) -> FloatArray:
        """Return the projection of `w`."""
        return w

    def lower(self) -> Code | None:
        """Return the core's code ``(id, p0, p1, p2)`` if it computes exactly this, else None."""
        return None


class _Projection(Constraint):
    """A constraint that the core has; NumPy does what the core doesn't take."""

    def __call__(self, w: FloatArray) -> FloatArray:
        """Return the projection of `w`."""
        code = self.lower()
        if code is not None and is_computable(w) and w.ndim > 0:
            return _core.constrain(w, code)
        return self._project(w)

    def _project(self, w: FloatArray) -> FloatArray:
        """Return the projection of `w`, by NumPy."""
        raise NotImplementedError

    def _code(self, cls: type[Constraint], name: str, *parameters: float) -> Code | None:
        """Return the code for `name`; None for subclasses of `cls` and what is no number."""
        if type(self) is not cls or not all(isinstance(p, Real) for p in parameters):
            return None
        p0, p1, p2 = (*map(float, parameters), 0.0, 0.0, 0.0)[:3]
        return _core.CONSTRAINTS[name], p0, p1, p2


class NonNeg(_Projection):
    """``max(w, 0)``."""

    def _project(self, w: FloatArray) -> FloatArray:
        return np.maximum(w, 0)

    def lower(self) -> Code | None:
        """Return the core's code; None for a subclass."""
        return self._code(NonNeg, "non_neg")


class _NormConstraint(_Projection):
    """``w * target(norm) / (1e-7 + norm)``, norm being the Euclidean norm of w along `axis`.

    `axis` is an integer, several of them or None for all; 0 for the incoming weights of each unit
    of Dense. The core has this for axis 0.
    """

    axis: PlainAxis

    def _project(self, w: FloatArray) -> FloatArray:
        norm = np.sqrt(np.sum(np.square(w), axis=self.axis, keepdims=True))
        projected: FloatArray = w * (self._target(norm) / (_EPSILON + norm))
        return projected

    def _target(self, norm: FloatArray) -> FloatArray:
        """Return the norm that each vector shall have."""
        raise NotImplementedError

    def _code(self, cls: type[Constraint], name: str, *parameters: float) -> Code | None:
        return super()._code(cls, name, *parameters) if self.axis == 0 else None


class MaxNorm(_NormConstraint):
    """Scale vectors longer than `max_value` down to that length."""

    _FIELDS = ("max_value", "axis")

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value = max_value
        self.axis = plain_axis(axis, type(self).__name__)

    def _target(self, norm: FloatArray) -> FloatArray:
        return np.clip(norm, 0, self.max_value)

    def lower(self) -> Code | None:
        """Return the core's code; None for a subclass, another axis or bounds that are arrays."""
        return self._code(MaxNorm, "max_norm", self.max_value)


class UnitNorm(_NormConstraint):
    """Scale every vector to length 1."""

    _FIELDS = ("axis",)

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = plain_axis(axis, type(self).__name__)

    def _target(self, norm: FloatArray) -> FloatArray:
        return np.ones_like(norm)

    def lower(self) -> Code | None:
        """Return the core's code; None for a subclass or another axis."""
        return self._code(UnitNorm, "unit_norm")


class MinMaxNorm(_NormConstraint):
    """Move every vector's length towards ``clip(norm, min_value, max_value)``.

    The new length is ``rate * clip(norm, min_value, max_value) + (1 - rate) * norm``; with `rate` 1
    the bounds are met at once.
    """

    _FIELDS = ("min_value", "max_value", "rate", "axis")

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axis = 0,
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = plain_axis(axis, type(self).__name__)

    def _target(self, norm: FloatArray) -> FloatArray:
        clipped = np.clip(norm, self.min_value, self.max_value)
        return self.rate * clipped + (1 - self.rate) * norm

    def lower(self) -> Code | None:
        """Return the core's code; None for a subclass, another axis or bounds that are arrays."""
        return self._code(MinMaxNorm, "min_max_norm", self.min_value, self.max_value, self.rate)


_registry: Registry[Callable[..., FloatArray]] = Registry("constraint", "keras.constraints")

max_norm = _registry.register(MaxNorm)
min_max_norm = _registry.register(MinMaxNorm)
non_neg = _registry.register(NonNeg)
unit_norm = _registry.register(UnitNorm)

get = _registry.get
serialize = _registry.serialize
deserialize = _registry.deserialize
