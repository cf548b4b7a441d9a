"""The README beside an exported model: what it is, what it may be asked."""

import dataclasses

from keras_singan import __version__
from keras_singan.task_specs import SIGNATURES
from keras_singan.task_specs import TASKS


def readme(pyramid, config, limits, signatures, quantized, factor):
    """Writes the text.

    Args:
        pyramid: The exported `SinGANPyramid`.
        config: Its `SinGANConfig`.
        limits: The `ExportLimits` that the graph enforces.
        signatures: Dictionary of name to `tf.function`.
        quantized: The start scales at which `quantize` may be 1.
        factor: float, the default enlargement.

    Returns:
        str, Markdown.
    """
    height, width = pyramid.sizes[-1]
    bounds = dataclasses.asdict(limits)
    return "\n".join(
        [
            "# A SinGAN",
            "",
            f"Written by keras_singan {__version__}: a generative model of one photo, "
            f"{height} x {width} px (height x width), {pyramid.channels} channels, "
            f"{pyramid.num_scales} scales, trained for "
            f"{config.task or 'no task in particular'}.",
            "",
            "## Signatures",
            "Every input has one axis, the rows of a request, and none may be left "
            "out. These values stand for defaults:",
            "",
            "| input | value | default |",
            "|---|---|---|",
            *_defaults(pyramid, factor),
            "",
            "Images are PNG or JPEG files. Transparency is put on white, unless the "
            "model has 4 channels; the rotation that a camera notes in a file is not "
            "applied. `NAME_float` takes and gives float images, values in [-1, 1], "
            "with `masks` in [0, 1]. `NAME_options` takes more than NAME, which "
            "stays as earlier clients ask for it.",
            "",
            "| signature | inputs |",
            "|---|---|",
            *(_row(name, function) for name, function in signatures.items()),
            "",
            "`serving_default` is the first. `quantize` may be 1 at start scales: "
            f"{', '.join(map(str, sorted(quantized))) or 'none'}.",
            "",
            "## Limits",
            "The graph answers INVALID_ARGUMENT beyond these.",
            "",
            "| limit | value |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in bounds.items()),
            "",
        ]
    )


def _defaults(pyramid, factor):
    """Yields a line for each input in which a value stands for a default."""
    height, width = pyramid.sizes[-1]
    texts = {
        "start_scale": _start_scales(pyramid.num_scales),
        "height": f"{height}, {width}",
        "factor": f"{factor:g}",
        "seed": "in `super_resolution`: no noise",
        "image_bytes": "in `vary`, `extend`: the photo as trained",
        "mask_bytes": "what differs from the photo",
        "around_index": "none: images vary the photo, and `around_seed` is any",
        "refine": "as the model was made: " + _refinement(pyramid),
    }
    shown = {"height": "`height`, `width`", "width": None}
    sentinels = {"mask_bytes": '"" (`masks`: below 0)', "image_bytes": '""'}
    inputs = [each for task in SIGNATURES for each in task.inputs]
    inputs = {each.name: each for each in inputs if each.sentinel is not None}
    for name, each in inputs.items():
        title = shown.get(name, f"`{name}`")
        if title is not None:
            sentinel = sentinels.get(name, f"{each.sentinel}")
            yield f"| {title} | {sentinel} | {texts.get(name, each.served_default)} |"


def _refinement(pyramid):
    first = pyramid.refine_from
    return "no" if first is None else f"yes, from scale {first} on"


def _start_scales(num_scales):
    """Says which start scale is the default of which signatures."""
    tasks = {}
    for task in TASKS:
        if "start_scale" in task:
            default = task.start_scale(num_scales)
            tasks.setdefault(default, []).append(f"`{task.signature}`")
    return "; ".join(f"{k} in {', '.join(names)}" for k, names in tasks.items())


def _row(name, function):
    inputs = ", ".join(
        f"{spec.name} {spec.dtype.name} {list(spec.shape)}"
        for spec in function.input_signature
    )
    return f"| `{name}` | {inputs} |"
