"""The README beside an exported model: what it is, what it may be asked."""

import dataclasses

from keras_singan import __version__


def readme(pyramid, config, limits, signatures, quantized):
    """Writes the text.

    Args:
        pyramid: The exported `SinGANPyramid`.
        config: Its `SinGANConfig`.
        limits: The `ExportLimits` that the graph enforces.
        signatures: Dictionary of name to `tf.function`.
        quantized: The start scales at which `quantize` may be 1.

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
            f"{pyramid.num_scales} scales, trained for the task {config.task!r}.",
            "",
            "## Signatures",
            "Every input has one axis, the rows of a request. Defaults: `start_scale` "
            "-1, `height`, `width`, `factor` and `frames` 0, `alpha` and `beta` -1; "
            '`seed` -1 means no noise in `super_resolution`; a `mask_bytes` of "" '
            "(in float forms: all negative) has the change found by comparison with "
            "the photo.",
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
