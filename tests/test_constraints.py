"""Constraints: projection, names and configs, and their place in a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import fastdense
import reference
from fastdense import _core, constraints, layers

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


# Every bound that a norm can meet, and odd ones: an empty interval, none at all, no number.
CONFIGURED = [
    ("NonNeg", ()),
    ("UnitNorm", ()),
    ("MaxNorm", (2,)),
    ("MaxNorm", (-1.5,)),
    ("MaxNorm", (np.inf,)),
    ("MaxNorm", (np.nan,)),
    ("MinMaxNorm", (2.0, 2.5, 0.25)),
    ("MinMaxNorm", (2.5, 2.0, 1.0)),
    ("MinMaxNorm", (np.nan, 2.0, 1.0)),
]
by_configured = pytest.mark.parametrize(("name", "arguments"), CONFIGURED)


def in_numpy(name: str, arguments: tuple[Any, ...]) -> constraints.Constraint:
    """The constraint as a subclass: one's own classes run in NumPy."""
    cls = getattr(constraints, name)
    found: constraints.Constraint = type("Mine", (cls,), {})(*arguments)
    assert found.lower() is None
    return found


@by_configured
@pytest.mark.parametrize("dtype", bounds.FLOATS)
@pytest.mark.parametrize(
    "shape",
    [(0,), (1,), (40,), (0, 3), (3, 0), (7, 1), (1, 7), (9, 16), (500, 3), (9, 65), (4, 3, 5)],
    ids=str,
)
def test_constraint_in_the_core_is_numpys(
    name: str, arguments: tuple[Any, ...], shape: tuple[int, ...], dtype: Any,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    w = rng.standard_normal(shape).astype(dtype)
    got = getattr(constraints, name)(*arguments)(w)
    assert got.dtype == dtype and got.shape == w.shape
    # A norm of n terms is within n u / 2 + u in both, and MinMaxNorm's two terms of one sign
    # don't cancel; the other operations are below 10 u.
    bound = 2 * (len(w) / 2 + 10) * bounds.unit(dtype)
    np.testing.assert_allclose(got, in_numpy(name, arguments)(w), rtol=bound, atol=0)


@by_configured
@pytest.mark.parametrize("dtype", bounds.FLOATS)
@pytest.mark.parametrize("cols", [1, 2, 40])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf, 1e30, 1e300, -0.0])
def test_constraint_treats_special_weights_as_numpy_does(
    special: float, cols: int, name: str, arguments: tuple[Any, ...], dtype: Any
) -> None:
    w = np.ones((5, cols), dtype)
    with np.errstate(all="ignore"):
        w[2, cols // 2] = special
        expected = in_numpy(name, arguments)(w)
    got = getattr(constraints, name)(*arguments)(w)
    np.testing.assert_allclose(got, expected, rtol=20 * bounds.unit(dtype), atol=0)


@by_configured
def test_constraint_has_the_same_bits_whatever_the_threads(
    name: str, arguments: tuple[Any, ...], rng: np.random.Generator
) -> None:
    constraint = getattr(constraints, name)(*arguments)
    for shape in [(1_000_003,), (2000, 300)]:
        w = rng.standard_normal(shape).astype(np.float32)
        with fastdense.num_threads(1):
            expected = constraint(w)
        for threads in (2, 3, 2):
            with fastdense.num_threads(threads):
                np.testing.assert_array_equal(constraint(w), expected)


@by_configured
def test_constraint_takes_any_layout(
    name: str, arguments: tuple[Any, ...], rng: np.random.Generator
) -> None:
    w = rng.standard_normal((6, 8))
    constraint = getattr(constraints, name)(*arguments)
    for view in (w.T, w[::2, ::-3], w.astype(">f8"), np.asfortranarray(w)):
        before = view.copy()
        expected = constraint(np.ascontiguousarray(view, np.float64))
        np.testing.assert_allclose(constraint(view), expected, rtol=20 * bounds.unit(np.float64))
        np.testing.assert_array_equal(view, before)


def test_lower_gives_the_code_of_exact_types_along_axis_0() -> None:
    codes = _core.CONSTRAINTS
    assert constraints.NonNeg().lower() == (codes["non_neg"], 0, 0, 0)
    assert constraints.UnitNorm().lower() == (codes["unit_norm"], 0, 0, 0)
    assert constraints.MaxNorm(3).lower() == (codes["max_norm"], 3, 0, 0)
    assert constraints.MinMaxNorm(1, 2, 0.5).lower() == (codes["min_max_norm"], 1, 2, 0.5)
    bound: Any = np.array([1.0, 2.0])  # one per column, which NumPy broadcasts
    for other in (
        constraints.Constraint(),
        constraints.UnitNorm(axis=1),
        constraints.MaxNorm(2, axis=None),
        constraints.MinMaxNorm(1, 2, axis=(0, 1)),
        constraints.MaxNorm(bound),
    ):
        assert other.lower() is None


def test_max_norm_takes_a_bound_per_column() -> None:
    bound: Any = np.array([1.0, 2.0])
    got = constraints.MaxNorm(bound)(np.full((4, 2), 3.0))
    np.testing.assert_allclose(np.linalg.norm(got, axis=0), bound, rtol=1e-6)


@pytest.mark.parametrize(
    ("code", "error", "match"),
    [
        ((9, 0.0, 0.0, 0.0), ValueError, "no constraint has id 9"),
        ((-1, 0.0, 0.0, 0.0), ValueError, "no constraint has id -1"),
        ((0, 0.0), TypeError, "constraint: the code is not a tuple"),
        (None, TypeError, "constraint: the code is not a tuple"),
        ((0, "x", 0.0, 0.0), TypeError, "real number"),
    ],
)
def test_core_refuses_a_constraint_code_that_is_none(
    code: Any, error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        _core.constrain(np.ones((2, 2)), code)


def test_core_constrains_no_scalar() -> None:
    with pytest.raises(ValueError, match="constrain: w has rank 0"):
        _core.constrain(np.float64(1), constraints.NonNeg().lower() or (0, 0.0, 0.0, 0.0))
    assert constraints.NonNeg()(np.array(-1.0)) == 0


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
