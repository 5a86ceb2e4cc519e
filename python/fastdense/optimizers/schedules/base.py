"""What every schedule is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdense._configurable import Configurable

if TYPE_CHECKING:
    from fastdense._typing import Config


class LearningRateSchedule(Configurable):
    """Base class. A subclass defines ``__call__(step) -> float`` and `get_config`.

    `step` is the number of steps that the optimizer has made: 0 for the first one.
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate of the step after `step` steps."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values."""
        if not self._FIELDS:
            raise NotImplementedError(
                f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in "
                "order to be serializable."
            )
        return super().get_config()


def check_decay_steps(decay_steps: int) -> int:
    """Return `decay_steps`; ValueError unless it is positive."""
    if decay_steps <= 0:
        raise ValueError(f"Argument `decay_steps` must be > 0. Received: decay_steps={decay_steps}")
    return decay_steps
