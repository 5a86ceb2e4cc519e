"""What the benchmarks measure against does the work that it is timed for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastdense import _core

DTYPES = ("float32", "float64")


@pytest.mark.parametrize("dtype", DTYPES)
def test_multiply_add_peak_counts_its_operations(dtype: str) -> None:
    value, flops = _core.multiply_add_peak(dtype, 100)
    chains_and_lanes = flops // 200
    assert flops == 200 * chains_and_lanes and chains_and_lanes >= 8
    # x / 2 + 1 goes to 2 in every lane of every chain.
    assert value == pytest.approx(2 * chains_and_lanes)
    assert _core.multiply_add_peak(dtype, 0)[1] == 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [0, 1, 7, 1000])
def test_streams_read_write_and_copy_all_of_an_array(dtype: str, n: int) -> None:
    x = np.arange(n, dtype=dtype)
    assert _core.stream_read(x, 3) == 3 * n * (n - 1) // 2
    y = np.zeros_like(x)
    _core.stream_copy(x, y, 2)
    np.testing.assert_array_equal(y, x)
    _core.stream_write(y, 5)
    np.testing.assert_array_equal(y, np.full(n, 5))
    _core.stream_write(y, 0)
    np.testing.assert_array_equal(y, np.full(n, 5))


@pytest.mark.parametrize("dtype", ["float16", "int32", ""])
def test_multiply_add_peak_refuses_other_dtypes(dtype: str) -> None:
    with pytest.raises(ValueError, match="float32' or 'float64'"):
        _core.multiply_add_peak(dtype, 1)


@pytest.mark.parametrize(
    ("y", "error", "text"),
    [
        (np.zeros(3, np.float64), TypeError, "dtype float64"),
        (np.zeros(4, np.float32), ValueError, "shape"),
        (np.zeros((3, 2), np.float32)[:, 0], ValueError, "C-contiguous"),
        ([0.0, 0.0, 0.0], TypeError, "not an array"),
    ],
)
def test_stream_copy_refuses_what_it_cannot_write_to(
    y: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=f"stream_copy: out .*{text}"):
        _core.stream_copy(np.ones(3, np.float32), y, 1)


def test_stream_copy_refuses_an_overlap() -> None:
    x = np.ones(8, np.float32)
    with pytest.raises(ValueError, match="stream_copy: out shares memory with x"):
        _core.stream_copy(x[:4], x[2:6], 1)


def test_stream_write_refuses_a_read_only_array() -> None:
    y = np.ones(8, np.float32)
    y.flags.writeable = False
    with pytest.raises(ValueError, match="stream_write: out must be writable"):
        _core.stream_write(y, 1)
    np.testing.assert_array_equal(y, np.ones(8))


@pytest.mark.parametrize("passes", [-1, 0.5, "1"])
def test_streams_refuse_a_number_of_passes_that_is_none(passes: Any) -> None:
    with pytest.raises(TypeError):
        _core.stream_read(np.ones(3), passes)
