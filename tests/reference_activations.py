"""Truth of the elementwise activations and of their slopes, in NumPy; imports nothing of the
library.

Every function computes in the type it is given (float64, or extended precision where a test wants
to judge float64) and follows Keras' definition. Forms are chosen so that no digits cancel: the
value is good to a few units in the last place of the computing type over the whole range. At an
infinity the value is the limit; a NaN stays a NaN. At a kink the slope is the one of the left or of
the right side: tests keep away from the points that `kinks` lists, except where a convention is
fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
# Maclaurin coefficients of x - tanh(x) from x**3 on, as fractions so that extended precision has
# all its digits; at |x| = 0.25 the first one left out is below 1e-19, relative.
TANH_SHRINK_SERIES = [
    (1, 3),
    (-2, 15),
    (17, 315),
    (-62, 2835),
    (1382, 155925),
    (-21844, 6081075),
    (929569, 638512875),
    (-6404582, 10854718875),
    (443861162, 1856156927625),
    (-18888466084, 194896477400625),
    (113927491862, 2900518163668125),
    (-58870668456604, 3698160658676859375),
]


def _gated(x: Array, gate: Array) -> Array:
    """x * gate with 0 where the gate is 0, so that -inf times a vanished gate is the limit 0."""
    return np.where(gate == 0, 0.0 * np.sign(gate), x * gate)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow: exp only ever sees a non-positive argument."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e)) + 0 * _nan(x)


def _nan(x: Array) -> Array:
    """NaN where x is NaN, 0 elsewhere: added to a result chosen by comparisons, which lose NaN."""
    return np.where(np.isnan(x), x, 0.0)


def sigmoid_slope(x: Array) -> Array:
    return sigmoid(x) * sigmoid(-x)


def erfc(z: Array) -> Array:
    """Complementary error function: math.erfc, corrected to first order for the bits beyond
    float64; from 20 on, where float64 nears its end, exp(-z**2) / (z sqrt(pi)) times eight terms
    of the asymptotic series (DLMF 7.12.1), whose next term is below 2e-19."""
    head = np.clip(z, -20, 20).astype(np.float64)
    near = np.vectorize(math.erfc, otypes=[np.float64])(head)
    rest = np.where(np.abs(z) < 20, z - head, 0.0)
    near = near - rest * (2 / math.sqrt(math.pi)) * np.exp(-np.square(head))
    far = np.maximum(z, 20)
    term = series = np.ones_like(far)
    for n in range(1, 9):
        term = -term * (2 * n - 1) / (2 * np.square(far))
        series = series + term
    return np.where(z < 20, near, np.exp(-np.square(far)) / far / np.sqrt(_pi(z)) * series) + _nan(
        z
    )


def _normal_cdf(x: Array) -> Array:
    return erfc(-x * np.sqrt(x.dtype.type(0.5))) / 2


def gelu(x: Array, approximate: bool = False) -> Array:
    """x Phi(x), or Keras' tanh form x sigmoid(2 sqrt(2/pi) (x + 0.044715 x**3))."""
    return _gated(x, sigmoid(_gelu_argument(x)) if approximate else _normal_cdf(x))


def _gelu_argument(x: Array) -> Array:
    return 2 * np.sqrt(2 / _pi(x)) * (x + _cubic(x) * x**3)


def _cubic(x: Array) -> Any:
    """Keras' coefficient of gelu's tanh form: the float64 number nearest to 0.044715."""
    return x.dtype.type(0.044715)


def gelu_argument_slope(x: Array) -> Array:
    """Derivative of the argument of Keras' tanh form of gelu's sigmoid."""
    return 2 * np.sqrt(2 / _pi(x)) * (1 + 3 * _cubic(x) * x**2)


def _pi(x: Array) -> Any:
    """pi in the precision of x (math.pi carries float64's digits only)."""
    return 4 * np.arctan(x.dtype.type(1))


def gelu_slope(x: Array, approximate: bool = False) -> Array:
    if approximate:
        u = _gelu_argument(x)
        return sigmoid(u) + _gated(x * gelu_argument_slope(x), sigmoid_slope(u))
    return _normal_cdf(x) + _gated(x, np.exp(-np.square(x) / 2) / np.sqrt(2 * _pi(x)))


