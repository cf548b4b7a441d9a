"""Makes the sheets of examples/gallery/.

```
python examples/make_gallery.py
```

It runs the other scripts on a model of 250 x 188 px that trains for some minutes,
and for super-resolution on a small one; both are kept, and not trained again.
Options of those scripts, such as `--steps`, go on to all.
"""

import argparse
import contextlib
import tempfile
from pathlib import Path

import animate
import edit
import extend
import harmonize
import paint_to_image
import random_samples
import super_resolve
import tile
import vary
from PIL import Image

GALLERY = Path(__file__).resolve().parent / "gallery"
SETTINGS = ["--max-size", "250", "--preset", "fast"]
# Of WebP: far smaller than without loss, and nothing of it is seen.
QUALITY = 90


def main(argv=None):
    """Trains two models, and writes a sheet of samples and one for each task."""
    args, others = parse(argv)
    args.output.mkdir(parents=True, exist_ok=True)
    general, small = (
        [*SETTINGS, "--run", f"{args.runs}/{name}", *others]
        for name in ("landscape", "small")
    )
    random_samples.main([*general, "--output", str(args.output / "random_samples.png")])
    animate.main([*general, "--output", str(args.output / "animate.webp")])
    for script, options in (
        (harmonize, general),
        (edit, general),
        (paint_to_image, general),
        (vary, general),
        (extend, general),
        (tile, general),
        (super_resolve, small),
    ):
        write_webp(script, options, args.output / f"{script.__name__}.webp")


def write_webp(script, options, path):
    """Runs a script, and writes its sheet as WebP."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder, "sheet.png")
        with contextlib.redirect_stdout(None):
            script.main([*options, "--output", str(sheet)])
        with Image.open(sheet) as image:
            image.save(path, quality=QUALITY, method=6)
    print(path)


def parse(argv):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--output", type=Path, default=GALLERY, help="folder")
    parser.add_argument("--runs", default="runs/gallery", help="folder of models")
    return parser.parse_known_args(argv)


if __name__ == "__main__":
    main()
