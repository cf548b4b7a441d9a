"""Other models export too: channels, padding, normalization, a single scale."""

import functools

import numpy as np
import pytest
from support.exports import Session
from support.exports import assert_near
from support.exports import decoded
from support.exports import export_to_temporary
from support.exports import floats
from support.exports import rounded
from support.exports import untrained
from support.photos import photo

from keras_singan.io.image import encode_png

VARIANTS = {
    "grey": {"channels": 1, "padding": "noise"},
    "transparent": {"channels": 4, "normalization": "instance"},
    "refining": {"refine_from": 1},
    "two channels": {"channels": 2, "size": (20, 25), "min_size": 20},
}


@functools.cache
def variant(name):
    model = untrained(**VARIANTS[name])
    return model, Session(export_to_temporary(model, warmup=name != "grey"))


@pytest.mark.parametrize("name", ["grey", "transparent", "refining"])
def test_sampling_is_exact(name):
    model, ask = variant(name)
    assert model.pyramid_.num_scales == 2
    rows = ask("sample", seed=[5, 6], index=[0, 2], start_scale=[-1, 1])
    assert (decoded(rows[0]) == model.sample(1, seed=5)[0]).all()
    assert (decoded(rows[1]) == model.sample(3, seed=6, start_scale=1)[2]).all()
    (row,) = ask("sample_size", seed=5, index=0, start_scale=0, height=27, width=41)
    assert (decoded(row) == model.sample(1, seed=5, size=(27, 41))[0]).all()
    (row,) = ask("reconstruct", index=0)
    assert (decoded(row) == model.reconstruct()).all()
    walk = {"frames": 3, "alpha": 0.3, "beta": -1, "loop": 1}
    (frames,) = ask("animate", seed=5, start_scale=0, **walk)
    expected = model.animate(3, seed=5, start_scale=0, alpha=0.3, loop=True)
    assert (np.stack([decoded(frame) for frame in frames]) == expected).all()


def test_a_model_that_refines_does_so_when_served():
    model, ask = variant("refining")
    (row,) = ask("sample", seed=5, index=0, start_scale=0)
    assert (decoded(row) == model.sample(1, seed=5, refine=True)[0]).all()
    assert (decoded(row) != model.sample(1, seed=5, refine=False)[0]).any()
    image = encode_png(photo(24, 30, seed=2))
    paint = {"image_bytes": image, "start_scale": 1, "seed": 4, "quantize": 0}
    (row,) = ask("paint_to_image", **paint)
    painted = model.paint_to_image(photo(24, 30, seed=2), start_scale=1, seed=4)
    assert_near(row, painted)


@pytest.mark.parametrize("name", ["grey", "transparent"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.filterwarnings("ignore:Transparency is put on white:UserWarning")
@pytest.mark.filterwarnings("ignore:This model was not trained for:UserWarning")
def test_images_of_any_kind_agree(name, channels):
    model, ask = variant(name)
    image = photo(30, 37, channels, seed=2)
    mask = np.zeros((30, 37, 1), "uint8")
    mask[9:15, 9:20] = 255
    data, start = {"image_bytes": encode_png(image)}, {"start_scale": 1, "seed": 4}
    (row,) = ask("super_resolution", factor=1.5, seed=4, **data)
    assert_near(row, model.super_resolve(image, 1.5, seed=4))
    (row,) = ask("paint_to_image", quantize=0, **start, **data)
    assert_near(row, model.paint_to_image(image, **start))
    for task in ("harmonize", "edit"):
        (row,) = ask(task, mask_bytes=encode_png(mask), **start, **data)
        assert_near(row, getattr(model, task)(image, mask, **start))


def test_two_channels_have_float_forms_alone():
    model, ask = variant("two channels")
    assert model.pyramid_.num_scales == 1
    # One scale leaves no place for an image to enter.
    names = ["sample", "sample_size", "sample_tile", "reconstruct", "vary", "extend"]
    names += ["super_resolution", "animate"]
    names += ["sample_options", "vary_options", "extend_options"]
    assert sorted(ask.signatures) == sorted(
        [*(f"{name}_float" for name in names), "serving_default"]
    )
    sample = {"seed": [5, 5], "index": [0, 3], "start_scale": [-1, 0]}
    result = rounded(ask("sample_float", **sample))
    assert (result == model.sample(4, seed=5)[[0, 3]]).all()
    assert (rounded(ask("serving_default", **sample)) == result).all()
    walk = {"frames": 3, "alpha": -1, "beta": -1, "loop": 0}
    frames = ask("animate_float", seed=5, start_scale=-1, **walk)[0]
    assert (rounded(frames) == model.animate(3, seed=5, start_scale=0)).all()


@pytest.mark.filterwarnings("ignore:This model was not trained for:UserWarning")
def test_two_channels_enlarge():
    model, ask = variant("two channels")
    image = photo(20, 25, 2, seed=2)
    large = ask("super_resolution_float", images=floats(image), factor=2, seed=-1)[0]
    expected = model.super_resolve(image, 2)
    assert np.abs(rounded(large).astype(int) - expected).max() <= 1
