"""``python -m fastdense.bench network``: its nets, what its contenders compute, its rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rich")
pytest.importorskip("threadpoolctl")

from fastdense.bench import __main__ as bench
from fastdense.bench import contenders, launch, nets
from fastdense.bench.arguments import parse
from fastdense.bench.check import WrongResultError, checker
from fastdense.bench.contenders import NETWORK_OTHERS, OURS, STEPS, is_installed, load
from fastdense.bench.inputs import make_inputs
from fastdense.bench.network_reference import expected_of_network
from fastdense.bench.problem import Problem
from fastdense.bench.session import jobs_of, problems_of
from fastdense.bench.worker import Job

QUICK = ("--seconds", "0", "--rounds", "2")
MODES = ("inference", "frozen", "training")


def problem(mode: str, batch: int = 16, *widths: int, rows: int | None = None) -> Problem:
    return Problem("network", mode, (batch, *(widths or (6, 9, 7, 4))), "float32", rows=rows)


def results_of(name: str, wanted: Problem, inputs: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    """What a contender's first calls return."""
    contender = load(name, threads=1, networks=True)
    call = contender.prepare(wanted, inputs)
    assert call is not None
    return [result for _ in range(wanted.calls_checked) for result in contender.to_numpy(call())]


@pytest.fixture(autouse=True)
def _threads_as_before() -> Any:
    import fastdense

    with fastdense.num_threads(fastdense.get_num_threads()):
        yield


def test_nets_of_the_command_line() -> None:
    assert nets.parse_net("100-256-2") == (100, 256, 2)
    assert nets.name_of((100, 256, 2)) == "100-256-2"


def test_default_batches_are_those_of_the_mode() -> None:
    assert nets.shapes_of("inference", [(8, 64, 64, 4)], None) == [
        (1, 8, 64, 64, 4),
        (64, 8, 64, 64, 4),
        (4096, 8, 64, 64, 4),
    ]
    assert nets.shapes_of("training", [(8, 64, 64, 4)], None) == [
        (64, 8, 64, 64, 4),
        (1024, 8, 64, 64, 4),
    ]
    assert nets.shapes_of("fit", None, None) == [(128, 784, 512, 512, 10)]
    assert nets.shapes_of("training", [(3, 2), (4, 5)], [7, 8]) == [
        (7, 3, 2),
        (8, 3, 2),
        (7, 4, 5),
        (8, 4, 5),
    ]
    assert nets.shapes_of("inference", [(3, 2)], None), "a net that is not in the list has some too"


def test_every_net_is_measured_in_every_mode_unless_told_otherwise() -> None:
    found = problems_of(parse(["network"]))
    assert {p.mode for p in found} == set(MODES)
    assert {p.shape[1:] for p in found if p.mode == "training"} == set(nets.NETS)
    assert {(p.dtype, p.rows) for p in found} == {("float32", None)}
    (fit,) = problems_of(parse(["network", "--mode", "fit"]))
    assert (fit.rows, fit.shape) == (50_000, (128, 784, 512, 512, 10))


def test_work_counts_the_products_and_no_gradient_of_the_inputs() -> None:
    forward = 2 * (6 * 9 + 9 * 7 + 7 * 4)
    assert problem("inference").work == problem("frozen").work == 16 * forward
    assert problem("training").work == 16 * (3 * forward - 2 * 6 * 9)
    assert problem("fit", rows=50).work == 50 * (3 * forward - 2 * 6 * 9)
    assert problem("training").unit == "FLOP"
    assert problem("training").label == "6-9-7-4 @ 16"
    assert "50 rows" in problem("fit", rows=50).title


def test_problem_survives_json() -> None:
    wanted = problem("fit", rows=50)
    assert Problem.from_dict(json.loads(json.dumps(wanted.to_dict()))) == wanted


def test_fit_has_a_process_of_its_own_and_is_compared_with_its_steps() -> None:
    command = "network --net 3-4-2 --batch 5 --mode fit,training --against none --threads 1,2"
    jobs = jobs_of(parse(command.split()))
    assert [(job.threads, [p.mode for p in job.problems], job.against) for job in jobs] == [
        (1, ["training"], []),
        (1, ["fit"], [STEPS]),
        (2, ["training"], []),
        (2, ["fit"], [STEPS]),
    ]
    assert all(job.has_networks for job in jobs)
    assert not Job("generic", 1, [Problem("softmax", "forward", (3, 4), "float32")]).has_networks


