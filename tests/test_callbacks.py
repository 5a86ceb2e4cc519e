"""Callbacks without Keras: what they are told, what they decide, what they print and refuse."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fake_model import FakeModel, drive
from fastdense import callbacks, metrics

BATCH_HOOKS = [
    f"on_{loop}_batch_{event}"
    for loop in ("train", "test", "predict")
    for event in ("begin", "end")
]


def run(
    callback: Any, values: list[float], monitor: str = "val_loss"
) -> tuple[FakeModel, list[Any]]:
    model = FakeModel(metrics=[metrics.BinaryAccuracy(name="accuracy")])
    together = callbacks.CallbackList([callback], add_history=True, model=model, epochs=len(values))
    return model, drive(together, model, [{monitor: value} for value in values])


def test_early_stopping_restores_the_best_weights() -> None:
    stopping = callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    model, _ = run(stopping, [3, 1, 2, 2, 0])
    assert model.stop_training and stopping.stopped_epoch == 3 and stopping.best_epoch == 1
    assert model.weight == 1.0


def test_early_stopping_restores_even_if_it_never_stopped() -> None:
    model, _ = run(callbacks.EarlyStopping(patience=9, restore_best_weights=True), [1, 0, 2])
    assert not model.stop_training and model.weight == 1.0


def test_mode_auto_asks_the_metric() -> None:
    model, _ = run(callbacks.EarlyStopping("val_accuracy"), [0.1, 0.2, 0.3], "val_accuracy")
    assert not model.stop_training
    with pytest.raises(ValueError, match="mode='max'"):
        run(callbacks.EarlyStopping("val_unknown"), [0.1], "val_unknown")


def test_missing_value_warns_and_unknown_mode_falls_back() -> None:
    with pytest.warns(UserWarning, match="`val_loss` which is not available"):
        run(callbacks.EarlyStopping(), [1.0], "loss")
    with pytest.warns(UserWarning, match="`val_loss` which is not"):
        run(callbacks.ReduceLROnPlateau(), [1.0], "loss")
    with pytest.warns(UserWarning, match="fallback to auto"):
        assert callbacks.EarlyStopping(mode="up").mode == "auto"


def test_learning_rate_is_reduced_and_recorded() -> None:
    model, _ = run(callbacks.ReduceLROnPlateau(factor=0.5, patience=1), [1, 1, 1, 0, 0])
    assert model.optimizer.learning_rate == 0.5**4
    assert model.history.history["learning_rate"] == [0.5, 0.5, 0.25, 0.125, 0.125]
    with pytest.raises(ValueError, match="factor"):
        callbacks.ReduceLROnPlateau(factor=1.0)


def test_schedule_sets_the_learning_rate() -> None:
    model, _ = run(callbacks.LearningRateScheduler(lambda epoch: 0.1 * (epoch + 1)), [1, 1])
    assert model.history.history["learning_rate"] == [0.1, 0.2]
    with pytest.raises(ValueError, match="should be a float"):
        run(callbacks.LearningRateScheduler(lambda epoch, rate: 1), [1])

    def fails(epoch: int, rate: float) -> float:
        raise TypeError("of its own")

    with pytest.raises(TypeError, match="own"):
        run(callbacks.LearningRateScheduler(fails), [1])


def test_checkpoint_saves_the_best_model(tmp_path: Path) -> None:
    path = tmp_path / "new" / "{epoch}-{val_loss:.1f}.model"
    model, _ = run(callbacks.ModelCheckpoint(path, save_best_only=True), [3, 4, 2])
    names = [(kind, Path(name).name) for kind, name in model.saved]
    assert names == [("model", "1-3.0.model"), ("model", "3-2.0.model")]
    assert path.parent.is_dir()


def test_checkpoint_refuses_unknown_frequency_and_name(tmp_path: Path) -> None:
    for frequency in ("batch", 0, -1, 1.5, True):
        with pytest.raises(ValueError, match="save_freq"):
            callbacks.ModelCheckpoint("x", save_freq=frequency)  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="accuracy"):
        run(callbacks.ModelCheckpoint(tmp_path / "{accuracy}"), [1])


def test_checkpoint_that_can_not_tell_saves(tmp_path: Path) -> None:
    for monitor, value in (("other", 1.0), ("val_loss", [1.0, 2.0])):
        with pytest.warns(UserWarning, match="Can save best model only"):
            model, _ = run(
                callbacks.ModelCheckpoint(tmp_path / "x", save_best_only=True), [value], monitor
            )
        assert len(model.saved) == 1


def test_checkpoint_uses_batches_only_to_count_them(tmp_path: Path) -> None:
    class Own(callbacks.ModelCheckpoint):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None: ...

    for callback, expected in (
        (callbacks.ModelCheckpoint(tmp_path / "x"), False),
        (callbacks.ModelCheckpoint(tmp_path / "x", save_freq=2), True),
        (Own(tmp_path / "x"), True),
    ):
        assert callbacks.CallbackList(callback).has_train_batch_hooks is expected


@pytest.mark.parametrize("hook", [*BATCH_HOOKS, "on_batch_begin", "on_batch_end"])
def test_only_users_of_a_batch_hook_are_told(hook: str) -> None:
    told: list[Any] = []
    cls = type("Own", (callbacks.Callback,), {hook: lambda self, batch, logs=None: told.append(1)})
    by_function = callbacks.LambdaCallback(**{hook: lambda batch, logs: told.append(2)})
    for each in (cls(), by_function):
        together = callbacks.CallbackList([each, callbacks.History()], add_history=True)
        loop = hook.split("_")[1].replace("batch", "train")
        flags = {
            name: getattr(together, f"has_{name}_batch_hooks")
            for name in ("train", "test", "predict")
        }
        assert flags == {name: name == loop for name in flags}
        for other in BATCH_HOOKS:
            getattr(together, other)(0, {})
    assert told == [1, 2]


def test_logs_of_batches_are_made_once_and_only_for_who_looks() -> None:
    calls: list[int] = []
    seen: list[Any] = []

    def make() -> dict[str, Any]:
        calls.append(1)
        return {"loss": 1.0}

    silent = callbacks.CallbackList(callbacks.History())
    silent.on_train_batch_end(0, make)
    assert not calls
    looking = [callbacks.LambdaCallback(on_batch_end=lambda batch, logs: seen.append(logs))] * 2
    callbacks.CallbackList(looking).on_train_batch_end(0, make)
    assert len(calls) == 1 and seen == [{"loss": 1.0}] * 2


def test_list_tells_everyone_and_holds_history_once() -> None:
    class Everything(callbacks.Callback):
        told: list[str] = []  # noqa: RUF012  (one instance)

    for name in dir(callbacks.Callback):
        if name.startswith("on_"):
            setattr(Everything, name, lambda self, *_, name=name, **__: self.told.append(name))
    model, history, callback = FakeModel(), callbacks.History(), Everything()
    together = callbacks.CallbackList([[callback], (history,)], True, False, model, epochs=3)
    assert model.history is history and together.callbacks == [callback, history]
    assert callback.params == {"epochs": 3} and callback.model is model
    for name in dir(callbacks.CallbackList):
        if name.startswith("on_"):
            arguments = (0, {}) if "batch" in name or "epoch" in name else ({},)
            getattr(together, name)(*arguments)
    expected = {n for n in dir(callbacks.Callback) if n.startswith("on_")}
    assert set(callback.told) == expected - {"on_batch_begin", "on_batch_end"}


def test_list_refuses_what_is_no_callback() -> None:
    for wrong in ("x", [callbacks.History(), len], 3):
        with pytest.raises(TypeError, match="Expected `callbacks`"):
            callbacks.CallbackList(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="on_nothing"):
        callbacks.LambdaCallback(on_nothing=print)


def test_caller_keeps_its_logs() -> None:
    logs = {"val_loss": 1.0}
    model = FakeModel()
    together = callbacks.CallbackList(callbacks.ReduceLROnPlateau(), add_history=True, model=model)
    together.on_epoch_end(0, logs)
    assert logs == {"val_loss": 1.0} and "learning_rate" in model.history.history


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_invalid_loss_terminates(loss: float, capsys: pytest.CaptureFixture[str]) -> None:
    model = FakeModel()
    together = callbacks.CallbackList(callbacks.TerminateOnNaN(), model=model)
    together.on_train_batch_end(3, {"loss": 1.0})
    assert not model.stop_training
    together.on_train_batch_end(4, {"loss": loss})
    assert model.stop_training and "Batch 4" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="batch 5"):
        callbacks.TerminateOnNaN(raise_error=True).on_batch_end(5, {"loss": loss})


def test_csv_has_a_row_for_each_epoch(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    run(callbacks.CSVLogger(path), [1.0, 2.0])
    run(callbacks.CSVLogger(path, append=True), [3.0])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["epoch"], row["val_loss"]) for row in rows] == [
        ("0", "1.0"), ("1", "2.0"), ("0", "3.0"),
    ]  # fmt: skip


def progress(verbose: Any, epochs: int = 2) -> callbacks.CallbackList:
    """Drive a bar through epochs of 3 steps, a validation in each, then evaluate and predict."""
    together = callbacks.CallbackList(add_progbar=True, verbose=verbose, epochs=epochs, steps=3)
    together.on_train_begin()
    for epoch in range(epochs):
        together.on_epoch_begin(epoch)
        for step in range(3):
            together.on_train_batch_end(step, lambda: {"loss": 0.75})
        together.on_test_begin()
        together.on_test_batch_end(0, {"loss": 9.0})
        together.on_test_end({"loss": 9.0})
        together.on_epoch_end(epoch, {"loss": 0.5, "small": 1e-5, "several": np.array([1.0, 2.0])})
    together.on_train_end()
    together.on_test_begin()
    together.on_test_batch_end(0, {"loss": 0.25})
    together.on_test_end({"loss": 0.25})
    together.on_predict_begin()
    together.on_predict_batch_end(0, {"outputs": []})
    together.on_predict_end()
    return together


def test_verbose_0_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert not progress(0).has_train_batch_hooks
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [2, "auto", 1])
def test_a_line_per_epoch(
    verbose: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if verbose == 1:
        monkeypatch.setitem(sys.modules, "tqdm", None)  # as if it weren't installed
    assert not progress(verbose).has_train_batch_hooks
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split(" - ")[0] for line in lines] == [
        "Epoch 1/2", "Epoch 2/2", "Evaluation", "Prediction",
    ]  # fmt: skip
    assert lines[0].endswith("loss: 0.5000 - small: 1.0000e-05 - several: 1.5000")
    assert lines[2].endswith("loss: 0.2500") and "loss: 9" not in out and not err


def test_a_bar_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    together = progress(1)
    assert together.has_train_batch_hooks and together.has_test_batch_hooks
    out, err = capsys.readouterr()
    assert not out
    for text in (
        "Epoch 1/2: 100%",
        "Epoch 2/2: 100%",
        "3/3",
        "loss: 0.5000",
        "Evaluation",
        "Prediction",
    ):
        assert text in err
    assert "loss: 9" not in err


def test_bar_that_was_interrupted_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    together = callbacks.CallbackList(add_progbar=True, verbose=1, epochs=1, steps=None)
    together.on_train_begin()
    together.on_epoch_begin(0)
    together.on_train_batch_end(0, {"loss": 1.0})
    together.on_train_end()
    assert "1step" in capsys.readouterr().err


@pytest.mark.parametrize("verbose", [3, "yes", None])
def test_unknown_verbose_is_refused(verbose: Any) -> None:
    with pytest.raises(ValueError, match="verbose"):
        callbacks.CallbackList(add_progbar=True, verbose=verbose)


def test_callbacks_print_when_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(callbacks.EarlyStopping(patience=1, verbose=1, restore_best_weights=True), [1, 2])
    run(callbacks.ReduceLROnPlateau(patience=1, verbose=1, factor=0.5), [1, 2])
    run(callbacks.LearningRateScheduler(lambda epoch: 0.125, verbose=1), [1])
    run(callbacks.ModelCheckpoint(tmp_path / "x", verbose=1, save_best_only=True), [1, 2])
    out = capsys.readouterr().out
    for text in (
        "Epoch 2: early stopping",
        "best epoch: 1.",
        "reducing learning rate to 0.25.",
        "setting learning rate to 0.125.",
        "val_loss improved from None to 1.00000, saving model to",
        "finished saving model",
        "Epoch 2: val_loss did not improve from 1.00000",
    ):
        assert text in out
