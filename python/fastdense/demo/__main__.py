"""``python -m fastdense.demo``: train, look at it, and compare."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

import fastdense
from fastdense.demo import curves, digits, network
from fastdense.demo.plain_numpy import NumpyNetwork
from fastdense.demo.progress import EpochBar
from fastdense.demo.race import Race


def main(arguments: list[str] | None = None) -> None:
    """Run the demo."""
    options = _options(arguments)
    data = digits.load(options.seed)
    model = network.build(options.seed)
    print(f"fastdense {fastdense.__version__}")
    fastdense.show_config()
    model.summary()

    plain = NumpyNetwork(model.get_weights(), options.seed)
    race = Race(plain, data, options.batch_size)
    # One thread each, of BLAS too: a second one has little to do in a net of this size, and where
    # the machine is busy its caller waits for it for milliseconds.
    with threadpool_limits(1):
        history = model.fit(
            *data.train,
            batch_size=options.batch_size,
            epochs=options.epochs,
            validation_data=data.validation,
            callbacks=[race, EpochBar()],
            verbose=0,
        )
    curves.draw(history, options.plot)
    print(f"loss and accuracy by epoch: {options.plot.resolve()}")

    scores: Any = model.evaluate(*data.test, verbose=0, return_dict=True)
    _report("fastdense", scores["accuracy"], race.seconds)
    _report("NumPy", plain.evaluate(data.test).accuracy, race.rival_seconds)
    print(f"NumPy takes {race.ratio():.2f} times as long as fastdense (median epoch, one thread)")


def _report(name: str, accuracy: float, seconds: list[float]) -> None:
    print(f"{name}: {accuracy:.2%} of the test digits right after {sum(seconds):.2f} s of training")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fastdense.demo",
        description="Train a classifier of handwritten digits with fastdense and with plain NumPy.",
    )
    parser.add_argument("--epochs", type=_positive, default=60)
    parser.add_argument("--batch-size", type=_positive, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--plot",
        type=_picture,
        default=Path("fastdense-demo.png"),
        metavar="FILE",
        help="draw the curves of loss and accuracy: .png, .svg, .pdf (default: %(default)s)",
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of at least 1, found {text}")
    return number


def _picture(text: str) -> Path:
    """Return the path of a picture, before there is a training to lose."""
    path = Path(text)
    if path.suffix not in curves.SUFFIXES:
        expected = ", ".join(curves.SUFFIXES)
        raise argparse.ArgumentTypeError(f"expected a file that ends in {expected}, found {text}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


if __name__ == "__main__":
    main()
