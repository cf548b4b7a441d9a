import multiprocessing
import os
import subprocess
import sys

import keras
import pytest

import keras_singan
from keras_singan.backend import refuse_fork
from keras_singan.backend import require_tensorflow
from keras_singan.errors import BackendError

MENDS = "`export KERAS_BACKEND=tensorflow`"


@pytest.mark.parametrize("value", [None, "", "tensorflow"])
def test_tensorflow_is_accepted(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("KERAS_BACKEND", raising=False)
    else:
        monkeypatch.setenv("KERAS_BACKEND", value)
    require_tensorflow()


@pytest.mark.parametrize("value", ["jax", "torch", "numpy", "tensorflow2"])
def test_another_backend_in_the_environment_is_refused(monkeypatch, value):
    monkeypatch.setenv("KERAS_BACKEND", value)
    with pytest.raises(BackendError, match=f"{MENDS}. Received: KERAS_BACKEND={value}"):
        require_tensorflow()


def test_another_backend_in_the_config_file_of_keras_is_refused(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(BackendError, match=f"{MENDS}. .*torch"):
        require_tensorflow()


def test_a_keras_that_cannot_be_imported_is_told_with_its_reason(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(BackendError, match="keras.* halted") as caught:
        require_tensorflow()
    assert MENDS in str(caught.value)


def test_it_can_be_caught_as_an_import_error():
    assert issubclass(BackendError, ImportError)


@pytest.mark.parametrize("name", ["SinGAN", "SinGANPyramid", "ScaleGAN"])
def test_the_package_asks_for_tensorflow_where_a_model_is_wanted(monkeypatch, name):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(BackendError):
        getattr(keras_singan, name)


@pytest.mark.parametrize("name", ["SinGANConfig", "ConfigError", "__version__"])
def test_what_needs_no_tensorflow_is_there_on_any_backend(monkeypatch, name):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert getattr(keras_singan, name)


def test_another_float_type_in_the_config_file_of_keras_is_replaced():
    keras.config.set_floatx("float64")
    try:
        with pytest.warns(UserWarning, match="Received: floatx='float64'"):
            require_tensorflow()
        assert keras.config.floatx() == "float32"
    finally:
        keras.config.set_floatx("float32")
    require_tensorflow()


@pytest.mark.parametrize(
    "settings, variables",
    [
        ("[]", {}),
        ('{"floatx": "float8"}', {}),
        ("{}", {"KERAS_MAX_EPOCHS": "many"}),
    ],
)
def test_settings_that_keras_cannot_read_are_named(tmp_path, settings, variables):
    (tmp_path / "keras.json").write_text(settings)
    code = "from keras_singan.backend import require_tensorflow as f; f()"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"KERAS_HOME": str(tmp_path)} | variables,
        capture_output=True,
        text=True,
    )
    line = result.stderr.splitlines()[-1]
    assert "BackendError: Keras must be able to read its own settings" in line
    assert str(tmp_path / "keras.json") in line and "variables KERAS_*" in line


def test_limits_of_epochs_end_no_training_early():
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(2)
    try:
        with pytest.warns(UserWarning, match="max_epochs=1, max_steps_per_epoch=2"):
            require_tensorflow()
        assert keras.config.max_epochs() is None
        assert keras.config.max_steps_per_epoch() is None
    finally:
        keras.config.set_max_epochs(None)
        keras.config.set_max_steps_per_epoch(None)
    require_tensorflow()


def test_a_gpu_is_shared_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH", raising=False)
    require_tensorflow()
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    require_tensorflow()
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"


def use(answers):
    """Tells how each use of TensorFlow is refused in this process."""
    singan = keras_singan.SinGAN()
    singan.pyramid_ = None
    calls = {
        "fit": lambda: singan.fit("missing.png"),
        "load": lambda: keras_singan.SinGAN.load("missing.keras"),
        "sample": lambda: singan.sample(1),
    }
    for name, call in calls.items():
        try:
            call()
        except keras_singan.SinGANError as error:
            answers.put((name, type(error).__name__, str(error)))


@pytest.mark.parametrize(
    ("method", "refused"), [("fork", True), ("spawn", False), ("here", False)]
)
def test_a_fork_of_a_process_that_used_tensorflow_is_told_to_spawn(method, refused):
    refuse_fork()  # as every use does
    if method == "here":
        answers = multiprocessing.SimpleQueue()
        use(answers)
    else:
        context = multiprocessing.get_context(method)
        answers = context.SimpleQueue()
        process = context.Process(target=use, args=(answers,))
        process.start()
        process.join(120)
        assert process.exitcode == 0
    for name in ("fit", "load", "sample"):
        told, kind, text = answers.get()
        assert told == name
        assert (kind == "BackendError" and "get_context('spawn')" in text) == refused
