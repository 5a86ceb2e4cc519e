"""Building a layer: by one thread, and altogether or not at all."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from fastdense._locks import ForkSafeLock

if TYPE_CHECKING:
    from fastdense._typing import Shape
    from fastdense.layers.base import Layer

L = TypeVar("L", bound="Layer")

# Two threads may call a fresh layer at once; only one may build it. Building is rare.
_lock = ForkSafeLock()


class _Thread(threading.local):
    """The layers that this thread is building, the innermost last."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []


_this_thread = _Thread()


def build_once(layer: Layer, input_shape: Any) -> None:
    """Build `layer` unless another thread has done so."""
    with _lock.current:
        if not layer.built:
            layer.build(input_shape)


def whole(build: Callable[[L, Shape], None]) -> Callable[[L, Shape], None]:
    """Make a method `build` mark the layer as built at its end, or undo what it did if it raises.

    Within it, ``super().build(...)`` is but a part, so that more weights may follow.
    """

    @functools.wraps(build)
    def wrapper(layer: L, input_shape: Shape) -> None:
        with _lock.current:
            if layer.built or any(other is layer for other in _this_thread.layers):
                build(layer, input_shape)
                return
            if layer._unbuilt is not None:  # a fork cut off another thread that was building it
                _restore(layer, layer._unbuilt)
            before = _attributes(layer)
            layer._unbuilt = before
            _this_thread.layers.append(layer)
            try:
                build(layer, input_shape)
            except BaseException:
                _restore(layer, before)
                raise
            finally:
                _this_thread.layers.pop()
            layer.built = True
            layer._unbuilt = None

    return wrapper


@contextlib.contextmanager
def restored_on_error(layers: Iterable[Layer]) -> Iterator[None]:
    """Leave those of `layers` that aren't built yet as they are if the body raises."""
    before = [(layer, _attributes(layer)) for layer in layers if not layer.built]
    try:
        yield
    except BaseException:
        for layer, attributes in before:
            _restore(layer, attributes)
        raise


def _attributes(layer: Layer) -> dict[str, Any]:
    """Return what `_restore` needs to undo a build and calls on symbolic tensors."""
    lists = {"_own_weights": dict(layer._own_weights), "_nodes": list(layer._nodes)}
    return {**vars(layer), **lists}


def _restore(layer: Layer, attributes: dict[str, Any]) -> None:
    """Give `layer` the attributes that it had, and no others."""
    state = vars(layer)
    state.update(attributes)
    for name in state.keys() - attributes.keys():
        del state[name]
