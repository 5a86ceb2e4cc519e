"""The axis of softmax, its kin and the constraints: what it may be, and the warning at size 1."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import cases
from fastdense import activations, constraints, layers, ops

ONE_COLUMN = np.ones((3, 1), np.float32)
WARNS = [
    lambda: activations.softmax(ONE_COLUMN),
    lambda: activations.softmax(ONE_COLUMN.T, axis=0),
    lambda: ops.activation_forward(ONE_COLUMN, "softmax"),
    lambda: ops.dense(ONE_COLUMN, ONE_COLUMN[:1], None, "softmax"),
    lambda: ops.dense_forward(ONE_COLUMN, ONE_COLUMN[:1], None, "softmax"),
    lambda: layers.Softmax()(ONE_COLUMN),
    lambda: layers.Dense(1, activation="softmax")(ONE_COLUMN, training=True),
]


@pytest.mark.parametrize("call", WARNS, ids=range(len(WARNS)))
def test_softmax_warning_points_to_the_line_of_the_caller(call: Any) -> None:
    with pytest.warns(UserWarning, match="softmax") as caught:
        call()
    assert [warning.filename for warning in caught] == [__file__]


def test_softmax_leaves_out_alone_when_its_warning_is_an_error() -> None:
    out = np.zeros_like(ONE_COLUMN)
    for call in (
        lambda: ops.dense(ONE_COLUMN, ONE_COLUMN[:1], None, "softmax", out=out),
        lambda: ops.activation(ONE_COLUMN, "softmax", out=out),
    ):
        with pytest.raises(UserWarning, match="softmax"):  # pytest makes errors of warnings
            call()
        np.testing.assert_array_equal(out, 0)


def test_softmax_warns_when_its_axis_has_size_one() -> None:
    with pytest.warns(UserWarning, match=r"axis -1 .*\(3, 1\)"):
        y = activations.softmax(np.ones((3, 1), np.float32))
    np.testing.assert_array_equal(y, np.ones((3, 1), np.float32))


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax"])
def test_row_activation_refuses_an_axis_that_is_not_there(name: str) -> None:
    with pytest.raises(ValueError, match="axis"):
        getattr(activations, name)(np.ones((2, 3)), axis=2)


def test_glu_refuses_an_odd_axis() -> None:
    with pytest.raises(ValueError, match=r"2.*\(4, 5\)"):
        ops.activation(np.ones((4, 5)), "glu")


@pytest.mark.parametrize("axis", [np.int64(0), np.int8(-2), np.array(1)])
def test_axis_may_be_an_integer_of_any_kind(axis: Any, rng: np.random.Generator) -> None:
    x = cases.normal(rng, (4, 6), np.float32)
    plain = int(axis)
    for name in ("softmax", "log_softmax", "sparsemax", "glu"):
        function = getattr(activations, name)
        np.testing.assert_array_equal(function(x, axis=axis), function(x, axis=plain))
    for make in (layers.Softmax, constraints.UnitNorm):
        np.testing.assert_array_equal(make(axis=axis)(x), make(axis=plain)(x))
        assert json.dumps(make(axis=axis).get_config()["axis"]) == str(plain)
    np.testing.assert_array_equal(
        activations.softmax(x, axis=[np.int64(0), 1]), activations.softmax(x, axis=None)
    )


@pytest.mark.parametrize("axis", [1.0, "0", (0, 1.0)], ids=str)
def test_axis_that_is_no_integer_is_refused(axis: Any) -> None:
    for call in (activations.softmax, activations.glu):
        with pytest.raises(TypeError, match="axis"):
            call(np.ones((4, 6)), axis=axis)
    for make in (layers.Softmax, constraints.MaxNorm):
        with pytest.raises(TypeError, match="axis"):
            make(axis=axis)


@pytest.mark.parametrize(("shape", "axis"), [((), None), ((4, 6), ()), ((4, 6), (1, -1))], ids=str)
def test_softmax_refuses_axes_that_are_none_or_the_same(shape: Any, axis: Any) -> None:
    with pytest.raises(ValueError, match="softmax: axis"):
        activations.softmax(np.ones(shape), axis=axis)


@pytest.mark.parametrize("axis", [None, (0,)])
def test_glu_refuses_several_axes(axis: Any) -> None:
    with pytest.raises(TypeError, match="glu: axis must be an integer"):
        activations.glu(np.ones((4, 6)), axis=axis)