def silu(x: Array) -> Array:
    return _gated(x, sigmoid(x))


def silu_slope(x: Array) -> Array:
    return sigmoid(x) + _gated(x, sigmoid_slope(x))


def _mish_gate(x: Array) -> Array:
    """tanh(log1p(e)) = (e**2 + 2e) / (e**2 + 2e + 2), e = exp(x); by q = exp(-x) for positive x."""
    e = np.exp(-np.abs(x))
    left = (e * e + 2 * e) / (e * e + 2 * e + 2)
    return np.where(x > 0, (1 + 2 * e) / (1 + 2 * e + 2 * e * e), left) + _nan(x)


def mish(x: Array) -> Array:
    return _gated(x, _mish_gate(x))


def mish_slope(x: Array) -> Array:
    """gate + x gate', gate' = 4 e (e + 1) / (e**2 + 2e + 2)**2."""
    e = np.exp(-np.abs(x))
    left = 4 * e * (e + 1) / np.square(e * e + 2 * e + 2)
    right = 4 * e * e * (1 + e) / np.square(1 + 2 * e + 2 * e * e)
    return _mish_gate(x) + _gated(x, np.where(x > 0, right, left))


def tanh_shrink(x: Array) -> Array:
    """x - tanh(x); near 0, where the difference cancels, by its Maclaurin series."""
    square = np.square(np.clip(x, -0.25, 0.25))
    coefficients = [
        x.dtype.type(above) / x.dtype.type(below) for above, below in TANH_SHRINK_SERIES
    ]
    series = np.polynomial.polynomial.polyval(square, coefficients)
    return np.where(np.abs(x) < 0.25, x * square * series, x - np.tanh(x))


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softsign(x: Array) -> Array:
    return np.where(np.isinf(x), np.sign(x), x / (1 + np.abs(x)))


def squareplus(x: Array, b: float = 4) -> Array:
    """(x + sqrt(x**2 + b)) / 2; negative x by b / (2 (sqrt(x**2 + b) - x))."""
    h = np.hypot(x, np.sqrt(x.dtype.type(b)))
    mean = h / 2 + np.abs(x) / 2  # halved first: the sum of two large ones would overflow
    return np.where(x > 0, mean, b / 4 / mean if b else 0.0) + _nan(x)


def squareplus_slope(x: Array, b: float = 4) -> Array:
    h = np.hypot(x, np.sqrt(x.dtype.type(b)))
    return np.where(np.isinf(x), np.where(x > 0, 1.0, 0.0), squareplus(x, b) / h)


