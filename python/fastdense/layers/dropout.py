"""Dropout."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from numbers import Real
from typing import TYPE_CHECKING, Any

from fastdense import _random, ops
from fastdense.layers.backprop import Backprop, weightless
from fastdense.layers.base import Layer

if TYPE_CHECKING:
    from fastdense._typing import Config, FloatArray


class Dropout(Layer):
    """Zero a share `rate` of the input in training, and scale the rest by ``1 / (1 - rate)``.

    Without ``training=True`` the input is returned as it is. The masks follow from `seed` and the
    number of training calls so far; they don't depend on threads or values.

    Parameters
    ----------
    rate
        In [0, 1]. With 1 the result is 0, and so is its gradient.
    noise_shape
        Shape of the mask, broadcast against the input; None stands for the input's size there.
        ``(None, 1, features)`` drops a feature for all steps of a sample, ``(1, features)`` for
        all samples.
    seed
        An integer, or None for one drawn when the layer is made.
    **kwargs
        See `Layer`.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Iterable[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = _rate(rate)
        if seed is not None:
            seed = _random.as_seed(seed, "Argument `seed` must be an integer.")
        self.noise_shape = _noise_shape(noise_shape)
        self.seed = seed
        self._seeds = _random.SeedStream(seed)

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return `inputs` themselves."""
        return inputs

    def forward(  # type: ignore[override]  # no options
        self, inputs: FloatArray
    ) -> tuple[FloatArray, Backprop]:
        """Return what is left of `inputs`, and the function that computes its gradient."""
        if self.rate == 0:
            return inputs, weightless(lambda dy: dy)
        y, residuals = ops.dropout_forward(
            inputs, self.rate, self._seeds.peek(), noise_shape=self.noise_shape
        )
        self._seeds.next()  # only now: a call that raises draws nothing
        return y, weightless(functools.partial(ops.dropout_backward, residuals=residuals))

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }


def _rate(rate: Any) -> float:
    """Return `rate` as a float; ValueError unless it lies in [0, 1]."""
    if isinstance(rate, Real) and 0 <= float(rate) <= 1:
        return float(rate)
    raise ValueError(
        "Invalid value received for argument `rate`. Expected a float value between 0 and 1. "
        f"Received: rate={rate}"
    )


def _noise_shape(noise_shape: Any) -> tuple[int | None, ...] | None:
    """Return `noise_shape` as a tuple; ValueError unless of positive integers and Nones."""
    if noise_shape is None:
        return None
    prefix = "Invalid value received for argument `noise_shape`."
    if isinstance(noise_shape, str) or not isinstance(noise_shape, Iterable):
        raise ValueError(
            f"{prefix} Expected a tuple or list of integers. Received: noise_shape={noise_shape}"
        )
    sizes = tuple(noise_shape)
    for i, size in enumerate(sizes):
        if size is None:
            continue
        if isinstance(size, bool) or not hasattr(size, "__index__"):
            raise ValueError(
                f"{prefix} Expected all elements to be integers or None. "
                f"Received element at index {i}: {size} (type: {type(size).__name__})"
            )
        if size <= 0:
            raise ValueError(
                f"{prefix} Expected all dimensions to be positive integers or None. "
                f"Received negative or zero value at index {i}: {size}"
            )
    return tuple(None if size is None else int(size) for size in sizes)