def test_keras_runs_on_the_backend_that_the_user_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    assert launch.environment_of(Job("generic", 1))["KERAS_BACKEND"] == "openvino"
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setattr(launch, "is_installed", lambda name: name in ("torch", "tensorflow"))
    assert launch.environment_of(Job("generic", 1))["KERAS_BACKEND"] == "tensorflow"


def test_contender_is_installed_when_all_that_it_needs_is(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"onnxruntime", "torch"}
    monkeypatch.setattr(
        contenders.importlib.util, "find_spec", lambda name: name if name in there else None
    )
    assert is_installed("torch.compile")
    assert not is_installed("onnxruntime"), "its models are built with onnx"
    there.add("onnx")
    assert is_installed("onnxruntime")


@pytest.mark.parametrize("mode", [*MODES, "fit"])
def test_right_results_agree_with_the_definition_by_differences(mode: str) -> None:
    """Gradients by central differences instead of backward: only the loss is written again."""
    wanted = problem(mode, 8, 3, 5, 4, rows=24 if mode == "fit" else None)
    inputs = make_inputs(wanted)
    weights = [inputs[name].astype(float) for name in ("kernel0", "bias0", "kernel1", "bias1")]

    def outputs(x: Any) -> Any:
        hidden = np.maximum(x @ weights[0] + weights[1], 0)
        return hidden @ weights[2] + weights[3]

    def loss(x: Any, labels: Any) -> float:
        y = outputs(x)
        shares = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
        return float(-np.log(shares[np.arange(len(x)), labels]).mean())

    def gradient(array: Any, x: Any, labels: Any, step: float = 1e-6) -> Any:
        slopes = np.empty_like(array)
        for at in np.ndindex(array.shape):
            middle = array[at]
            ends = []
            for array[at] in (middle - step, middle + step):
                ends.append(loss(x, labels))
            array[at] = middle
            slopes[at] = (ends[1] - ends[0]) / (2 * step)
        return slopes

    x, labels = inputs["x"].astype(float), inputs["labels"]
    found = [expected.value for expected in expected_of_network(wanted, inputs)]
    if mode in ("inference", "frozen"):
        np.testing.assert_allclose(found, [outputs(x)], rtol=1e-12)
        return
    batches = [slice(i, i + 8) for i in range(0, len(x), 8)] * wanted.calls_checked
    moments = [[np.zeros_like(array), np.zeros_like(array)] for array in weights]
    losses = []
    for t, rows in enumerate(batches, start=1):
        losses.append(loss(x[rows], labels[rows]))
        slopes = [gradient(array, x[rows], labels[rows]) for array in weights]
        for array, slope, moment in zip(weights, slopes, moments, strict=True):
            moment[0] = 0.9 * moment[0] + 0.1 * slope
            moment[1] = 0.999 * moment[1] + 0.001 * slope**2
            mean, square = moment[0] / (1 - 0.9**t), moment[1] / (1 - 0.999**t)
            array -= 1e-5 * mean / (np.sqrt(square) + 1e-8)
    if mode == "fit":
        losses = [float(np.mean(losses))]
    decrease = losses[0] - losses[-1] if mode == "training" else 1e-4
    np.testing.assert_allclose(found, losses, atol=1e-3 * decrease)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("widths", [(6, 9, 7, 4), (5, 3), (40, 100, 2)])
def test_fastdense_passes_the_check_and_leaves_the_inputs_as_they_are(
    mode: str, widths: tuple[int, ...]
) -> None:
    wanted = problem(mode, 16, *widths)
    inputs = make_inputs(wanted)
    before = {name: array.copy() for name, array in inputs.items()}
    checker(wanted, inputs)(OURS, results_of(OURS, wanted, inputs))
    for name, array in inputs.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("mode", ["inference", "frozen"])
