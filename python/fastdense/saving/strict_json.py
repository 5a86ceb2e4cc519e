"""JSON that means the same to every reader, and can't make this one work more than its size."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np

from fastdense.saving.errors import FileFormatError

# What decides where strings end and how deep one is; no repetition, so linear time and no memory.
_MARK = re.compile(r'\\.|["\[\]{}]', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def encode(value: Any, what: str, most_depth: int) -> str:
    """Return `value` as JSON text; NumPy's scalars count as Python's.

    Raises
    ------
    ValueError
        If it holds NaN or infinity, which JSON lacks, or more levels than `decode` will take.
    TypeError
        If it holds something else that JSON lacks; the message names `what`.
    """
    try:
        text = json.dumps(
            value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":")
        )
        text.encode()  # a lone surrogate has no place in a file
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{what} can't be written as JSON: {error}") from error
    if _depth(text) > most_depth:
        raise ValueError(f"{what} is nested more than {most_depth} levels deep")
    return text


def decode(text: str, what: str, most_depth: int) -> Any:
    """Return the value that JSON `text` describes.

    Raises
    ------
    FileFormatError
        If it is no JSON, holds NaN or infinity, names a key twice in an object, or has more than
        `most_depth` levels of arrays and objects.
    """
    if _depth(text) > most_depth:
        raise FileFormatError(f"{what} is nested more than {most_depth} levels deep")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except FileFormatError as error:
        raise FileFormatError(f"{what}: {error}") from None
    except ValueError as error:  # also for an integer of thousands of digits
        raise FileFormatError(f"{what} isn't valid JSON: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} (of type {type(value)}) has no JSON form")


def _depth(text: str) -> int:
    """Return how deeply arrays and objects are nested in `text`, counted without recursion."""
    deepest = depth = 0
    in_string = False
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark == '"':
            in_string = not in_string
        elif not in_string:
            depth += _STEPS.get(mark, 0)
            deepest = max(deepest, depth)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise FileFormatError(f"the key {twice!r} is there twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise FileFormatError(f"{constant} is no JSON value")
