"""The house has rooms, and includes and imports point down only, never up, never around."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastdense
import subprocesses

ROOT = Path(__file__).resolve().parents[1]
CPP = ROOT / "cpp"
PACKAGE = ROOT / "python" / "fastdense"

# From the ground up: a room includes what is in itself and in the rooms before it.
CPP_ROOMS = ("kernels", "runtime", "ops", "network", "bindings")
# Headers that only some files may include: the pattern of the header, the pattern of those files.
CPP_RESERVED = (
    ("pybind11/", "bindings/"),
    (r"Python\.h$", "bindings/"),
    (r"omp\.h$", r"runtime/openmp\.cpp$"),
    (r"immintrin\.h$", r"kernels/simd/vec_avx"),
    (r"arm_neon\.h$", r"kernels/simd/vec_neon\.hpp$"),
)
# Any other header brings inline functions, which objects of several ISAs would then share.
KERNEL_HEADERS = {"stddef.h", "stdint.h", "immintrin.h", "arm_neon.h"}

# Modules of the package from the ground up; those on one line are one room.
PYTHON_ROOMS = (
    ("_core", "_version", "_typing"),
    ("_locks", "_warn", "_axis", "_arrays"),
    ("_changes", "_naming", "_random", "_registry", "_configurable", "_runtime"),
    ("_activation", "_along_axis", "_elementwise"),
    ("ops", "activations", "initializers", "regularizers", "constraints", "utils"),
    ("layers",),
    ("losses", "metrics", "optimizers"),
    ("models", "callbacks", "saving"),
    ("", "demo", "bench"),
)
# Programs, which nothing imports, use what their extra installs.
PROGRAMS = {"demo", "bench"}


def cpp_files() -> list[str]:
    return sorted(p.relative_to(CPP).as_posix() for p in CPP.rglob("*.[ch]pp"))


def python_files() -> list[str]:
    return sorted(p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py"))


def room_of_module(name: str) -> int:
    """The number of the room of a module named relative to the package."""
    top = name.split(".")[0]
    is_module = top == "_core" or (PACKAGE / top).is_dir() or (PACKAGE / f"{top}.py").is_file()
    if not is_module:
        top = ""  # an attribute of the package itself
    rooms = [number for number, room in enumerate(PYTHON_ROOMS) if top in room]
    assert rooms, f"{name}: PYTHON_ROOMS doesn't say where this module stands"
    return rooms[0]


def includes(file: str) -> Iterator[tuple[str, str]]:
    """Each include of a file: `"` or `<`, and the header."""
    yield from re.findall(
        r'^\s*#\s*include\s*(["<])([^">]+)', (CPP / file).read_text(), re.MULTILINE
    )


def imports(file: str) -> Iterator[tuple[str, bool]]:
    """Each module that a file imports, and whether importing the file does that."""
    tree = ast.parse((PACKAGE / file).read_text())
    deferred = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef)
        or (isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING")
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        at_import = id(node) not in deferred
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_import) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute here"
            if node.module == "fastdense":
                yield from ((f"fastdense.{alias.name}", at_import) for alias in node.names)
            else:
                yield str(node.module), at_import


@pytest.mark.parametrize("file", cpp_files())
def test_includes_point_down(file: str) -> None:
    room = CPP_ROOMS.index(file.split("/")[0])
    for kind, header in includes(file):
        if kind == '"':
            assert (CPP / header).is_file(), f"{header}: includes are relative to cpp/"
            assert CPP_ROOMS.index(header.split("/")[0]) <= room, header


@pytest.mark.parametrize("file", cpp_files())
def test_reserved_headers_stay_in_their_room(file: str) -> None:
    for kind, header in includes(file):
        for reserved, where in CPP_RESERVED:
            assert not re.match(reserved, header) or re.match(where, file), header
        if file.startswith("kernels/") and kind == "<":
            assert header in KERNEL_HEADERS


@pytest.mark.parametrize("file", python_files())
def test_imports_point_down(file: str) -> None:
    module = file.removesuffix(".py").replace("/", ".").removesuffix("__init__").rstrip(".")
    for imported, _ in imports(file):
        package, _, name = imported.partition(".")
        if package == "fastdense":
            assert room_of_module(name) <= room_of_module(module), imported


@pytest.mark.parametrize(
    "file", [f for f in python_files() if re.split(r"[./]", f)[0] not in PROGRAMS]
)
def test_import_needs_only_numpy(file: str) -> None:
    for imported, at_import in imports(file):
        top = imported.split(".")[0]
        if at_import and top not in sys.stdlib_module_names:
            assert top in {"fastdense", "numpy"}, imported


def test_package_offers_every_public_module() -> None:
    tops = {re.split(r"[./]", file)[0] for file in python_files()}
    public = {top for top in tops if not top.startswith("_")} - PROGRAMS
    assert public <= set(fastdense.__all__) and all(hasattr(fastdense, name) for name in public)


def test_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    assert newest is not None and newest[1] == fastdense.__version__


def test_project_and_package_state_one_version() -> None:
    # With a regular expression: tomllib came with Python 3.11.
    stated = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert stated is not None and stated[1] == fastdense.__version__


@pytest.mark.parametrize("module", sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py")))
def test_each_part_can_be_imported_first(module: str) -> None:
    # What is loaded on first use is loaded in an order that nobody planned.
    subprocesses.python(f"import fastdense.{module}")
