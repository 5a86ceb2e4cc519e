"""`out=`: written completely, nothing around it, and overlap with an input refused or right."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import arrays
import bounds
import cases
from fastdense import activations, ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
SHAPES = [
    (1, 1, 1),
    (1, 5, 7),
    (3, 4, 15),
    (7, 9, 16),
    (8, 3, 17),
    (13, 1, 33),
    (6, 8, 65),
    (5, 0, 9),
]


def operands(rng: np.random.Generator, shape: tuple[int, int, int], dtype: Any) -> list[Any]:
    batch, depth, units = shape
    return [cases.normal(rng, s, dtype) for s in ((batch, depth), (depth, units), (units,))]


@by_dtype
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("activation", [None, "gelu", "softmax", "log_softmax"])
def test_dense_writes_out_and_nothing_around_it(
    activation: Any, shape: tuple[int, int, int], dtype: Any, rng: np.random.Generator
) -> None:
    if shape[2] == 1 and activation is not None and "softmax" in activation:
        shape = (*shape[:2], 2)
    given = operands(rng, shape, dtype)
    expected = ops.dense(*given, activation)
    itemsize = np.dtype(dtype).itemsize
    for offset in range(0, 64, itemsize):
        out = arrays.Guarded(expected.shape, dtype, offset)
        assert ops.dense(*given, activation, out=out.array) is out.array
        np.testing.assert_array_equal(out.array, expected)
        out.assert_guards_intact()


@by_dtype
@pytest.mark.parametrize("case", cases.ALL_CASES, ids=str)
def test_activation_writes_out_and_nothing_around_it(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    for length in range(2, 72, 2):
        x = cases.normal(rng, (2, length), dtype)
        expected = ops.activation(x, case.spec)
        offset = (length * np.dtype(dtype).itemsize) % 64
        out = arrays.Guarded(expected.shape, dtype, offset)
        assert ops.activation(x, case.spec, out=out.array) is out.array
        np.testing.assert_array_equal(out.array, expected)
        out.assert_guards_intact()


@by_dtype
@pytest.mark.parametrize("offset", [1, 2, 3, 5, 31, 63])
def test_out_that_no_element_boundary_aligns_is_right_or_refused(
    offset: int, dtype: Any, rng: np.random.Generator
) -> None:
    given = operands(rng, (5, 4, 19), dtype)
    expected = ops.dense(*given)
    out = arrays.Guarded((5, 19), dtype, offset)
    try:
        ops.dense(*given, out=out.array)
    except ValueError as error:
        assert "out" in str(error)
        out.assert_untouched()
    else:
        np.testing.assert_array_equal(out.array, expected)
    out.assert_guards_intact()


BAD_OUT = {
    "shape": np.empty((5, 18), np.float32),
    "rank": np.empty((1, 5, 19), np.float32),
    "wider_dtype": np.empty((5, 19), np.float64),
    "integer": np.empty((5, 19), np.int32),
    "list": [[0.0] * 19] * 5,
    "transposed_shape": np.empty((19, 5), np.float32),
}


@pytest.mark.parametrize("out", BAD_OUT.values(), ids=BAD_OUT)
def test_out_that_does_not_fit_is_refused(out: Any, rng: np.random.Generator) -> None:
    x, kernel, bias = operands(rng, (5, 4, 19), np.float32)
    before = np.array(out, copy=True)
    with pytest.raises((TypeError, ValueError), match="out"):
        ops.dense(x, kernel, bias, out=out)
    with pytest.raises((TypeError, ValueError), match="out"):
        ops.activation(cases.normal(rng, (5, 19), np.float32), "relu", out=out)
    np.testing.assert_array_equal(out, before)


def test_out_that_is_read_only_is_refused(rng: np.random.Generator) -> None:
    out = np.zeros((5, 19), np.float32)
    out.flags.writeable = False
    x, kernel, bias = operands(rng, (5, 4, 19), np.float32)
    for call in (
        lambda: ops.dense(x, kernel, bias, out=out),
        lambda: ops.activation(np.ones_like(out), "relu", out=out),
        lambda: ops.activation(out, "exponential", out=out),
    ):
        with pytest.raises(ValueError, match="out"):
            call()
    np.testing.assert_array_equal(out, 0)


@pytest.mark.parametrize("layout", ["strided", "fortran", "byte_swapped", "broadcast"])
def test_out_of_another_layout_is_right_or_refused(layout: str, rng: np.random.Generator) -> None:
    given = operands(rng, (5, 4, 19), np.float32)
    expected = ops.dense(*given)
    base = np.zeros((10, 38), np.float32)
    out = {
        "strided": base[::2, ::2],
        "fortran": np.zeros((19, 5), np.float32).T,
        "byte_swapped": np.zeros((5, 19), np.dtype(np.float32).newbyteorder("S")),
        "broadcast": np.lib.stride_tricks.as_strided(base, (5, 19), (0, 4)),
    }[layout]
    try:
        ops.dense(*given, out=out)
    except (TypeError, ValueError) as error:
        assert "out" in str(error)
        np.testing.assert_array_equal(out, 0)
    else:
        np.testing.assert_array_equal(out, expected)
    assert (not np.any(base[1::2]) and not np.any(base[:, 1::2])) or layout == "broadcast"


@by_dtype
@pytest.mark.parametrize(
    "activation", [None, "relu", partial(activations.softmax, axis=0), np.sin], ids=str
)
def test_dense_refuses_out_that_overlaps_an_input(
    activation: Any, dtype: Any, rng: np.random.Generator
) -> None:
    n = 16
    for shift in (0, 1, n, n * n - 1):
        for position, name in enumerate(("x", "kernel")):
            memory = cases.normal(rng, (2 * n * n,), dtype)
            given = [cases.normal(rng, (n, n), dtype) for _ in range(2)]
            given[position] = memory[: n * n].reshape(n, n)
            before = memory.copy()
            out = memory[shift : shift + n * n].reshape(n, n)
            with pytest.raises(ValueError, match=f"out.*{name}|{name}.*out"):
                ops.dense(*given, activation=activation, out=out)
            np.testing.assert_array_equal(memory, before)
    bias = cases.normal(rng, (n * n,), dtype)
    out = bias.reshape(n, n)
    ones = np.ones((n, n), dtype)
    with pytest.raises(ValueError, match=r"out.*bias|bias.*out"):
        ops.dense(ones, ones, bias[:n], activation, out=out)


@by_dtype
def test_dense_accepts_out_beside_its_input_in_one_allocation(
    dtype: Any, rng: np.random.Generator
) -> None:
    memory = cases.normal(rng, (2, 16, 16), dtype)
    x, kernel = memory[0].copy(), cases.normal(rng, (16, 16), dtype)
    ops.dense(memory[0], kernel, out=memory[1])
    np.testing.assert_array_equal(memory[0], x)
    np.testing.assert_array_equal(memory[1], ops.dense(x, kernel))


@by_dtype
@pytest.mark.parametrize("case", cases.ALL_CASES, ids=str)
def test_activation_out_that_overlaps_x_is_right_or_refused(
    case: cases.Case, dtype: Any, rng: np.random.Generator
) -> None:
    for shift in (1, 3, 16, 63, -1, -17):
        memory = cases.normal(rng, (512,), dtype)
        x = memory[128:256].reshape(2, 64)
        expected = ops.activation(x.copy(), case.spec)
        start = 128 + shift
        out = memory[start : start + expected.size].reshape(expected.shape)
        arrays.refused_or_right(
            lambda x=x, out=out: ops.activation(x, case.spec, out=out), out, expected, memory
        )
    memory = cases.normal(rng, (64, 64), dtype)
    x, out = memory.T, memory
    if case.name != "glu":
        expected = ops.activation(x.copy(), case.spec)
        arrays.refused_or_right(
            lambda: ops.activation(x, case.spec, out=out), out, expected, memory
        )
