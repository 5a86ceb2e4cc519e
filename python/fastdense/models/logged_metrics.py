"""The metrics that a model is compiled with: of which output each is, and its name in logs."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastdense import metrics
from fastdense.models.structure import is_nested, leaves

if TYPE_CHECKING:
    from fastdense._typing import Shape
    from fastdense.metrics import Metric


class LoggedMetric(NamedTuple):
    """A metric of one output.

    Attributes
    ----------
    name
        Its key in logs.
    metric
        The object that adds up batches.
    output
        The number of the output.
    weighted
        Whether the weights of samples count.
    """

    name: str
    metric: Metric
    output: int
    weighted: bool


def check_metrics(value: Any, argument: str) -> None:
    """Raise ValueError for what is wrong with an argument of `compile` whatever the outputs are."""
    if value and not is_nested(value):
        raise ValueError(
            f"Expected `{argument}` argument to be a list, tuple, or dict. "
            f"Received: {argument}={value} (of type {type(value)})"
        )
    for leaf in leaves(value):
        if leaf is not None:
            metrics.resolve(leaf, (None, 1), (None, 1))


def logged_metrics(
    plain: Any,
    weighted: Any,
    names: Sequence[str],
    target_shapes: Sequence[Shape | None],
    shapes: Sequence[Shape],
) -> tuple[LoggedMetric, ...]:
    """Return all metrics, each with the name that Keras gives it.

    That is its own, after the output's if there are several; ``weighted_`` comes between if a plain
    one has that name already, and a number at the end if there is no other way.

    Parameters
    ----------
    plain, weighted
        The arguments `metrics` and `weighted_metrics` of `compile`.
    names, target_shapes, shapes
        Of the outputs; the second is None where there are no targets.
    """
    found: dict[str, LoggedMetric] = {}
    arguments = (("metrics", plain, False), ("weighted_metrics", weighted, True))
    for argument, value, is_weighted in arguments:
        for i, identifiers in enumerate(_per_output(value, names, argument)):
            prefix = f"{names[i]}_" if len(names) > 1 else ""
            for identifier in identifiers:
                metric = metrics.resolve(identifier, target_shapes[i] or shapes[i], shapes[i])
                name = prefix + metric.name
                if is_weighted and name in found:
                    name = f"{prefix}weighted_{metric.name}"
                name = _free(name, found)
                found[name] = LoggedMetric(name, metric, i, is_weighted)
    return tuple(found.values())


def _per_output(value: Any, names: Sequence[str], argument: str) -> list[list[Any]]:
    """Return the metrics of each output; ValueError unless `value` says which belong to which."""
    if not value:
        return [[] for _ in names]
    parts: list[Any] | None = None
    if isinstance(value, Mapping):
        if set(value) <= set(names):
            parts = [value.get(name) for name in names]
    elif len(names) == 1:
        parts = [value]
    elif len(value) == len(names):
        parts = list(value)
    if parts is None:
        raise ValueError(
            f"Invalid `{argument}`. Expected a list with an entry for each output, or a dict with "
            f"names of outputs as keys; they are {list(names)}. Received: {argument}={value}"
        )
    return [[leaf for leaf in leaves(part) if leaf is not None] for part in parts]


def _free(name: str, taken: Container[str]) -> str:
    """Return `name`, or ``name_1``, ``name_2``, ... if it is taken."""
    candidate, count = name, 0
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    return candidate