def test_wrong_output_is_refused(mode: str) -> None:
    wanted = problem(mode)
    inputs = make_inputs(wanted)
    (y,) = results_of(OURS, wanted, inputs)
    check = checker(wanted, inputs)
    check(OURS, [y])
    y[3, 1] += 0.001
    with pytest.raises(WrongResultError, match="fastdense computes something else in network"):
        check(OURS, [y])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda losses: [losses[0]] * len(losses),
        lambda losses: [losses[0] - 2 * (losses[0] - loss) for loss in losses],
        lambda losses: [losses[0] - 1.1 * (losses[0] - loss) for loss in losses],
        lambda losses: [loss * np.float32(1.0001) for loss in losses],
        lambda losses: [losses[1], *losses[1:]],
    ],
    ids=["no update", "twice the rate", "another rate", "another loss", "loss after the step"],
)
def test_losses_of_a_wrong_step_are_refused(spoil: Any) -> None:
    wanted = problem("training")
    inputs = make_inputs(wanted)
    losses = results_of(OURS, wanted, inputs)
    check = checker(wanted, inputs)
    check(OURS, losses)
    with pytest.raises(WrongResultError, match="fastdense computes something else in network"):
        check(OURS, [np.asarray(loss, np.float32) for loss in spoil(losses)])


def test_fit_and_its_steps_pass_the_check_and_standing_still_does_not() -> None:
    wanted = problem("fit", 8, 20, 30, 5, rows=400)
    inputs = make_inputs(wanted)
    check = checker(wanted, inputs)
    for name in (OURS, STEPS):
        check(name, results_of(name, wanted, inputs))
    start = expected_of_network(problem("training", 400, 20, 30, 5), inputs)[0].value
    with pytest.raises(WrongResultError):
        check(OURS, [start.astype(np.float32)])


def run(command: str, path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    """What a command writes as JSON, and what it prints."""
    found = path / "figures.json"
    status = bench.main([*command.split(), *QUICK, "--json", str(found)])
    printed = capsys.readouterr()
    assert status == 0, printed.err
    return json.loads(found.read_text()), printed.out


@pytest.mark.slow
@pytest.mark.parametrize("library", NETWORK_OTHERS)
def test_other_libraries_compute_the_same(
    library: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not is_installed(library):
        pytest.skip(f"{library} is not installed")
    command = f"network --net 6-9-7-4 --net 5-3 --batch 1,16 --against {library}"
    found, printed = run(command, tmp_path, capsys)
    assert len(found["rows"]) == 2 * 2 * len(MODES)
    for row in found["rows"]:
        infers_only = library in ("onnxruntime", "openvino")
        others = {library} if row["problem"]["mode"] != "training" or not infers_only else set()
        assert set(row["seconds"]) == {OURS, *others}
        assert row["rate"] == pytest.approx(row["work"] / row["seconds"][OURS]["median"])
    for text in (library, "6-9-7-4 @ 16", "net @ batch", "geometric mean of"):
        assert text in printed


def test_fit_is_held_against_its_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = "network --mode fit --net 20-30-5 --batch 8 --rows 100 --against none"
    found, printed = run(command, tmp_path, capsys)
    (row,) = found["rows"]
    assert set(row["seconds"]) == {OURS, STEPS}
    assert row["problem"]["rows"] == 100
    assert "100 rows" in printed and STEPS in printed


def test_libraries_that_are_missing_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdense.bench.arguments.is_installed", lambda name: False)
    found, printed = run("network --net 5-3 --batch 1 --mode inference", tmp_path, capsys)
    assert found["not_installed"] == list(NETWORK_OTHERS)
    assert f"not installed: {', '.join(NETWORK_OTHERS)}" in printed
    found, printed = run("network --net 5-3 --batch 1 --against none", tmp_path, capsys)
    assert found["not_installed"] == []
    assert "not installed" not in printed


def test_networks_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "figures.png"
    command = "network --mode fit --net 20-30-5 --batch 8 --rows 100"
    found, _ = run(f"{command} --plot {picture}", tmp_path, capsys)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert found["ceilings"] == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--net 100", "'100' is not a net"),
        ("--net 100-0-2", "'100-0-2' is not a net"),
        ("--net 100x2", "'100x2' is not a net"),
        ("--batch 0", "'0' is not an integer of at least 1"),
        ("--batch 1,x", "'x' is not an integer of at least 1"),
        ("--rows 0", "'0' is not an integer of at least 1"),
        ("--mode forward", "'forward' is none of inference, frozen, training, fit"),
        ("--against numpy", "'numpy' is none of torch, torch.compile, jax"),
        ("--dtype float64", "unrecognized arguments"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as status:
        parse(["network", *arguments.split()])
    assert status.value.code == 2
    assert text in capsys.readouterr().err
