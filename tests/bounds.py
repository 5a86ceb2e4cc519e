"""Error bounds of the tests and the measures they are stated in.

u = eps / 2 is the unit roundoff of the type. A chain of k fused multiply-adds, in whatever order,
is within k u of the sum of its terms' sizes (Higham, Accuracy and Stability, 3.1): that gives every
product's bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import Array, wide

FLOATS = (np.float32, np.float64)
# Elementwise values: DESIGN promises 2 units in the last place.
VALUE_ULP = 2.0
# Slopes are formed from a value that is itself within 2 ulp (y (1 - y), 1 - y**2, value + x *
# derivative, ...) by at most two more rounded operations on terms of size <= 1: 2 * 2 + 2, and 2
# for dy's product and margin.
SLOPE_ULP = 8.0


def unit(dtype: Any) -> float:
    """Unit roundoff u of a floating type."""
    return float(np.finfo(dtype).eps) / 2


def ulp_error(actual: Array, exact: Array) -> Array:
    """|actual - exact| in units in the last place of actual's type at `exact`; 0 where both are
    the same NaN or infinity. Overflow counts from the first number that the type cannot hold."""
    info = np.finfo(actual.dtype)
    with np.errstate(all="ignore"):
        over = np.isinf(exact.astype(actual.dtype)) & np.isinf(actual)
        same = (over & (np.sign(actual) == np.sign(exact))) | (np.isnan(exact) & np.isnan(actual))
        _, exponent = np.frexp(exact)
        spacing_exponent = np.maximum(exponent, info.minexp + 1) - (info.nmant + 1)
        error = np.abs(wide(actual).astype(exact.dtype) - exact)
        return np.where(same, 0.0, np.ldexp(error, -spacing_exponent))


def assert_ulp(actual: Array, exact: Array, bound: float, at: Array, what: str) -> None:
    """Fails with the worst input when any |actual - exact| passes `bound` ulp (a lost NaN always
    does)."""
    error = np.asarray(ulp_error(actual, exact))
    bad = ~(error <= bound)
    if np.any(bad):
        worst = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
        raise AssertionError(
            f"{what}: {np.count_nonzero(bad)} of {error.size} beyond {bound} ulp; "
            f"worst {error[worst]} at {at[worst]!r}: got {actual[worst]!r}, exact {exact[worst]!r}"
        )


def assert_within(actual: Array, exact: Array, tolerance: Any, what: str) -> None:
    """Fails with the worst element when |actual - exact| passes the elementwise tolerance."""
    assert actual.shape == exact.shape, f"{what}: shape {actual.shape}, expected {exact.shape}"
    tolerance = np.broadcast_to(tolerance, exact.shape)
    error = np.abs(wide(actual) - exact)
    bad = ~(error <= tolerance)
    if np.any(bad):
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise AssertionError(
            f"{what}: {np.count_nonzero(bad)} of {error.size} out of bound; first at {first}: "
            f"got {actual[first]!r}, exact {exact[first]!r}, allowed {tolerance[first]!r}"
        )


def product_bound(size: Array, terms: int, dtype: Any) -> Array:
    """Bound of a sum of `terms` products whose sizes add up to `size`: (terms + 2) u size.

    In float64 the reference carries the same error, so the bound doubles. Below the normal range
    every operation may also lose half a smallest subnormal.
    """
    carriers = 2 if np.dtype(dtype) == np.float64 else 1
    u, smallest = unit(dtype), float(np.finfo(dtype).smallest_subnormal)
    return carriers * (terms + 2) * (u * size + smallest)


def slope_bound(slope: Array, dy: Array, dtype: Any, gain: Any = 1.0) -> Array:
    """Bound of dy * slope: SLOPE_ULP u * 2 relative to max(1, |slope|), the size of the slope's
    terms; or 2 * VALUE_ULP u * gain where that is more, `gain` being what the value's own error is
    multiplied with in one of them."""
    tiny = float(np.finfo(dtype).smallest_subnormal)
    size = np.maximum(SLOPE_ULP * np.maximum(1, np.abs(slope)), VALUE_ULP * gain)
    return 2 * unit(dtype) * np.abs(dy) * size + SLOPE_ULP * tiny
