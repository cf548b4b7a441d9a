"""`SinGAN` itself: its arguments, what it keeps, and what it says."""

import dataclasses
import gc
import json
import os
import re
import subprocess
import sys
import weakref

import pytest
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import trained

import keras_singan
from keras_singan import ConfigError
from keras_singan import NotFittedError
from keras_singan import RunFolderError
from keras_singan import ScaleGAN
from keras_singan import SinGAN
from keras_singan.config import SinGANConfig
from keras_singan.training.callbacks import LOSSES
from keras_singan.training.callbacks import ScaleCallback


def one_scale(**overrides):
    return SinGAN(**TINIER | {"min_size": 20, "steps": 2} | overrides)


def test_every_hyper_parameter_is_a_keyword():
    values = SinGANConfig().to_dict()
    assert SinGAN(**values).config_ == SinGANConfig() == SinGAN("standard").config_
    values |= {"max_size": None, "normalization": None, "padding": "noise"}
    for name, value in values.items():
        if type(value) is int:
            values[name] = value + 1
    assert SinGAN(**values).config_ == SinGANConfig(**values)
    assert dataclasses.is_dataclass(SinGAN("draft").config_)
    draft = SinGAN("draft", steps=77).config_
    assert draft.steps == 77 and draft.max_size < SinGANConfig().max_size


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({"step": 9}, "'steps'"),
        ({"steps": 0}, "`steps`"),
        ({"preset": "best"}, "`preset`"),
        ({"task": "harmonization"}, "`task`"),
        ({"factor": 4.0}, "`factor`"),
        ({"filters": "32"}, "`filters`"),
    ],
)
def test_a_wrong_hyper_parameter_is_named(arguments, text):
    with pytest.raises(ConfigError) as error:
        SinGAN(**arguments)
    assert_one_line(error)
    assert text in str(error.value)


@pytest.mark.parametrize("method", ["sample", "reconstruct", "training_image", "save"])
def test_nothing_works_before_fit(method, tmp_path):
    arguments = [tmp_path / "model.keras"] if method == "save" else []
    with pytest.raises(NotFittedError) as error:
        getattr(SinGAN(), method)(*arguments)
    assert_one_line(error)
    assert "fit(" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_fit_gives_the_model_and_the_losses_of_every_iteration():
    model = one_scale()
    assert model.fit(photo(20, 22), verbose=0) is model
    assert [{*losses} for losses in model.history_] == [{*LOSSES}]
    for values in model.history_[0].values():
        assert len(values) == 2 and all(type(value) is float for value in values)
    history = trained()[0].history_
    assert [[len(v) for v in scale.values()] for scale in history] == [[4] * 4] * 3


def test_animation_surrounds_the_photo_with_noise():
    options = {n: v for n, v in TINIER.items() if n != "min_size"}
    model = SinGAN(task="animation", **options).fit(photo(24, 30), verbose=0)
    assert model.pyramid_.sizes == ((20, 25), (24, 30))
    assert model.pyramid_.z_rec.shape == (1, 24, 29, 1)
    assert model.sample(2, size=(31, 30)).shape == (2, 31, 30, 3)


def test_super_resolution_steps_are_roots_of_the_factor():
    options = {n: v for n, v in TINIER.items() if n != "min_size"}
    model = SinGAN(task="super_resolution", factor=4, **options | {"steps": 1})
    model.fit(photo(40, 60), verbose=0)
    wanted = [tuple(round(s / 4 ** (k / 6)) for s in (40, 60)) for k in (3, 2, 1, 0)]
    assert model.pyramid_.sizes == (*wanted,)
    assert model.config_.reconstruction_weight == 100
    assert model.sample(2, start_scale=3).shape == (2, 40, 60, 3)


