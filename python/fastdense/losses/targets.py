"""What targets must look like beside predictions, and how they become arrays for the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense._arrays import as_float, in_place, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense._typing import ArrayLike, FloatArray
    from fastdense.losses.base import Loss


def prepare_targets(
    loss: Loss, y_true: ArrayLike, y_pred_shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return targets as the core takes them for predictions of a shape and dtype.

    Returns
    -------
    ndarray
        Of `y_pred_shape` and `dtype`; for losses of labels int64 and without the class axis. What
        a loss of your own takes is converted to `dtype` only.

    Raises
    ------
    TypeError
        If `y_true` holds no real numbers.
    ValueError
        If its shape doesn't fit, or a label is no integer or no class; nothing has been computed
        then.
    """
    return loss.prepare_targets(y_true, y_pred_shape, dtype)


def match_ranks(y_true: FloatArray, y_pred: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give an axis of length 1 at the end to one of the two, or take it away, as Keras does.

    One of rank 1 is expanded, so that ``(n,)`` beside ``(n, 1)`` means n samples on either side.
    Otherwise the longer shape loses its axis.
    """
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return (y_true, y_pred[..., None]) if y_pred.ndim == 1 else (y_true[..., 0], y_pred)
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        return (y_true[..., None], y_pred) if y_true.ndim == 1 else (y_true, y_pred[..., 0])
    return y_true, y_pred


def dense_targets(
    name: str, y_true: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> FloatArray:
    """Return `y_true` in `shape`, that of the predictions, from which a 1 at the end may differ."""
    given = as_float(y_true, dtype, f"{name}: y_true")
    if given.shape == shape:
        return given
    if given.shape == (*shape, 1) or (*given.shape, 1) == shape:
        return given.reshape(shape)
    raise ValueError(
        f"{name}: y_true has shape {given.shape}, expected {shape}, the shape of y_pred"
    )


def labels(
    name: str,
    y_true: ArrayLike,
    shape: tuple[int, ...],
    axis: int,
    ignored: int | None,
) -> NDArray[np.int64]:
    """Return labels of classes along `axis` of predictions of `shape`, without that axis.

    `ignored` may be among them whatever the number of classes. Floats that are integers will do.
    """
    given = plain(y_true, f"{name}: y_true")
    expected = shape[:axis] + shape[axis + 1 :]
    if given.shape not in {expected, (*expected[:axis], 1, *expected[axis:])}:
        raise ValueError(
            f"{name}: y_true has shape {given.shape}, expected {expected} for y_pred of shape "
            f"{shape}"
        )
    whole = _as_integers(name, given).reshape(expected)
    is_class = (whole >= 0) & (whole < shape[axis])
    if ignored is not None:
        is_class |= whole == ignored
    if not is_class.all():
        index = tuple(map(int, np.argwhere(~is_class)[0]))
        raise ValueError(
            f"{name}: y_true has the label {whole[index]} at index {index}, expected labels in "
            f"[0, {shape[axis]}), the classes in y_pred of shape {shape}"
        )
    return whole


def _as_integers(name: str, given: NDArray[Any]) -> NDArray[np.int64]:
    if given.dtype.kind in "biu":
        return in_place(given, np.int64)
    if given.dtype.kind != "f":
        raise TypeError(f"{name}: y_true has dtype {given.dtype}, expected integers, as labels are")
    is_whole = np.abs(given) < 2.0**53
    is_whole &= given == np.rint(given)
    if not is_whole.all():
        raise ValueError(
            f"{name}: y_true holds {given[~is_whole][0]}, expected integers, as labels are"
        )
    return in_place(given, np.int64)
