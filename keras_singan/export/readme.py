"""The README beside an exported model: what it is, what it may be asked."""

import dataclasses

from keras_singan import __version__
from keras_singan.export.signatures import DEFAULT_ALPHA
from keras_singan.export.signatures import DEFAULT_BETA
from keras_singan.export.signatures import DEFAULT_FRAMES
from keras_singan.tasks.blending import middle_scale


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
            "| `start_scale` | -1 | 0 in `sample` and `sample_size`, "
            f"{middle_scale(pyramid)} in `harmonize` and `edit`, else 1 |",
            f"| `height`, `width` | 0 | {height}, {width} |",
            f"| `factor` | 0 | {factor:g} |",
            f"| `frames` | 0 | {DEFAULT_FRAMES} |",
            f"| `alpha` | -1 | {DEFAULT_ALPHA} |",
            f"| `beta` | -1 | {DEFAULT_BETA} |",
            "| `seed` | -1 | in `super_resolution`: no noise |",
            '| `mask_bytes` | "" (`masks`: below 0) | what differs from the photo |',
            "",
            "Images are PNG or JPEG files. Transparency is put on white, unless the "
            "model has 4 channels; the rotation that a camera notes in a file is not "
            "applied. `NAME_float` takes and gives float images, values in [-1, 1], "
            "with `masks` in [0, 1].",
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


def _row(name, function):
    inputs = ", ".join(
        f"{spec.name} {spec.dtype.name} {list(spec.shape)}"
        for spec in function.input_signature
    )
    return f"| `{name}` | {inputs} |"
