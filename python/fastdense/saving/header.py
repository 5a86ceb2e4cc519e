"""The header of a file: what its tensors are called, and where they lie.

A file is one of the safetensors format (https://github.com/huggingface/safetensors), whose readers
can read it: the size of the header in eight bytes, little-endian; the header, JSON padded with
spaces; then the tensors in C order, end to end. The header begins, at a fixed place, with the
SHA-256 of everything else in the file::

    {"__metadata__":{"sha256":"...", ...},
     "dense/kernel":{"dtype":"F32","shape":[64,10],"data_offsets":[0,2560]}, ...}

A header follows from its metadata and from the names, dtypes and shapes of the tensors in their
order. So it is enough to understand these: what is written for them again must be, byte for byte,
what was read. That leaves no room for holes and overlaps, for a name or key that is there twice,
or for two readings of one file.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fastdense.saving import strict_json
from fastdense.saving.errors import FileFormatError

SIZE_BYTES = 8
MOST_BYTES = 2**25  # some 100,000 tensors; what JSON text becomes in Python takes 30 times its size
ALIGNMENT = 64  # of the data in the file, for readers that map it

BEGIN = b'{"__metadata__":{"sha256":"'
_BLANK = "0" * 64
DIGEST = slice(SIZE_BYTES + len(BEGIN), SIZE_BYTES + len(BEGIN) + len(_BLANK))

_METADATA = "__metadata__"
_KEYS = {"dtype", "shape", "data_offsets"}
_MOST_DIMENSIONS = 32  # NumPy's, before 2.0
_DEPTH = 3  # header, tensor, shape

_DTYPES = {
    name: np.dtype(code)
    for name, code in {
        "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
        "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
    }.items()
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class Entry(NamedTuple):
    """One tensor; `dtype` is little-endian."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of its bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def storable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the little-endian `dtype`; TypeError if the format has none like it."""
    little: np.dtype[Any] = dtype.newbyteorder("<")
    if little not in _NAMES:
        raise TypeError(f"arrays of dtype {dtype} can't be saved, only of {', '.join(_DTYPES)}")
    return little


def encode(metadata: Mapping[str, str], entries: Iterable[Entry]) -> bytes:
    """Return size and header, with zeros for the digest.

    Raises
    ------
    ValueError
        If the header would be too large, or a name can't be part of it.
    """
    entries = list(entries)
    if "sha256" in metadata or any(entry.name == _METADATA for entry in entries):
        raise ValueError(f"the names sha256 (of metadata) and {_METADATA} (of a tensor) are taken")
    described: dict[str, Any] = {_METADATA: {"sha256": _BLANK, **metadata}}
    begin = 0
    for entry in entries:
        end = begin + entry.size
        described[entry.name] = {
            "dtype": _NAMES[entry.dtype],
            "shape": entry.shape,
            "data_offsets": (begin, end),
        }
        begin = end
    text = strict_json.encode(described, "the header", _DEPTH).encode()
    text += b" " * (-(SIZE_BYTES + len(text)) % ALIGNMENT)
    if len(text) > MOST_BYTES:
        raise ValueError(f"the header takes {len(text)} bytes, more than {MOST_BYTES}")
    return len(text).to_bytes(SIZE_BYTES, "little") + text


def decode(head: bytes) -> tuple[dict[str, str], list[Entry]]:
    """Return the metadata and the tensors that `encode` was given for `head`, which has `BEGIN`.

    Raises
    ------
    FileFormatError
        If `encode` can't have returned it.
    """
    try:
        text = head[SIZE_BYTES:].decode()
    except UnicodeDecodeError as error:
        raise FileFormatError(f"the header isn't UTF-8: {error}") from None
    described = strict_json.decode(text, "the header", _DEPTH)
    metadata = described.pop(_METADATA)
    if not all(isinstance(value, str) for value in metadata.values()):
        raise FileFormatError("the header's metadata aren't strings by name")
    del metadata["sha256"]
    entries = [_entry(name, described[name]) for name in described]
    try:
        same = encode(metadata, entries) == head
    except ValueError as error:
        raise FileFormatError(str(error)) from None
    if not same:
        raise FileFormatError(
            "the header isn't what this library writes for its tensors: they overlap, leave holes, "
            "or it is written in another way"
        )
    return metadata, entries


def _entry(name: str, described: Any) -> Entry:
    if not isinstance(described, dict) or described.keys() != _KEYS:
        raise FileFormatError(f"tensor {name!r}: expected an object with the keys {sorted(_KEYS)}")
    dtype, shape = described["dtype"], described["shape"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise FileFormatError(
            f"tensor {name!r}: expected a dtype of {', '.join(_DTYPES)}. Received: {dtype!r}"
        )
    if (
        not isinstance(shape, list)
        or len(shape) > _MOST_DIMENSIONS
        or not all(type(size) is int and 0 <= size <= sys.maxsize for size in shape)
        or math.prod(size for size in shape if size) > sys.maxsize // _DTYPES[dtype].itemsize
    ):
        raise FileFormatError(f"tensor {name!r}: no array can have the shape {shape!r:.200}")
    return Entry(name, _DTYPES[dtype], tuple(shape))
