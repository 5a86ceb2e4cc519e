"""The benchmarks' parts: shapes, statistics, tables of sizes, the measuring loop, arguments."""

from __future__ import annotations

import os
import statistics
from pathlib import Path

import numpy as np
import pytest

from fastdense import _core
from fastdense.bench import launch, shapes, timing
from fastdense.bench.arguments import parse
from fastdense.bench.caches import cache_sizes, working_sets
from fastdense.bench.ceilings import ceilings, copy_bandwidth
from fastdense.bench.contenders import OTHERS
from fastdense.bench.environment import environment, processor_count
from fastdense.bench.figures import Figures, geometric_mean
from fastdense.bench.problem import Problem
from fastdense.bench.rows import Row, Summary
from fastdense.bench.session import jobs_of, problems_of
from fastdense.bench.timing import Budget, measure
from fastdense.bench.worker import Job


def figures(median: float) -> Figures:
    return Figures(median, median, median, median, rounds=15, calls=1)


def row(ours: float, **others: float) -> Row:
    problem = Problem("dense", "forward", (2, 3, 4), "float32", "relu")
    times = {"fastdense": figures(ours)} | {name: figures(t) for name, t in others.items()}
    return Row(problem, "generic", 1, times, ceiling=96.0)


def test_figures_are_the_quartiles_of_the_samples() -> None:
    found = Figures.of([5.0, 1.0, 2.0, 4.0, 3.0], calls=7)
    assert found == Figures(3.0, 2.0, 4.0, 1.0, rounds=5, calls=7)
    assert found.spread == pytest.approx(2 / 3)
    assert Figures.of([2.0], calls=1).spread == 0


def test_geometric_mean_of_inverses_is_the_inverse() -> None:
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4)
    assert geometric_mean([0.5, 0.125]) == pytest.approx(1 / 4)


def test_row_compares_with_the_fastest_other() -> None:
    found = row(2.0, numpy=6.0, torch=3.0)
    assert (found.best_other, found.ratio) == ("torch", 1.5)
    assert found.rate == 2 * 2 * 3 * 4 / 2.0
    assert found.share_of_ceiling == 0.25
    assert (row(1.0).best_other, row(1.0).ratio) == (None, None)


def test_row_survives_json() -> None:
    found = row(2.0, numpy=6.0)
    assert Row.from_dict(found.to_dict()) == found


def test_summary_counts_losses() -> None:
    rows = [row(1.0, numpy=4.0), row(1.0, numpy=0.95), row(1.0, numpy=0.5), row(1.0)]
    summary = Summary.of(rows)
    assert summary is not None
    assert (summary.rows, summary.below_1, summary.below_0_9) == (3, 2, 1)
    assert summary.geometric_mean == pytest.approx((4 * 0.95 * 0.5) ** (1 / 3))
    assert Summary.of([row(1.0)]) is None


@pytest.mark.parametrize(
    ("mode", "flops", "size"), [("bare", 48, 104), ("dx", 48, 104), ("training", 144, 208)]
)
def test_work_of_a_dense_layer(mode: str, flops: int, size: int) -> None:
    problem = Problem("dense", mode, (2, 3, 4), "float32")
    assert (problem.work, problem.bytes, problem.unit) == (flops, size, "FLOP")


@pytest.mark.parametrize(
    ("operation", "mode", "arrays"),
    [("activation", "forward", 2), ("softmax", "backward", 3), ("dropout", "backward", 2)],
)
def test_work_of_an_elementwise_operation_is_its_traffic(
    operation: str, mode: str, arrays: int
) -> None:
    problem = Problem(operation, mode, (10, 10), "float64", "relu", 0.5)
    assert (problem.work, problem.unit) == (arrays * 800, "B")


def test_shapes_of_the_command_line() -> None:
    assert shapes.parse_dense_shape("32x784X128") == (32, 784, 128)
    assert shapes.parse_shape("1000") == (1000,)


