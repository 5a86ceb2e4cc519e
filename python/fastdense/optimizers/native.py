"""The base class of the optimizers whose updates are the core's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from fastdense import _core
from fastdense.optimizers.base import Optimizer, Settings
from fastdense.optimizers.clipping import Clipping

if TYPE_CHECKING:
    from fastdense._typing import FloatArray

# What a subclass may replace only if the whole step then runs in Python.
_STEP = ("apply", "update_step", "current_learning_rate")
_NO_CLIPPING = Clipping("none", 0.0)


class NativeOptimizer(Optimizer):
    """An optimizer whose step for all weights is one call: clipping, decay and update.

    A subclass of your own may override `update_step`, and call it; its steps are made in Python.
    """

    _CORE_NAME: ClassVar[str]

    # A zero-dimensional float64 array that the core changes once per step, if it wants one.
    state: FloatArray | None = None

    def _parameters(self) -> tuple[float, ...]:
        """Return the core's parameters p[0], p[1], ... of the optimizer."""
        raise NotImplementedError

    def _add_slots(self, weights: Sequence[FloatArray]) -> None:
        """Make what is kept beside the weights, in the order in which the core takes it."""
        raise NotImplementedError

    def build(self, weights: Sequence[FloatArray], names: Sequence[str] | None = None) -> None:
        """Make what is kept beside `weights`, once: later calls do nothing."""
        if not self.built:
            super().build(weights, names)
            self._add_slots(weights)

    def settings(self) -> Settings | None:
        """Return what `_core.update` takes, None if a subclass's own step takes its place."""
        cls = type(self)
        if any(getattr(cls, name) is not getattr(NativeOptimizer, name) for name in _STEP):
            return None
        return self._settings(self._clipping, self.weight_decay or 0.0)

    def update_step(self, gradient: FloatArray, weight: FloatArray, learning_rate: float) -> None:
        """Update one weight in place, without clipping and decay."""
        # A copy: it may change only once in a step, however many weights there are.
        state = None if self.state is None else self.state.copy()
        self._update(self._settings(_NO_CLIPPING, 0.0), [gradient], [weight], learning_rate, state)

    def _step(
        self,
        gradients: Sequence[FloatArray],
        weights: Sequence[FloatArray],
        learning_rate: float,
    ) -> None:
        settings = self.settings()
        if settings is None:
            super()._step(gradients, weights, learning_rate)
            # A step for no weights changes the state.
            settings, gradients, weights = self._settings(_NO_CLIPPING, 0.0), [], []
        self._update(settings, gradients, weights, learning_rate, self.state)

    def _update(
        self,
        settings: Settings,
        gradients: Sequence[FloatArray],
        weights: Sequence[FloatArray],
        learning_rate: float,
        state: FloatArray | None,
    ) -> None:
        indices = [self._get_variable_index(weight) for weight in weights]
        slots = [self.slots_of(i) for i in indices]
        decays = [self.decays(i) for i in indices]
        step = self.iterations + 1
        _core.update(settings, learning_rate, step, state, weights, gradients, slots, decays)

    def _settings(self, clipping: Clipping, weight_decay: float) -> Settings:
        p0, p1, p2, p3 = (*map(float, self._parameters()), 0.0, 0.0, 0.0, 0.0)[:4]
        kind = _core.CLIPPINGS[clipping.kind]
        code = _core.OPTIMIZERS[self._CORE_NAME]
        return (code, p0, p1, p2, p3, float(weight_decay), kind, clipping.limit)