class Names(ScaleCallback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        assert type(self.model) is ScaleGAN
        self.seen.append(self.model.name)

    def on_train_batch_end(self, batch, logs=None):
        assert {*logs} == {*LOSSES}
        self.seen.append(batch)


def test_callbacks_see_every_scale_and_iteration():
    names = Names()
    SinGAN(**TINIER).fit(photo(24, 30), callbacks=[names], verbose=0)
    assert names.seen == ["scale_0", 0, 1, 2, "scale_1", 0, 1, 2]


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_what_is_said_goes_to_standard_error(verbose, capfd):
    one_scale().fit(photo(20, 22), verbose=verbose)
    out, err = capfd.readouterr()
    assert out == ""
    if verbose == 0:
        assert err == ""
        return
    # Without a terminal both levels write lines: the plan, then one for each scale.
    assert "20 x 22" in err and "\r" not in err and "\x1b" not in err
    done = re.findall(r"^scale 0, 20x22\b.* D \S+ G \S+ rec \S+$", err, re.M)
    assert len(done) == 1 and err.rstrip().endswith(done[0])


@pytest.mark.parametrize("verbose", [3, -1, "loud", None])
def test_another_verbosity_is_refused(verbose):
    with pytest.raises(ConfigError) as error:
        one_scale().fit(photo(20, 22), verbose=verbose)
    assert_one_line(error)


def test_the_estimate_grows_with_the_steps():
    few, many = (one_scale(steps=s).estimate(photo(20, 22)) for s in (10, 10**6))
    assert [scale.size for scale in few.scales] == [(20, 22)]
    assert few.seconds > 0 and few.memory > 2**20
    assert min(few.step_seconds) > 0
    assert many.seconds > 100 * few.seconds


def test_another_backend_is_refused_in_a_line():
    code = "import keras_singan.errors\nfrom keras_singan import SinGAN"
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "BackendError: keras_singan needs the TensorFlow backend" in last
    assert "export KERAS_BACKEND=tensorflow" in last
    assert last.endswith("Received: KERAS_BACKEND=jax.")


def test_every_public_name_can_be_had():
    assert {"SinGAN", "SinGANConfig", "SinGANError"} <= {*dir(keras_singan)}
    assert all(hasattr(keras_singan, name) for name in keras_singan.__all__)
    with pytest.raises(AttributeError, match="no attribute 'GAN'"):
        _ = keras_singan.GAN


def test_auto_is_asked_anew_in_each_fit_and_kept_by_a_run(tmp_path, monkeypatch):
    from keras_singan.performance import precision

    monkeypatch.setattr(precision, "faster_policy", lambda: "mixed_bfloat16")
    model = one_scale(dtype_policy="auto")
    model.fit(photo(20, 22), checkpoint_dir=tmp_path / "run", verbose=0)
    assert model.config_.dtype_policy == "mixed_bfloat16"
    # Another machine, or another moment: the run keeps what it was begun with.
    monkeypatch.setattr(precision, "faster_policy", lambda: "float32")
    model.fit(photo(20, 22), checkpoint_dir=tmp_path / "run", verbose=0)
    assert model.config_.dtype_policy == "mixed_bfloat16"
    model.fit(photo(20, 22), verbose=0)
    assert model.config_.dtype_policy == "float32"


@pytest.mark.parametrize("policy", ["auto", "float16", 3, None])
def test_a_run_of_an_unknown_precision_is_refused_as_another_run(tmp_path, policy):
    one_scale().fit(photo(20, 22), checkpoint_dir=tmp_path, verbose=0)
    path = tmp_path / "config.json"
    card = json.loads(path.read_text("utf-8"))
    card["config"]["dtype_policy"] = policy
    path.write_text(json.dumps(card), "utf-8")
    with pytest.raises(RunFolderError, match="begun with dtype_policy="):
        one_scale(dtype_policy="auto").fit(
            photo(20, 22), checkpoint_dir=tmp_path, verbose=0
        )


def test_too_little_memory_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    from keras_singan.performance import memory

    monkeypatch.setattr(memory, "available_bytes", lambda: 0)
    monkeypatch.setattr(memory, "held_bytes", lambda: 0)

    def fit():
        run = tmp_path / "run"
        return one_scale().fit(photo(20, 22), checkpoint_dir=run, verbose=0)

    with pytest.raises(ConfigError, match="GiB of memory.*Received: crop_") as error:
        fit()
    assert_one_line(error)
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr(memory, "available_bytes", lambda: None)
    fit()
    monkeypatch.setattr(memory, "available_bytes", lambda: 0)
    fit()  # a finished run needs none


@pytest.fixture
def lazy_collector():
    """Python looks for cycles only when it is told to."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_dropped_model_is_gone_when_another_is_loaded(tmp_path, lazy_collector):
    path = trained()[0].save(tmp_path / "model.keras")
    model = SinGAN.load(path)
    model.sample(1)
    dropped = weakref.ref(model.pyramid_)
    del model
    SinGAN.load(path)
    assert dropped() is None
