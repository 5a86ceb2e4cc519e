"""The one exception for whatever is wrong with the content of a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileFormatError(ValueError):
    """A file is cut off, altered, of another format, or doesn't describe what it claims to.

    What is wrong with reaching the file (it isn't there, it can't be read) is an `OSError`.
    """


@contextmanager
def understanding(path: Path) -> Iterator[None]:
    """Make whatever the block raises over the content of the file a FileFormatError.

    A description of a model is given to the constructors of layers and many other things, each of
    which has its own exceptions for arguments that it can't take.
    """
    try:
        yield
    except (MemoryError, OSError):
        raise
    except ValueError as error:
        raise FileFormatError(f"{path}: {error}") from error
    except Exception as error:  # see above
        raise FileFormatError(f"{path}: {type(error).__name__}: {error}") from error
