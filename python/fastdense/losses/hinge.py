"""Losses of margins; targets are -1 and 1, or 0 and 1."""

from __future__ import annotations

from fastdense.losses.native import CoreLoss


class Hinge(CoreLoss):
    """``mean(max(1 - y_true * y_pred, 0))`` over the last axis.

    Targets are taken as ``2 * y_true - 1`` if all of them are 0 or 1.
    """

    _CORE = "hinge"


class SquaredHinge(CoreLoss):
    """``mean(max(1 - y_true * y_pred, 0)**2)`` over the last axis; targets as for `Hinge`."""

    _CORE = "squared_hinge"


class CategoricalHinge(CoreLoss):
    """``max(neg - pos + 1, 0)`` with the margins of the right class and of the best other one.

    ``pos = sum(y_true * y_pred)`` and ``neg = max((1 - y_true) * y_pred)`` along the last axis,
    which holds a 1 for the right class.
    """

    _CORE = "categorical_hinge"
