"""Shapes: those measured unless others are asked for, those of the command line, random ones."""

from __future__ import annotations

import argparse
import math
import random

Shape = tuple[int, ...]

# MxKxN: batch, in, out.
DENSE = [
    "1x64x64",
    "1x256x256",
    "1x1024x1024",
    "8x256x256",
    "32x128x128",
    "32x784x128",
    "64x512x512",
    "128x784x512",
    "256x1024x1024",
    "1024x1024x1024",
    "4096x256x256",
    "16384x64x64",
    "2048x2048x2048",
]
ACTIVATION = ["1000", "1000000"]
SOFTMAX = ["32x10", "128x1000", "1000x1000", "16384x64"]
DROPOUT = ["1000", "1000000"]


def parse_shape(text: str) -> Shape:
    """Return the positive integers that ``x`` separates; an error of argparse if there are none."""
    try:
        shape = tuple(int(size) for size in text.lower().split("x"))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a shape: expected positive integers with x between, like 32x784x128"
        )
    return shape


def parse_dense_shape(text: str) -> Shape:
    """Return M, K and N."""
    shape = parse_shape(text)
    if len(shape) != 3:
        raise argparse.ArgumentTypeError(
            f"{text!r} has {len(shape)} sizes, a dense layer has three: MxKxN (batch, in, out)"
        )
    return shape


def random_shapes(count: int, most: int, seed: int, distribution: str) -> list[Shape]:
    """Return `count` triples of sizes in ``1..most``, uniform or uniform in their logarithm."""
    rng = random.Random(seed)

    def size() -> int:
        if distribution == "uniform":
            return rng.randint(1, most)
        return min(int(math.exp(rng.uniform(0, math.log(most + 1)))), most)

    return [(size(), size(), size()) for _ in range(count)]
