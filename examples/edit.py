"""Moves the high peak of the landscape and makes it higher, without a seam.

```
python examples/edit.py
python examples/edit.py --move 63,56,6,24:40,51 --resize 1.6
```

The sheet: the photo, the naive edit (a rectangle cut out, enlarged and put down
elsewhere), then what comes of it from several start
scales. All is done at the size of the training, where the generators make detail
as fine as the photo's.
"""

import re

from common import labelled
from common import new_parser
from common import scales_of
from common import trained_model
from common import write_sheet

from keras_singan.tasks.naive_edit import naive_edit


def rectangle(text):
    """Reads x,y,w,h:to_x,to_y."""
    x, y, w, h, to_x, to_y = map(float, re.split("[,:]", text))
    return x, y, w, h, to_x, to_y


def main(argv=None):
    """Trains, edits and writes the sheet."""
    parser = new_parser(__doc__, "samples/edit.png")
    parser.add_argument(
        "--move",
        type=rectangle,
        default="32,14,18,32:44,3",
        metavar="X,Y,W,H:TO_X,TO_Y",
        help="a rectangle and where its corner goes, in percent of width and height",
    )
    parser.add_argument("--resize", type=float, default=1.3)
    parser.add_argument("--scales", type=int, nargs="+", default=[3, 4])
    args = parser.parse_args(argv)
    model = trained_model(args)
    photo = model.training_image()
    height, width = photo.shape[:2]
    sides = zip(args.move, 3 * (width, height), strict=True)
    move = [round(percent * side / 100) for percent, side in sides]
    edited, mask = naive_edit(photo, move, args.resize)
    scales = scales_of(model, args.scales)
    results = model.edit(edited, mask, start_scale=scales, seed=args.seed)
    pictures = {"photo": photo, "naive edit": edited} | labelled(scales, results)
    write_sheet(args.output, pictures)


if __name__ == "__main__":
    main()
