"""Draw what the tasks begin with: a composite, masks, and a clip-art.

```
python examples/draw_inputs.py
```

The composite is the landscape with a hut and a fir pasted in, in flat colours
that belong to no photo. The clip-art is a similar scene of another layout. One more
mask is that of the landscape's mountains.
"""

import argparse
from pathlib import Path

from PIL import Image
from PIL import ImageDraw

IMAGES = Path(__file__).resolve().parent / "images"
SUPERSAMPLING = 4

# Of the landscape, in a dozen colours: what a painter would pick from it.
SKY, LOW_SKY, CLOUD, CLOUD_SHADE = "#497cb7", "#88a8c6", "#e6d3c1", "#b0a3ad"
SNOW, ROCK, SHADE = "#d6ced6", "#91889d", "#6b677c"
WOODS, FIR, LARCH = "#424728", "#202c21", "#a87929"
MEADOW, GRASS, WHITE, RED = "#656427", "#828027", "#e8e4d8", "#c03c28"

# The mountains of the landscape: their crest from the left, and the edge of the woods.
CREST = [
    *((0, 48), (3, 44), (6, 37), (9, 45), (11, 50), (18, 51), (23, 56), (28, 63)),
    *((36, 62), (41, 66), (49, 67), (54, 60), (62, 60), (70, 53), (79, 44), (84, 49)),
    *((88, 44), (96, 41), (103, 29), (110, 34), (115, 48), (127, 60), (137, 65)),
    *((142, 75), (150, 78), (160, 69), (168, 70), (177, 67), (181, 63), (190, 55)),
    *((198, 44), (202, 38), (208, 39), (213, 45), (222, 42), (229, 50), (241, 60)),
    (250, 57),
]
WOODS_EDGE = [
    *((250, 77), (238, 78), (224, 82), (210, 84), (195, 87), (180, 88), (150, 91)),
    *((135, 91), (120, 86), (105, 90), (88, 92), (75, 96), (62, 93), (55, 88)),
    *((45, 84), (36, 84), (28, 88), (15, 87), (8, 83), (0, 84)),
]


class Drawing:
    """Flat shapes, drawn large and shrunk at the end to smooth their edges."""

    def __init__(self, size, ground):
        size = [SUPERSAMPLING * side for side in size]
        self.image = Image.new("RGBA", size, ground)
        self.draw = ImageDraw.Draw(self.image)

    def shape(self, points, colour):
        """Fills the polygon of (x, y) points."""
        scaled = [(SUPERSAMPLING * x, SUPERSAMPLING * y) for x, y in points]
        self.draw.polygon(scaled, colour)

    def box(self, left, top, right, bottom, colour):
        """Fills a rectangle."""
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        self.shape(corners, colour)

    def oval(self, x, y, across, down, colour):
        """Fills an ellipse around (x, y)."""
        box = [x - across / 2, y - down / 2, x + across / 2, y + down / 2]
        self.draw.ellipse([SUPERSAMPLING * at for at in box], colour)

    def fir(self, x, foot, height, colour):
        """Draws a conifer of three tiers, its foot at (x, foot)."""
        for top, wide in ((1.0, 0.09), (0.8, 0.13), (0.52, 0.17)):
            low = foot - height * max(top - 0.5, 0)
            half = height * wide
            tip = x, foot - height * top
            self.shape([tip, (x + half, low), (x - half, low)], colour)

    def mountain(self, left, top, right, foot):
        """Draws a snowy peak, `top` being (x, y), with rock in the shade."""
        x, y = top
        self.shape([(left, foot), top, (right, foot)], SNOW)
        # Away from the light: a ragged edge falls from the peak to the foot.
        edge = [(-1, 18), (6, 30), (-4, 46), (8, 64), (2, 80)]
        edge = [(x + dx, y + dy) for dx, dy in edge if y + dy < foot]
        self.shape([top, *edge, (x + 6, foot), (right, foot)], SHADE)
        for share in (0.35, 0.6, 0.8):
            crag = x + (left - x) * share, y + (foot - y) * share
            low = crag[1] + 22
            self.shape([crag, (crag[0] + 10, low), (crag[0] - 3, low - 4)], ROCK)
            crag = x + (right - x) * share, y + (foot - y) * share
            self.shape([crag, (crag[0] - 4, low), (crag[0] - 14, low - 6)], ROCK)

    def hut(self, left, foot, wall, roof, door):
        """Draws a hut, 46 px wide and 40 px high."""
        self.box(left + 5, foot - 22, left + 41, foot, wall)
        eaves = foot - 20
        self.shape([(left, eaves), (left + 23, foot - 40), (left + 46, eaves)], roof)
        self.box(left + 12, foot - 15, left + 20, foot, door)
        self.box(left + 27, foot - 15, left + 35, foot - 7, door)

    def done(self):
        """Gives the image at its own size."""
        return self.image.reduce(SUPERSAMPLING)


