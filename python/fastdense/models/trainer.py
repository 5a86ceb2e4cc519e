"""The training of models: `fit`, `evaluate` and `predict`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from fastdense._changes import Noted
from fastdense.callbacks import CallbackList
from fastdense.models import loops
from fastdense.models.arguments import Batching, Validation, check_sizes, unpacked_item
from fastdense.models.arrays import unpacked
from fastdense.models.interrupts import InterruptsBetweenSteps
from fastdense.models.iterables import Epochs
from fastdense.models.on_batches import OnBatches
from fastdense.models.tracking import Totals

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.callbacks import Callback, History
    from fastdense.models.tracking import Report

    Callbacks: TypeAlias = Callback | Iterable[Callback] | CallbackList | None


class Trainer(OnBatches):
    """What a model has by being trained as a whole.

    Attributes
    ----------
    history
        The `History` of the last `fit`.
    stop_training, stop_evaluating, stop_predicting
        For callbacks to set: ends what is under way, after the batch or epoch.
    """

    # These change nothing in what a step does.
    _UNNOTED = Noted._UNNOTED | {"history", "stop_training", "stop_evaluating", "stop_predicting"}

    history: History | None = None
    stop_training = False
    stop_evaluating = False
    stop_predicting = False

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callbacks = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | list[int] = 1,
    ) -> History:
        """Train, and return what became of losses and metrics from epoch to epoch.

        Ctrl-C ends it after the batch under way; the weights are those after that batch.

        Parameters
        ----------
        x
            An array of samples; several in a list, or in a dict by the names of the inputs. Or an
            iterable of batches ``(x, y)`` or ``(x, y, sample_weight)``, to which `y`, `batch_size`,
            `shuffle`, `class_weight`, `sample_weight` and `validation_split` don't apply. An
            `numpy.memmap` may be larger than memory: only batches are read.
        y
            The targets, likewise.
        batch_size
            Samples per step. By default 32, or as many as make `steps_per_epoch` batches of all.
            The last batch of an epoch has what remains.
        epochs, initial_epoch
            The number of the epoch to end before, and of that to begin with.
        verbose
            0 for silence, 1 for a progress bar, 2 for a line per epoch, ``"auto"`` for the bar on a
            terminal, else the lines.
        callbacks
            Objects of `fastdense.callbacks`.
        validation_split
            The share of the samples, at the end, to test on after each epoch instead of training.
        validation_data
            What to test on instead: ``(x, y)``, ``(x, y, sample_weight)`` or an iterable of them.
        shuffle
            Whether to take the samples in a new order in each epoch, which depends on the model's
            seed and the number of epochs so far. ``"batch"`` does so within each batch only.
        class_weight
            From label to what the loss of its samples is multiplied by; 1 if it isn't there.
        sample_weight
            What the loss of each sample is multiplied by.
        steps_per_epoch, validation_steps
            The number of batches that make an epoch, or a validation, if not all.
        validation_batch_size
            The size of the validation's batches. By default `batch_size`; without that 32, or as
            many as make `validation_steps` batches of all.
        validation_freq
            How many epochs lie between validations, or the numbers of epochs, from 1, to have one.

        Raises
        ------
        ValueError
            If the model isn't compiled, or data and arguments don't fit. Nothing is trained then;
            but what is read batch by batch (iterables, memory maps) is also checked so.
        TypeError
            If an array isn't of real numbers.
        """
        self._check_compiled()
        check_sizes(
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            validation_batch_size=validation_batch_size,
            validation_steps=validation_steps,
        )
        of_validation = Batching(validation_batch_size or batch_size, validation_steps)
        ready, source, held_out = self._training_sources(
            (x, y, sample_weight),
            Batching(batch_size, steps_per_epoch, shuffle, class_weight),
            0.0 if validation_data is not None else validation_split,
            of_validation,
        )
        if validation_data is not None:
            given = unpacked_item(validation_data)
            _, held_out = self._test_source(given, of_validation, ready)
        validation = None
        if held_out is not None:
            validation = Validation(held_out, validation_steps, validation_freq).checked()
        batches = Epochs(source, steps_per_epoch)
        listeners = _listeners(
            callbacks, self, verbose, epochs=epochs, steps=batches.steps, add_history=True
        )
        totals = Totals(self._keep(ready).tracker)
        self._train(range(initial_epoch, epochs), batches, validation, totals, listeners)
        assert self.history is not None  # the list of callbacks has set it
        return self.history

    def _train(
        self,
        epochs: range,
        batches: Epochs,
        validation: Validation | None,
        totals: Totals,
        callbacks: CallbackList,
    ) -> None:
        """Train for some epochs, whose numbers are given."""
        logs: dict[str, float] = {}
        self.stop_training = False
        with totals, InterruptsBetweenSteps() as interrupts:
            callbacks.on_train_begin()
            for epoch in epochs:
                callbacks.on_epoch_begin(epoch)
                if loops.train(self, batches, totals, callbacks, interrupts) == 0:
                    break
                logs = totals.logs()
                if validation is not None and validation.is_due(epoch):
                    tested = loops.test(
                        self, validation.source, validation.steps, totals, callbacks
                    )
                    logs.update({f"val_{name}": value for name, value in tested.items()})
                    logs = dict(sorted(logs.items()))
                callbacks.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
            callbacks.on_train_end(logs)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Callbacks = None,
        return_dict: bool = False,
    ) -> Report:
        """Return losses, with penalties, and metrics in inference.

        Parameters
        ----------
        x, y, batch_size, verbose, sample_weight, callbacks
            See `fit`.
        steps
            The number of batches, if not all. Without `batch_size` arrays are cut into so many.
        return_dict
            Whether to return a dict by name. Else a list in the order of `metrics_names`; the loss
            alone if there is nothing else.

        Raises
        ------
        ValueError, TypeError
            See `fit`.
        """
        self._check_compiled()
        check_sizes(batch_size=batch_size, steps=steps)
        ready, source = self._test_source((x, y, sample_weight), Batching(batch_size, steps))
        listeners = _listeners(callbacks, self, verbose, epochs=1, steps=steps or source.steps)
        ready = self._keep(ready)
        with Totals(ready.tracker) as totals:
            logs = loops.test(self, source, steps, totals, listeners)
        return logs if return_dict else ready.tracker.values(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Callbacks = None,
    ) -> FloatArray | list[FloatArray]:
        """Return the outputs for all samples in inference; a list if there are several outputs.

        Needs no compilation.

        Parameters
        ----------
        x
            See `fit`; an iterable yields batches ``x``, ``(x,)`` or ``(x, ...)``.
        batch_size, verbose, callbacks
            See `fit`.
        steps
            The number of batches, if not all. Without `batch_size` arrays are cut into so many.

        Raises
        ------
        ValueError, TypeError
            See `fit`.
        """
        check_sizes(batch_size=batch_size, steps=steps)
        source = self._input_source(x, Batching(batch_size, steps))
        listeners = _listeners(callbacks, self, verbose, epochs=1, steps=steps or source.steps)
        return unpacked(loops.predict(self, source, steps, listeners))


def _listeners(
    callbacks: Callbacks,
    model: Trainer,
    verbose: int | str,
    *,
    epochs: int,
    steps: int | None,
    add_history: bool = False,
) -> CallbackList:
    """Return the callbacks of a run: those that were given, and those that are always there."""
    return CallbackList(
        callbacks.callbacks if isinstance(callbacks, CallbackList) else callbacks,
        add_history=add_history,
        add_progbar=verbose != 0,
        model=model,
        verbose=verbose,
        epochs=epochs,
        steps=steps,
    )
