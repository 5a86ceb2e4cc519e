"""Central differences of a scalar loss in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reference import Array

STEP = 1e-5
# Truncation h**2 f'''/6 is below 1e-9 for losses with |f'''| <= 60; rounding is eps |f| / h < 3e-9
# for |f| <= 100. The bound is their sum with a margin of 5, relative for gradients above 1.
TOLERANCE = 2e-8


def numerical_gradient(loss: Callable[[], float], at: Array) -> Array:
    """d loss / d at, where `loss` reads the float64 array `at` in place."""
    gradient = np.empty_like(at)
    for index in np.ndindex(at.shape):
        value = at[index]
        at[index] = value + STEP
        above = loss()
        at[index] = value - STEP
        below = loss()
        at[index] = value
        gradient[index] = (above - below) / (2 * STEP)
    return gradient


def assert_gradients(
    loss: Callable[..., float], at: Sequence[Array], got: Sequence[Any], what: str
) -> None:
    """Every given gradient of loss(*at) agrees with central differences."""
    assert len(at) == len(got)
    points = [np.array(point, dtype=np.float64) for point in at]
    for position, (point, gradient) in enumerate(zip(points, got, strict=True)):
        expected = numerical_gradient(lambda: loss(*points), point)
        np.testing.assert_allclose(
            gradient,
            expected,
            rtol=TOLERANCE,
            atol=TOLERANCE,
            err_msg=f"{what}: argument {position}",
        )
