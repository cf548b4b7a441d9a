"""Blends a hut and a fir, pasted in as clip-art, into the landscape.

```
python examples/harmonize.py
python examples/harmonize.py --composite mine.png --mask its_mask.png
```

The sheet: the composite, then what comes of it from several start scales. The
lower the scale, the more the objects turn into what the landscape has there;
the higher, the more of their own shape and colour they keep.
"""

from common import IMAGES
from common import labelled
from common import new_parser
from common import read_pixels
from common import scales_of
from common import trained_model
from common import write_sheet

from keras_singan.task_specs import HARMONIZE


def main(argv=None):
    """Trains, harmonizes and writes the sheet."""
    parser = new_parser(__doc__, "samples/harmonize.png")
    parser.add_argument("--composite", default=IMAGES / "composite.png")
    parser.add_argument("--mask", default=IMAGES / "composite_mask.png")
    parser.add_argument("--scales", type=int, nargs="+", help="start scales")
    args = parser.parse_args(argv)
    model = trained_model(args)
    usual = HARMONIZE.start_scale(model.pyramid_.num_scales)
    scales = scales_of(model, args.scales or [max(1, usual + k) for k in (-1, 0, 1)])
    results = model.harmonize(
        args.composite, args.mask, start_scale=scales, seed=args.seed
    )
    pictures = {"composite": read_pixels(args.composite)} | labelled(scales, results)
    write_sheet(args.output, pictures)


if __name__ == "__main__":
    main()
