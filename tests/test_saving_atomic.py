"""A file is replaced as a whole or not at all, whatever happens."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import subprocesses
from fastdense.saving import atomic


def replace(path: Path, content: bytes = b"new") -> None:
    with atomic.replacing(path) as file:
        file.write(content)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_file_is_made_and_replaced(tmp_path: Path) -> None:
    for content in (b"first", b"second, longer", b""):
        replace(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content
    assert names(tmp_path) == ["file"]


def test_relative_path_is_one_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    replace(Path("file"))
    assert names(tmp_path) == ["file"]


def test_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    replace(tmp_path / ("x" * 255))
    assert names(tmp_path) == ["x" * 255]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [None, b"old"])
def test_nothing_happens_if_writing_raises(
    tmp_path: Path, error: type[BaseException], old: bytes | None
) -> None:
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)

    def write_half() -> None:
        with atomic.replacing(path) as file:
            file.write(b"half of it")
            file.flush()
            raise error

    with pytest.raises(error):
        write_half()
    assert names(tmp_path) == ([] if old is None else ["file"])
    assert old is None or path.read_bytes() == old


def test_old_file_is_there_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with atomic.replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert len(names(tmp_path)) == 2
    assert path.read_bytes() == b"new"


def test_file_and_then_its_folder_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is on disk before the file has its name, and the name before we return."""
    events: list[str] = []
    path = tmp_path / "file"
    sync = os.fsync

    def record(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        events.append("folder" if is_folder else "file")
        assert path.exists() == is_folder
        assert is_folder or os.fstat(descriptor).st_size == 3
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    replace(path)
    assert events == ["file", "folder"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_folder_that_cannot_be_synced_is_no_error_but_a_broken_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    sync = os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    if number == errno.EINVAL:
        replace(tmp_path / "file")
    else:
        with pytest.raises(OSError, match=os.strerror(number)):
            replace(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_new_file_has_the_permissions_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        replace(tmp_path / "file")
        (tmp_path / "other").write_bytes(b"")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_replaced_file_hands_on_its_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    replace(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode and path.read_bytes() == b"new"


def test_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "file"
    target.write_bytes(b"old")
    (tmp_path / "second").symlink_to("folder/file")
    (tmp_path / "first").symlink_to("second")
    replace(tmp_path / "first")
    assert target.read_bytes() == b"new" and not target.is_symlink()
    assert (tmp_path / "first").is_symlink() and (tmp_path / "second").is_symlink()
    assert names(tmp_path / "folder") == ["file"]


def test_symbolic_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    replace(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_bytes() == b"new"


def test_hard_link_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "other").hardlink_to(tmp_path / "file")
    replace(tmp_path / "file")
    assert (tmp_path / "other").read_bytes() == b"old"


def make_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (Path.mkdir, IsADirectoryError),
        (os.mkfifo, FileExistsError),
        (make_loop, OSError),
    ],
    ids=["folder", "pipe", "link to itself"],
)
def test_what_is_no_file_is_not_replaced(
    tmp_path: Path, make: Callable[[Path], None], error: type[OSError]
) -> None:
    path = tmp_path / "there"
    make(path)
    before = path.lstat().st_mode
    with pytest.raises(error, match="there"):
        replace(path)
    assert path.lstat().st_mode == before and names(tmp_path) == ["there"]


def test_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    with pytest.raises(FileNotFoundError) as raised:
        replace(path)
    assert raised.value.filename == str(path)


# Root may write anywhere; the library is imported while it may still be read.
ORDINARY_USER_PROGRAM = """
import os
from pathlib import Path
from fastdense.saving import atomic

if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for name in ("open/new", "open/read-only", "locked/new", "locked/old"):
    try:
        with atomic.replacing(Path({folder!r}) / name) as file:
            file.write(b"new")
        print("written")
    except PermissionError:
        print("refused")
"""


def test_read_only_folder_and_read_only_file_stay_as_they_are() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's are for root only, if that runs it
        folder = Path(name)
        for path in (folder / "open" / "read-only", folder / "locked" / "old"):
            path.parent.mkdir()
            path.write_bytes(b"old")
        (folder / "open" / "read-only").chmod(0o444)
        for path, mode in ((folder, 0o755), (folder / "open", 0o777), (folder / "locked", 0o555)):
            path.chmod(mode)
        printed = subprocesses.python(ORDINARY_USER_PROGRAM.format(folder=name))
        (folder / "locked").chmod(0o755)  # for its removal
        assert printed.split() == ["written", "refused", "refused", "refused"]
        assert names(folder / "open") == ["new", "read-only"] and names(folder / "locked") == [
            "old"
        ]
        assert (folder / "open" / "read-only").read_bytes() == b"old"
        assert (folder / "locked" / "old").read_bytes() == b"old"
