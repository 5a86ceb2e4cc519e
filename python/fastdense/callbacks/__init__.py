"""Callbacks with the names, arguments and decisions of `keras.callbacks`."""

from __future__ import annotations

from fastdense.callbacks.base import Callback
from fastdense.callbacks.callback_list import CallbackList
from fastdense.callbacks.csv_logger import CSVLogger
from fastdense.callbacks.early_stopping import EarlyStopping
from fastdense.callbacks.history import History
from fastdense.callbacks.lambda_callback import LambdaCallback
from fastdense.callbacks.learning_rate_scheduler import LearningRateScheduler
from fastdense.callbacks.model_checkpoint import ModelCheckpoint
from fastdense.callbacks.monitor import MonitorCallback
from fastdense.callbacks.progress_bar import ProgressBar
from fastdense.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from fastdense.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgressBar",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
