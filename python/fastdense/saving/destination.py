"""Where users may save to, and what they may load from."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    StrPath: TypeAlias = str | os.PathLike[str]

_OTHER_FORMATS = {".keras", ".h5", ".hdf5"}


def checked(path: StrPath) -> Path:
    """Return `path`; ValueError if its extension promises another format."""
    found = Path(path)
    if found.suffix.lower() in _OTHER_FORMATS:
        raise ValueError(
            f"The formats {', '.join(sorted(_OTHER_FORMATS))} are not supported yet: expected a "
            f"path that ends in '.safetensors', or in none of these. Received: {found}"
        )
    return found


def checked_new(path: StrPath, overwrite: bool) -> Path:
    """Return `path` to save to; FileExistsError if there is something that must stay."""
    found = checked(path)
    if not overwrite and found.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(found))
    return found
