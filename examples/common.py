"""What the scripts share: their options, and the model of the landscape.

All train with the same settings into the same run folder, so that the first one
trains and the next begin at once.
"""

import argparse
from pathlib import Path

from keras_singan import SinGAN
from keras_singan.io.image import read_image
from keras_singan.io.image import save_image
from keras_singan.io.image import to_uint8
from keras_singan.io.sheet import contact_sheet

IMAGES = Path(__file__).resolve().parent / "images"
# Options of the scripts that are settings of the training.
SETTINGS = "steps", "max_size", "dtype_policy"


def new_parser(text, output, run="runs/landscape"):
    """Gives a parser with the options of every script; `text` is its docstring."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--image", default=IMAGES / "landscape.png", help="photo")
    parser.add_argument("--preset", default="draft", help="fast is crisper")
    parser.add_argument("--steps", type=int, help="training iterations a scale")
    parser.add_argument("--max-size", type=int, help="longest side, in pixels")
    parser.add_argument("--dtype-policy", help="auto, float32, ...")
    parser.add_argument("--run", default=run, help="run folder")
    parser.add_argument("--output", default=output)
    parser.add_argument("--seed", type=int, default=0, help="of the noise")
    return parser


def trained_model(args, image=None, masks=None, **settings):
    """Trains on `image` or `--image`, or loads what the run folder holds."""
    given = {name: getattr(args, name) for name in SETTINGS}
    settings |= {name: value for name, value in given.items() if value is not None}
    model = SinGAN(args.preset, **settings)
    image = args.image if image is None else image
    return model.fit(image, masks=masks, checkpoint_dir=args.run)


def scales_of(model, scales):
    """Gives the start scales, the model's finest in place of those beyond it."""
    finest = model.pyramid_.num_scales - 1
    return sorted({min(scale, finest) for scale in scales})


def read_pixels(path):
    """Reads an image file as a uint8 array of shape (height, width, channels)."""
    return to_uint8(read_image(path))


def labelled(scales, results):
    """Gives a dictionary of label to picture for the results of several scales."""
    labels = [f"from scale {scale}" for scale in scales]
    return dict(zip(labels, results, strict=True))


def write_sheet(path, pictures, columns=None):
    """Writes a sheet of a dictionary of label to picture, and says where."""
    sheet = contact_sheet(list(pictures.values()), list(pictures), columns)
    print(save_image(path, sheet, overwrite=True))
