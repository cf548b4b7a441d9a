"""Enlarges a small copy of the landscape, and compares with the landscape.

```
python examples/super_resolve.py
python examples/super_resolve.py --factor 2 --run runs/small_landscape_2
```

It trains on the small copy alone, for this task. The sheet: the small copy,
enlarged so that its pixels show; enlarged as image editors do it (bicubic); by
the model; and what the model never saw, the landscape at that size.
"""

from common import new_parser
from common import read_pixels
from common import trained_model
from common import write_sheet

from keras_singan.io.image import to_float
from keras_singan.io.image import to_uint8
from keras_singan.ops.resize import resize


def main(argv=None):
    """Trains, enlarges and writes the sheet."""
    parser = new_parser(__doc__, "samples/super_resolve.png", "runs/small_landscape")
    parser.add_argument("--factor", type=int, default=4)
    parser.add_argument("--width", type=int, default=62, help="of the small copy")
    args = parser.parse_args(argv)
    photo, factor = read_pixels(args.image), args.factor
    height, width = round(args.width * photo.shape[0] / photo.shape[1]), args.width
    small = resized(photo, (height, width))
    size = factor * height, factor * width
    model = trained_model(args, small, task="super_resolution", factor=factor)
    pictures = {
        "small": small.repeat(factor, 0).repeat(factor, 1),
        "bicubic": resized(small, size),
        f"SinGAN, {factor} times": model.super_resolve(small, factor),
        "never seen": resized(photo, size),
    }
    write_sheet(args.output, pictures)


def resized(image, size):
    """Resizes a uint8 array (height, width, channels), bicubic."""
    return to_uint8(resize(to_float(image)[None], size)[0])


if __name__ == "__main__":
    main()
