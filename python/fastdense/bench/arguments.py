"""The command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fastdense import _core
from fastdense.bench import shapes
from fastdense.bench.contenders import OTHERS, is_installed
from fastdense.bench.environment import processor_count
from fastdense.bench.problem import DENSE_MODES, ELEMENTWISE_MODES
from fastdense.bench.reference import FUNCTIONS

_PLOT_SUFFIXES = (".png", ".svg", ".pdf")
_DTYPES = ("float32", "float64")
_DESCRIPTION = """\
Measure fastdense beside other libraries on this machine.

Every contender's result is checked against float64 before it is timed. Contenders then take turns
within one process, which has the number of threads and the instruction set of the table's title."""
_READING = """\
how to read a table
  time       median time of one call of fastdense; results are written to arrays that are there
             already, where the library can do so
  spread     distance between the quartiles of its samples, over the median
  GFLOP/s    2 M K N per product, over the time; elementwise operations state GB/s, all bytes that
             have to be read and written
  of peak    share of what this machine does at most, measured in the same process: multiply-adds in
             registers; for elementwise operations a copy of as many bytes, which those that read
             more than they write can exceed
  numpy ...  median time of the others; - where a library doesn't have the operation
  ratio      time of the fastest other one over that of fastdense: above 1, fastdense is faster

The last line has the geometric mean of the ratios and the number of rows with a ratio below 1."""
_EXAMPLES = """\
examples
  python -m fastdense.bench roofline
  python -m fastdense.bench dense --mode bare,forward --shape 32x784x128 --against numpy,torch
  python -m fastdense.bench activation --threads 1,all --dtype float32,float64 --json out.json
  python -m fastdense.bench random --max 1500 --seed 0
  python -m fastdense.bench COMMAND --help"""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options; exit with status 2 and a message if they make no sense."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.clock == "cpu" and options.threads != [1]:
        parser.error("--clock cpu adds up all threads: it needs --threads 1")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fastdense.bench",
        description=_DESCRIPTION,
        epilog=f"{_READING}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=None if name == "roofline" else _READING,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    roofline = command("roofline", "multiply-add peak and memory bandwidths of this machine")
    _add_common(roofline, threads="1,all", dtype="float32,float64")
    roofline.set_defaults(against=[], clock="wall")

    dense = command("dense", "the dense layer and its products")
    _add_contest(dense, DENSE_MODES, "forward,training")
    _add_shapes(dense, shapes.parse_dense_shape, "MxKxN (batch, in, out)", shapes.DENSE)
    _add_function(dense)

    activation = command("activation", "activations alone")
    _add_contest(activation, ELEMENTWISE_MODES, "forward,backward")
    _add_shapes(activation, shapes.parse_shape, "like 1000x1000", shapes.ACTIVATION)
    _add_choices(activation, "--function", FUNCTIONS, ",".join(FUNCTIONS), "activations")

    softmax = command("softmax", "softmax over the last axis")
    _add_contest(softmax, ELEMENTWISE_MODES, "forward,backward")
    _add_shapes(softmax, shapes.parse_shape, "like 1000x1000", shapes.SOFTMAX)

    dropout = command("dropout", "dropout, random numbers included")
    _add_contest(dropout, ELEMENTWISE_MODES, "forward,backward")
    _add_shapes(dropout, shapes.parse_shape, "like 1000x1000", shapes.DROPOUT)
    dropout.add_argument("--rate", type=_rate, default=0.5, help="share dropped (default: 0.5)")

    rand = command(
        "random",
        "the dense layer on random shapes: geometric mean and worst ratios. Three samples each; "
        "what looks slower than another contender is measured again, properly",
    )
    _add_contest(rand, DENSE_MODES, "forward", against="numpy", seconds=0.3)
    _add_function(rand)
    rand.add_argument("--count", type=_positive, default=2000, help="shapes (default: 2000)")
    rand.add_argument(
        "--max", type=_positive, default=1500, help="M, K and N are 1 to this (default: 1500)"
    )
    rand.add_argument("--seed", type=int, default=0, help="of the shapes (default: 0)")
    rand.add_argument(
        "--distribution",
        choices=("uniform", "log"),
        default="uniform",
        help="of each size, or of its logarithm, for more small ones (default: uniform)",
    )
    return parser


