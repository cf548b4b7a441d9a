"""TensorFlow's C API, which is what servers use: pixels, errors, no dead process."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
from support import c_api
from support import hostile_images
from support.exports import as_input
from support.exports import assert_near
from support.exports import decoded
from support.exports import enlarged
from support.exports import exported
from support.exports import floats
from support.exports import session
from support.photos import photo

from keras_singan.io.image import encode_png

INVALID_ARGUMENT = 3

BAD_FLOATS = {
    "rank 3": np.zeros((24, 30, 3), "float32"),
    "rank 1": np.zeros(3, "float32"),
    "rank 0": np.array(0, "float32"),
    "rank 5": np.zeros((1, 1, 24, 30, 3), "float32"),
    "no rows": np.zeros((0, 24, 30, 3), "float32"),
    "no pixels": np.zeros((1, 0, 30, 3), "float32"),
    "nothing": np.zeros((0,), "float32"),
    "a pixel": np.zeros((1, 1, 1, 3), "float32"),
    "1 channel": np.zeros((1, 24, 30, 1), "float32"),
    "NaN": np.full((1, 24, 30, 3), np.nan, "float32"),
    "infinite": np.full((1, 24, 30, 3), np.inf, "float32"),
    "whole numbers": np.zeros((1, 24, 30, 3), "int32"),
}
BAD_NUMBERS = {
    "rank 0": np.array(5),
    "rank 2": np.array([[5]]),
    "no rows": np.zeros(0, "int64"),
    "two rows": np.array([5, 6]),
    "floats": np.zeros(1, "float32"),
    "strings": np.array([b"5"], object),
}
SIDES = [65536, 2**31 - 1, -1, -(2**31), 1, 4097]


def run(folder, requests):
    """Runs requests in a process that must end well; gives the answers."""
    pairs = []
    for signature, inputs in requests:
        feeds, (fetch,) = session().tensors(signature, **inputs)
        pairs.append((feeds, fetch))
    (folder / "requests").write_bytes(pickle.dumps(pairs))
    script = Path(c_api.__file__)
    files = [folder / "requests", folder / "answers"]
    process = subprocess.run(
        [sys.executable, script, exported()[1], *files], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr[-2000:]
    return pickle.loads((folder / "answers").read_bytes())


def test_it_gives_the_pixels_of_python(tmp_path):
    image = photo(20, 31, seed=3)
    sample, size, large, frames = run(
        tmp_path,
        [
            ("sample", {"seed": [5, 5], "index": [0, 3], "start_scale": [-1, 1]}),
            (
                "sample_size_float",
                {"seed": 5, "index": 1, "start_scale": 0, "height": 25, "width": 0},
            ),
            (
                "super_resolution",
                {"image_bytes": encode_png(image), "factor": 2.0, "seed": -1},
            ),
            (
                "animate",
                {"seed": 5, "start_scale": 1, "frames": 3}
                | {"alpha": -1, "beta": -1, "loop": 0},
            ),
        ],
    )
    model = exported()[0]
    assert (decoded(sample[0]) == model.sample(1, seed=5)[0]).all()
    assert (decoded(sample[1]) == model.sample(4, seed=5, start_scale=1)[3]).all()
    expected = floats(model.sample(2, seed=5, size=(25, 40))[1])
    assert np.abs(np.clip(size, -1, 1) - expected).max() <= 0.5 / 127.5 + 1e-6
    assert_near(large[0], enlarged(image, 2))
    movie = model.animate(3, seed=5, start_scale=1)
    assert (np.stack([decoded(frame) for frame in frames[0]]) == movie).all()


def test_bad_inputs_are_an_error_and_the_process_lives(tmp_path):
    valid = session().valid
    requests = {}
    for name, value in BAD_FLOATS.items():
        for task in ("super_resolution_float", "harmonize_float"):
            requests[task, "images", name] = valid(task, images=value)
        # What is left of a good one is an empty mask.
        masks = value[..., 0] if value.size and value.ndim else value
        requests["edit_float", "masks", name] = valid("edit_float", masks=masks)
    for name, value in BAD_NUMBERS.items():
        requests["sample", "seed", name] = valid("sample", seed=value)
    for side in SIDES:
        changes = {"height": side, "width": side}
        requests["sample_size", "size", side] = valid("sample_size", **changes)
    for name, make in hostile_images.BAD_IMAGES.items():
        request = valid("paint_to_image", image_bytes=make())
        requests["paint_to_image", "image_bytes", name] = request
    for value in (np.nan, np.inf, -1.0, 1.0, 1e30):
        request = valid("super_resolution", factor=value)
        requests["super_resolution", "factor", value] = request
    good = ("sample", valid("sample"))
    answers = run(tmp_path, [(key[0], r) for key, r in requests.items()] + [good])
    assert decoded(answers.pop()[0]).shape == (32, 40, 3)
    for key, answer in zip(requests, answers, strict=True):
        assert isinstance(answer, tuple), key
        code, message = answer
        assert code == INVALID_ARGUMENT, (key, message)
        assert len(message.split()) > 4, (key, message)


def test_saved_model_cli_runs_it(tmp_path):
    arguments = []
    for name, value in (("seed", 5), ("index", 2), ("start_scale", -1)):
        dtype = session().signatures["sample"].inputs[name].dtype
        np.save(tmp_path / f"{name}.npy", as_input(value, dtype))
        arguments.append(f"{name}={tmp_path / name}.npy")
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run"]
    command += ["--dir", exported()[1], "--tag_set", "serve"]
    command += ["--signature_def", "sample", "--inputs", ";".join(arguments)]
    command += ["--outdir", tmp_path]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr[-2000:]
    result = np.load(tmp_path / "image_bytes.npy", allow_pickle=True)
    expected = exported()[0].sample(3, seed=5)[2]
    assert (decoded(result[0]) == expected).all()
