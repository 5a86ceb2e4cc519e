"""Writing files as the library does, and as someone does who wants to harm it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastdense.saving import FileFormatError, container, header

BLANK = "0" * 64


def write(path: Path, arrays: dict[str, Any], metadata: dict[str, str] | None = None) -> bytes:
    with path.open("wb") as file:
        container.write(file, container.Contents(metadata or {}, arrays))
    return path.read_bytes()


def small_file(path: Path) -> bytes:
    arrays = {
        "dense/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "dense/bias": np.full(3, np.nan),
        "empty": np.zeros((0, 4), np.float32),
    }
    return write(path, arrays, {"about": "a “test”"})


def signed(text: str | bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with this header and data, whose digest is right: as an attacker would make it."""
    raw = text.encode() if isinstance(text, str) else text
    head = (len(raw) if length is None else length).to_bytes(8, "little") + raw
    digest = hashlib.sha256(head + data).hexdigest().encode()
    return head.replace(BLANK.encode(), digest, 1) + data


def refused(path: Path, content: bytes, match: str | None = None) -> None:
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=match):
        container.read(path)


def padded(described: Any) -> str:
    text = json.dumps(described, separators=(",", ":"))
    return text + " " * (-(8 + len(text)) % header.ALIGNMENT)


def tensor(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def with_tensors(**tensors: Any) -> str:
    return padded({"__metadata__": {"sha256": BLANK}, **tensors})
