"""From a task and its arguments to calls of `SinGAN`, and results on disk.

Each function is a generator: it saves results one by one and yields an event for
each. The arguments are those of the methods; what is wrong with one is said by the
method itself.
"""

import functools
import inspect
import shutil

import numpy as np
from PIL import Image

from keras_singan.errors import TaskError
from keras_singan.io.image import save_image

# The page cannot ask for more: a process that is shared must come to an end.
_MOST = {"n": 64, "frames": 1000, "pixels": 16_000_000}
_TASKS = {}


def run_task(singan, task, arguments, inputs, place):
    """Runs a task, and yields its events.

    Args:
        singan: The `SinGAN`.
        task: Name of the task.
        arguments: Dictionary of the page's arguments; `None` is left out.
        inputs: Dictionary from the name of an argument to a picture's path.
        place: Folder of the results.

    Raises:
        TaskError: If task or arguments cannot be used.
    """
    if task not in _TASKS:
        raise TaskError(f"A task must be one of {', '.join(_TASKS)}. Received: {task}.")
    given = {name: value for name, value in arguments.items() if value is not None}
    for name in ("n", "frames"):
        if isinstance(given.get(name), int) and given[name] > _MOST[name]:
            raise TaskError(
                f"`{name}` must be at most {_MOST[name]}. "
                f"Received: {name}={given[name]}."
            )
    yield from _TASKS[task](singan, given, inputs, place)


def _task(function):
    _TASKS[function.__name__.strip("_")] = function
    return function


@_task
def _sample(singan, given, inputs, place):
    if given.get("size"):
        _check_pixels("size", given["size"])
    from keras_singan.tasks.sampling import iterate_samples

    # One after the other: the page shows them as they come.
    draw = functools.partial(iterate_samples, singan.pyramid_, at_once=1)
    yield from _save_all(
        _one_by_one(_call(draw, given)), given.get("n", 1), place, "sample"
    )


@_task
def _vary(singan, given, inputs, place):
    from keras_singan.tasks.variation import iterate_variations

    draw = functools.partial(iterate_variations, singan.pyramid_)
    images = _call(draw, given | inputs)
    yield from _save_all(images, given.get("n", 8), place, "vary")


@_task
def _extend(singan, given, inputs, place):
    images = _call(singan.extend, given | inputs)
    yield from _save_all(images, len(images), place, "extend")


@_task
def _harmonize(singan, given, inputs, place):
    given = given | {"composite": inputs["image"], "mask": inputs.get("mask")}
    yield from _each_scale(singan.harmonize, given, place, "harmonize")


@_task
def _edit(singan, given, inputs, place):
    yield from _each_scale(singan.edit, given | inputs, place, "edit")


@_task
def _paint_to_image(singan, given, inputs, place):
    given = given | {"paint": inputs["image"], "verbose": 0}
    yield from _each_scale(singan.paint_to_image, given, place, "paint_to_image")


@_task
def _animate(singan, given, inputs, place):
    suffix = given.pop("format", "gif")
    if suffix not in ("gif", "webp", "apng", "mp4"):
        raise TaskError(
            f"`format` must be gif, webp, apng or mp4. Received: format={suffix!r}."
        )
    path = place / f"animation.{suffix}"
    yield {"event": "total", "files": 1}
    _call(singan.animate, given | {"path": path, "overwrite": True})
    yield {"event": "file", "name": path.name}


@_task
def _super_resolve(singan, given, inputs, place):
    given = given | inputs
    source = inputs.get("image")
    before = Image.fromarray(_plain(singan.training_image()))
    if source is not None:
        with Image.open(source) as opened:
            before = opened.convert("RGB")
    factor = given.get("factor", 4)
    if isinstance(factor, (int, float)):
        _check_pixels("factor", (before.height * factor, before.width * factor))
    yield {"event": "total", "files": 2}
    image = _call(singan.super_resolve, given)
    name = _save(image, place, "enlarged")
    yield {"event": "file", "name": name}
    size = image.shape[1], image.shape[0]
    before.resize(size, Image.Resampling.BICUBIC).save(place / "bicubic.png")
    yield {"event": "file", "name": "bicubic.png"}


@_task
def _evaluate(singan, given, inputs, place):
    from keras_singan.metrics import scores

    real = singan.training_image()
    samples = _call(singan.sample, {"n": 16, "seed": 0} | given)
    values = scores.evaluate(samples, real, features=None)
    values["rmse"] = scores.rmse(singan.reconstruct(), real)
    yield {"event": "figures", "values": {k: float(v) for k, v in values.items()}}


@_task
def _export(singan, given, inputs, place):
    folder = place / "models"
    shutil.rmtree(folder, ignore_errors=True)
    yield {"event": "total", "files": 1}
    _call(singan.export, {"path": folder} | given)
    shutil.make_archive(str(place / "models"), "zip", folder)
    shutil.rmtree(folder)
    yield {"event": "file", "name": "models.zip"}


def _each_scale(method, given, place, stem):
    """One result for each start scale, and for each of `n` seeds."""
    scales = given.pop("start_scales", None) or [given.pop("start_scale", None)]
    count, seed = given.pop("n", 1), given.pop("seed", 0)
    yield {"event": "total", "files": len(scales) * count}
    for scale in scales:
        at = {} if scale is None else {"start_scale": scale}
        for index in range(count):
            image = _call(method, given | at | {"seed": seed + index})
            number = f"_{index:03d}" if count > 1 else ""
            where = "" if scale is None else f"_scale{scale}"
            yield {"event": "file", "name": _save(image, place, stem + where + number)}


def _save_all(images, count, place, stem):
    yield {"event": "total", "files": count}
    for index, image in enumerate(images):
        yield {"event": "file", "name": _save(image, place, f"{stem}_{index:03d}")}


def _one_by_one(drawn):
    """Yields the images of a nest of iterators and arrays."""
    if getattr(drawn, "ndim", 0) == 3:
        yield drawn
    else:
        for part in drawn:
            yield from _one_by_one(part)


def _save(image, place, stem):
    path = save_image(place / f"{stem}.png", np.asarray(image), overwrite=True)
    return path.name


def _call(method, given):
    """Calls a method, and refuses names that it does not have in one line."""
    known = inspect.signature(method).parameters
    unknown = [name for name in given if name not in known]
    if unknown:
        raise TaskError(
            f"An argument must be one of {', '.join(known)}. Received: {unknown[0]}."
        )
    return method(**given)


def _check_pixels(name, size):
    if isinstance(size, (list, tuple)) and len(size) == 2:
        height, width = size
        if height * width > _MOST["pixels"]:
            raise TaskError(
                f"A result must have at most {_MOST['pixels']} pixels. "
                f"Received: {name} for {height:g} x {width:g}."
            )


def _plain(image):
    """Grey as three channels, and of many channels the first three."""
    return np.repeat(image, 3, -1) if image.shape[-1] == 1 else image[..., :3]
