"""Draws landscapes, each with the mask of its mountains.

```
python examples/image_and_mask.py
python examples/image_and_mask.py --image photo.png --mask dog.png --mask cat.png
```

The photo and its masks are trained as one image, so that samples come labelled. The
sheet: the photo, then samples; below each picture its masks.
"""

import numpy as np
from common import IMAGES
from common import new_parser
from common import trained_model
from common import write_sheet


def main(argv=None):
    """Trains, draws pairs and writes the sheet."""
    run = "runs/landscape_mountains"
    parser = new_parser(__doc__, "samples/image_and_mask.png", run)
    parser.add_argument("--mask", action="append", help="mask of the photo")
    parser.add_argument("--start-scale", type=int, default=0)
    parser.add_argument("-n", type=int, default=4, help="how many pairs")
    args = parser.parse_args(argv)
    masks = args.mask or [IMAGES / "mountains_mask.png"]
    model = trained_model(args, masks=masks)
    images, labels = model.sample(
        args.n, start_scale=args.start_scale, seed=args.seed, return_masks=True
    )
    images = np.concatenate([model.training_image()[None], images])
    labels = np.concatenate([model.training_masks()[None], labels])
    names = ["photo", *(f"sample {number}" for number in range(1, args.n + 1))]
    cells = dict(zip(names, images, strict=True))
    for index, mask in enumerate(np.moveaxis(labels, -1, 0), 1):
        shown = zip(names, mask[..., None], strict=True)
        cells |= {f"mask {index} of {name}": picture for name, picture in shown}
    write_sheet(args.output, cells, columns=len(names))


if __name__ == "__main__":
    main()
