"""Contact sheets over a fleet: each photo and one sample of its model, in pages."""

import io

import numpy as np
from PIL import Image

from keras_singan.errors import SinGANError
from keras_singan.fleet.records import pair_of
from keras_singan.fleet.records import sheet_of
from keras_singan.io.image import encode_png
from keras_singan.io.image import image_grid
from keras_singan.io.image import preview
from keras_singan.io.sheet import contact_sheet

PER_PAGE = 24
_COLUMNS = 4
# Longest side of a pair, in pixels.
_PAIR_SIDE = 400


def draw_pair(photo, sample):
    """Draws a photo and a sample side by side, small.

    Args:
        photo: uint8 array `(H, W, C)`.
        sample: uint8 array of the same shape.

    Returns:
        bytes of a PNG, 400 px or less on its longest side.
    """
    grid = image_grid(np.stack([preview(photo), preview(sample)]), columns=2)
    image = Image.fromarray(grid[..., 0] if grid.shape[-1] == 1 else grid)
    image.thumbnail((_PAIR_SIDE, _PAIR_SIDE))
    pixels = np.asarray(image)
    return encode_png(pixels[..., None] if pixels.ndim == 2 else pixels)


class ContactPages:
    """Writes the pages of a fleet, each as soon as its photos have ended.

    Args:
        place: The `Place`.
        names: Names of all photos, in the plan's order.
    """

    def __init__(self, place, names):
        self._place = place
        self._pages = [names[i : i + PER_PAGE] for i in range(0, len(names), PER_PAGE)]
        self._page_of = {name: i // PER_PAGE for i, name in enumerate(names)}
        there = place.names("sheets")
        self._due = {
            number
            for number in range(len(self._pages))
            if sheet_of(number + 1).rpartition("/")[2] not in there
        }

    def note(self, reports, names):
        """Writes the pages that are complete now.

        Args:
            reports: Dictionary from names to `PhotoReport`.
            names: Names of the photos that have ended since.
        """
        for number in {self._page_of[name] for name in names}:
            self._due.add(number)
            if all(self._ended(reports, name) for name in self._pages[number]):
                self._write(number, reports)

    def finish(self, reports):
        """Writes what is not up to date, complete or not.

        Args:
            reports: Dictionary from names to `PhotoReport`.
        """
        for number in sorted(self._due):
            self._write(number, reports)

    def _ended(self, reports, name):
        return reports[name].state in ("done", "failed")

    def _write(self, number, reports):
        done = [name for name in self._pages[number] if reports[name].state == "done"]
        pictures, labels = [], []
        for name in done:
            picture = self._picture(name)
            if picture is not None:
                pictures.append(picture)
                labels.append(name)
        if pictures:
            page = contact_sheet(pictures, labels, columns=_COLUMNS)
            self._place.write(sheet_of(number + 1), encode_png(page))
        self._due.discard(number)

    def _picture(self, name):
        # A page is for people: one that lacks a picture is better than none.
        try:
            with Image.open(io.BytesIO(self._place.read(pair_of(name)))) as image:
                pixels = np.asarray(image)
        except (SinGANError, OSError, TypeError):
            return None
        return pixels[..., None] if pixels.ndim == 2 else pixels
