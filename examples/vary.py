"""Draws one part of the landscape anew, several times.

```
python examples/vary.py
python examples/vary.py --region 10,40,30,40 --start-scale 1
```

The sheet: the photo, then other things in that part. Outside it nothing changes.
"""

from common import new_parser
from common import trained_model
from common import write_sheet


def box(text):
    """Reads x,y,width,height."""
    return tuple(map(float, text.split(",")))


def main(argv=None):
    """Trains, varies and writes the sheet."""
    parser = new_parser(__doc__, "samples/vary.png")
    parser.add_argument(
        "--region",
        type=box,
        default="55,45,30,35",
        metavar="X,Y,WIDTH,HEIGHT",
        help="the part, in percent of width and height",
    )
    parser.add_argument("-n", type=int, default=5, help="how many")
    parser.add_argument("--start-scale", type=int, default=0)
    args = parser.parse_args(argv)
    model = trained_model(args)
    photo = model.training_image()
    height, width = photo.shape[:2]
    sides = zip(args.region, 2 * (width, height), strict=True)
    region = [round(percent * side / 100) for percent, side in sides]
    images = model.vary(
        args.n, region=region, start_scale=args.start_scale, seed=args.seed
    )
    labels = [f"anew {number}" for number in range(1, args.n + 1)]
    write_sheet(args.output, {"photo": photo} | dict(zip(labels, images, strict=True)))


if __name__ == "__main__":
    main()
