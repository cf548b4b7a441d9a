"""What was trained in bfloat16 is of use where that cannot be computed.

oneDNN believes to be on a processor without AVX-512, as most laptops have.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.exports import Session
from support.exports import rounded
from support.photos import photo
from support.tiny_models import TINIER

from keras_singan import SinGAN
from keras_singan.performance.precision import computes_bfloat16
from keras_singan.training.callbacks import ScaleCallback

OLD = Path(__file__).parents[1] / "data" / "old" / "bfloat16.keras"
HALF = TINIER | {"dtype_policy": "mixed_bfloat16"}
HOME = """
import json, sys, warnings
import numpy as np
import tensorflow as tf
from keras_singan import SinGAN
from keras_singan.performance.precision import computes_bfloat16

folder, options = sys.argv[1], json.loads(sys.argv[2])
image, policies = np.load(folder + "/image.npy"), ("auto", "mixed_bfloat16")
runs = {policy: f"{folder}/{policy}" for policy in policies}
models = {name: SinGAN.load(f"{folder}/{name}.keras") for name in ("old", "new")}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", UserWarning)
    for policy in policies:
        model = SinGAN(**options | {"dtype_policy": policy})
        models[policy] = model.fit(image, checkpoint_dir=runs[policy], verbose=0)
np.savez(folder + "/samples.npz", **{k: m.sample(1, seed=1) for k, m in models.items()})
exported = tf.saved_model.load(folder + "/models/singan/1").signatures
asked = {name: tf.constant([value], tf.int64) for name, value in {"seed": 1}.items()}
asked |= {name: tf.constant([0], tf.int32) for name in ("index", "start_scale")}
(row,) = exported["sample_float"](**asked).values()
large = {"images": models["old"].pyramid_.real.value, "factor": tf.constant([4.0])}
large |= {"seed": tf.constant([-1], tf.int64)}
(enlarged,) = exported["super_resolution_float"](**large).values()
np.savez(folder + "/exported.npz", sample=row, enlarged=enlarged)
print(json.dumps({
    "computes": computes_bfloat16(),
    "warned": sum("float32" in str(warning.message) for warning in caught),
    "trained in": [models[policy].config_.dtype_policy for policy in policies],
}))
"""


class Stop(ScaleCallback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.name == "scale_1":
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def at_home(tmp_path_factory):
    """Two models and an interrupted run of a server, taken to such a machine."""
    if not computes_bfloat16():
        pytest.skip("this is such a machine")
    folder = tmp_path_factory.mktemp("home")
    image = photo(24, 30)
    np.save(folder / "image.npy", image)
    (folder / "old.keras").write_bytes(OLD.read_bytes())
    SinGAN.load(folder / "old.keras").export(folder / "models", warmup=False)
    SinGAN(**HALF).fit(image, verbose=0).save(folder / "new.keras")
    with pytest.raises(KeyboardInterrupt):
        run = folder / "mixed_bfloat16"
        SinGAN(**HALF).fit(image, checkpoint_dir=run, callbacks=[Stop()], verbose=0)
    command = [sys.executable, "-c", HOME, str(folder), json.dumps(TINIER)]
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "samples.npz") as samples:
        return json.loads(done.stdout.splitlines()[-1]), folder, dict(samples)


@pytest.mark.parametrize("name", ["old", "new"])
def test_a_model_draws_the_same_images_there(at_home, name):
    _, folder, samples = at_home
    here = SinGAN.load(folder / f"{name}.keras")
    assert here.pyramid_.dtype_policy.name == "float32"
    assert here.config_.dtype_policy == "mixed_bfloat16"
    difference = here.sample(1, seed=1).astype(int) - samples[name]
    assert np.abs(difference).max() <= 1


@pytest.mark.filterwarnings("ignore:This model was not trained for:UserWarning")
def test_its_export_runs_there_and_gives_what_python_gives_here(at_home):
    _, folder, _ = at_home
    here = SinGAN.load(folder / "old.keras")
    ask = Session(folder / "models" / "singan" / "1")
    expected = {"sample": here.sample(1, seed=1)[0], "enlarged": here.super_resolve()}
    large = {"images": here.pyramid_.real.numpy(), "factor": 4.0, "seed": -1}
    served = {
        "sample": ask("sample_float", seed=1, index=0, start_scale=0)[0],
        "enlarged": ask("super_resolution_float", **large)[0],
    }
    with np.load(folder / "exported.npz") as there:
        for name, wanted in expected.items():
            wanted = wanted.astype(int)
            assert np.abs(rounded(served[name]) - wanted).max() <= 1
            assert np.abs(rounded(there[name][0]) - wanted).max() <= 1


def test_a_run_goes_on_there_and_says_in_which_precision(at_home):
    told, folder, samples = at_home
    assert told["computes"] is False
    assert told["trained in"] == ["float32", "mixed_bfloat16"]
    # Only what was asked for, or begun, needs a word.
    assert told["warned"] == 1
    finished = SinGAN.load(folder / "mixed_bfloat16").sample(1, seed=1)
    difference = finished.astype(int) - samples["mixed_bfloat16"]
    assert np.abs(difference).max() <= 1


def test_a_fitted_model_is_the_one_that_is_loaded_later(at_home):
    _, folder, _ = at_home
    fitted = SinGAN(**HALF).fit(np.load(folder / "image.npy"), verbose=0)
    loaded = SinGAN.load(folder / "new.keras")
    assert np.array_equal(fitted.sample(2, seed=5), loaded.sample(2, seed=5))
    assert np.array_equal(fitted.reconstruct(), loaded.reconstruct())
