"""Replacing a file: at any moment, whatever happens, there is the old one or the new one."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_NEW_FILE_MODE = 0o666  # less the process's umask, as for any new file

# What file systems say that can't sync a folder, or whose folders may be written but not read.
_CANNOT_SYNC = {errno.EACCES, errno.EBADF, errno.EINVAL, errno.ENOTSUP}


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of the one at `path` when the block ends.

    Until then it has another name in the same folder (``.fastdense-*.tmp``). It is on disk before
    it gets its own, and is removed if the block raises. A process that is killed leaves it behind.

    A symbolic link stays one: the file that it points to is replaced. A file that is replaced hands
    on its permissions; hard links to it keep the old content.

    Raises
    ------
    OSError
        If the file can't be written, as with `open`, or if what is at `path` may not be written or
        isn't a file, but a folder or a device.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_of_file(target)
    temporary = target.with_name(f".fastdense-{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _NEW_FILE_MODE)
    except OSError as error:
        error.filename = os.fspath(path)  # the caller knows nothing of the other one
        raise
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                temporary.chmod(mode)
            yield file
            file.flush()
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _mode_of_file(target: Path) -> int | None:
    """Return the permissions of the file at `target`, or None if there is nothing."""
    try:
        found = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(found):
        raise FileExistsError(errno.EEXIST, "There is something that isn't a file", str(target))
    if not os.access(target, os.W_OK):  # the folder may still let it be replaced
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return stat.S_IMODE(found)


def _sync_folder(folder: Path) -> None:
    """Make sure that the names in `folder` are on disk, where the system can do that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
