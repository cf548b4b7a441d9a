import importlib.util
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.errors import ConfigError
from keras_singan.errors import OutputError
from keras_singan.training.callbacks import LOSSES
from keras_singan.training.callbacks import LossHistory
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.callbacks import TensorBoardLog
from keras_singan.training.callbacks import check_callbacks


def trainer(scale=0, iteration=0, channels=3):
    picture = np.linspace(-1.5, 1.5, 6 * channels, dtype="float32")
    return SimpleNamespace(
        scale=scale,
        scale_gan=SimpleNamespace(iteration=iteration),
        pictures=lambda: {"sample": picture.reshape(1, 2, 3, channels)},
    )


def logs(value):
    """Gives tensors, as Keras does; each loss has a value of its own."""
    return {name: tf.constant(value + k / 8) for k, name in enumerate(LOSSES)}


def test_a_scale_callback_ignores_what_it_does_not_override():
    callback = ScaleCallback()
    callback.on_scale_begin(trainer())
    callback.on_scale_end(trainer())


def test_the_history_keeps_every_loss_of_every_iteration():
    history = LossHistory()
    for scale in range(2):
        history.on_scale_begin(trainer(scale))
        for batch in range(3):
            history.on_train_batch_end(batch, logs(scale + batch))
        history.on_scale_end(trainer(scale))
    assert [list(losses) for losses in history.scales] == [list(LOSSES)] * 2
    assert history.scales[0]["discriminator_loss"] == [0, 1, 2]
    assert history.scales[1]["reconstruction_loss"] == [1.375, 2.375, 3.375]
    kinds = {type(x) for losses in history.scales for y in losses.values() for x in y}
    assert kinds == {float}


def test_the_history_is_up_to_date_only_after_a_flush():
    history = LossHistory()
    history.on_scale_begin(trainer())
    history.on_train_batch_end(0, logs(0.5))
    assert history.scales[0]["discriminator_loss"] == []
    for _ in range(2):
        history.flush()
        assert history.scales[0]["discriminator_loss"] == [0.5]


def test_numbers_are_kept_to_six_digits():
    history = LossHistory()
    history.on_scale_begin(trainer())
    history.on_train_batch_end(0, logs(1 / 3))
    history.flush()
    assert history.scales[0]["discriminator_loss"] == [0.333333]


def test_a_resume_forgets_what_came_after_the_checkpoint():
    history = LossHistory()
    full = {name: [1.0, 2.0, 3.0, 4.0] for name in LOSSES}
    history.scales[:] = [{name: list(full[name]) for name in LOSSES} for _ in range(3)]
    history.on_scale_begin(trainer(scale=1, iteration=2))
    assert len(history.scales) == 2
    assert history.scales[0] == full
    assert set(map(tuple, history.scales[1].values())) == {(1.0, 2.0)}
    history.on_train_batch_end(2, logs(9.0))
    history.flush()
    assert history.scales[1]["discriminator_loss"] == [1, 2, 9]


def test_a_resume_without_a_history_still_counts_scales():
    history = LossHistory()
    history.on_scale_begin(trainer(scale=2))
    assert history.scales == [{name: [] for name in LOSSES}] * 3
    assert len({id(losses) for losses in history.scales}) == 3


def test_callbacks_are_one_or_several():
    one, other = LossHistory(), keras.callbacks.Callback()
    assert check_callbacks(None) == []
    assert check_callbacks(one) == [one]
    assert check_callbacks((one, other)) == check_callbacks([one, other])


@pytest.mark.parametrize("wrong", [7, "log", {"a": 1}, [3], LossHistory, [None]])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(ConfigError, match="`callbacks` must be.* Received: ") as caught:
        check_callbacks(wrong)
    assert "\n" not in str(caught.value)


@pytest.fixture
def board(monkeypatch):
    """Stands in for `tf.summary`, which needs tensorboard: a list of calls."""
    calls = []

    def recorder(kind):
        def record(tag, value=None, step=None, **kwargs):
            calls.append((kind, tag, step, value))

        return record

    def create_file_writer(path):
        calls.append(("open", path, None, None))
        return tf.summary.create_noop_writer()

    for kind in ("text", "scalar", "image"):
        monkeypatch.setattr(tf.summary, kind, recorder(kind))
    monkeypatch.setattr(tf.summary, "create_file_writer", create_file_writer)
    return calls


def begin(log, at_once=1, iteration=0):
    """Begins a scale, with so many iterations a call."""
    log.set_model(
        SimpleNamespace(
            name="scale_2", iteration=iteration, steps_per_execution=at_once
        )
    )
    log.on_train_begin()


@pytest.mark.parametrize(
    ("at_once", "steps"), [(1, (10, 20, 30)), (4, (12, 20, 32)), (20, (20, 40))]
)
def test_tensorboard_gets_every_tenth_iterations_losses(
    board, tmp_path, at_once, steps
):
    log = TensorBoardLog(tmp_path)
    begin(log, at_once)
    for iteration in range(at_once, steps[-1] + 1, at_once):
        log.on_train_batch_end(0, logs(float(iteration)))
    assert board[0] == ("open", str(tmp_path), None, None)
    scalars = [call[1:] for call in board if call[0] == "scalar"]
    assert [(tag, step, float(value)) for tag, step, value in scalars] == [
        (f"scale_2/{name}", step, step + k / 8)
        for step in steps
        for k, name in enumerate(LOSSES)
    ]


@pytest.mark.parametrize(
    ("channels", "drawn"), [(1, 1), (2, 1), (3, 3), (4, 4), (6, 1)]
)
def test_tensorboard_gets_each_scales_pictures_in_0_to_1(board, channels, drawn):
    log = TensorBoardLog("logs")
    log.on_scale_end(trainer(scale=5, channels=channels))
    ((_, tag, step, image),) = [call for call in board if call[0] == "image"]
    assert (tag, step) == ("sample", 5)
    assert image.shape == (1, 2, 3, drawn)
    assert image.min() == 0
    assert image.max() <= 1


def test_tensorboard_that_is_not_installed_names_the_pip_command(monkeypatch, tmp_path):
    if importlib.util.find_spec("tensorboard"):
        kind = type("TBNotInstalledError", (ImportError,), {})
        monkeypatch.setattr(tf.summary, "create_file_writer", raiser(kind))
    with pytest.raises(ImportError, match="pip install .*tensorboard") as caught:
        TensorBoardLog(tmp_path)
    assert f"log_dir={str(tmp_path)!r}" in str(caught.value)


def test_another_failure_of_tensorboard_is_not_hidden(monkeypatch):
    monkeypatch.setattr(tf.summary, "create_file_writer", raiser(PermissionError))
    with pytest.raises(PermissionError):
        TensorBoardLog("logs")


def test_a_log_that_cannot_be_written_is_one_line(board, monkeypatch):
    log = TensorBoardLog("logs", every=1)
    begin(log)

    def scalar(*args, **kwargs):
        text = (
            "{{function_node __wrapped__Flush_}} logs; No space\nleft [Op:Flush] name: "
        )
        raise tf.errors.ResourceExhaustedError(None, None, text)

    monkeypatch.setattr(tf.summary, "scalar", scalar)
    with pytest.raises(OutputError, match="'logs; No space left'") as caught:
        log.on_train_batch_end(0, logs(1.0))
    assert str(caught.value).endswith("Received: path='logs'.")


def raiser(kind):
    def create_file_writer(path):
        raise kind("no")

    return create_file_writer
