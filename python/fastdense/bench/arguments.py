"""The command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

from fastdense import _core
from fastdense.bench import argument_types, help_texts, nets, shapes
from fastdense.bench.contenders import NETWORK_OTHERS, OTHERS, is_installed
from fastdense.bench.environment import processor_count
from fastdense.bench.problem import DENSE_MODES, ELEMENTWISE_MODES, NETWORK_MODES
from fastdense.bench.reference import FUNCTIONS

_DTYPES = ("float32", "float64")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options; exit with status 2 and a message if they make no sense."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.clock == "cpu" and options.threads != [1]:
        parser.error("--clock cpu adds up all threads: it needs --threads 1")
    options.not_installed = []
    if options.against is None:
        options.against = [name for name in options.default_against if is_installed(name)]
        options.not_installed = [name for name in options.default_against if not is_installed(name)]
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fastdense.bench",
        description=help_texts.DESCRIPTION,
        epilog=f"{help_texts.READING}\n\n{help_texts.EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, text: str, epilog: str | None = help_texts.READING
    ) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    roofline = command("roofline", "multiply-add peak and memory bandwidths of this machine", None)
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
    dropout.add_argument(
        "--rate", type=argument_types.rate, default=0.5, help="share dropped (default: 0.5)"
    )

    network = command(
        "network",
        "whole networks, inference and training",
        help_texts.NETWORKS + help_texts.READING,
    )
    _add_contest(network, NETWORK_MODES, "inference,frozen,training", others=NETWORK_OTHERS)
    _add_nets(network)

    rand = command(
        "random",
        "the dense layer on random shapes: geometric mean and worst ratios. Three samples each; "
        "what looks slower than another contender is measured again, properly",
    )
    _add_contest(rand, DENSE_MODES, "forward", against=("numpy",), seconds=0.3)
    _add_function(rand)
    _add_random_shapes(rand)
    return parser


def _add_common(parser: argparse.ArgumentParser, threads: str, dtype: str | None) -> None:
    """Add the options of every command; those of networks are all of float32, without `dtype`."""
    isas = _core.config()["isas_available"]
    assert isinstance(isas, list)
    parser.add_argument(
        "--threads",
        type=argument_types.thread_counts,
        default=threads,
        metavar="N,...",
        help=f"thread counts; all: one per processor, {processor_count()} here "
        f"(default: {threads})",
    )
    if dtype is None:
        parser.set_defaults(dtype=["float32"])
    else:
        _add_choices(parser, "--dtype", _DTYPES, dtype, "of all arrays")
    _add_choices(
        parser, "--isa", isas, str(_core.config()["isa"]), "instruction sets of fastdense's kernels"
    )
    parser.add_argument(
        "--json", type=argument_types.output_file, metavar="FILE", help="write all figures to FILE"
    )
    parser.add_argument(
        "--plot",
        type=argument_types.plot_file,
        metavar="FILE",
        help=f"draw them: {', '.join(argument_types.PLOT_SUFFIXES)}",
    )


def _add_contest(
    parser: argparse.ArgumentParser,
    modes: dict[str, str],
    default_modes: str,
    others: tuple[str, ...] = OTHERS,
    against: tuple[str, ...] | None = None,
    seconds: float = 1.0,
) -> None:
    _add_common(parser, threads="1", dtype=None if others is NETWORK_OTHERS else "float32")
    meaning = "; ".join(f"{mode}: {text}" for mode, text in modes.items())
    _add_choices(parser, "--mode", modes, default_modes, meaning)
    parser.add_argument(
        "--against",
        type=partial(argument_types.contenders, valid=others),
        metavar="NAME,...",
        help=f"of {', '.join(others)}, or none "
        f"(default: {'those' if against is None else ', '.join(against) + ' if'} installed)",
    )
    parser.set_defaults(default_against=others if against is None else against)
    parser.add_argument(
        "--seconds",
        type=argument_types.seconds,
        default=seconds,
        help=f"time to spend on a row, at least --rounds rounds (default: {seconds:g})",
    )
    parser.add_argument(
        "--rounds",
        type=argument_types.positive,
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


def _add_nets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--net",
        dest="nets",
        action="append",
        type=nets.parse_net,
        metavar="NET",
        help="features in, units of each layer, like 100-256-256-2; can be repeated "
        f"(default: {' '.join(map(nets.name_of, nets.NETS))}; of mode fit the third)",
    )
    parser.add_argument(
        "--batch",
        dest="batches",
        type=argument_types.positive_integers,
        metavar="N,...",
        help="rows of a call (default: what the net is often run with)",
    )
    parser.add_argument(
        "--rows",
        type=argument_types.positive,
        default=nets.FIT_ROWS,
        help=f"of an epoch of mode fit (default: {nets.FIT_ROWS})",
    )


def _add_random_shapes(parser: argparse.ArgumentParser) -> None:
    positive = argument_types.positive
    parser.add_argument("--count", type=positive, default=2000, help="shapes (default: 2000)")
    parser.add_argument(
        "--max", type=positive, default=1500, help="M, K and N are 1 to this (default: 1500)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the shapes (default: 0)")
    parser.add_argument(
        "--distribution",
        choices=("uniform", "log"),
        default="uniform",
        help="of each size, or of its logarithm, for more small ones (default: uniform)",
    )


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
        type=partial(argument_types.some_of, valid=tuple(valid)),
        default=default,
        metavar="NAME,...",
        help=f"{text}; of {', '.join(valid)} (default: {default})",
    )
