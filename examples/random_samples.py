"""Trains on a picture and draws one sheet of samples from several scales.

```
python examples/random_samples.py
python examples/random_samples.py --image photo.jpg --preset fast
```

Each row of the sheet: the photo, then samples of one start scale. At scale 0
the layout changes, at higher ones only details.
"""

import numpy as np
from common import new_parser
from common import trained_model

from keras_singan.io.image import image_grid
from keras_singan.io.image import save_image


def main(argv=None):
    """Trains, samples and writes the sheet."""
    parser = new_parser(__doc__, "samples/landscape.png")
    parser.add_argument("-n", type=int, default=4, help="samples a row")
    parser.add_argument("--scales", type=int, default=2, help="rows")
    args = parser.parse_args(argv)
    model = trained_model(args)
    photo = model.training_image()[None]
    count = model.pyramid_.num_scales
    rows = [
        np.concatenate([photo, model.sample(args.n, start_scale=scale, seed=args.seed)])
        for scale in range(min(args.scales, count))
    ]
    sheet = image_grid(np.concatenate(rows), columns=args.n + 1)
    print(save_image(args.output, sheet, overwrite=True))


if __name__ == "__main__":
    main()
