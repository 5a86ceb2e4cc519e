"""What is left when a disk is full, or a process is killed, while a file is saved."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import subprocesses

FULL_DISK_PROGRAM = """
import resource
from pathlib import Path
from fastdense.saving import atomic

resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))
try:
    with atomic.replacing(Path({path!r})) as file:
        for _ in range(100):
            file.write(bytes(10**5))
except OSError as error:
    print(error.strerror)
"""


def test_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing fails in the same place."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    printed = subprocesses.python(FULL_DISK_PROGRAM.format(path=str(path)))
    assert printed == os.strerror(errno.EFBIG)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"] and path.read_bytes() == b"old"


# Forks a process that saves a model over and over, each time with another number for all its
# weights, and kills that at a random moment. An interpreter for each kill would take a minute.
KILLING_PROGRAM = """
import os, random, signal, time, warnings
from pathlib import Path
import numpy as np
from fastdense import Input, Sequential, layers
from fastdense.saving import load_model

warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: those of BLAS
path = Path({path!r})
model = Sequential([Input((500,)), layers.Dense(200), layers.Dense(100)])

def save_until_killed(number, pipe):
    while True:
        number += 1
        for weight in model.weights:
            weight[...] = number
        model.save(path)
        os.write(pipe, number.to_bytes(8, "little"))

delays = random.Random(1)
last = halves = 0
for kill in range({kills}):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        save_until_killed(last, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        numbers = pipe.read(8)  # it is at work
        time.sleep(delays.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        numbers += pipe.read()
    saved = int.from_bytes(numbers[-8:], "little")
    weights = load_model(path).weights
    last = int(weights[0][0, 0])
    assert last in (saved, saved + 1), (kill, saved, last)
    assert all((weight == last).all() for weight in weights)
    leftovers = [p for p in path.parent.iterdir() if p != path]
    halves += len(leftovers)
    for leftover in leftovers:
        leftover.unlink()
print(halves)
"""
KILLS = 200


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_killed_process_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    program = KILLING_PROGRAM.format(path=str(tmp_path / "file"), kills=KILLS)
    halves = int(subprocesses.python(program))
    assert halves > KILLS / 10, "most kills came while nothing was written: nothing was tested"
