"""Makes a texture of the landscape that repeats without a seam.

```
python examples/tile.py
python examples/tile.py --tile x        # a panorama that closes
```

The image is written, and beside it a sheet of 3 x 2 copies: look for the seam.
"""

from pathlib import Path

import numpy as np
from common import new_parser
from common import trained_model

from keras_singan.io.image import save_image


def main(argv=None):
    """Trains, draws a tile and writes it, alone and repeated."""
    parser = new_parser(__doc__, "samples/tile.png")
    parser.add_argument("--tile", default="both", help="x, y or both")
    args = parser.parse_args(argv)
    image = trained_model(args).sample(1, tile=args.tile, seed=args.seed)[0]
    print(save_image(args.output, image, overwrite=True))
    path = Path(args.output)
    copies = path.with_name(f"{path.stem}_copies{path.suffix}")
    print(save_image(copies, np.tile(image, (2, 3, 1)), overwrite=True))


if __name__ == "__main__":
    main()
