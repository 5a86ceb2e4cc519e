"""The measuring loop: contenders in turn, whatever it is they do."""

from __future__ import annotations

import gc
import itertools
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastdense.bench.figures import Figures

Call = Callable[[], Any]

# A sample is long beside what reading the clock takes.
_SAMPLE_SECONDS = 100e-6
# Unmeasured calls before a sample bring a contender's data back into cache and wake its threads:
# with 12 MB of weights the first calls take 570, 310, 240, 170 and 150 us, and it is 2 ms before
# they take 130. For calls longer than that neither makes a difference.
_WARM_SECONDS = 5e-3
# More rounds make a median no better.
_MOST_ROUNDS = 1000

CLOCKS: dict[str, Callable[[], float]] = {
    "wall": time.perf_counter,
    "cpu": time.process_time,
}


@dataclass(frozen=True)
class Budget:
    """How long to measure: at least `rounds` rounds, and on until `seconds` have passed."""

    rounds: int
    seconds: float


def measure(
    calls: Mapping[str, Call], budget: Budget, *, clock: str = "wall", threads: int = 1
) -> dict[str, Figures]:
    """Return the time that each call takes.

    Every round takes one sample of each contender, in a new order, so that all of them meet the
    same disturbances and nobody always runs after the same one. With several threads each sample
    waits until the threads of the one before are asleep: after a call libgomp's spin for some 10
    ms, OpenBLAS's for some 100 ms, and whoever came next would have to share the cores with them.
    """
    now = CLOCKS[clock]
    repeats = {name: _repeats(call, now) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    shuffle = random.Random(0).shuffle
    start = time.perf_counter()
    with _no_garbage_collection():
        for done in range(_MOST_ROUNDS):
            if done >= budget.rounds and time.perf_counter() - start >= budget.seconds:
                break
            shuffle(order)
            for name in order:
                if threads > 1:
                    wait_until_idle()
                _warm_up(calls[name], samples[name])
                samples[name].append(_sample(calls[name], repeats[name], now))
    return {name: Figures.of(samples[name], repeats[name]) for name in calls}


def _sample(call: Call, repeats: int, now: Callable[[], float]) -> float:
    """Return the mean seconds of `repeats` calls."""
    start = now()
    for _ in itertools.repeat(None, repeats):
        call()
    return (now() - start) / repeats


def _repeats(call: Call, now: Callable[[], float]) -> int:
    """Return how many calls make a sample long enough, after one that only warms up."""
    call()
    repeats = 1
    while (seconds := _sample(call, repeats, now) * repeats) < _SAMPLE_SECONDS:
        missing = _SAMPLE_SECONDS / seconds if seconds > 0 else 2
        repeats = math.ceil(repeats * min(max(missing * 1.2, 1.1), 10))
    return repeats


def _warm_up(call: Call, earlier: list[float]) -> None:
    if earlier and earlier[-1] >= _WARM_SECONDS:
        return
    start = time.perf_counter()
    call()
    while time.perf_counter() - start < _WARM_SECONDS:
        call()


def wait_until_idle(step: float = 20e-3, most: float = 0.5) -> None:
    """Sleep until this process uses next to no processor time, or `most` seconds have passed.

    A step is longer than the ticks, of up to 10 ms, at which the system books the time of a thread
    that is running.
    """
    for _ in range(math.ceil(most / step)):
        before = time.process_time()
        time.sleep(step)
        if time.process_time() - before < step / 10:
            return


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