def test_random_shapes_are_the_seed_s_and_within_bounds() -> None:
    for distribution in ("uniform", "log"):
        found = shapes.random_shapes(500, 20, 3, distribution)
        assert found == shapes.random_shapes(500, 20, 3, distribution)
        assert found != shapes.random_shapes(500, 20, 4, distribution)
        assert {size for shape in found for size in shape} == set(range(1, 21))
    small, large = (
        statistics.mean(sum(s) for s in shapes.random_shapes(500, 1000, 0, d))
        for d in ("log", "uniform")
    )
    assert small < large / 2


def test_cache_sizes_are_what_the_system_says(tmp_path: Path) -> None:
    for number, (level, kind, size) in enumerate(
        [("1", "Data", "48K"), ("1", "Instruction", "32K"), ("2", "Unified", "2M")]
    ):
        cache = tmp_path / f"index{number}"
        cache.mkdir()
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (cache / name).write_text(value + "\n")
    found = cache_sizes(tmp_path)
    assert found == {"L1": 48 << 10, "L2": 2 << 20, "L3": cache_sizes(tmp_path / "no")["L3"]}
    assert working_sets(found)["L2"] == 1 << 20
    assert working_sets(found)["DRAM"] == 4 * found["L3"]


def test_measure_takes_turns_and_as_many_rounds_as_asked_for() -> None:
    taken: list[str] = []
    calls = {name: lambda name=name: taken.append(name) for name in ("a", "b")}
    found = measure(calls, Budget(rounds=4, seconds=0))
    assert [found[name].rounds for name in calls] == [4, 4]
    for name in calls:
        assert found[name].calls > 1, "a call this short is repeated"
        assert taken.count(name) >= 4 * found[name].calls
        assert 0 < found[name].minimum <= found[name].first_quartile <= found[name].median


def test_measure_goes_on_until_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_MOST_ROUNDS", 30)
    found = measure({"a": lambda: None}, Budget(rounds=2, seconds=3600), clock="cpu")
    assert found["a"].rounds == 30


def test_measure_waits_for_idle_threads_when_there_are_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[None] = []
    monkeypatch.setattr(timing, "wait_until_idle", lambda: waits.append(None))
    calls = {"a": lambda: None, "b": lambda: None}
    measure(calls, Budget(rounds=3, seconds=0), threads=1)
    assert not waits
    measure(calls, Budget(rounds=3, seconds=0), threads=2)
    assert len(waits) == 6


