"""Trains on a picture and goes from it, and from a sample, to other samples.

```
python examples/variation.py
python examples/variation.py --image photo.jpg --around 4,2
```

The first rows of the sheet go from the photo to samples, a sample a row: the share of
fresh noise, `variation`, grows from 0 to 1. The last row shows one sample, and others
that are like it.
"""

import numpy as np
from common import new_parser
from common import trained_model

from keras_singan.io.image import image_grid
from keras_singan.io.image import save_image

NEAR = 0.3


def main(argv=None):
    """Trains, samples and writes the sheet."""
    parser = new_parser(__doc__, "samples/variation.png")
    parser.add_argument("-n", type=int, default=5, help="pictures a row")
    parser.add_argument("--rows", type=int, default=2, help="samples to go to")
    parser.add_argument("--around", help="SEED,NUMBER of a sample  [the first]")
    args = parser.parse_args(argv)
    model = trained_model(args)
    steps = [
        model.sample(args.rows, variation=float(share), seed=args.seed)
        for share in np.linspace(0, 1, args.n)
    ]
    around = (args.seed, 0)
    if args.around:
        around = tuple(map(int, args.around.split(",")))
    middle = model.sample(1, variation=0, around=around)
    others = model.sample(args.n - 1, variation=NEAR, around=around, seed=args.seed)
    rows = [*np.stack(steps, 1), np.concatenate([middle, others])]
    sheet = image_grid(np.concatenate(rows), columns=args.n)
    print(save_image(args.output, sheet, overwrite=True))


if __name__ == "__main__":
    main()
