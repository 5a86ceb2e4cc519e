"""The file format: what was written is read, and anything else is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from fastdense.saving import FileFormatError, container, header
from saved_files import BLANK, refused, small_file, write

DTYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"]


@given(
    st.dictionaries(
        st.text().filter(lambda name: name != "__metadata__"),
        st_numpy.arrays(
            st.sampled_from([np.dtype(order + code) for code in DTYPES for order in "<>"]),
            st_numpy.array_shapes(min_dims=0, min_side=0, max_dims=4, max_side=5),
        ),
        max_size=5,
    ),
    st.dictionaries(st.text(), st.text(), max_size=3),
)
def test_file_holds_what_was_written(
    tmp_path_factory: Any, arrays: dict[str, Any], metadata: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("saving") / "file"
    write(path, arrays, metadata)
    found = container.read(path)
    assert found.metadata == metadata
    assert found.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        read = found.arrays[name]
        little = array.astype(array.dtype.newbyteorder("<"))
        assert read.dtype == little.dtype and read.shape == array.shape
        assert read.tobytes() == little.tobytes()
        assert read.flags.c_contiguous and read.flags.writeable and read.flags.aligned


def test_file_is_one_of_the_safetensors_package(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {
        code: (rng.standard_normal((3, 5)) * 100).astype(code) for code in DTYPES
    }
    arrays["ä/scalar"] = np.float32(3).reshape(())
    arrays["none"] = np.zeros((3, 0), np.float32)
    path = tmp_path / "model.safetensors"
    write(path, arrays, {"about": 'quotes " and\n\x00 ✓'})
    found = safetensors.numpy.load_file(path)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    with safetensors.safe_open(path, framework="numpy") as opened:
        assert opened.metadata()["about"] == 'quotes " and\n\x00 ✓'


def test_tensors_lie_aligned_in_the_file(tmp_path: Path) -> None:
    content = write(
        tmp_path / "file",
        {"a": np.ones(3, np.int8), "b": np.ones(3), "c": np.ones(3, np.float32)},
    )
    length = int.from_bytes(content[:8], "little")
    described = json.loads(content[8 : 8 + length])
    assert (8 + length) % header.ALIGNMENT == 0
    for name, size in {"a": 1, "b": 8, "c": 4}.items():
        assert described[name]["data_offsets"][0] % size == 0


def test_arrays_of_any_layout_are_written_by_value(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    arrays = {"t": x.T, "strided": x[::2, ::-3], "fortran": np.asfortranarray(x)}
    write(tmp_path / "file", arrays)
    for name, array in container.read(tmp_path / "file").arrays.items():
        np.testing.assert_array_equal(array, arrays[name])


@pytest.mark.parametrize("dtype", ["bool", "complex64", "U3", "object", "longdouble"])
def test_dtype_that_the_format_lacks_is_refused(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(TypeError, match=f"{np.dtype(dtype)}.*F64"):
        write(tmp_path / "file", {"a": np.zeros(2, dtype)})


@pytest.mark.parametrize(
    ("arrays", "metadata"),
    [
        ({"__metadata__": np.zeros(2)}, {}),
        ({}, {"sha256": "mine"}),
        ({"\ud800": np.zeros(2)}, {}),
        ({}, {"about": "\udfff"}),
        ({}, {"about": "x" * (header.MOST_BYTES + 1)}),
    ],
    ids=["reserved name", "reserved key", "surrogate name", "surrogate value", "too large"],
)
def test_names_and_strings_that_no_reader_would_take_are_refused(
    tmp_path: Path, arrays: dict[str, Any], metadata: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=r"taken|JSON|bytes"):
        write(tmp_path / "file", arrays, metadata)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    content = small_file(tmp_path / "file")
    for size in range(len(content)):
        refused(tmp_path / "file", content[:size])


@pytest.mark.parametrize("tail", [b"\0", b" ", b"\n", b"\0" * 64])
def test_trailing_bytes_are_refused(tmp_path: Path, tail: bytes) -> None:
    refused(tmp_path / "file", small_file(tmp_path / "file") + tail, "describes")


def test_every_changed_byte_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    content = small_file(tmp_path / "file")
    for place, change in enumerate(rng.integers(1, 256, len(content))):
        changed = bytearray(content)
        changed[place] ^= change
        refused(tmp_path / "file", bytes(changed))


def test_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({"a": np.ones(3)}, path)
    with pytest.raises(FileFormatError):
        container.read(path)
    content = small_file(path)
    arrays = safetensors.numpy.load(content)
    safetensors.numpy.save_file(arrays, path, {"sha256": BLANK})
    with pytest.raises(FileFormatError):
        container.read(path)


@pytest.mark.parametrize("digest", ["", "0" * 64, "f" * 64, "A" * 64])
def test_wrong_digest_is_refused(tmp_path: Path, digest: str) -> None:
    content = small_file(tmp_path / "file")
    match = re.search(rb'"sha256":"([0-9a-f]{64})"', content)
    assert match is not None and match.span(1) == (header.DIGEST.start, header.DIGEST.stop)
    refused(tmp_path / "file", content.replace(match[1], digest.encode()))
    refused(tmp_path / "file", content.replace(match[1], match[1].upper()), "SHA-256")


def test_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        container.read(tmp_path / "file")
    with pytest.raises(IsADirectoryError):
        container.read(tmp_path)


def test_arrays_that_change_while_they_are_written_leave_a_good_file(tmp_path: Path) -> None:
    """Each chunk is copied once, before it is hashed and written."""

    array = np.zeros(3 * 2**20, np.uint8)

    class File:
        def __init__(self) -> None:
            self.file = (tmp_path / "file").open("w+b")
            self.seek = self.file.seek

        def write(self, chunk: bytes) -> None:
            array[:] += 1  # between hashing and writing, as another thread might
            self.file.write(chunk)

    file = File()
    with file.file:
        container.write(file, container.Contents({}, {"a": array}))  # type: ignore[arg-type]
    assert np.unique(container.read(tmp_path / "file").arrays["a"]).tolist() == [1, 2, 3]
