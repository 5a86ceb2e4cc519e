"""Initializers whose variance follows from the shape of the weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from fastdense.initializers.random import RandomInitializer

if TYPE_CHECKING:
    from fastdense._typing import DTypeLike, FloatArray

# Standard deviation of the unit normal truncated at two sigma.
_TRUNCATED_STDDEV = 0.87962566103423978

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")


class VarianceScaling(RandomInitializer):
    """Draw with variance ``scale / n``, n counting inputs, outputs or their average.

    Parameters
    ----------
    scale
        A positive number.
    mode
        What n is: ``"fan_in"``, ``"fan_out"`` or ``"fan_avg"``. For a Dense kernel
        ``(inputs, units)`` these are inputs, units and their mean.
    distribution
        ``"truncated_normal"`` (also called ``"normal"``), ``"untruncated_normal"``, or
        ``"uniform"`` on ``[-limit, limit]`` with ``limit = sqrt(3 * scale / n)``.
    seed
        An integer, or None for one drawn when the object is made.
    input_axes, output_axes
        The axes that count as inputs and outputs, if not the last two.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = (
        "scale",
        "mode",
        "distribution",
        "seed",
        "input_axes",
        "output_axes",
    )

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        if mode not in _MODES:
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of {_MODES}")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in _DISTRIBUTIONS:
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}. "
                f"Please use one of {_DISTRIBUTIONS}"
            )
        super().__init__(seed)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return values drawn with the variance that fits `shape`."""
        fan_in, fan_out = _fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return self._uniform(shape, dtype, -limit, limit)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, dtype, 0.0, stddev)
        return self._truncated_normal(shape, dtype, 0.0, stddev / _TRUNCATED_STDDEV)


class _FixedScaling(VarianceScaling):
    """VarianceScaling with scale, mode and distribution fixed by the subclass."""

    _FIELDS = ("seed", "input_axes", "output_axes")
    _FIXED: ClassVar[tuple[float, str, str]]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self._FIXED, seed, input_axes, output_axes)


class GlorotUniform(_FixedScaling):
    """Uniform within ``sqrt(6 / (fan_in + fan_out))`` of 0 (Glorot and Bengio, 2010)."""

    _FIXED = (1.0, "fan_avg", "uniform")


class GlorotNormal(_FixedScaling):
    """Truncated normal with standard deviation ``sqrt(2 / (fan_in + fan_out))``."""

    _FIXED = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_FixedScaling):
    """Uniform within ``sqrt(6 / fan_in)`` of 0 (He et al., 2015, arXiv:1502.01852)."""

    _FIXED = (2.0, "fan_in", "uniform")


class HeNormal(_FixedScaling):
    """Truncated normal with standard deviation ``sqrt(2 / fan_in)``."""

    _FIXED = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_FixedScaling):
    """Uniform within ``sqrt(3 / fan_in)`` of 0 (LeCun et al., "Efficient BackProp", 1998)."""

    _FIXED = (1.0, "fan_in", "uniform")


class LecunNormal(_FixedScaling):
    """Truncated normal with standard deviation ``sqrt(1 / fan_in)``."""

    _FIXED = (1.0, "fan_in", "truncated_normal")


def _fans(
    shape: Sequence[int], input_axes: Sequence[int] | None, output_axes: Sequence[int] | None
) -> tuple[int, int]:
    """Count the inputs and the outputs of a weight of `shape`."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[i] for i in input_axes), math.prod(shape[i] for i in output_axes)
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window
