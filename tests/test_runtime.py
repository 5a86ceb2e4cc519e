"""The process: version, configuration, choice of instruction set, what an import pulls in."""

from __future__ import annotations

import importlib.metadata
import os
import re

import pytest

import fastdense
import subprocesses
from fastdense import _core

ALL_ISAS = ("generic", "avx2", "avx512", "neon")
CONFIG = _core.config()
AVAILABLE = list(CONFIG["isas_available"])
PRINT_ISA = "from fastdense import _core; print(_core.config()['isa'])"


def test_version_is_the_installed_one() -> None:
    assert re.match(r"\d+\.\d+", fastdense.__version__)
    assert fastdense.__version__ == importlib.metadata.version("fastdense")


def test_config_names_isa_threads_openmp_and_compiler() -> None:
    expected = {"isa", "isas_available", "num_threads", "threading", "openmp", "compiler"}
    assert set(CONFIG) >= expected
    assert CONFIG["isa"] in AVAILABLE
    assert set(AVAILABLE) <= set(ALL_ISAS)
    assert "generic" in AVAILABLE
    assert CONFIG["num_threads"] == fastdense.get_num_threads()


def test_show_config_shows_isa_threads_and_compiler(capsys: pytest.CaptureFixture[str]) -> None:
    returned = fastdense.show_config()
    shown = capsys.readouterr().out + ("" if returned is None else str(returned))
    for key in ("isa", "compiler", "num_threads", "threading"):
        assert re.search(rf"^{key} +{re.escape(str(CONFIG[key]))}$", shown, re.MULTILINE)


@pytest.mark.skipif("FASTDENSE_ISA" in os.environ, reason="this run has chosen an ISA itself")
def test_isa_is_the_best_available_by_default() -> None:
    best = max(AVAILABLE, key=ALL_ISAS.index)
    assert CONFIG["isa"] == best


@pytest.mark.parametrize("isa", AVAILABLE)
def test_isa_override_is_obeyed(isa: str) -> None:
    assert subprocesses.python(PRINT_ISA, FASTDENSE_ISA=isa) == isa


@pytest.mark.parametrize(
    "isa", ["sse9", "AVX2 ", "avx2,generic", *(i for i in ALL_ISAS if i not in AVAILABLE)]
)
def test_isa_override_is_refused_when_unknown_or_unsupported(isa: str) -> None:
    done = subprocesses.run(PRINT_ISA, FASTDENSE_ISA=isa)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError") and isa.strip() in last
    for valid in AVAILABLE:
        assert valid in last


@pytest.mark.skipif(
    "FASTDENSE_THREADING" in os.environ, reason="this run has chosen a layer itself"
)
def test_threading_layer_is_the_pool_by_default() -> None:
    assert CONFIG["threading"] == "pool"


@pytest.mark.parametrize("layer", subprocesses.THREADING_LAYERS)
def test_threading_override_is_obeyed(layer: str) -> None:
    program = "from fastdense import _core; print(_core.config()['threading'])"
    assert subprocesses.python(program, FASTDENSE_THREADING=layer) == layer


@pytest.mark.parametrize("layer", ["tbb", "Pool", "pool ", "openmp,pool"])
def test_threading_override_is_refused_when_unknown(layer: str) -> None:
    done = subprocesses.run("import fastdense", FASTDENSE_THREADING=layer)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        f"ImportError: FASTDENSE_THREADING='{layer}' is not a threading layer; valid: pool, openmp"
    )


def test_isas_agree_on_integers_and_on_dropout() -> None:
    program = """
import hashlib
import numpy as np
from fastdense import ops
rng = np.random.default_rng(0)
x, w, dy = (rng.integers(-4, 5, s).astype(np.float32) for s in ((37, 70), (70, 53), (37, 53)))
y, residuals = ops.dense_forward(x, w, w[0])
found = [y, *ops.dense_backward(dy, residuals), ops.activation(x, "relu6")]
found.append(ops.dropout_forward(x, 0.25, 9)[0])
print(hashlib.sha256(b"".join((a + 0.0).tobytes() for a in found)).hexdigest())
"""
    assert len({subprocesses.python(program, FASTDENSE_ISA=isa) for isa in AVAILABLE}) == 1


def test_import_loads_no_module_that_a_user_did_not_ask_for() -> None:
    program = """
import sys
import numpy
before = set(sys.modules)
import fastdense
print(*{name.partition('.')[0] for name in set(sys.modules) - before})
"""
    loaded = set(subprocesses.python(program).split())
    heavy = {
        "scipy",
        "torch",
        "keras",
        "tensorflow",
        "jax",
        "sklearn",
        "tqdm",
        "rich",
        "pytest",
        "asyncio",
    }
    assert "fastdense" in loaded
    assert not loaded & (
        heavy | {"multiprocessing", "unittest", "importlib_metadata", "threadpoolctl"}
    )


def test_import_leaves_floating_point_environment_alone() -> None:
    program = """
import numpy as np
import fastdense
x = np.full(64, np.finfo(np.float32).tiny, np.float32)
fastdense.ops.dense(np.ones((64, 64), np.float32), np.ones((64, 64), np.float32))
print(np.all(x / np.float32(2) > 0), float(np.float32(1) / np.float32(3)).hex())
"""
    assert subprocesses.python(program) == "True 0x1.5555560000000p-2"
