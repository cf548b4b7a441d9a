"""The photo's own colours, for the brush."""

from PIL import Image


def palette(path, count):
    """Returns the main colours of a picture, the most frequent first.

    Args:
        path: The picture.
        count: How many colours, at most.

    Returns:
        List of texts such as `"#a0b1c2"`.

    Raises:
        KeyError: If there is no picture.
    """
    if path is None:
        raise KeyError("photo")
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((200, 200))
    # Also colours that are rare: a red tent below a blue sky.
    reduced = small.quantize(count, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    values = reduced.getpalette()
    frequent = sorted(reduced.getcolors(), reverse=True)
    colours = [values[3 * index : 3 * index + 3] for _, index in frequent]
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in colours]