def _add_common(parser: argparse.ArgumentParser, threads: str, dtype: str) -> None:
    isas = _core.config()["isas_available"]
    assert isinstance(isas, list)
    parser.add_argument(
        "--threads",
        type=_thread_counts,
        default=threads,
        metavar="N,...",
        help=f"thread counts; all: one per processor, {processor_count()} here "
        f"(default: {threads})",
    )
    _add_choices(parser, "--dtype", _DTYPES, dtype, "of all arrays")
    _add_choices(
        parser, "--isa", isas, str(_core.config()["isa"]), "instruction sets of fastdense's kernels"
    )
    parser.add_argument(
        "--json", type=_output_file, metavar="FILE", help="write all figures to FILE"
    )
    parser.add_argument(
        "--plot", type=_plot_file, metavar="FILE", help=f"draw them: {', '.join(_PLOT_SUFFIXES)}"
    )


def _add_contest(
    parser: argparse.ArgumentParser,
    modes: dict[str, str],
    default_modes: str,
    against: str | None = None,
    seconds: float = 1.0,
) -> None:
    _add_common(parser, threads="1", dtype="float32")
    meaning = "; ".join(f"{mode}: {text}" for mode, text in modes.items())
    _add_choices(parser, "--mode", modes, default_modes, meaning)
    installed = [name for name in OTHERS if is_installed(name)]
    parser.add_argument(
        "--against",
        type=_contenders,
        default=against if against in installed else ",".join(installed),
        metavar="NAME,...",
        help=f"of {', '.join(OTHERS)}, or none (default: {against or 'those installed'})",
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=seconds,
        help=f"time to spend on a row, at least --rounds rounds (default: {seconds:g})",
    )
    parser.add_argument(
        "--rounds",
        type=_positive,
        default=15,
        help="least number of samples of each contender (default: 15)",
    )
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="cpu: processor time, for one thread on a machine that others use too (default: wall)",
    )


def _add_shapes(
    parser: argparse.ArgumentParser,
    parse_one: Callable[[str], shapes.Shape],
    form: str,
    default: list[str],
) -> None:
    parser.add_argument(
        "--shape",
        "--size",
        dest="shapes",
        action="append",
        type=parse_one,
        metavar="SHAPE",
        help=f"{form}; can be repeated (default: {' '.join(default)})",
    )
    parser.set_defaults(default_shapes=[parse_one(text) for text in default])


def _add_function(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--activation",
        choices=("none", *FUNCTIONS),
        default="relu",
        help="of the modes forward and training (default: relu)",
    )


def _add_choices(
    parser: argparse.ArgumentParser, flag: str, valid: Any, default: str, text: str
) -> None:
    parser.add_argument(
        flag,
        type=partial(_some_of, valid=tuple(valid)),
        default=default,
        metavar="NAME,...",
        help=f"{text}; of {', '.join(valid)} (default: {default})",
    )


def _some_of(text: str, valid: tuple[str, ...]) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in valid:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(valid)}")
    return list(dict.fromkeys(names))


def _contenders(text: str) -> list[str]:
    if text in ("", "none"):
        return []
    names = _some_of(text, OTHERS)
    for name in names:
        if not is_installed(name):
            raise argparse.ArgumentTypeError(f"{name} is not installed")
    return names


def _thread_counts(text: str) -> list[int]:
    counts = [processor_count() if part == "all" else _positive(part) for part in text.split(",")]
    return list(dict.fromkeys(counts))


def _positive(text: str) -> int:
    return int(_number(text, "an integer of at least 1", lambda n: n >= 1 and n == int(n)))


def _seconds(text: str) -> float:
    return _number(text, "a number of seconds", lambda n: 0 <= n < 1e6)


def _rate(text: str) -> float:
    return _number(text, "a number in [0, 1)", lambda n: 0 <= n < 1)


def _output_file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a file in a folder that exists")
    return path


def _plot_file(text: str) -> Path:
    if Path(text).suffix not in _PLOT_SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(_PLOT_SUFFIXES)}")
    return _output_file(text)


def _number(text: str, expected: str, is_valid: Callable[[float], bool]) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not (abs(number) < float("inf") and is_valid(number)):
        raise argparse.ArgumentTypeError(f"{text!r} is not {expected}")
    return number
