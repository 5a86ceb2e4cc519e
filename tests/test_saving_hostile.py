"""Files whose digest is right but whose header lies are refused, before memory is taken for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import subprocesses
from fastdense.saving import FileFormatError, container, header
from saved_files import BLANK, refused, signed, tensor, with_tensors


def test_signed_headers_are_read_if_they_are_right(tmp_path: Path) -> None:
    """That `signed` makes good files: what the tests below change is what is refused."""
    (tmp_path / "file").write_bytes(signed(with_tensors(a=tensor()), b"\0" * 8))
    assert container.read(tmp_path / "file").arrays["a"].shape == (2,)


HUGE = 2**63
HOSTILE_TENSORS: dict[str, dict[str, Any]] = {
    "overlap": {"a": tensor(), "b": tensor(offsets=(4, 12))},
    "same bytes": {"a": tensor(), "b": tensor()},
    "hole": {"a": tensor(), "b": tensor(offsets=(12, 20))},
    "hole at the beginning": {"a": tensor(offsets=(4, 12))},
    "out of the file": {"a": tensor(offsets=(0, 8), shape=(2**40,))},
    "backwards": {"a": tensor(offsets=(8, 0))},
    "negative offset": {"a": tensor(offsets=(-8, 0))},
    "three offsets": {"a": tensor(offsets=(0, 8, 16))},
    "float offsets": {"a": tensor(offsets=(0.0, 8.0))},
    "offsets wrap": {"a": tensor(shape=(2**62,), offsets=(0, 2**64))},
    "negative size": {"a": tensor(shape=(-2,))},
    "two negative sizes": {"a": tensor(shape=(-1, -2))},
    "float size": {"a": tensor(shape=(2.0,))},
    "boolean size": {"a": tensor(shape=(2, True))},
    "text size": {"a": tensor(shape=("2",))},
    "shape is a number": {"a": tensor(shape=2)},
    "shape is null": {"a": tensor(shape=None)},
    "nested shape": {"a": tensor(shape=[[2]])},
    "size wraps": {"a": tensor(shape=(2**32, 2**32))},
    "size over all": {"a": tensor(shape=(HUGE,))},
    "nothing, but huge": {"a": tensor(shape=(0, HUGE), offsets=(0, 0))},
    "nothing of huge": {"a": tensor(shape=(0, 2**40, 2**40), offsets=(0, 0))},
    "too many dimensions": {"a": tensor(shape=[1] * 33, offsets=(0, 4))},
    "unknown dtype": {"a": tensor(dtype="F128")},
    "bfloat16": {"a": tensor(dtype="BF16", shape=(4,))},
    "object dtype": {"a": tensor(dtype="|O", shape=(1,))},
    "numpy's dtype": {"a": tensor(dtype="<f4")},
    "module path as dtype": {"a": tensor(dtype="os.system")},
    "no dtype": {"a": {"shape": [2], "data_offsets": [0, 8]}},
    "dtype is a list": {"a": tensor(dtype=["F32"])},
    "another key": {"a": {**tensor(), "more": 1}},
    "tensor is a list": {"a": [1, 2]},
    "tensor is null": {"a": None},
    "wrong dtype's size": {"a": tensor(dtype="F64")},
}


@pytest.mark.parametrize("tensors", HOSTILE_TENSORS.values(), ids=HOSTILE_TENSORS)
def test_hostile_tensors_are_refused(tmp_path: Path, tensors: dict[str, Any]) -> None:
    refused(tmp_path / "file", signed(with_tensors(**tensors), b"\0" * 8), "tensor|header")


GOOD = '{"__metadata__":{"sha256":"' + BLANK + '"'
FIRST = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
HOSTILE_HEADERS: dict[str, tuple[str | bytes, str]] = {
    "deep arrays": (GOOD + ',"x":"y"},"a":' + "[" * 10**6, "nested"),
    "deep objects": (GOOD + ',"x":"y"},"a":' + '{"a":' * 10**6, "nested"),
    "deep after a quote": (GOOD + ',"x":"\\"[[[["},"a":[[[[]]]]}', "nested"),
    "open string": (GOOD + ',"' + '\\"' * 10**6, "Unterminated"),
    "tensor twice": (GOOD + "}," + FIRST + "," + FIRST + "}", "'a' is there twice"),
    "metadata twice": (GOOD + "}," + FIRST + ',"__metadata__":{}}', "is there twice"),
    "digest twice": (GOOD + ',"sha256":"' + BLANK + '"},' + FIRST + "}", "is there twice"),
    "key twice": (GOOD + "}," + FIRST[:-1] + ',"dtype":"F32"}}', "'dtype' is there twice"),
    "escape": (GOOD + "}," + FIRST.replace("dtype", "d\\u0074ype") + "}", "written in another way"),
    "surrogate": (GOOD + "}," + FIRST.replace('"a"', '"\\ud800"') + "}", "surrogate"),
    "not UTF-8": (GOOD.encode() + b',"x":"\xff"},' + FIRST.encode() + b"}", "UTF-8"),
    "overlong UTF-8": (GOOD.encode() + b',"x":"\xc0\xaf"},' + FIRST.encode() + b"}", "UTF-8"),
    "NaN": (GOOD + ',"x":NaN},' + FIRST + "}", "NaN is no"),
    "infinity": (GOOD + "}," + FIRST.replace("[2]", "[-Infinity]") + "}", "Infinity is no"),
    "long integer": (GOOD + "}," + FIRST.replace("[2]", f"[{'9' * 10_000}]") + "}", "digits|shape"),
    "metadata not text": (GOOD + ',"x":1},' + FIRST + "}", "aren't strings"),
    "metadata nested": (GOOD + ',"x":{"y":"z"}},' + FIRST + "}", "aren't strings"),
    "space inside": (GOOD + "}, " + FIRST + "}", "written in another way"),
    "comment": (GOOD + "},/* */" + FIRST + "}", "JSON"),
    "number form": (GOOD + "}," + FIRST.replace("[2]", "[2e0]") + "}", "shape"),
    "minus zero": (GOOD + "}," + FIRST.replace("[0,8]", "[-0,8]") + "}", "written in another way"),
    "zeros in front": (GOOD + "}," + FIRST.replace("[2]", "[02]") + "}", "JSON"),
    "cut off": (GOOD + "}," + FIRST, "JSON"),
    "two values": (GOOD + "}," + FIRST + "}{}", "JSON"),
    "order of keys": ('{"__metadata__":{"x":"y","sha256":"' + BLANK + '"}}', "begin with a digest"),
    "byte order mark": ("\ufeff" + GOOD + "}," + FIRST + "}", "begin with a digest"),
    "not an object": ("[" + GOOD + "}]", "begin with a digest"),
    "nothing": (" " * 128, "begin with a digest"),
    "short": ("{}", "begin with a digest"),
    "short digest": (GOOD[:-40], "begin with a digest"),
}


@pytest.mark.parametrize(("text", "match"), HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS)
def test_hostile_headers_are_refused(tmp_path: Path, text: str | bytes, match: str) -> None:
    raw = text.encode() if isinstance(text, str) else text
    raw += b" " * (-(8 + len(raw)) % header.ALIGNMENT)
    refused(tmp_path / "file", signed(raw, b"\0" * 8), match)


@pytest.mark.parametrize("padding", [0, 63, 65, 128])
def test_padding_of_another_length_is_refused(tmp_path: Path, padding: int) -> None:
    text = with_tensors(a=tensor()).rstrip()
    assert padding != -(8 + len(text)) % header.ALIGNMENT
    refused(tmp_path / "file", signed(text + " " * padding, b"\0" * 8), "written in another way")


@pytest.mark.parametrize("length", [0, 1, 10**6, header.MOST_BYTES + 1, 2**63, 2**64 - 1])
def test_header_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    refused(tmp_path / "file", signed(with_tensors(a=tensor()), b"\0" * 8, length))


def test_header_over_the_bound_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.write((header.MOST_BYTES + 1).to_bytes(8, "little"))
        file.truncate(2 * header.MOST_BYTES)
    with pytest.raises(FileFormatError, match=f"more than {header.MOST_BYTES}"):
        container.read(tmp_path / "file")


MEMORY_PROGRAM = """
import resource, sys
from pathlib import Path
import numpy as np
from fastdense.saving import FileFormatError, container

with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**24, used + 2**24))
try:
    container.read(Path({path!r}))
except FileFormatError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "tensors",
    [
        {"a": tensor(shape=(2**28,), offsets=(0, 2**30))},
        {"a": tensor(shape=(2**40,), offsets=(0, 2**42))},
        {f"a{i}": tensor(shape=(2**20,), offsets=(i * 2**22, (i + 1) * 2**22)) for i in range(99)},
    ],
    ids=["1 GB", "4 TB", "many"],
)
def test_memory_is_bounded_by_the_file_size(tmp_path: Path, tensors: dict[str, Any]) -> None:
    path = tmp_path / "file"
    path.write_bytes(signed(with_tensors(**tensors), b"\0" * 1000))
    assert "describes" in subprocesses.python(MEMORY_PROGRAM.format(path=str(path)))
