"""Constraints: projection, names and configs, and their place in a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import reference
from fastdense import constraints, layers

PROJECTIONS: list[tuple[str, dict[str, Any], Any]] = [
    ("MaxNorm", {"max_value": 2, "axis": 0}, reference.max_norm),
    ("MaxNorm", {"max_value": 0.5, "axis": 1}, reference.max_norm),
    ("NonNeg", {}, lambda w: np.maximum(w, 0)),
    ("UnitNorm", {"axis": 0}, reference.unit_norm),
    ("UnitNorm", {"axis": 1}, reference.unit_norm),
    (
        "MinMaxNorm",
        {"min_value": 2.0, "max_value": 2.5, "rate": 1.0, "axis": 0},
        reference.min_max_norm,
    ),
    (
        "MinMaxNorm",
        {"min_value": 2.0, "max_value": 2.5, "rate": 0.25, "axis": 1},
        reference.min_max_norm,
    ),
]
by_projection = pytest.mark.parametrize(("name", "arguments", "truth"), PROJECTIONS)


@by_projection
@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_constraint_matches_reference(
    name: str, arguments: dict[str, Any], truth: Any, dtype: Any, rng: np.random.Generator
) -> None:
    w = rng.standard_normal((7, 5)).astype(dtype)
    w[:, 2] = 0
    before = w.copy()
    got = getattr(constraints, name)(**arguments)(w)
    assert got.dtype == dtype
    # A norm of 7 terms (7 u / 2 + 1 u), a clip, an addition, a quotient and a product: below 10 u,
    # twice in float64.
    np.testing.assert_allclose(got, truth(w, **arguments), rtol=20 * bounds.unit(dtype), atol=0)
    np.testing.assert_array_equal(w, before)


@by_projection
def test_constraint_round_trips_through_config(
    name: str, arguments: dict[str, Any], truth: Any
) -> None:
    constraint = getattr(constraints, name)(**arguments)
    assert constraint.get_config() == arguments
    again = constraints.get(constraints.serialize(constraint))
    assert type(again) is type(constraint) and again.get_config() == arguments
    assert type(constraint).from_config(arguments).get_config() == arguments


@pytest.mark.parametrize("name", ["max_norm", "MaxNorm", "non_neg", "unit_norm", "min_max_norm"])
def test_constraint_is_found_by_name(name: str) -> None:
    assert callable(constraints.get(name))
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match="foo"):
        constraints.get("foo")


@pytest.mark.parametrize("name", ["max_norm", "unit_norm", "min_max_norm"])
def test_constraint_keeps_nan_visible(name: str) -> None:
    w = np.ones((3, 2), np.float32)
    w[1, 0] = np.nan
    got = constraints.get(name)(w)
    assert np.all(np.isnan(got[:, 0])) and np.all(np.isfinite(got[:, 1]))


def test_layer_holds_its_constraints_and_leaves_them_to_the_optimizer(
    rng: np.random.Generator,
) -> None:
    layer = layers.Dense(4, kernel_constraint="max_norm", bias_constraint=constraints.NonNeg())
    layer.build((None, 3))
    kernel, bias = rng.standard_normal((3, 4)) * 9, rng.standard_normal(4)
    layer.set_weights([kernel, bias])
    layer(np.ones((2, 3), np.float32), training=True)
    layer.backward(np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(layer.kernel, kernel.astype(np.float32))
    expected = [layer.kernel_constraint(layer.kernel), layer.bias_constraint(layer.bias)]
    layer.apply_constraints()
    for weight, projected in zip(layer.weights, expected, strict=True):
        np.testing.assert_array_equal(weight, projected)
    assert np.all(layer.bias >= 0)
    assert np.linalg.norm(layer.kernel, axis=0).max() <= 2 * (1 + 10 * bounds.unit(np.float32))
