"""JSON is read and written strictly, and exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdense.saving import FileFormatError, strict_json


@pytest.mark.parametrize(
    "text",
    [
        "[" * 9 + "]" * 9,
        '{"a":' * 9 + "1" + "}" * 9,
        "NaN",
        "[-Infinity]",
        '{"a":1,"a":1}',
        "",
        "{",
    ],
)
def test_json_is_read_strictly(text: str) -> None:
    with pytest.raises(FileFormatError, match="the text"):
        strict_json.decode(text, "the text", 8)


def test_json_counts_no_brackets_in_strings() -> None:
    value = {"[[[[": ['"[[[[', "\\", "{{{{\\"]}
    text = strict_json.encode(value, "the text", 2)
    assert strict_json.decode(text, "the text", 2) == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**80), 2**80))
def test_json_keeps_numbers_exactly(real: float, integer: int) -> None:
    text = strict_json.encode([real, np.float64(real), integer], "the text", 1)
    assert strict_json.decode(text, "the text", 1) == [real, real, integer]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        ([np.float32("inf")], ValueError),
        ("\ud800", ValueError),
        ([[[1]]], ValueError),
        ({1, 2}, TypeError),
        (np.zeros(2), TypeError),
        (object(), TypeError),
    ],
    ids=repr,
)
def test_json_is_written_strictly(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="the text"):
        strict_json.encode(value, "the text", 2)
