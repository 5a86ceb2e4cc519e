"""``python -m fastdense.bench`` from end to end, on tiny shapes and in no time."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rich")
pytest.importorskip("threadpoolctl")

from fastdense import _core
from fastdense.bench import __main__ as bench

QUICK = ("--seconds", "0", "--rounds", "2")
ISA = _core.config()["isa"]
COMMANDS = {
    "dense": "dense --mode bare,forward,training,dx,dw --shape 3x4x5 --shape 1x8x2",
    "activation": "activation --shape 7x3 --dtype float32,float64",
    "softmax": "softmax --shape 7x3",
    "dropout": "dropout --size 2000 --rate 0.25",
    "random": "random --count 4 --max 9 --distribution log",
}
ROWS = {"dense": 10, "activation": 2 * 2 * 8, "softmax": 2, "dropout": 2, "random": 4}


def run(
    command: str, path: Path, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[dict[str, Any], str]:
    """What a command writes as JSON, and what it prints."""
    found = path / "figures.json"
    status = bench.main([*command.split(), *options, "--json", str(found)])
    printed = capsys.readouterr()
    assert status == 0, printed.err
    assert printed.err == "", "no progress bar where there is no terminal"
    return json.loads(found.read_text()), printed.out


def check_row(row: dict[str, Any]) -> None:
    seconds = {name: figures["median"] for name, figures in row["seconds"].items()}
    ours = seconds.pop("fastdense")
    assert row["rate"] == pytest.approx(row["work"] / ours)
    assert row["share_of_ceiling"] == pytest.approx(row["rate"] / row["ceiling"])
    best = min(seconds, key=lambda name: seconds[name], default=None)
    assert row["best_other"] == best
    assert row["ratio"] == (None if best is None else pytest.approx(seconds[best] / ours))
    for figures in row["seconds"].values():
        quartiles = [figures[name] for name in ("first_quartile", "median", "third_quartile")]
        assert 0 < figures["minimum"] <= quartiles[0] <= quartiles[1] <= quartiles[2]
        assert figures["spread"] == pytest.approx((quartiles[2] - quartiles[0]) / quartiles[1])
        assert figures["rounds"] >= 2 and figures["calls"] >= 1


@pytest.mark.parametrize("name", COMMANDS)
def test_command_measures_every_row_and_its_figures_are_consistent(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, printed = run(COMMANDS[name], tmp_path, capsys, "--against", "numpy", *QUICK)
    assert len(found["rows"]) == ROWS[name]
    for row in found["rows"]:
        check_row(row)
        assert (row["isa"], row["threads"]) == (ISA, 1)
    ratios = [row["ratio"] for row in found["rows"] if row["ratio"] is not None]
    assert found["summary"] == {
        "rows": len(ratios),
        "geometric_mean": pytest.approx(statistics.geometric_mean(ratios)),
        "below_1": sum(ratio < 1 for ratio in ratios),
        "below_0_9": sum(ratio < 0.9 for ratio in ratios),
    }
    for text in (f"{ISA}, 1 thread", "float32", "numpy", "ratio", "geometric mean of"):
        assert text in printed
    (worker,) = found["workers"]
    assert set(worker["contenders"]) == {"fastdense", "numpy"}
    assert found["environment"]["processor"]


@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("name", ["dense", "activation", "softmax", "dropout"])
def test_other_libraries_compute_the_same(
    name: str, library: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    found, printed = run(COMMANDS[name], tmp_path, capsys, "--against", library, *QUICK)
    assert len(found["rows"]) == ROWS[name]
    assert all(set(row["seconds"]) == {"fastdense", library} for row in found["rows"])
    assert library in printed


def test_every_isa_and_thread_count_is_measured_in_a_process_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    isas = list(_core.config()["isas_available"])
    found, printed = run(
        f"dense --mode bare --shape 3x4x5 --threads 1,2 --isa {','.join(isas)}",
        tmp_path,
        capsys,
        "--against",
        "none",
        *QUICK,
    )
    wanted = [(isa, threads) for isa in isas for threads in (1, 2)]
    assert [(row["isa"], row["threads"]) for row in found["rows"]] == wanted
    assert [(worker["isa"], worker["threads"]) for worker in found["workers"]] == wanted
    for worker in found["workers"]:
        pools = {pool["internal_api"]: pool["num_threads"] for pool in worker["thread_pools"]}
        assert pools["openmp"] == worker["threads"]
    assert found["summary"] is None
    assert "nothing to compare with" in printed


def test_roofline_and_plots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "figures.png"
    found, printed = run(
        "dense --mode bare,forward --shape 3x4x5 --against numpy",
        tmp_path,
        capsys,
        *QUICK,
        "--plot",
        str(picture),
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
    (ceilings,) = found["ceilings"]
    assert ceilings["flops"] > 0
    assert [level["level"] for level in ceilings["levels"]] == ["L1", "L2", "L3", "DRAM"]
    for text in ("roofline", "read GB/s", "copy GB/s", "DRAM"):
        assert text in printed
    only = tmp_path / "roofline.svg"
    options = ["--threads", "1", "--dtype", "float32", "--plot", str(only)]
    found, printed = run("roofline", tmp_path, capsys, *options)
    assert "<svg" in only.read_text()
    assert not found["rows"]


def test_many_rows_are_drawn_as_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "figures.pdf"
    command = "random --count 61 --max 3 --mode bare"
    run(command, tmp_path, capsys, *QUICK, "--plot", str(picture))
    assert picture.read_bytes().startswith(b"%PDF")


def test_wrong_result_stops_the_benchmark(tmp_path: Path) -> None:
    # A NumPy whose matmul is wrong in its last element, in the worker only.
    (tmp_path / "sitecustomize.py").write_text("""
import numpy
right = numpy.matmul
def matmul(a, b, out):
    right(a, b, out=out)
    out[-1, -1] += 0.01
    return out
numpy.matmul = matmul
""")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "fastdense.bench", *COMMANDS["dense"].split(), *QUICK],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "numpy computes something else in dense, bare" in done.stderr
    assert "Traceback" not in done.stderr


def test_worker_that_dies_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench.launch, "environment_of", lambda job: {"FASTDENSE_ISA": "sse9"})
    assert bench.main([*COMMANDS["softmax"].split(), *QUICK]) == 1
    assert "a worker failed" in (printed := capsys.readouterr().err)
    assert "sse9" in printed


@pytest.mark.parametrize(
    ("missing", "options"),
    [("rich", ()), ("threadpoolctl", ()), ("matplotlib", ("--plot", "a.png"))],
)
def test_missing_extra_is_named_in_one_line(
    missing: str,
    options: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bench, "find_spec", lambda name: None if name == missing else object())
    assert bench.main(["dense", *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    expected = f"fastdense.bench needs {missing}: pip install 'fastdense[bench]'\n"
    assert printed.err == expected
