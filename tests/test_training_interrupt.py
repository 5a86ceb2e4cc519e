"""Ctrl-C while a model is being trained."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import subprocesses
from fastdense import callbacks, layers, models, optimizers

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(autouse=True)
def _default_handler() -> Iterator[None]:
    """Python's own handler: what runs in the background is born to ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


INTERRUPTED = """
import os, signal, threading, time
import numpy as np
from fastdense import layers, models, optimizers

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs are born to ignore it

def compiled():
    model = models.Sequential([layers.Input((64,)), layers.Dense(64, "relu"), layers.Dense(64)])
    model.set_weights([np.sin(np.arange(w.size)).reshape(w.shape) / 8 for w in model.weights])
    model.compile(optimizers.Adam(1e-3), "mse", run_eagerly=bool(int(os.environ["EAGERLY"])))
    return model

x = np.sin(np.arange(32 * 64.0).reshape(32, 64)).astype("f")
model = compiled()
model.fit(x, x, shuffle=False, verbose=0)

def interrupt():
    while model.optimizer.iterations < 100:
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)

thread = threading.Thread(target=interrupt)
thread.start()
try:
    model.fit(x, x, epochs=10**9, shuffle=False, verbose=0)
except KeyboardInterrupt:
    print("interrupted")
thread.join()
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
twin = compiled()
for _ in range(model.optimizer.iterations):
    twin.train_on_batch(x, x)
def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b))

print(same(model.weights, twin.weights), same(model.optimizer.variables, twin.optimizer.variables))
model.fit(x, x, verbose=0)
print("goes on")
"""


@pytest.mark.parametrize("eagerly", ["0", "1"], ids=["chosen", "layerwise"])
def test_ctrl_c_leaves_the_model_as_after_its_last_whole_step(eagerly: str) -> None:
    said = subprocesses.python(INTERRUPTED, EAGERLY=eagerly)
    assert said.splitlines() == ["interrupted", "True True", "goes on"]


class Interrupting(optimizers.SGD):
    """Interrupts the process in the middle of its first update."""

    times = 1

    def update_step(self, gradient: Array, weight: Array, learning_rate: float) -> None:
        for _ in range(self.times if self.iterations == 0 and weight.ndim == 2 else 0):
            os.kill(os.getpid(), signal.SIGINT)
        weight -= learning_rate * gradient

    def settings(self) -> None:
        return None


def small(optimizer: optimizers.Optimizer) -> models.Sequential:
    model = models.Sequential([layers.Input((2,)), layers.Dense(2)])
    model.compile(optimizer, "mse")
    return model


X = np.ones((4, 2), np.float32)


def test_an_interrupt_within_an_update_waits_for_its_end() -> None:
    model = small(Interrupting(0.1))
    before = model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, 0 * X, batch_size=2, epochs=3, verbose=0)
    assert model.optimizer is not None and model.optimizer.iterations == 1
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not_wait() -> None:
    optimizer = Interrupting(0.1)
    optimizer.times = 2
    model = small(optimizer)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, 0 * X, verbose=0)
    assert optimizer.iterations == 0


def test_an_interrupt_between_steps_takes_effect_at_once() -> None:
    class Press(callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if batch == 1:
                os.kill(os.getpid(), signal.SIGINT)

    model = small(optimizers.SGD(0.1))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, 0 * X, batch_size=1, callbacks=[Press()], verbose=0)
    assert model.optimizer is not None and model.optimizer.iterations == 1


def test_a_handler_of_the_users_own_is_called_once_and_stays() -> None:
    calls: list[int] = []
    before = signal.signal(signal.SIGINT, lambda signum, frame: calls.append(signum))
    try:
        model = small(Interrupting(0.1))
        model.fit(X, 0 * X, batch_size=2, verbose=0)
        assert calls == [signal.SIGINT]
        assert model.optimizer is not None and model.optimizer.iterations == 2
        assert signal.getsignal(signal.SIGINT) is not before
    finally:
        signal.signal(signal.SIGINT, before)


def test_fit_works_in_another_thread() -> None:
    model = small(optimizers.SGD(0.1))
    thread = threading.Thread(target=lambda: model.fit(X, 0 * X, verbose=0))
    thread.start()
    thread.join()
    assert model.history is not None and len(model.history.history["loss"]) == 1
