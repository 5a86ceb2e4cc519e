"""What the values on the command line may be: the types that argparse converts them with.

Each takes the text and raises argparse.ArgumentTypeError, which says what was expected.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from fastdense.bench.contenders import is_installed
from fastdense.bench.environment import processor_count

PLOT_SUFFIXES = (".png", ".svg", ".pdf")


def some_of(text: str, valid: tuple[str, ...]) -> list[str]:
    """Return the names that commas separate, each once."""
    names = text.split(",")
    for name in names:
        if name not in valid:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(valid)}")
    return list(dict.fromkeys(names))


def contenders(text: str, valid: tuple[str, ...]) -> list[str]:
    """Return the names of contenders that are installed; ``none`` is none of them."""
    if text in ("", "none"):
        return []
    names = some_of(text, valid)
    for name in names:
        if not is_installed(name):
            raise argparse.ArgumentTypeError(f"{name} is not installed")
    return names


def thread_counts(text: str) -> list[int]:
    """Return the counts that commas separate; ``all`` is the number of processors."""
    counts = [processor_count() if part == "all" else positive(part) for part in text.split(",")]
    return list(dict.fromkeys(counts))


def positive_integers(text: str) -> list[int]:
    """Return the integers that commas separate, each once."""
    return list(dict.fromkeys(positive(part) for part in text.split(",")))


def positive(text: str) -> int:
    """Return an integer of at least 1."""
    return int(_number(text, "an integer of at least 1", lambda n: n >= 1 and n == int(n)))


def seconds(text: str) -> float:
    """Return a time that is not negative."""
    return _number(text, "a number of seconds", lambda n: 0 <= n < 1e6)


def rate(text: str) -> float:
    """Return a share of less than one."""
    return _number(text, "a number in [0, 1)", lambda n: 0 <= n < 1)


def output_file(text: str) -> Path:
    """Return the path of a file that can be written."""
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a file in a folder that exists")
    return path


def plot_file(text: str) -> Path:
    """Return the path of a picture that can be written."""
    if Path(text).suffix not in PLOT_SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(PLOT_SUFFIXES)}")
    return output_file(text)


def _number(text: str, expected: str, is_valid: Callable[[float], bool]) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not (abs(number) < float("inf") and is_valid(number)):
        raise argparse.ArgumentTypeError(f"{text!r} is not {expected}")
    return number
