"""Widens the landscape on both sides.

```
python examples/extend.py
python examples/extend.py --left 100% --right 0 -n 3
```

One image below the other: the photo is in its place in each of them.
"""

from common import new_parser
from common import trained_model

from keras_singan.io.image import image_grid
from keras_singan.io.image import save_image


def pixels_or_share(text):
    """Reads pixels, or a share such as 50%."""
    return text if text.endswith("%") else int(text)


def main(argv=None):
    """Trains, widens and writes the images."""
    parser = new_parser(__doc__, "samples/extend.png")
    for side in ("left", "right"):
        parser.add_argument(f"--{side}", type=pixels_or_share, default="50%")
    parser.add_argument("-n", type=int, default=2, help="how many")
    args = parser.parse_args(argv)
    model = trained_model(args)
    images = model.extend(left=args.left, right=args.right, n=args.n, seed=args.seed)
    print(save_image(args.output, image_grid(images, columns=1), overwrite=True))


if __name__ == "__main__":
    main()
