"""A forked child can call every operation, also after its parent has used threads."""

from __future__ import annotations

import os
import sys

import pytest

import subprocesses

# Every program here forks, whatever threads its process has.
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
by_layer = pytest.mark.parametrize("layer", subprocesses.THREADING_LAYERS)

# In a process of its own: pytest's may hold threads of other libraries. Python 3.12 warns of any
# fork beside threads, which is the very thing under test.
PROGRAM = """
import os, signal, sys, warnings
import numpy as np
import fastdense
from fastdense import ops

warnings.simplefilter("ignore", DeprecationWarning)
DEPTH = {generations}

def everything():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 310)).astype(np.float32)
    kernel = rng.standard_normal((310, 320)).astype(np.float32)
    found = []
    for activation in (None, "relu", "gelu", "softmax", "sparsemax", "glu"):
        y, residuals = ops.dense_forward(x, kernel, kernel[0], activation)
        found += [ops.dense(x, kernel, kernel[0], activation), y, *ops.dense_backward(y, residuals)]
        z, residuals = ops.activation_forward(x, activation)
        found += [z, ops.activation(x, activation), ops.activation_backward(z, residuals)]
    y, residuals = ops.dropout_forward(x, 0.5, 1)
    return [*found, y, ops.dropout_backward(x, residuals)]

def check(expected, generations):
    got = everything()
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))
    if generations == 0:
        return
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            check(expected, generations - 1)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"child ended with status {{status}}"
    got = everything()
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))

fastdense.set_num_threads({threads})
check(everything(), DEPTH)
print("done")
"""


@by_layer
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_forked_child_and_grandchild_call_every_op_when_parent_used_threads(
    threads: int, layer: str
) -> None:
    program = PROGRAM.format(threads=threads, generations=2)
    assert subprocesses.python(program, FASTDENSE_THREADING=layer) == "done"


@by_layer
def test_forked_child_can_set_its_thread_count(layer: str) -> None:
    program = """
import os, signal, warnings
import numpy as np
import fastdense
warnings.simplefilter("ignore", DeprecationWarning)
x = np.ones((300, 300), np.float32)
fastdense.set_num_threads(2)
expected = fastdense.ops.dense(x, x)
child = os.fork()
if child == 0:
    signal.alarm(60)
    ok = fastdense.get_num_threads() in (1, 2)
    for count in (3, 1, 2):
        fastdense.set_num_threads(count)
        ok = ok and np.array_equal(fastdense.ops.dense(x, x), expected)
    os._exit(0 if ok else 1)
print(os.waitpid(child, 0)[1], fastdense.get_num_threads())
"""
    assert subprocesses.python(program, FASTDENSE_THREADING=layer) == "0 2"


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
@pytest.mark.parametrize(("layer", "threads"), [("pool", 3), ("openmp", 1)])
def test_forked_child_uses_the_threads_that_its_layer_has_after_a_fork(
    layer: str, threads: int
) -> None:
    program = """
import os, signal, warnings
import numpy as np
import fastdense
warnings.simplefilter("ignore", DeprecationWarning)
x = np.ones((500, 500), np.float32)
fastdense.set_num_threads(3)
expected = fastdense.ops.dense(x, x)
child = os.fork()
if child == 0:
    signal.alarm(60)
    ok = np.array_equal(fastdense.ops.dense(x, x), expected)
    running = len(os.listdir("/proc/self/task"))
    os._exit(running if ok and running == fastdense.get_num_threads() else 99)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocesses.python(program, FASTDENSE_THREADING=layer) == str(threads)


@by_layer
def test_forked_child_computes_when_another_thread_was_computing(layer: str) -> None:
    program = """
import os, signal, threading, warnings
import numpy as np
import fastdense
warnings.simplefilter("ignore", DeprecationWarning)
x = np.ones((400, 400), np.float32)
fastdense.set_num_threads(3)
expected = fastdense.ops.dense(x, x)
over = threading.Event()

def work():
    while not over.is_set():
        fastdense.ops.dense(x, x)

threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
statuses = set()
for _ in range(30):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        ok = all(np.array_equal(fastdense.ops.dense(x, x), expected) for _ in range(5))
        os._exit(0 if ok else 1)
    statuses.add(os.waitpid(child, 0)[1])
over.set()
for thread in threads:
    thread.join()
print(*statuses, np.array_equal(fastdense.ops.dense(x, x), expected))
"""
    assert subprocesses.python(program, FASTDENSE_THREADING=layer) == "0 True"


def test_forked_child_builds_layers_when_another_thread_was_building_one() -> None:
    program = """
import os, signal, threading, warnings
import numpy as np
import fastdense
from fastdense import layers
warnings.simplefilter("ignore", DeprecationWarning)
x = np.ones((2, 3), np.float32)
parent, building, forked = os.getpid(), threading.Event(), threading.Event()

def slow(shape, dtype):
    if os.getpid() == parent:
        building.set()
        forked.wait()
    return np.zeros(shape, dtype)

shared = layers.Dense(4, bias_initializer=slow)
thread = threading.Thread(target=shared, args=(x,))
thread.start()
building.wait()
child = os.fork()
if child == 0:
    signal.alarm(60)
    ok = layers.Dense(4)(x).shape == (2, 4)
    ok = ok and shared(x).shape == (2, 4) and len(shared.weights) == 2
    os._exit(0 if ok else 1)
status = os.waitpid(child, 0)[1]
forked.set()
thread.join()
print(status, shared.built, len(shared.weights))
"""
    assert subprocesses.python(program) == "0 True 2"


def test_forked_child_finds_every_lock_free() -> None:
    program = """
import os, signal, threading, warnings
from fastdense import layers, _naming, _random, utils
warnings.simplefilter("ignore", DeprecationWarning)
held, forked = threading.Event(), threading.Event()

def hold():
    with _naming._lock.current, _random._lock.current:
        held.set()
        forked.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    signal.alarm(60)
    layers.Dropout(0.5)
    utils.set_random_seed(1)
    os._exit(0)
status = os.waitpid(child, 0)[1]
forked.set()
thread.join()
print(status)
"""
    assert subprocesses.python(program) == "0"


def test_forked_child_trains_while_a_thread_of_its_parent_begins_to() -> None:
    program = """
import os, signal, threading, warnings
import numpy as np
from fastdense import layers, metrics, models, optimizers
warnings.simplefilter("ignore", DeprecationWarning)
building, forked = threading.Event(), threading.Event()
x, y = np.ones((8, 5), np.float32), np.ones((8, 2), np.float32)

class Slow(optimizers.SGD):
    def build(self, *args):
        building.set()
        forked.wait()
        super().build(*args)

def make(optimizer, *found):
    model = models.Sequential([layers.Input((5,)), layers.Dense(2)])
    model.compile(optimizer, "mse", metrics=list(found))
    return model

metric = metrics.MeanAbsoluteError()
slow, other = make(Slow(0.1), metric), make("sgd", metric)
thread = threading.Thread(target=slow.fit, args=(x, y), kwargs={"verbose": 0})
thread.start()
building.wait()
child = os.fork()
if child == 0:
    signal.alarm(60)
    other.fit(x, y, verbose=0)
    found = other.evaluate(x, y, verbose=0)[1]
    os._exit(0 if metric.result() == found else 1)
status = os.waitpid(child, 0)[1]
forked.set()
thread.join()
print(status)
"""
    assert subprocesses.python(program) == "0"