def relu(
    x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """x above the threshold (strictly), clipped to [0, max_value]; slope * (x - threshold) below
    it."""
    kept = np.where(x > threshold, x, 0.0)
    if max_value is not None:
        kept = np.clip(kept, 0, max_value)
    below = negative_slope * np.maximum(threshold - x, 0) if negative_slope else 0.0
    return kept - below + _nan(x)


def relu_slope(
    x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    passing = x > threshold
    if max_value is not None:
        passing &= (x > 0) & (x < max_value)
    return np.where(passing, 1.0, 0.0) + np.where(x < threshold, negative_slope, 0.0)


def elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_slope(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


def hard_sigmoid(x: Array) -> Array:
    """clip(x/6 + 1/2, 0, 1) as (x + 3) / 6, which is exact where x/6 + 1/2 cancels."""
    return np.clip((x + 3) / 6, 0, 1)


def hard_silu_slope(x: Array) -> Array:
    return np.where(np.abs(x) < 3, (2 * np.clip(x, -3, 3) + 3) / 6, np.where(x > 0, 1.0, 0.0))


def sparse_plus(x: Array) -> Array:
    middle = np.square(np.clip(x, -1, 1) + 1) / 4
    return np.where(x >= 1, x, middle)


def _inside(x: Array, low: float, high: float, slope: float = 1.0) -> Array:
    """`slope` strictly between low and high, 0 elsewhere: the derivative of a clipped line."""
    return np.where((x > low) & (x < high), slope, 0.0)


class Elementwise(NamedTuple):
    """One activation: value and slope at float64 points, and the points where the slope jumps."""

    value: Callable[..., Array]
    slope: Callable[..., Array]
    kinks: Callable[..., list[float]] = lambda **_: []


def _relu_kinks(
    negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> list[float]:
    return [0.0, threshold] + ([] if max_value is None else [max_value])


ELEMENTWISE: dict[str, Elementwise] = {
    "linear": Elementwise(lambda x: x, np.ones_like),
    "relu": Elementwise(relu, relu_slope, _relu_kinks),
    "leaky_relu": Elementwise(
        lambda x, negative_slope=0.2: relu(x, negative_slope),
        lambda x, negative_slope=0.2: relu_slope(x, negative_slope),
        lambda **_: [0.0],
    ),
    "relu6": Elementwise(
        lambda x: relu(x, max_value=6), lambda x: _inside(x, 0, 6), lambda: [0.0, 6.0]
    ),
    "elu": Elementwise(elu, elu_slope, lambda **_: [0.0]),
    "selu": Elementwise(
        lambda x: SELU_SCALE * elu(x, SELU_ALPHA),
        lambda x: SELU_SCALE * elu_slope(x, SELU_ALPHA),
        lambda: [0.0],
    ),
    "celu": Elementwise(
        lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha)),
        lambda x, alpha=1.0: np.where(x > 0, 1.0, np.exp(np.minimum(x, 0) / alpha)),
    ),
    "gelu": Elementwise(gelu, gelu_slope),
    "silu": Elementwise(silu, silu_slope),
    "sigmoid": Elementwise(sigmoid, sigmoid_slope),
    "hard_sigmoid": Elementwise(
        hard_sigmoid, lambda x: _inside(x, -3, 3, 1 / 6), lambda: [-3.0, 3.0]
    ),
    "hard_silu": Elementwise(
        lambda x: _gated(x, hard_sigmoid(x)), hard_silu_slope, lambda: [-3.0, 3.0]
    ),
    "tanh": Elementwise(np.tanh, lambda x: 4 * sigmoid_slope(2 * x)),
    "hard_tanh": Elementwise(
        lambda x: np.clip(x, -1, 1), lambda x: _inside(x, -1, 1), lambda: [-1.0, 1.0]
    ),
    "tanh_shrink": Elementwise(tanh_shrink, lambda x: np.square(np.tanh(x))),
    "softplus": Elementwise(softplus, sigmoid),
    "softsign": Elementwise(softsign, lambda x: 1 / np.square(1 + np.abs(x))),
    "log_sigmoid": Elementwise(lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "exponential": Elementwise(np.exp, np.exp),
    "mish": Elementwise(mish, mish_slope),
    "squareplus": Elementwise(squareplus, squareplus_slope),
    "hard_shrink": Elementwise(
        lambda x, threshold=0.5: np.where(np.abs(x) <= threshold, 0.0, x),
        lambda x, threshold=0.5: np.where(np.abs(x) <= threshold, 0.0, 1.0),
        lambda threshold=0.5: [-threshold, threshold],
    ),
    "soft_shrink": Elementwise(
        lambda x, threshold=0.5: np.where(
            np.abs(x) <= threshold, 0.0, x - np.copysign(threshold, x)
        ),
        lambda x, threshold=0.5: np.where(np.abs(x) <= threshold, 0.0, 1.0),
        lambda threshold=0.5: [-threshold, threshold],
    ),
    "threshold": Elementwise(
        lambda x, threshold, default_value: np.where(x <= threshold, default_value, x),
        lambda x, threshold, default_value: np.where(x <= threshold, 0.0, 1.0),
        lambda threshold, default_value: [threshold],
    ),
    "sparse_plus": Elementwise(
        sparse_plus,
        lambda x: np.where(x >= 1, 1.0, (np.clip(x, -1, 1) + 1) / 2),
    ),
    "sparse_sigmoid": Elementwise(
        lambda x: np.clip((x + 1) / 2, 0, 1),
        lambda x: _inside(x, -1, 1, 0.5),
        lambda: [-1.0, 1.0],
    ),
}
