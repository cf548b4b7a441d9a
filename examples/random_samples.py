"""Trains on a picture and draws one sheet of samples from several scales.

```
python examples/random_samples.py
python examples/random_samples.py --image photo.jpg --preset standard
```

Each row of the sheet: the photo, then samples of one start scale. At scale 0
the layout changes, at higher ones only details.
"""

import argparse
from pathlib import Path

import numpy as np

from keras_singan import SinGAN
from keras_singan.io.image import image_grid
from keras_singan.io.image import save_image

HERE = Path(__file__).parent


def main(argv=None):
    """Trains, samples and writes the sheet."""
    args = parse(argv)
    model = SinGAN(args.preset, **({"steps": args.steps} if args.steps else {}))
    model.fit(args.image, checkpoint_dir=args.run)
    photo = model.training_image()[None]
    count = model.pyramid_.num_scales
    rows = [
        np.concatenate([photo, model.sample(args.n, start_scale=scale, seed=args.seed)])
        for scale in range(min(args.scales, count))
    ]
    sheet = image_grid(np.concatenate(rows), columns=args.n + 1)
    print(save_image(args.output, sheet, overwrite=True))


def parse(argv):
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", default=HERE / "images" / "landscape.png")
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--run", default="runs/landscape", help="run folder")
    parser.add_argument("--output", default="samples/landscape.png")
    parser.add_argument("-n", type=int, default=4, help="samples a row")
    parser.add_argument("--scales", type=int, default=2, help="rows")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
