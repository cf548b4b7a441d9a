"""One entry a task: everything that reads the specs agrees with them."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from support.cli_runner import read
from support.exports import decoded
from support.exports import untrained
from support.photos import photo
from support.photos import png
from support.tiny_models import trained

from keras_singan import SinGAN
from keras_singan import task_specs
from keras_singan.cli.commands.image_tasks import image_command
from keras_singan.cli.commands.query import image_query
from keras_singan.client.image_methods import image_method
from keras_singan.client.task_client import TaskClient
from keras_singan.errors import TaskError
from keras_singan.export import ExportLimits
from keras_singan.export.signatures import Signatures
from keras_singan.export.task_graphs import Rows
from keras_singan.io.image import encode_png
from keras_singan.task_specs import SIGNATURES
from keras_singan.task_specs import TASKS
from keras_singan.tasks import editing

IMAGE_TASKS = task_specs.image_tasks()
# A task that is only an entry: `edit` under another name, with an option.
NEW = task_specs.EDIT
NEW = task_specs.Task(
    name="outpaint",
    summary="Go on beyond the edge.",
    inputs=(
        *NEW.inputs,
        task_specs.Input(
            name="strength", dtype="int32", text="How much.", default=3, low=1, high=9
        ),
    ),
    graph="editing.outpaint_graph",
)


def defaults_of(function):
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters}


@pytest.mark.parametrize("task", SIGNATURES, ids=lambda task: task.signature)
def test_python_takes_the_defaults_of_the_specs(task):
    if task.name in ("sample_size", "sample_tile"):
        return
    there = defaults_of(getattr(SinGAN, task.name))
    for each in task.inputs:
        if each.python_name not in there or each.is_image or each.is_mask:
            continue
        expected = each.default
        # Their rules depend on the model.
        moving = each.name == "start_scale" and task.name == "animate"
        if isinstance(each.default, str) or each.name == "factor" or moving:
            expected = None
        assert there[each.python_name] == expected, each.name


def test_the_served_default_differs_for_the_length_of_an_animation_alone():
    inputs = [each for task in TASKS for each in task.inputs]
    assert {each.name for each in inputs if each.served is not None} == {"frames"}
    assert (task_specs.FRAMES.default, task_specs.FRAMES.served_default) == (100, 40)


def test_an_input_has_one_dtype_and_one_sentinel_besides_the_seed():
    for name in {each.name for task in SIGNATURES for each in task.inputs}:
        same = [task[name] for task in SIGNATURES if name in task]
        assert {each.dtype for each in same} == {task_specs.dtype_of(name)}
        if name != "seed":
            # What one task needs, another may do without.
            assert len({each.sentinel for each in same} - {None}) <= 1


def test_a_sentinel_is_no_value_of_its_input():
    for task in SIGNATURES:
        for each in task.inputs:
            if isinstance(each.sentinel, int | float):
                assert not each.low <= each.sentinel <= each.high or (
                    each.name == "factor"
                )


def test_super_resolution_enlarges_as_trained_by_default():
    model = untrained(task="super_resolution", factor=2.0, scale_factor=0.75)
    assert model.super_resolve(photo(12, 14)).shape == (24, 28, 3)


@pytest.mark.parametrize("task", IMAGE_TASKS, ids=lambda task: task.name)
def test_the_family_is_in_python_and_in_the_client(task):
    assert getattr(SinGAN, task.name).__doc__
    method = getattr(TaskClient, task.name)
    assert task.summary in method.__doc__
    names = list(inspect.signature(method).parameters)
    assert names[1] == task.inputs[0].python_name
    inputs = task.with_options.inputs
    assert {*names} == {"self", *(each.python_name for each in inputs)}


def test_what_came_later_has_signatures_of_its_own():
    more = {task.signature: [each.name for each in task.more] for task in TASKS}
    assert {name: names for name, names in more.items() if names} == {
        "sample": [
            *("height", "width", "variation", "refine"),
            *("around_seed", "around_index"),
        ],
        **dict.fromkeys(("edit", "paint_to_image", "vary", "extend"), ["refine"]),
    }
    for task in TASKS:
        if task.more:
            whole = next(
                s for s in SIGNATURES if s.signature.startswith(task.signature + "_o")
            )
            assert whole == task.with_options
            assert whole.inputs == task.inputs + task.more
        # None may be left out of a request, so each stands for its default somehow.
        names = {each.name for each in task.more if each.sentinel is None}
        assert names <= {"around_seed"}


def outpaint_graph(pyramid, image, region, start_scale, seed, sizes, strength):
    result = editing.edit_graph(pyramid, image, region, start_scale, seed, sizes)
    return result / tf.cast(strength, tf.float32)


@pytest.fixture
def outpaint(monkeypatch):
    monkeypatch.setattr(editing, "outpaint_graph", outpaint_graph, raising=False)
    return NEW


def test_an_entry_is_enough_for_a_signature(outpaint):
    model = trained()[0]
    builder = Signatures(Rows(model.pyramid_, ExportLimits()))
    run = builder._signature(outpaint, True)
    image, mask = photo(41, 50, seed=3), np.zeros((41, 50, 1), "uint8")
    mask[10:20, 15:30] = 255
    request = {
        "image_bytes": [encode_png(image)],
        "mask_bytes": [encode_png(mask)],
        "start_scale": tf.constant([2]),
        "seed": tf.constant([9], tf.int64),
        "strength": tf.constant([3]),
    }
    assert [spec.name for spec in run.input_signature] == list(request)
    values = [tf.convert_to_tensor(value) for value in request.values()]
    result = decoded(run(*values)["image_bytes"].numpy()[0])
    edited = model.edit(image, mask, start_scale=2, seed=9) / 127.5 - 1
    expected = np.rint((edited / 3 + 1) * 127.5)
    assert np.abs(result - expected).max() <= 1
    values[-1] = tf.constant([10])
    with pytest.raises(tf.errors.InvalidArgumentError, match="`strength` must be from"):
        run(*values)


class Transport:
    """Keeps what it is asked."""

    server, model = "a server", "singan"

    def predict(self, signature, rows):
        self.asked = signature, rows
        return [png()]


def test_an_entry_is_enough_for_a_clients_method(outpaint):
    method, transport = image_method(outpaint), Transport()
    client = TaskClient(transport)
    assert method(client, png(), seed=4, strength=2).size == (6, 4)
    signature, (row,) = transport.asked
    assert signature == "outpaint"
    assert row == {
        "image_bytes": png(),
        "mask_bytes": b"",
        "start_scale": -1,
        "seed": 4,
        "strength": 2,
    }
    with pytest.raises(TaskError, match="`strength` must be a whole number from 1 to"):
        method(client, png(), strength=10)
    with pytest.raises(TypeError, match="image"):
        method(client)


def test_an_entry_is_enough_for_the_commands(outpaint, monkeypatch, tmp_path):
    from click.testing import CliRunner

    monkeypatch.chdir(tmp_path)
    Path("image.png").write_bytes(encode_png(photo(20, 30)))
    calls = []

    def method(self, image, mask, *, start_scale, seed, strength):
        calls.append((start_scale, seed, strength))
        return np.stack([photo(20, 30)] * len(start_scale))

    monkeypatch.setattr(SinGAN, "outpaint", method, raising=False)
    model = str(trained()[0].save(tmp_path / "tiny.keras"))
    args = ["image.png", "--model", model, "--seed", "3", "--scale", "1-2"]
    runner = CliRunner()
    done = runner.invoke(image_command(outpaint), args, catch_exceptions=False)
    assert done.exit_code == 0
    assert calls == [((1, 2), 3, 3)]
    assert (read("samples/tiny/outpaint_scale2_seed0003.png") == photo(20, 30)).all()
    args += ["--strength", "5", "--output", "x"]
    done = runner.invoke(image_command(outpaint), args, catch_exceptions=False)
    assert "--strength 5 --scale" in done.output
    text = runner.invoke(image_query(outpaint), ["--help"], catch_exceptions=False)
    assert "--strength" in text.output


@pytest.mark.parametrize(
    "name, count, expected",
    [
        ("animate", 1, 0),
        ("animate", 8, 1),
        ("sample", 8, 0),
        ("harmonize", 8, 5),
        ("edit", 8, 4),
        ("paint_to_image", 8, 4),
        ("paint_to_image", 2, 1),
    ],
)
def test_the_default_start_scale_fits_every_model(name, count, expected):
    task = next(task for task in TASKS if task.name == name)
    assert task.start_scale(count) == expected
