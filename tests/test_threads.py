"""Threads: the controls, the same bits for any count, calls from many Python threads, on every
threading layer."""

from __future__ import annotations

import concurrent.futures
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bounds
import cases
import fastdense
import subprocesses
from fastdense import _core, ops

HERE = Path(__file__)
by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
# Below, around and far above the work that is shared among threads: 10**6 multiply-adds of a
# product, 100,000 elements of an activation or a dropout.
SHAPES = [(7, 5, 9), (257, 300, 310), (1, 3000, 2000), (1300, 97, 33), (1500, 40, 600)]
SHAPES += [(600, 50, 33), (700, 50, 33)]
# Products of few rows and columns, in which threads get a few rows each.
FEW_ROWS = [(20000, 4, 64), (20000, 10, 32), (20000, 11, 24), (9000, 25, 17), (9000, 13, 64)]
FEW_ROWS += [(10, 8192, 32), (11, 8192, 17), (20, 4096, 64), (35, 4096, 64)]


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
@pytest.mark.parametrize("shape", SHAPES + FEW_ROWS, ids=str)
def test_ops_give_same_bits_whatever_the_thread_count_and_run(
    shape: tuple[int, int, int], dtype: Any
) -> None:
    with fastdense.num_threads(1):
        expected = results(np.random.default_rng(1), shape, dtype)
    for threads in (1, 2, 3, 4, 16, 2):
        with fastdense.num_threads(threads):
            got = results(np.random.default_rng(1), shape, dtype)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)


@by_dtype
def test_one_output_feature_has_same_bits_whatever_the_thread_count(
    dtype: Any, rng: np.random.Generator
) -> None:
    x, kernel = cases.normal(rng, (4001, 131), dtype), cases.normal(rng, (131, 1), dtype)
    with fastdense.num_threads(1):
        expected = ops.dense(x, kernel, np.ones(1, dtype), "sigmoid")
    for threads in (2, 3, 16):
        with fastdense.num_threads(threads):
            got = ops.dense(x, kernel, np.ones(1, dtype), "sigmoid")
        np.testing.assert_array_equal(got, expected, strict=True)


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


@pytest.mark.skipif(
    "FASTDENSE_THREADING" in os.environ, reason="this run has chosen a layer itself"
)
@pytest.mark.parametrize("layer", subprocesses.THREADING_LAYERS[1:])
def test_this_file_passes_on_the_other_threading_layers(layer: str) -> None:
    program = f"""
import sys, pytest
from fastdense import _core
assert _core.config()["threading"] == {layer!r}
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", {str(HERE)!r}]))
"""
    subprocesses.python(program, FASTDENSE_THREADING=layer)


def test_other_python_threads_run_during_a_long_call() -> None:
    x = np.ones((1500, 1500))
    times: list[float] = []

    def work() -> None:
        times.append(time.perf_counter())
        ops.dense(x, x)
        times.append(time.perf_counter())

    fastdense.set_num_threads(1)
    thread = threading.Thread(target=work)
    thread.start()
    seen = []
    while thread.is_alive():
        seen.append(time.perf_counter())
        time.sleep(0)
    start, end = times
    # In the middle of it: with the lock held, nobody else could look at the clock there.
    assert any(start + 0.1 * (end - start) < t < end - 0.1 * (end - start) for t in seen)


def test_many_short_calls_in_a_row_are_right() -> None:
    x, kernel = np.ones((300, 100), np.float32), np.ones((100, 150), np.float32)
    y = np.empty((300, 150), np.float32)
    fastdense.set_num_threads(2)
    for call in range(5000):
        bias = np.full(150, call, np.float32)
        assert ops.dense(x, kernel, bias, out=y).min() == 100 + call == y.max()


@pytest.mark.parametrize("workers", [0, 3], ids=["idle", "computing"])
def test_process_exits_cleanly_after_a_parallel_call(workers: int) -> None:
    program = f"""
import threading
import numpy as np
import fastdense
x = np.ones((500, 500), np.float32)
fastdense.set_num_threads(3)
started = threading.Semaphore(0)

def work():
    while True:
        fastdense.ops.dense(x, x)
        started.release()

for _ in range({workers}):
    threading.Thread(target=work, daemon=True).start()
    started.acquire()
print(fastdense.ops.dense(x, x).max())
"""
    done = subprocesses.run(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "500.0\n", "")


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")


@linux_only
def test_small_calls_start_no_thread_and_large_ones_do() -> None:
    program = """
import os
import numpy as np
import fastdense
fastdense.set_num_threads(3)
counts = [len(os.listdir("/proc/self/task"))]
for size in (32, 500):
    x = np.ones((size, size), np.float32)
    fastdense.ops.dense(x, x)
    counts.append(len(os.listdir("/proc/self/task")))
print(counts[1] - counts[0], counts[2] - counts[0])
"""
    layer = str(_core.config()["threading"])
    assert subprocesses.python(program, FASTDENSE_THREADING=layer) == "0 2"


@linux_only
def test_pool_computes_with_fewer_threads_when_the_system_has_none_to_give() -> None:
    program = """
import os, resource
import numpy as np
import fastdense
x, y = np.ones((500, 500), np.float32), np.empty((500, 500), np.float32)
fastdense.set_num_threads(1)
fastdense.ops.dense(x, x, out=y)  # whatever memory it takes, it has now
pages = int(open("/proc/self/statm").read().split()[0])
before = len(os.listdir("/proc/self/task"))
# Room for no thread's stack.
limit = pages * resource.getpagesize() + 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
fastdense.set_num_threads(3)
fastdense.ops.dense(x, x, out=y)
print(y.min(), y.max(), len(os.listdir("/proc/self/task")) - before)
"""
    assert subprocesses.python(program, FASTDENSE_THREADING="pool") == "500.0 500.0 0"


@linux_only
@pytest.mark.skipif(os.cpu_count() == 1, reason="needs two processors")
def test_pool_threads_do_not_share_the_processor_that_openmp_binds_the_program_to() -> None:
    program = """
import os
before = os.sched_getaffinity(0)
import numpy as np
import fastdense
tasks = set(os.listdir("/proc/self/task"))
x = np.ones((500, 500), np.float32)
fastdense.set_num_threads(2)
fastdense.ops.dense(x, x)
(worker,) = set(os.listdir("/proc/self/task")) - tasks
print(len(os.sched_getaffinity(0)), before - os.sched_getaffinity(int(worker)))
"""
    binding = {"OMP_PROC_BIND": "true", "OMP_PLACES": "threads"}
    assert subprocesses.python(program, FASTDENSE_THREADING="pool", **binding) == "1 set()"


@linux_only
def test_pool_threads_block_every_signal() -> None:
    program = """
import os, re
import numpy as np
import fastdense
before = set(os.listdir("/proc/self/task"))
x = np.ones((500, 500), np.float32)
fastdense.set_num_threads(3)
fastdense.ops.dense(x, x)
for task in set(os.listdir("/proc/self/task")) - before:
    status = open(f"/proc/self/task/{task}/status").read()
    blocked = int(re.search(r"SigBlk:\\t(\\w+)", status)[1], 16)
    print(all(blocked >> number - 1 & 1 for number in (1, 2, 14, 15, 17)))
"""
    assert subprocesses.python(program, FASTDENSE_THREADING="pool").split() == ["True", "True"]
