"""Draw the example photo: conifers, snowy ridges and a flower meadow at evening.

All is made of repeated parts of many sizes, which SinGAN learns to rearrange.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from PIL import ImageDraw
from scipy.ndimage import map_coordinates
from scipy.ndimage import zoom

OUTPUT = Path(__file__).resolve().parent / "images" / "landscape.png"
SUPERSAMPLING, SLICES = 4, 1600
EYE, NEAR, FAR, SUN = 4.0, 5.0, 900.0, (-0.87, 0.41, -0.22)
SUNLIGHT, SKYLIGHT = np.array([1.95, 1.42, 0.86]), np.array([0.24, 0.33, 0.54])
SKY = np.array([[0.22, 0.44, 0.70], [0.56, 0.72, 0.84], [1.0, 0.84, 0.66]])
CLOUD = np.array([[0.52, 0.48, 0.62], [1.0, 0.92, 0.80]])
GRASS = np.array([[0.32, 0.40, 0.10], [0.54, 0.57, 0.16]])
WOODS = np.array([[0.06, 0.14, 0.09], [0.16, 0.25, 0.10]])
ROCK = np.array([[0.30, 0.27, 0.28], [0.52, 0.46, 0.42]])
SNOW, HAZE = np.array([0.93, 0.95, 1.0]), np.array([0.76, 0.70, 0.78])
BLADE, NEEDLES = np.array([170, 186, 60]), np.array([10, 28, 30])
PETALS = [(214, 44, 38), (250, 240, 225), (245, 196, 40), (142, 84, 190)]
SUNNY = [(120, 104, 22), (88, 92, 34), (150, 108, 10), (100, 110, 40), (196, 120, 4)]


def step(low, high, value):
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, weight):
    """Blend colours `a` and `b` by a map of weights."""
    return a + (b - a) * np.asarray(weight)[..., None]


def to_image(picture):
    """Convert an array of colours in [0, 1] to an image."""
    return Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))


def haze(z):
    """Return the share of haze in the colour of things at a distance."""
    return 0.62 * (1 - np.exp(-((z / 560) ** 1.5)))


def draw_conifer(rng, sunny, width=180, height=400):
    """Draw tiers of drooping boughs, from the top down, brighter towards the sun."""
    tree = Image.new("RGBA", (width, height))
    draw, middle, slim = ImageDraw.Draw(tree), width / 2, rng.uniform(0.7, 1.0)
    draw.line([(middle, 20), (middle, height)], (58, 42, 30), 9)
    for t in np.repeat(np.linspace(0.02, 0.93, 44), 26):
        side = np.sin(rng.uniform(-1.57, 1.57))
        reach = side * slim * middle * t**0.85 * (0.8 + 0.2 * np.sin(t * 60))
        end = (middle + reach, height * t + abs(reach) * rng.uniform(0.1, 0.6))
        light = np.clip(0.42 - 0.5 * side + rng.normal(0, 0.16), 0, 1)
        colour = tuple((NEEDLES + np.multiply(sunny, light)).astype(int))
        draw.line([(middle + reach * 0.2, height * t), end], colour, 4)
    return tree


class Landscape:
    """The scene: its noise, its camera, its ground and what stands there."""

    def __init__(self, height, width, seed):
        self.rng = np.random.default_rng(seed)
        self.height, self.width = height * SUPERSAMPLING, width * SUPERSAMPLING
        self.focal, self.horizon = 0.9 * self.width, 0.6 * self.height
        cells = self.rng.normal(0, 0.6, (64, 64))
        self.tile = zoom(cells, 8, order=3, mode="grid-wrap", grid_mode=True)

    def noise(self, u, v, octaves, ridged=False, gain=0.5):
        """Sum octaves of noise at (u, v); ridged noise has sharp crests."""
        total = 0.0
        for i in range(octaves):
            at = [v * 2 ** (i + 3) + 97 * i, u * 2 ** (i + 3) + 61 * i]
            n = map_coordinates(self.tile, at, order=1, mode="grid-wrap")
            total = total + gain**i * (0.75 - 1.6 * np.abs(n) if ridged else n)
        return total

    def ground(self, x, z):
        """Return the height of the meadow, hills and two mountain chains."""
        meadow = 0.5 * self.noise(x / 16, z / 16, 3)
        hills = step(25, 130, z) * (5 + 9 * self.noise(x / 70, z / 70, 4))
        crest = self.noise(x / 210, z / 210, 8, ridged=True, gain=0.46)
        front = np.exp(-(((z - 300) / 80) ** 2)) * (26 + 44 * crest)
        return meadow + hills + front + step(380, 620, z) * (85 + 115 * crest)

    def project(self, x, y, z):
        """Return the column and row at which a point of the world is seen."""
        column = self.width / 2 + self.focal * x / z
        return column, self.horizon + self.focal * (EYE - y) / z

    def scatter(self, count, near, far):
        """Choose points of the ground, even over the picture, farthest first."""
        z = near * (far / near) ** np.sort(self.rng.uniform(size=count))[::-1]
        x = self.rng.uniform(-0.6, 0.6, count) * z * self.width / self.focal
        return x, self.ground(x, z), z

    def paint_sky(self):
        """Paint a sky that warms downwards, and clouds lit from the upper left."""
        row, column = np.mgrid[: self.height, : self.width]
        t = np.clip(row / self.horizon, 0, 1)
        sky = mix(mix(*SKY[:2], step(0, 0.35, t)), SKY[2], step(0.12, 0.62, t))
        u, v = 5.5 * (column / self.width - 0.5) / (1.5 - t), 6.5 / (1.5 - t)
        density = self.noise(u, v, 7, gain=0.55)
        lit = step(-0.7, 0.9, density - self.noise(u - 0.15, v + 0.2, 4))
        return mix(sky, mix(*CLOUD, lit), 0.96 * step(-0.2, 0.4, density))

    def survey(self):
        """Sample the ground in slices; note which slice each pixel sees, if any."""
        column, z = np.meshgrid(range(self.width), np.geomspace(NEAR, FAR, SLICES))
        x = (column - self.width / 2) * z / self.focal
        y = self.ground(x, z)
        skyline = np.minimum.accumulate(self.project(x, y, z)[1])
        seen = [np.searchsorted(-c, -np.arange(self.height)) for c in skyline.T]
        return (x, y, z), np.stack(seen, 1)

    def shade_ground(self, x, y, z):
        """Colour the ground by depth, height and slope, then light and veil it."""
        slope_x = (self.ground(x + z / 250, z) - y) * 250 / z
        slope_z = (self.ground(x, z + z / 250) - y) * 250 / z
        flat = 1 / np.sqrt(slope_x**2 + slope_z**2 + 1)
        sun = np.clip(flat * (SUN[1] - SUN[0] * slope_x - SUN[2] * slope_z), 0, 1)
        fine, coarse = self.noise(x / 6, z / 6, 5), self.noise(x / 40, z / 40, 4)
        grass, woods, rock = (mix(*c, step(-1, 1, fine)) for c in (GRASS, WOODS, ROCK))
        colour = mix(grass, woods, step(60, 150, z + 30 * coarse))
        colour = mix(colour, rock, step(26, 42, y + 12 * coarse))
        snow = step(46, 74, y + 9 * coarse + 5 * fine) * step(0.4, 0.62, flat)
        colour = mix(colour, SNOW, snow) * mix(SKYLIGHT, SKYLIGHT + SUNLIGHT, sun)
        return mix(colour.clip(0, 1), HAZE, haze(z))

    def draw_meadow(self, image):
        """Draw blades of grass, some in bloom, in drifts of one colour."""
        draw, (x, y, z) = ImageDraw.Draw(image), self.scatter(26000, NEAR, 60)
        drift = self.noise(x / 5, z / 5, 3) + self.rng.normal(0, 0.4, len(x))
        kind = self.noise(x / 9 + 7, z / 9, 2) * 3 + 9
        blades = np.stack([*self.project(x, y, z), 0.22 * self.focal / z, drift, kind])
        for c, r, s, d, k in blades.T:
            tip = c + s * self.rng.normal(0, 0.35), r - s * self.rng.uniform(0.5, 1.3)
            colour = (BLADE * self.rng.uniform(0.5, 1.15)).astype(int)
            draw.line([(c, r), tip], tuple(colour), int(s / 9))
            if d > 0.68:
                draw.circle(tip, max(1.6, s * 0.22), PETALS[int(k) % len(PETALS)])

    def plant(self):
        """Place and size conifers: groves in front, dense woods on the hills."""
        x, y, z = self.scatter(5200, 12, 320)
        grove = self.noise(x / 22, z / 22, 3) + 1.6 * step(30, 130, z) - 0.65
        # Groves at the sides frame the view and leave the meadow open.
        grove += 0.8 * step(0.2, 0.5, np.abs(x) / z) * step(60, 20, z)
        keep = (grove > self.rng.uniform(0, 0.6, len(x))) & (y < 34)
        keep &= self.rng.uniform(size=len(x)) < 0.13 + 0.87 * step(15, 80, z)
        size = self.focal / z * self.rng.uniform(2.2, 7.0, len(x))
        return np.stack([*self.project(x, y, z), size, z], 1)[keep]

    def draw_trees(self, image, trees, distance):
        """Stand the conifers on the ground, behind any nearer ground."""
        kinds = [draw_conifer(self.rng, sunny) for sunny in SUNNY * 2]
        for c, r, s, z in trees:
            wide, high = max(2, int(s * self.rng.uniform(0.42, 0.6))), max(3, int(s))
            left, top = int(c) - wide // 2, int(r) - high
            kind = kinds[self.rng.integers(len(kinds))]
            sprite = np.asarray(kind.resize((wide, high))) / 255
            behind = distance.crop((left, top, left + wide, top + high))
            alpha = sprite[..., 3] * (np.asarray(behind) > z * 0.97)
            colour = mix(sprite[..., :3] * self.rng.normal(1, 0.12), HAZE, haze(z))
            image.paste(to_image(colour), (left, top), to_image(alpha))

    def render(self):
        """Paint everything from back to front, then shrink it to smooth its edges."""
        points, seen = self.survey()
        land = self.shade_ground(*points)[seen.clip(max=SLICES - 1), range(self.width)]
        image = to_image(mix(land, self.paint_sky(), seen == SLICES))
        self.draw_meadow(image)
        trees, draw = self.plant(), ImageDraw.Draw(image, "RGBA")
        for c, r, s, _ in trees[trees[:, 3] < 90]:
            shadow = [c - 0.1 * s, r - 0.04 * s, c + 1.3 * s, r + 0.08 * s]
            draw.ellipse(shadow, (22, 32, 30, 80))
        depths = np.append(points[2][:, 0], np.inf).astype(np.float32)
        self.draw_trees(image, trees, Image.fromarray(depths[seen]))
        return image.reduce(SUPERSAMPLING)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--size", default="188x250", metavar="HxW")
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    height, width = map(int, args.size.split("x"))
    args.output.parent.mkdir(parents=True, exist_ok=True)
    Landscape(height, width, args.seed).render().save(args.output, optimize=True)


if __name__ == "__main__":
    main()
