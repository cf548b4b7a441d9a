"""`ExportLimits`: what one request to an exported model may ask for."""

import dataclasses

from keras_singan.errors import ConfigError


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportLimits:
    """Bounds that the exported graph itself enforces, whatever server runs it.

    Beyond them a request is answered INVALID_ARGUMENT, before any memory is
    taken for it.

    Args:
        max_rows: Rows (images asked for) of one request. Defaults to `64`.
        max_side: Longest side of any image, in or out, in pixels. Defaults to
            `4096`.
        max_pixels: Pixels of any image, in or out. Defaults to `2**22` (2048 x
            2048).
        max_total_pixels: Pixels of all images that one request sends, and of
            all that it gets back. Defaults to `2**25`.
        max_image_bytes: Bytes of an encoded image. Defaults to `2**24` (16 MiB).
        max_frames: Frames of one animation. Defaults to `500`.
        max_factor: Enlargement of super-resolution. Defaults to `16`.

    Raises:
        ConfigError: If a limit is no whole number of at least 1.
    """

    max_rows: int = 64
    max_side: int = 4096
    max_pixels: int = 2**22
    max_total_pixels: int = 2**25
    max_image_bytes: int = 2**24
    max_frames: int = 500
    max_factor: int = 16

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or not 1 <= value < 2**31:
                raise ConfigError(
                    f"`{field.name}` must be a whole number from 1 to 2**31 - 1. "
                    f"Received: {field.name}={value!r}."
                )
        if not 1 < self.max_factor <= 64:
            raise ConfigError(
                "`max_factor` must be from 2 to 64. "
                f"Received: max_factor={self.max_factor!r}."
            )

    def check_room(self, pyramid):
        """Makes sure that a model's own photo may be asked for.

        Otherwise a server would refuse the model, whose warm-up fails.

        Args:
            pyramid: A `SinGANPyramid`.

        Raises:
            ConfigError: If a limit is too tight.
        """
        height, width = pyramid.sizes[-1]
        needed = {
            "max_side": max(height, width),
            "max_pixels": height * width,
            "max_total_pixels": height * width,
            "max_image_bytes": 4 * height * width,
        }
        for name, least in needed.items():
            if getattr(self, name) < least:
                raise ConfigError(
                    f"`{name}` must be at least {least} for this model's photo of "
                    f"{height}x{width} (height x width). "
                    f"Received: {name}={getattr(self, name)}."
                )

    @classmethod
    def from_texts(cls, texts):
        """Builds the limits from texts like `max_side=2048`; the last one wins.

        Raises:
            ConfigError: If a text, a name or a number makes no sense.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        values = {}
        for text in texts:
            name, _, number = text.partition("=")
            if name not in names or not number.isdecimal():
                raise ConfigError(
                    f"A limit must be NAME=NUMBER, a name of {', '.join(names)}. "
                    f"Received: {text!r}."
                )
            values[name] = int(number)
        return cls(**values)
