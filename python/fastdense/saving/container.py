"""Writing arrays and strings to a file of the safetensors format, and reading them back.

Any change of any byte is noticed: the header holds the SHA-256 of all the others, and its own place
is fixed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from fastdense.saving import header
from fastdense.saving.errors import FileFormatError

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

_CHUNK = 2**20  # bytes, hashed and copied while they are in a processor's cache


class Contents(NamedTuple):
    """What a file holds."""

    metadata: dict[str, str]
    arrays: dict[str, Array]


def write(file: BinaryIO, contents: Contents) -> None:
    """Write `contents` to `file`, which must be empty and seekable.

    Arrays may change in the meantime: every byte of the file is then one that was there, and the
    digest is right.

    Raises
    ------
    TypeError
        If the format lacks an array's dtype.
    ValueError
        If names and strings don't fit into a header.
    """
    entries, arrays = _in_order(contents.arrays)
    head = header.encode(contents.metadata, entries)
    digest = hashlib.sha256(head)
    file.write(head)
    for array in arrays:
        for view in _chunks(array):
            chunk = bytes(view)
            digest.update(chunk)
            file.write(chunk)
    file.seek(header.DIGEST.start)
    file.write(digest.hexdigest().encode())


def read(path: Path) -> Contents:
    """Return what was written to the file at `path`, in arrays of their own.

    Takes no more memory than a small multiple of the file's size, whatever is in it.

    Raises
    ------
    FileFormatError
        If it isn't byte for byte what `write` wrote.
    OSError
        If it can't be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = _read_head(file, size)
        expected = bytes(head[header.DIGEST])
        head[header.DIGEST] = b"0" * len(expected)
        digest = hashlib.sha256(head)
        metadata, entries = header.decode(bytes(head))
        described = len(head) + sum(entry.size for entry in entries)
        if described != size:
            raise FileFormatError(f"it has {size} bytes, but its header describes {described}")
        arrays = {}
        for entry in entries:
            array = arrays[entry.name] = np.empty(entry.shape, entry.dtype)
            for view in _chunks(array):
                if file.readinto(view) != len(view):
                    raise FileFormatError("it was cut off while it was read")
                digest.update(view)
        if digest.hexdigest().encode() != expected:
            raise FileFormatError("its content doesn't have the SHA-256 that it states")
        return Contents(metadata, arrays)


def _in_order(arrays: Mapping[str, Array]) -> tuple[list[header.Entry], list[Array]]:
    """Return `arrays` as they go into a file, largest items first: so all of them are aligned."""
    little = {name: header.storable(array.dtype) for name, array in arrays.items()}
    names = sorted(arrays, key=lambda name: -little[name].itemsize)
    stored = [np.asarray(arrays[name], little[name], order="C") for name in names]
    entries = [
        header.Entry(name, array.dtype, array.shape)
        for name, array in zip(names, stored, strict=True)
    ]
    return entries, stored


def _chunks(array: Array) -> Iterator[memoryview]:
    """Yield the bytes of a C-contiguous array in pieces."""
    view = array.reshape(-1).view(np.uint8).data
    for start in range(0, len(view), _CHUNK):
        yield view[start : start + _CHUNK]


def _read_head(file: BinaryIO, size: int) -> bytearray:
    """Return the first bytes of a file of `size` bytes, up to the end of its header."""
    prefix = file.read(header.SIZE_BYTES)
    length = int.from_bytes(prefix, "little")
    if len(prefix) < header.SIZE_BYTES or length > size - header.SIZE_BYTES:
        raise FileFormatError("it is cut off, or was not written by this library")
    if length > header.MOST_BYTES:
        raise FileFormatError(f"its header takes {length} bytes, more than {header.MOST_BYTES}")
    head = bytearray(prefix + file.read(length))
    if len(head) < header.DIGEST.stop or not head.startswith(header.BEGIN, header.SIZE_BYTES):
        raise FileFormatError(
            "its header doesn't begin with a digest: it was not written by this library"
        )
    return head
