"""Every task as a method: several scales at once, files, retrained scales."""

import numpy as np
import pytest
from PIL import Image
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import TINY
from support.tiny_models import trained

from keras_singan import ImageError
from keras_singan import NotFittedError
from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.tasks import retrained_scale

COMPOSITE = photo(41, 50, seed=3)
MASK = np.zeros((41, 50), bool)
MASK[10:20, 15:30] = True

TASKS = {
    "sample": lambda model, **at: model.sample(2, **at),
    "animate": lambda model, **at: model.animate(3, **at),
    "harmonize": lambda model, **at: model.harmonize(COMPOSITE, MASK, **at),
    "edit": lambda model, **at: model.edit(COMPOSITE, MASK, **at),
    "paint_to_image": lambda model, **at: model.paint_to_image(COMPOSITE, **at),
}


@pytest.mark.parametrize("task", TASKS)
def test_several_scales_give_a_stack_from_one_seed(task):
    model, run = trained()[0], TASKS[task]
    stack = run(model, start_scale=(1, 2), seed=4)
    alone = [run(model, start_scale=scale, seed=4) for scale in (1, 2)]
    assert np.array_equal(stack, np.stack(alone))
    assert not np.array_equal(*alone)


def test_several_scales_without_a_seed_share_one():
    first, second = trained()[0].sample(1, start_scale=[0, 0])
    assert np.array_equal(first, second)


@pytest.mark.parametrize("task", TASKS)
def test_a_scale_that_is_none_of_the_model_is_refused(task):
    for start_scale in (3, [1, 3], "1"):
        with pytest.raises(TaskError, match="start_scale"):
            TASKS[task](trained()[0], start_scale=start_scale)


@pytest.mark.parametrize("task", TASKS)
def test_a_model_without_weights_is_refused(task):
    with pytest.raises(NotFittedError) as error:
        TASKS[task](SinGAN())
    assert_one_line(error)


INSIDE = np.zeros((32, 40), bool)
INSIDE[10:20, 15:30] = True
IMAGES = {
    "super_resolve": lambda model, image, **how: model.super_resolve(image, 1.5, **how),
    "harmonize": lambda model, image, **how: model.harmonize(image, INSIDE, **how),
    "edit": lambda model, image, **how: model.edit(image, INSIDE, **how),
    "paint_to_image": lambda model, image, **how: model.paint_to_image(image, **how),
    "vary": lambda model, image, **how: model.vary(
        1, region=(3, 3, 8, 8), image=image, **how
    ),
    "extend": lambda model, image, **how: model.extend(left=4, image=image, **how),
}


@pytest.mark.filterwarnings("ignore:This model was not trained for super")
@pytest.mark.parametrize("task", IMAGES)
def test_images_of_any_range_are_taken(task):
    model, run, image = trained()[0], IMAGES[task], photo()
    wanted = run(model, image, seed=4)
    deep = image.astype("uint16") * 16
    assert np.array_equal(run(model, deep, seed=4, value_range=(0, 4080)), wanted)
    with pytest.warns(UserWarning, match='value_range="auto" spreads'):
        dark = run(model, deep, seed=4)
    assert not np.array_equal(dark, wanted)
    loud = image.astype("float32")
    assert np.array_equal(run(model, loud, seed=4, value_range=(0, 255)), wanted)
    with pytest.raises(ImageError, match="or need a `value_range`"):
        run(model, loud, seed=4)
    with pytest.raises(ImageError, match="low below high") as error:
        run(model, loud, seed=4, value_range=(255, 0))
    assert_one_line(error)


def test_super_resolution_by_a_general_model_warns_of_a_better_one():
    with pytest.warns(UserWarning, match="--task super-resolution --factor 2"):
        assert trained()[0].super_resolve(factor=2).shape == (64, 80, 3)


def test_an_animation_is_written_as_it_comes(tmp_path):
    path = trained()[0].animate(5, fps=20, seed=4, path=tmp_path / "a.png")
    with Image.open(path) as image:
        assert (image.n_frames, image.info["duration"]) == (5, 50)
        shown = np.asarray(image.convert("RGB"))
    assert np.array_equal(shown, trained()[0].animate(5, seed=4)[0])


def test_an_animation_never_replaces_a_file_by_itself(tmp_path):
    path = tmp_path / "a.gif"
    path.write_text("mine")
    with pytest.raises(OSError, match="exists"):
        trained()[0].animate(2, path=path)
    assert path.read_text() == "mine"
    assert trained()[0].animate(2, path=path, overwrite=True) == path


@pytest.fixture
def model():
    config = TINY | {"steps": 2, "scale_factor": 0.6}
    return SinGAN(**config).fit(photo(), verbose=0)


def painted(model, **kwargs):
    kwargs = {"quantize": True, "colors": 3, "seed": 1, "verbose": 0} | kwargs
    return model.paint_to_image(COMPOSITE, **kwargs)


def test_a_retrained_scale_is_kept_in_memory_or_beside_the_model(
    model, tmp_path, monkeypatch
):
    calls, retrain = [], retrained_scale.retrain

    def counted(*args):
        calls.append(args[2:4])
        return retrain(*args)

    monkeypatch.setattr(retrained_scale, "retrain", counted)
    first = painted(model)
    assert np.array_equal(painted(model), first)
    assert calls == [(1, 3)]
    model.save(tmp_path / "model.keras")
    again = SinGAN.load(tmp_path / "model.keras")
    assert again.quantized_scales() == {}
    assert np.array_equal(painted(again), first)
    assert calls == [(1, 3)] * 2
    loaded = SinGAN.load(tmp_path / "model.keras")
    assert list(loaded.quantized_scales()) == [1]
    assert np.array_equal(painted(loaded), first)
    assert calls == [(1, 3)] * 2


def test_a_retrained_scale_of_another_model_is_not_found(model, tmp_path):
    model.save(tmp_path / "model.keras")
    painted(model, colors=2)
    (tmp_path / "model_quantized_scale2_colors2.keras").write_text("damaged")
    other = SinGAN(**TINIER).fit(photo(24, 30), verbose=0)
    other.save(tmp_path / "model.keras")
    assert other.quantized_scales() == {}
