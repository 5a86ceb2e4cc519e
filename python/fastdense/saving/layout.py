"""What the strings and names in a file of this library are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdense._version import __version__
from fastdense.saving.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fastdense.saving.container import Contents

NAME = "fastdense"
VERSION = "1"  # other versions are not read
IDENTITY = {"format": NAME, "version": VERSION, "written_by": f"fastdense {__version__}"}

# Of metadata, JSON each; a file of weights alone has neither.
ARCHITECTURE = "architecture"
TRAINING = "training"

# What the names of arrays begin with.
WEIGHTS = "weights/"
OPTIMIZER = "optimizer/"


def arrays_of(contents: Contents, prefix: str) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin with `prefix`, by what comes after it.

    Raises
    ------
    FileFormatError
        If the file was written by another program, or another version of this one.
    """
    identity = contents.metadata.get("format"), contents.metadata.get("version")
    if identity != (NAME, VERSION):
        raise FileFormatError(
            f"expected format and version {(NAME, VERSION)}. Received: {identity}, written by "
            f"{contents.metadata.get('written_by')!r}"
        )
    return {
        name.removeprefix(prefix): array
        for name, array in contents.arrays.items()
        if name.startswith(prefix)
    }


def prefixed(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return `arrays` by the names that they get in a file."""
    return {prefix + name: array for name, array in arrays.items()}
