"""Turns a clip-art of a few flat colours into a photo like the landscape.

```
python examples/paint_to_image.py
python examples/paint_to_image.py --paint mine.png --quantize
```

The sheet: the clip-art, then what comes of it from several start scales. With
`--quantize` each of these scales is first trained anew on few colours.
"""

from common import IMAGES
from common import labelled
from common import new_parser
from common import read_pixels
from common import scales_of
from common import trained_model
from common import write_sheet


def main(argv=None):
    """Trains, paints and writes the sheet."""
    parser = new_parser(__doc__, "samples/paint_to_image.png")
    parser.add_argument("--paint", default=IMAGES / "clip_art.png")
    parser.add_argument("--scales", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--quantize", action="store_true")
    parser.add_argument("--colors", type=int, default=5, help="with --quantize")
    args = parser.parse_args(argv)
    model = trained_model(args)
    scales = scales_of(model, args.scales)
    results = model.paint_to_image(
        args.paint,
        start_scale=scales,
        quantize=args.quantize,
        colors=args.colors,
        seed=args.seed,
    )
    pictures = {"clip-art": read_pixels(args.paint)} | labelled(scales, results)
    write_sheet(args.output, pictures)


if __name__ == "__main__":
    main()
