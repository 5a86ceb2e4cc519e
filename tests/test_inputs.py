"""Arrays of every kind as inputs: right values, or a typed error that names the argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import arrays
import bounds
import cases
from fastdense import ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
by_disguise = pytest.mark.parametrize("disguise", arrays.DISGUISES.values(), ids=arrays.DISGUISES)


def operands(rng: np.random.Generator, dtype: Any) -> dict[str, Any]:
    """x, kernel, bias and dy of one small layer, all multiples of 1/8 and exact in any float
    type."""
    shapes = {"x": (9, 13), "kernel": (13, 21), "bias": (21,), "dy": (9, 21)}
    return {name: (rng.integers(-20, 20, s) / 8).astype(dtype) for name, s in shapes.items()}


def everything(x: Any, kernel: Any, bias: Any, dy: Any) -> list[Any]:
    """The results of every operation that takes these arrays."""
    y, residuals = ops.dense_forward(x, kernel, bias, "tanh")
    z, activation_residuals = ops.activation_forward(dy, "softmax")
    dropped, dropout_residuals = ops.dropout_forward(dy, 0.5, 3)
    return [
        ops.dense(x, kernel, bias),
        y,
        *ops.dense_backward(dy, residuals),
        ops.activation(dy, "gelu"),
        z,
        ops.activation_backward(dy, activation_residuals),
        dropped,
        ops.dropout_backward(dy, dropout_residuals),
    ]


@by_dtype
@by_disguise
@pytest.mark.parametrize("name", ["x", "kernel", "bias", "dy"])
def test_ops_give_the_same_bits_when_an_array_is_disguised(
    name: str, disguise: Callable[[Any], Any], dtype: Any, rng: np.random.Generator
) -> None:
    plain = operands(rng, dtype)
    disguised = disguise(plain[name])
    # A list carries no type: it is float64 to NumPy, and so is whatever it meets.
    listed = isinstance(disguised, list) and dtype is np.float32
    expected = everything(**(plain | {name: plain[name].astype(np.float64)} if listed else plain))
    before = np.array(disguised, copy=True)
    got = everything(**(plain | {name: disguised}))
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
        assert type(one) is np.ndarray
    np.testing.assert_array_equal(disguised, before)


@pytest.mark.parametrize("offset", range(1, 64))
def test_ops_read_exactly_the_array_when_it_is_unaligned(
    offset: int, rng: np.random.Generator
) -> None:
    plain = operands(rng, np.float32)
    expected = everything(**plain)
    guarded = {name: arrays.Guarded.holding(value, offset) for name, value in plain.items()}
    got = everything(**{name: guard.array for name, guard in guarded.items()})
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    for guard in guarded.values():
        guard.assert_guards_intact()


@pytest.mark.parametrize(
    "given", [np.float16, np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64, np.bool_]
)
def test_ops_compute_in_float32_when_input_is_float16_or_integer(
    given: Any, rng: np.random.Generator
) -> None:
    small = rng.integers(0, 2, (9, 13)).astype(given)
    plain = operands(rng, np.float32)
    got = everything(**(plain | {"x": small}))
    expected = everything(**(plain | {"x": small.astype(np.float32)}))
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
    for op in (lambda a: ops.activation(a, "sigmoid"), lambda a: ops.dropout_forward(a, 0.5, 1)[0]):
        np.testing.assert_array_equal(op(small), op(small.astype(np.float32)), strict=True)


@pytest.mark.parametrize("name", ["x", "kernel", "bias"])
def test_dense_computes_in_float64_when_one_array_is_float64(
    name: str, rng: np.random.Generator
) -> None:
    plain = operands(rng, np.float32)
    del plain["dy"]
    mixed = plain | {name: plain[name].astype(np.float64)}
    expected = ops.dense(**{key: value.astype(np.float64) for key, value in plain.items()})
    np.testing.assert_array_equal(ops.dense(**mixed), expected, strict=True)


UNSUPPORTED = {
    "complex": np.ones((9, 13), np.complex64),
    "object": np.ones((9, 13), object),
    "string": np.full((9, 13), "1"),
    "bytes": np.full((9, 13), b"1"),
    "datetime": np.zeros((9, 13), "datetime64[s]"),
    "record": np.zeros((9, 13), [("a", np.float32)]),
    "none": None,
    "masked": np.ma.masked_array(np.ones((9, 13), np.float32), mask=True),
}
if np.dtype(np.longdouble) != np.dtype(np.float64):
    UNSUPPORTED["longdouble"] = np.ones((9, 13), np.longdouble)
by_unsupported = pytest.mark.parametrize("array", UNSUPPORTED.values(), ids=UNSUPPORTED)


@by_unsupported
def test_ops_refuse_a_type_that_is_no_real_number(array: Any, rng: np.random.Generator) -> None:
    plain = operands(rng, np.float32)
    out = arrays.Guarded((9, 21), np.float32)
    with pytest.raises(TypeError, match="x"):
        ops.dense(array, plain["kernel"], plain["bias"], out=out.array)
    out.assert_untouched()
    with pytest.raises(TypeError, match="kernel"):
        ops.dense(np.ones((4, 9), np.float32), array)
    with pytest.raises(TypeError, match="x"):
        ops.dense_forward(array, plain["kernel"])
    with pytest.raises(TypeError, match="x"):
        ops.activation(array, "relu")
    with pytest.raises(TypeError, match="x"):
        ops.dropout_forward(array, 0.5, 1)
    _, residuals = ops.dense_forward(plain["x"], np.ones((13, 13), np.float32))
    with pytest.raises(TypeError, match="dy"):
        ops.dense_backward(array, residuals)


SHAPES = [
    ((32, 63), (64, 10), None, r"x.*63.*\(32, 63\).*kernel.*64.*\(64, 10\)"),
    ((63,), (64, 10), None, r"x.*63.*kernel.*64"),
    ((), (64, 10), None, r"x.*\(\)"),
    ((32, 64), (64,), None, r"kernel.*\(64,\)"),
    ((32, 64), (), None, r"kernel.*\(\)"),
    ((32, 64), (64, 10, 1), None, r"kernel.*\(64, 10, 1\)"),
    ((32, 64), (64, 10), (9,), r"bias.*9.*10"),
    ((32, 64), (64, 10), (1,), r"bias.*1.*10"),
    ((32, 64), (64, 10), (), r"bias.*\(\)"),
    ((32, 64), (64, 10), (1, 10), r"bias.*\(1, 10\)"),
    ((0, 63), (64, 10), None, r"x.*63.*64"),
]


@pytest.mark.parametrize(("x", "kernel", "bias", "message"), SHAPES, ids=str)
def test_dense_refuses_shapes_that_do_not_fit(
    x: tuple[int, ...], kernel: tuple[int, ...], bias: Any, message: str
) -> None:
    given = [np.ones(x, np.float32), np.ones(kernel, np.float32)]
    given.append(None if bias is None else np.ones(bias, np.float32))
    out = arrays.Guarded((32, 10), np.float32)
    with pytest.raises(ValueError, match=message):
        ops.dense(*given, out=out.array)
    out.assert_untouched()
    with pytest.raises(ValueError, match=message):
        ops.dense_forward(*given)


def test_ops_refuse_rank_0() -> None:
    for call in (
        lambda: ops.activation(np.float32(1), "relu"),
        lambda: ops.dropout_forward(np.array(1.0), 0.5, 1),
        lambda: ops.dense(np.float32(1), np.ones((1, 1), np.float32)),
    ):
        with pytest.raises(ValueError, match="x"):
            call()


def test_dense_refuses_an_unknown_activation_before_anything_is_written() -> None:
    out = arrays.Guarded((2, 4), np.float32)
    x, kernel = np.ones((2, 3), np.float32), np.ones((3, 4), np.float32)
    with pytest.raises(ValueError, match=r"activation.*foo"):
        ops.dense(x, kernel, activation="foo", out=out.array)
    with pytest.raises(ValueError, match=r"activation.*foo"):
        ops.activation(x, "foo")
    with pytest.raises(ValueError, match=r"2.*5"):
        ops.dense(x, np.ones((3, 5), np.float32), activation="glu")
    out.assert_untouched()


@by_dtype
@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0), (2, 0, 3), (0, 0)], ids=str)
def test_ops_give_empty_results_when_array_is_empty(shape: tuple[int, ...], dtype: Any) -> None:
    x = np.empty(shape, dtype)
    for case in cases.ELEMENTWISE_CASES + cases.SOFTMAX_CASES:
        y, residuals = ops.activation_forward(x, case.spec)
        for result in (y, ops.activation(x, case.spec), ops.activation_backward(x, residuals)):
            np.testing.assert_array_equal(result, x, strict=True)
    y, residuals = ops.dropout_forward(x, 0.5, 1)
    np.testing.assert_array_equal(y, x, strict=True)
    np.testing.assert_array_equal(ops.dropout_backward(x, residuals), x, strict=True)
