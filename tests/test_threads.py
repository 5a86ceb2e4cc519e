"""Thread counts: the controls, the same bits for any count, calls from many Python threads."""

from __future__ import annotations

import concurrent.futures
import os
import threading
from typing import Any

import numpy as np
import pytest

import bounds
import cases
import fastdense
import subprocesses
from fastdense import ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
# Below, around and far above the work that is shared among threads: some 4 * 10**6 multiply-adds of
# a product, 400,000 elements of an activation or a dropout.
SHAPES = [(7, 5, 9), (257, 300, 310), (1, 3000, 2000), (1300, 97, 33), (1500, 40, 600)]


def results(rng: np.random.Generator, shape: tuple[int, int, int], dtype: Any) -> list[Any]:
    """Every operation's results on operands of this shape."""
    batch, depth, units = shape
    x, kernel = cases.normal(rng, (batch, depth), dtype), cases.normal(rng, (depth, units), dtype)
    bias, dy = cases.normal(rng, (units,), dtype), cases.normal(rng, (batch, units), dtype)
    found = []
    for activation in (None, "relu", "mish", "softmax"):
        y, residuals = ops.dense_forward(x, kernel, bias, activation)
        found += [y, *ops.dense_backward(dy, residuals)]
        z, residuals = ops.activation_forward(y, activation)
        found += [z, ops.activation_backward(dy, residuals)]
    y, residuals = ops.dropout_forward(dy, 0.5, 3, noise_shape=(1, units))
    return [*found, y, ops.dropout_backward(dy, residuals)]


@by_dtype
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_ops_give_same_bits_whatever_the_thread_count_and_run(
    shape: tuple[int, int, int], dtype: Any
) -> None:
    with fastdense.num_threads(1):
        expected = results(np.random.default_rng(1), shape, dtype)
    for threads in (1, 2, 3, 4, 2):
        with fastdense.num_threads(threads):
            got = results(np.random.default_rng(1), shape, dtype)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)


def test_ops_give_same_bits_when_16_python_threads_call_at_once() -> None:
    shapes = [SHAPES[i % len(SHAPES)] for i in range(16)]
    expected = [results(np.random.default_rng(i), s, np.float32) for i, s in enumerate(shapes)]
    fastdense.set_num_threads(2)
    barrier = threading.Barrier(16)

    def work(index: int) -> list[Any]:
        barrier.wait(timeout=60)
        for _ in range(3):
            got = results(np.random.default_rng(index), shapes[index], np.float32)
        return got

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for got, wanted in zip(pool.map(work, range(16)), expected, strict=True):
            for one, other in zip(got, wanted, strict=True):
                np.testing.assert_array_equal(one, other)


def test_num_threads_is_set_and_restored() -> None:
    fastdense.set_num_threads(3)
    assert fastdense.get_num_threads() == 3
    with fastdense.num_threads(2):
        assert fastdense.get_num_threads() == 2
        with fastdense.num_threads(1):
            assert fastdense.get_num_threads() == 1
        assert fastdense.get_num_threads() == 2
    assert fastdense.get_num_threads() == 3


def test_num_threads_is_restored_when_the_block_raises() -> None:
    fastdense.set_num_threads(3)
    with pytest.raises(KeyError), fastdense.num_threads(1):
        raise KeyError
    assert fastdense.get_num_threads() == 3


def test_num_threads_leaves_no_count_set_when_none_was() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    default = fastdense.get_num_threads()
    with fastdense.num_threads(3):
        assert fastdense.get_num_threads() == 3
    assert fastdense.get_num_threads() == default
    with threadpoolctl.threadpool_limits(1):
        assert fastdense.get_num_threads() == 1


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", None, 2**31, 2**40])
def test_set_num_threads_refuses_what_is_no_positive_integer(count: Any) -> None:
    fastdense.set_num_threads(2)
    with pytest.raises((TypeError, ValueError)):
        fastdense.set_num_threads(count)
    assert fastdense.get_num_threads() == 2


def test_num_threads_defaults_to_the_processors_of_the_process() -> None:
    found = subprocesses.python("import fastdense; print(fastdense.get_num_threads())")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert int(found) == available


@pytest.mark.parametrize("count", [1, 2, 3])
def test_num_threads_follows_omp_num_threads(count: int) -> None:
    program = "import fastdense; print(fastdense.get_num_threads())"
    assert int(subprocesses.python(program, OMP_NUM_THREADS=str(count))) == count


def test_set_num_threads_leaves_openmp_state_of_others_alone() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = {pool["filepath"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    fastdense.set_num_threads(7)
    ops.dense(np.ones((300, 300), np.float32), np.ones((300, 300), np.float32))
    after = {pool["filepath"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    assert after == before


def test_num_threads_obeys_threadpoolctl() -> None:
    pytest.importorskip("threadpoolctl")
    # In a fresh process: a count that was set on purpose would stand above the runtime's default.
    program = """
import fastdense, threadpoolctl
before = fastdense.get_num_threads()
assert "openmp" in {pool["user_api"] for pool in threadpoolctl.threadpool_info()}
with threadpoolctl.threadpool_limits(1):
    assert fastdense.get_num_threads() == 1
assert fastdense.get_num_threads() == before
print(before)
"""
    assert subprocesses.python(program, OMP_NUM_THREADS="2") == "2"
