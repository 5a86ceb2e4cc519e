"""What a model has by being compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdense import optimizers
from fastdense.models.compiled import CompileArguments
from fastdense.models.members import Network

if TYPE_CHECKING:
    from fastdense.metrics import Metric
    from fastdense.models.prepared import Prepared
    from fastdense.optimizers import Optimizer


class Compilable(Network):
    """A network that can be told how it is to be trained.

    `_trained` is what was made ready for training and testing, the last time.
    """

    _arguments: CompileArguments | None = None
    _trained: Prepared | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,  # Keras' signature, as the next ones
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is to be trained and tested.

        Parameters
        ----------
        optimizer
            A name, a config or an `Optimizer`.
        loss
            A name, a `Loss`, or a function of ``(y_true, y_pred)``. For several outputs a list, or
            a dict by their names, where None means none; one alone is that of all outputs.
        loss_weights
            Factors of the losses in their sum, in a list or a dict.
        metrics, weighted_metrics
            A list of names, `Metric` objects or functions. For several outputs a list of such
            lists, or a dict. The latter take the weights of samples into account. The objects
            themselves add up the batches, so that `Metric.result` is the value of the last `fit` or
            `evaluate`. Where one runs during another, in a callback or a thread, the later one adds
            up in deep copies, which end with it; what has no deep copy is shared by both, and its
            value is then that of their batches together.
        run_eagerly
            Run layer by layer even where the whole network could run as one call of the core. The
            results are the same.
        steps_per_execution, jit_compile, auto_scale_loss
            Arguments of Keras that mean nothing here.

        Raises
        ------
        ValueError
            If a name is unknown, or an argument has a wrong form.
        """
        arguments = CompileArguments(
            optimizer=_optimizer(optimizer),
            loss=loss,
            loss_weights=loss_weights,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
            run_eagerly=run_eagerly,
        )
        arguments.check()
        self._arguments = arguments
        self._trained = None

    @property
    def compiled(self) -> bool:
        """Whether `compile` has been called."""
        return self._arguments is not None

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer that the model was compiled with."""
        return None if self._arguments is None else self._arguments.optimizer

    @property
    def loss(self) -> Any:
        """The loss that the model was compiled with, as it was given."""
        return None if self._arguments is None else self._arguments.loss

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that the model was compiled with; they are settled by the first data."""
        if self._trained is None:
            return []
        return [logged.metric for logged in self._trained.compiled.metrics]

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order; settled by the first data."""
        return [] if self._trained is None else list(self._trained.tracker.names)

    def _check_compiled(self) -> None:
        if self._arguments is None:
            raise ValueError("You must call `compile()` before using the model.")


def _optimizer(identifier: Any) -> Optimizer:
    found = optimizers.get(identifier)
    if found is None:
        raise ValueError(
            "Expected `optimizer` to be a name, a config or an Optimizer. Received: None"
        )
    return found
