"""Pictures with opacity: colours count as much as they are seen.

A pixel of no opacity has a colour all the same, often black. Resized on its own,
that colour would bleed into what can be seen beside it. So colours are multiplied
by their opacity first, as in Porter and Duff (SIGGRAPH 1984), and divided after.
"""

from keras import ops

from keras_singan.ops.resize import resize
from keras_singan.ops.resize import resize_unclipped

# Opacity, of 1, under which a colour cannot be told from rounding.
_UNSEEN = 1e-4


def has_opacity(image, masks=0):
    """Whether a picture has opacity: its last channel, if it has 4.

    Args:
        image: Tensor `(..., channels)`.
        masks: How many channels at the end are masks, not the picture's. Defaults
            to `0`.
    """
    return image.shape[-1] - masks == 4


def premultiply(image, masks=0):
    """Multiplies colours by their opacity, so that what is unseen is black.

    Args:
        image: float tensor `(..., channels)`, values in [-1, 1].
        masks: See `has_opacity`. Defaults to `0`.

    Returns:
        float tensor of that shape, values in [-1, 1]; the image itself where it
        has no opacity.
    """
    if not has_opacity(image, masks):
        return image
    opacity = (image[..., 3:4] + 1) / 2
    colour = (image[..., :3] + 1) * opacity - 1
    return ops.concatenate([colour, image[..., 3:]], axis=-1)


def straighten(premultiplied, unseen):
    """Undoes `premultiply`.

    Args:
        premultiplied: float tensor `(..., 4 and more)`, around [-1, 1]. What
            follows the opacity stays as it is.
        unseen: float tensor of that shape, an image whose colours are taken where
            nothing is seen.

    Returns:
        float tensor of that shape, values in [-1, 1].
    """
    opacity = (ops.clip(premultiplied[..., 3:4], -1.0, 1.0) + 1) / 2
    seen = opacity > _UNSEEN
    colour = (premultiplied[..., :3] + 1) / ops.where(seen, opacity, 1.0) - 1
    colour = ops.where(seen, colour, unseen[..., :3])
    parts = [colour, opacity * 2 - 1, premultiplied[..., 4:]]
    return ops.clip(ops.concatenate(parts, axis=-1), -1.0, 1.0)


def resize_picture(image, size, masks=0):
    """Resizes a picture: as `resize` does, with colours by their opacity.

    Args:
        image: float tensor `(batch, height, width, channels)`, values in [-1, 1].
            The last channel of a picture of 4 is opacity.
        size: Pair `(height, width)`: integers or scalar integer tensors.
        masks: See `has_opacity`. Defaults to `0`.

    Returns:
        float32 tensor of shape `(batch, *size, channels)`, values in [-1, 1].
    """
    plain = resize(image, size)
    if not has_opacity(image, masks):
        return plain
    premultiplied = premultiply(ops.cast(image, "float32"), masks)
    premultiplied = resize_unclipped(premultiplied, size)
    return straighten(premultiplied, plain)
