"""The one exception for whatever is wrong with the content of a file."""

from __future__ import annotations


class FileFormatError(ValueError):
    """A file is cut off, altered, of another format, or doesn't describe what it claims to.

    What is wrong with reaching the file (it isn't there, it can't be read) is an `OSError`.
    """
