"""Brings the photo to life: a short film that ends where it began.

```
python examples/animate.py
python examples/animate.py --scale 1 --frames 100 --output still.gif
```

Clouds drift and ridges shift; from scale 1 on, only details stir. The suffix
decides the format: .webp, .gif, .png or .mp4.
"""

from common import new_parser
from common import trained_model


def main(argv=None):
    """Trains and writes the film."""
    parser = new_parser(__doc__, "samples/animation.webp")
    parser.add_argument("--scale", type=int, default=0, help="first that moves")
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--beta", type=float, default=0.95, help="inertia")
    args = parser.parse_args(argv)
    path = trained_model(args).animate(
        args.frames,
        args.fps,
        start_scale=args.scale,
        beta=args.beta,
        loop=True,
        seed=args.seed,
        path=args.output,
        overwrite=True,
    )
    print(path)


if __name__ == "__main__":
    main()