def draw_objects(size):
    """Draws the hut and the fir on a transparent image."""
    drawing = Drawing(size, (0, 0, 0, 0))
    drawing.hut(112, 168, "#c9a27a", "#8f4a3a", "#4d3a33")
    drawing.fir(88, 158, 66, "#3f9a4a")
    return drawing.done()


def draw_mountains_mask(size):
    """Draws the mask of the landscape's mountains, white on black."""
    drawing = Drawing(size, "black")
    drawing.shape(CREST + WOODS_EDGE, "white")
    return drawing.done().convert("L").point(lambda v: 255 * (v > 127))


def draw_clip_art(size):
    """Draws another valley: one high peak, woods at both sides, a red meadow."""
    drawing = Drawing(size, SKY)
    drawing.box(0, 34, 250, 100, LOW_SKY)
    drawing.box(0, 56, 250, 100, CLOUD)
    for x, y, across, down in ((46, 20, 84, 20), (88, 30, 70, 14), (20, 32, 60, 12)):
        drawing.oval(x, y + 5, across, down, CLOUD_SHADE)
        drawing.oval(x, y, across, down, CLOUD)
    drawing.mountain(-20, (58, 50), 120, 104)
    drawing.mountain(190, (236, 56), 290, 104)
    drawing.mountain(84, (168, 14), 246, 104)
    drawing.box(0, 88, 250, 106, WOODS)
    drawing.box(0, 102, 250, 152, MEADOW)
    drawing.box(0, 146, 250, 188, GRASS)
    for i, x in enumerate((4, 13, 24, 33, 43, 52, 62, 71, 190, 199, 209, 228, 243)):
        colour = (FIR, WOODS, LARCH, FIR, WOODS)[i % 5]
        drawing.fir(x, 146 + i * 29 % 9, 50 + i * 37 % 23, colour)
    for i, x in enumerate(range(92, 190, 11)):
        drawing.fir(x, 112 + i * 5 % 7, 18 + i * 7 % 9, (FIR, WOODS)[i % 2])
    for i in range(70):
        x, y = 70 + i * 67 % 180, 160 + i * 31 % 27
        drawing.oval(x, y, 3, 2.4, RED if y > 172 else WHITE)
    return drawing.done()


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=IMAGES, help="folder")
    args = parser.parse_args(argv)
    args.output.mkdir(parents=True, exist_ok=True)
    with Image.open(IMAGES / "landscape.png") as photo:
        photo = photo.convert("RGBA")
    objects = draw_objects(photo.size)
    pictures = {
        "composite.png": Image.alpha_composite(photo, objects).convert("RGB"),
        "composite_mask.png": objects.getchannel("A").point(lambda a: 255 * (a > 0)),
        "mountains_mask.png": draw_mountains_mask(photo.size),
        "clip_art.png": draw_clip_art(photo.size).convert("RGB"),
    }
    for name, picture in pictures.items():
        picture.save(args.output / name, optimize=True)
        print(args.output / name)


if __name__ == "__main__":
    main()