@pytest.mark.parametrize("threads", [1, 2])
def test_ceilings_have_every_level_and_access(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdense.bench.ceilings._PATIENCE", 1)
    monkeypatch.setattr(
        "fastdense.bench.ceilings.cache_sizes", lambda: {"L1": 2048, "L2": 4096, "L3": 8192}
    )
    found = ceilings("float64", threads)
    assert found["flops"] > 0
    assert [(level["level"], level["working_set"]) for level in found["levels"]] == [
        ("L1", 1024),
        ("L2", 2048),
        ("L3", 4096),
        ("DRAM", 32768),
    ]
    assert all(level[access] > 0 for level in found["levels"] for access in ("read", "write"))
    assert copy_bandwidth("float32", threads, 8) > 0


def test_environment_says_where_figures_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    found = environment()
    assert found["processor"] and found["processors"] == processor_count() >= 1
    assert found["variables"]["OPENBLAS_CORETYPE"] == "Haswell"


def test_worker_gets_its_threads_and_isa_and_keeps_the_rest() -> None:
    variables = launch.environment_of(Job("generic", 3))
    assert variables["FASTDENSE_ISA"] == "generic"
    assert variables["OMP_NUM_THREADS"] == variables["OPENBLAS_NUM_THREADS"] == "3"
    assert not any("CORETYPE" in name for name in variables)


def test_job_survives_json() -> None:
    problem = Problem("activation", "forward", (3, 4), "float32", "tanh")
    job = Job("avx2", 2, [problem], ["numpy"], ["float64"], 3, 0.5, "wall", glance_first=True)
    assert Job.from_json(job.to_json()) == job


def test_command_line_makes_a_job_per_isa_and_thread_count() -> None:
    command = (
        "dense --threads 1,2 --mode bare,forward --dtype float64 --shape 2x3x4 --shape 5x6x7 "
        "--activation gelu --against none --seconds 0.5 --rounds 3"
    )
    options = parse(command.split())
    jobs = jobs_of(options)
    assert [(job.isa, job.threads) for job in jobs] == [
        (_core.config()["isa"], 1),
        (_core.config()["isa"], 2),
    ]
    assert [(p.mode, p.shape, p.dtype, p.function) for p in jobs[0].problems] == [
        ("bare", (2, 3, 4), "float64", None),
        ("bare", (5, 6, 7), "float64", None),
        ("forward", (2, 3, 4), "float64", "gelu"),
        ("forward", (5, 6, 7), "float64", "gelu"),
    ]
    assert (jobs[0].rounds, jobs[0].seconds, jobs[0].against) == (3, 0.5, [])


def test_defaults_are_the_stated_shapes_and_functions() -> None:
    assert len(problems_of(parse(["dense"]))) == 2 * len(shapes.DENSE)
    functions = {p.function for p in problems_of(parse(["activation"]))}
    assert functions == {
        "relu", "gelu", "tanh", "sigmoid", "silu", "softplus", "elu", "mish"
    }  # fmt: skip
    assert {p.rate for p in problems_of(parse(["dropout"]))} == {0.5}
    assert len(problems_of(parse(["random", "--count", "7"]))) == 7
    assert jobs_of(parse(["roofline"]))[0].ceilings_of == ["float32", "float64"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("dense --shape 3x4", "'3x4' has 2 sizes"),
        ("dense --shape 3xax4", "'3xax4' is not a shape"),
        ("softmax --shape 0x4", "'0x4' is not a shape"),
        ("dense --threads 0", "'0' is not an integer of at least 1"),
        ("dense --threads 1,1.5", "'1.5' is not an integer of at least 1"),
        ("dense --isa sse9", "'sse9' is none of"),
        ("dense --dtype float16", "'float16' is none of float32, float64"),
        ("dense --mode sideways", "'sideways' is none of bare"),
        ("dense --against nobody", f"'nobody' is none of {', '.join(OTHERS)}"),
        ("dense --clock cpu --threads 2", "--clock cpu adds up all threads"),
        ("dense --seconds -1", "'-1' is not a number of seconds"),
        ("dense --rounds nan", "'nan' is not an integer"),
        ("dropout --rate 1", "'1' is not a number in [0, 1)"),
        ("dense --json /nowhere/at/all.json", "is not a file in a folder that exists"),
        ("dense --plot figure.xyz", "'figure.xyz' ends in none of .png"),
        ("juggling", "invalid choice"),
        ("", "required"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as status:
        parse(arguments.split())
    assert status.value.code == 2
    assert text in capsys.readouterr().err


def test_contender_that_is_not_installed_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("arguments", "argument_types"):
        monkeypatch.setattr(f"fastdense.bench.{module}.is_installed", lambda name: name == "numpy")
    assert parse(["dense"]).against == ["numpy"]
    with pytest.raises(SystemExit):
        parse(["dense", "--against", "numpy,torch"])
    assert "torch is not installed" in capsys.readouterr().err


COMMANDS = ("roofline", "dense", "activation", "softmax", "dropout", "network", "random")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as status:
        parse([*command.split(), "--help"])
    assert status.value.code == 0
    shown = capsys.readouterr().out
    assert "how to read a table" in shown or command == "roofline"
    assert os.linesep.join(["", "options:"]) in shown


def test_inputs_are_the_same_in_every_process() -> None:
    from fastdense.bench.inputs import make_inputs

    problem = Problem("dense", "training", (3, 4, 5), "float32", "relu")
    first, second = make_inputs(problem), make_inputs(problem)
    assert {name: array.dtype.name for name, array in first.items()} == dict.fromkeys(
        ("x", "kernel", "bias", "dy"), "float32"
    )
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
