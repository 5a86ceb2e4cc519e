"""The base class of all optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastdense._arrays import as_float
from fastdense._changes import Noted
from fastdense._configurable import Configurable
from fastdense._naming import unique_name
from fastdense.optimizers import arguments, schedules
from fastdense.optimizers.clipping import Clipping, clipped, clipping_of
from fastdense.optimizers.state import OptimizerState

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._typing import ArrayLike, Config, FloatArray
    from fastdense.optimizers.arguments import LearningRate

Settings = tuple[int, float, float, float, float, float, int, float]
"""What `_core.update` takes: id, four parameters, weight decay, how to clip and where."""


class Optimizer(OptimizerState, Configurable, Noted):
    """Base class. A subclass of your own defines ``update_step(gradient, weight, learning_rate)``.

    One step clips the gradients, lets weights decay (``w -= w * weight_decay * learning_rate``),
    then updates them in place. A subclass makes what it keeps beside the weights in `build`, by
    `add_variable_from_reference`, and finds it by `_get_variable_index`.

    Parameters
    ----------
    learning_rate
        A float, one of `optimizers.schedules`, or a callable without arguments.
    weight_decay
        None for none.
    clipnorm
        Scale the gradient of each weight down to this norm.
    clipvalue
        Limit each element of the gradients to ``[-clipvalue, clipvalue]``.
    global_clipnorm
        Scale all gradients down so that their norm together is this.
    use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps
        As in Keras, but not supported: to be left out.
    name
        Default: the class name in snake_case, with a number.

    Raises
    ------
    ValueError
        If an argument is unknown, unsupported, of a wrong type, or clips in a second way.
    """

    # Read anew in each step.
    _UNNOTED = Noted._UNNOTED | {"iterations", "learning_rate"}
    _FIELDS: ClassVar[tuple[str, ...]] = (
        "name",
        "learning_rate",
        "weight_decay",
        "clipnorm",
        "global_clipnorm",
        "clipvalue",
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
        "loss_scale_factor",
        "gradient_accumulation_steps",
    )

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        arguments.check_unknown(kwargs)
        arguments.check_one_clipping(clipnorm, clipvalue, global_clipnorm)
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        arguments.check_supported(
            {
                "use_ema": use_ema,
                "loss_scale_factor": loss_scale_factor,
                "gradient_accumulation_steps": gradient_accumulation_steps,
            }
        )
        self._learning_rate = arguments.stored_learning_rate(learning_rate)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.name = unique_name(type(self).__name__) if name is None else name

    @property
    def learning_rate(self) -> float:
        """The learning rate of the step to come; set it to a float, a schedule or a callable.

        Setting a float raises TypeError when there is a schedule.
        """
        return self.current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        if callable(value):
            self._learning_rate = value
            return
        if isinstance(self._learning_rate, schedules.LearningRateSchedule):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as its "
                "`learning_rate` constructor argument, hence its learning rate is not settable. If "
                "you need the learning rate to be settable, you should instantiate the optimizer "
                "with a float `learning_rate` argument."
            )
        if callable(self._learning_rate):
            self._learning_rate = arguments.stored_learning_rate(float(value))
        else:
            self._learning_rate[...] = value

    def current_learning_rate(self) -> float:
        """Return the learning rate of the step to come."""
        return arguments.current_value(self._learning_rate, self.iterations)

    def apply(
        self,
        grads: Iterable[ArrayLike | None],
        trainable_variables: Iterable[FloatArray] | None = None,
    ) -> None:
        """Make one step: update the weights in place.

        Parameters
        ----------
        grads
            One gradient per weight, of its shape. None at all is no step.
        trainable_variables
            The weights, some or all of those that the optimizer was built for, by identity; it is
            built for them if it wasn't. None for all that it was built for.

        Raises
        ------
        ValueError
            If the optimizer isn't built and no weights are given, a weight is unknown, or the
            number or a shape of the gradients differs. Nothing is written then.
        TypeError
            If a gradient is None or no array of real numbers of at most 64 bits.
        """
        gradients = list(grads)
        if not gradients:
            return
        weights = self._weights_for(gradients, trainable_variables)
        checked = [
            _checked_gradient(gradient, weight, f"optimizer {self.name!r}: gradient {i}")
            for i, (gradient, weight) in enumerate(zip(gradients, weights, strict=True))
        ]
        self._step(checked, weights, self.current_learning_rate())
        self.iterations += 1

    def apply_gradients(self, grads_and_vars: Iterable[tuple[ArrayLike | None, FloatArray]]) -> int:
        """Make one step with pairs of gradient and weight; return the number of steps made."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [weight for _, weight in pairs])
        return self.iterations

    def update_step(self, gradient: FloatArray, weight: FloatArray, learning_rate: float) -> None:
        """Update `weight` in place; clipping and decay are done. For subclasses to define."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `update_step`")

    def settings(self) -> Settings | None:
        """Return what `_core.update` takes, None if the update is one in Python."""
        return None

    def _step(
        self,
        gradients: Sequence[FloatArray],
        weights: Sequence[FloatArray],
        learning_rate: float,
    ) -> None:
        """Clip, let decay and update, weight by weight."""
        decay = (self.weight_decay or 0.0) * learning_rate
        for weight in weights if decay else ():
            if self.decays(self._get_variable_index(weight)):
                weight -= weight * weight.dtype.type(decay)
        for gradient, weight in zip(clipped(gradients, self._clipping), weights, strict=True):
            self.update_step(gradient, weight, learning_rate)

    @property
    def _clipping(self) -> Clipping:
        return clipping_of(self.clipnorm, self.clipvalue, self.global_clipnorm)

    def _weights_for(
        self, gradients: Sequence[Any], given: Iterable[FloatArray] | None
    ) -> list[FloatArray]:
        """Return the weights of a step, one per gradient."""
        if given is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be built "
                    "on a list of variables. Call `optimizer.build(trainable_variables)` first."
                )
            weights = self._weights
        else:
            weights = list(given)
            if not self.built and len(weights) == len(gradients):
                self.build(weights)
        if len(gradients) != len(weights):
            raise ValueError(
                "When passing `grads` as a list of gradient tensors, the gradients must match "
                f"`optimizer.variables` one-to-one. Received a list of {len(gradients)} gradients, "
                f"but the optimizer is tracking {len(weights)} trainable variables."
            )
        for weight in weights if given is not None else ():
            self._get_variable_index(weight)
        return weights

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values."""
        rate = self._learning_rate
        config = super().get_config()
        config["learning_rate"] = schedules.serialize(rate) if callable(rate) else float(rate)
        return config

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Callable[..., Any]] | None = None
    ) -> Self:
        """Return the optimizer that `get_config` described; `custom_objects` are schedules."""
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config = {**config, "learning_rate": schedules.deserialize(rate, custom_objects)}
        return cls(**config)


def _checked_gradient(gradient: ArrayLike | None, weight: FloatArray, where: str) -> FloatArray:
    """Return the gradient as an array of the weight's dtype, or raise."""
    if gradient is None:
        raise TypeError(f"{where} is None, expected an array of shape {weight.shape}")
    array = as_float(gradient, weight.dtype, where)
    if array.shape != weight.shape:
        raise ValueError(f"{where} has shape {array.shape}, expected {weight.shape}, its weight's")
    return array
