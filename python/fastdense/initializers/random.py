"""Initializers that draw from a distribution given by its parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastdense import _random
from fastdense.initializers.constant import Initializer

if TYPE_CHECKING:
    from fastdense._typing import DTypeLike, FloatArray


class RandomInitializer(Initializer):
    """Base class of those that draw: it holds the seed and offers the three distributions.

    Parameters
    ----------
    seed
        An integer, or None for one drawn when the object is made.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = ("seed",)

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None:
            seed = _random.as_seed(seed, "`seed` argument should be an integer.")
        self.seed = seed
        self._key = _random.next_seed() if seed is None else seed

    def _uniform(
        self, shape: Sequence[int], dtype: DTypeLike, low: float, high: float
    ) -> FloatArray:
        """Draw from the uniform distribution on ``[low, high)``."""
        values = _random.generator(self._key).random(tuple(shape), _dtype(dtype))
        values *= high - low
        values += low
        return values

    def _normal(
        self, shape: Sequence[int], dtype: DTypeLike, mean: float, stddev: float
    ) -> FloatArray:
        """Draw from the normal distribution."""
        values = _random.generator(self._key).standard_normal(tuple(shape), _dtype(dtype))
        values *= stddev
        values += mean
        return values

    def _truncated_normal(
        self, shape: Sequence[int], dtype: DTypeLike, mean: float, stddev: float
    ) -> FloatArray:
        """Draw from the normal distribution; redraw what lies beyond two standard deviations."""
        generator = _random.generator(self._key)
        precision = _dtype(dtype)
        values = generator.standard_normal(math.prod(shape), precision)
        outside = np.flatnonzero(np.abs(values) > 2.0)
        while outside.size:
            values[outside] = generator.standard_normal(outside.size, precision)
            outside = outside[np.abs(values[outside]) > 2.0]
        values *= stddev
        values += mean
        return values.reshape(shape)


class RandomNormal(RandomInitializer):
    """Normal distribution."""

    _FIELDS = ("mean", "stddev", "seed")

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return values drawn from ``N(mean, stddev**2)``."""
        return self._normal(shape, dtype, self.mean, self.stddev)


class TruncatedNormal(RandomNormal):
    """Normal distribution; values beyond two standard deviations are drawn again.

    The result's standard deviation is 0.88 times `stddev`.
    """

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return values drawn from the truncated distribution."""
        return self._truncated_normal(shape, dtype, self.mean, self.stddev)


class RandomUniform(RandomInitializer):
    """Uniform distribution on ``[minval, maxval)``."""

    _FIELDS = ("minval", "maxval", "seed")

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return values drawn from the uniform distribution."""
        return self._uniform(shape, dtype, self.minval, self.maxval)


class Orthogonal(RandomInitializer):
    """`gain` times a random orthogonal matrix (Saxe et al., 2014, arXiv:1312.6120).

    Has orthonormal columns, or orthonormal rows if there are fewer rows than columns. A shape of
    higher rank is filled as the matrix ``(prod(shape[:-1]), shape[-1])``.
    """

    _FIELDS = ("gain", "seed")

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return the matrix; ValueError if `shape` has rank 0 or 1."""
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(self._normal(tall, np.float64, 0.0, 1.0))
        q *= np.where(np.diagonal(r) < 0, -self.gain, self.gain)  # QR fixes q up to these signs
        matrix = q.T if rows < columns else q
        return matrix.reshape(shape).astype(dtype or np.float32)


def _dtype(dtype: DTypeLike) -> Any:
    """Return the dtype to draw in; the generator itself refuses all but float32 and float64."""
    return np.dtype(dtype or np.float32)
