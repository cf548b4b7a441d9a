"""What an input of a task and a task are: see `keras_singan.task_specs`."""

import dataclasses
import math
from typing import Any

MIDDLE, LATE = "the middle one", "two thirds of the way up"
"""Default start scales of tasks that keep what the user's image shows."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Input:
    """One input of a task.

    Attributes:
        name: Its name in a request.
        dtype: Of its tensor in a request: `"string"` (an encoded image),
            `"int32"`, `"int64"` or `"float32"`.
        text: What it is, for help texts.
        default: What Python and the commands take where nothing is given;
            `None` if it must be given, or if the task has its own rule.
        sentinel: The value of a request that stands for the default; `None` if
            a request must name a value.
        served: The default of a served model, where it must be smaller than
            `default`; `None` if both are one.
        low: Least value.
        high: Greatest value.
        example: A small valid value, for warm-up requests.
        python: Its name in Python, if that is another one.
        label: What a result's file name says where it is given, or `None`.
        is_switch: Whether it is yes, no, or what the model has: 1, 0 or -1 in a
            request.
    """

    name: str
    dtype: str
    text: str
    default: Any = None
    sentinel: Any = None
    served: Any = None
    low: float = -math.inf
    high: float = math.inf
    example: Any = 0
    python: str | None = None
    label: str | None = None
    is_switch: bool = False

    @property
    def python_name(self):
        """Its name in Python."""
        return self.python or self.name

    @property
    def served_default(self):
        """What the sentinel stands for in a served model."""
        return self.default if self.served is None else self.served

    @property
    def is_image(self):
        """Whether it is an encoded image."""
        return self.name == "image_bytes"

    @property
    def is_mask(self):
        """Whether it is an encoded mask."""
        return self.name == "mask_bytes"

    @property
    def is_flag(self):
        """Whether it is true or false, 1 or 0 in a request."""
        return isinstance(self.default, bool)

    def but(self, **changes):
        """Returns a copy with changes."""
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One task.

    Attributes:
        name: Its function in `tasks/`, and its method of `SinGAN` and clients.
        summary: What it does, an imperative sentence.
        inputs: Its `Input`s, in the order of the signature.
        signature: Its name in a request. Defaults to `name`.
        output: `"image"` or `"frames"`.
        graph: `"module.function"` of its graph half in `tasks/`, for a task of
            the family "image (and mask) to image"; `None` for a task with
            builders of its own.
        kept: What stays as it is, a sentence for help texts.
        more: `Input`s that its signature does not take. A server wants every input
            that a signature has, so that a new one would turn earlier clients away.
            `NAME_options` takes them besides: see `with_options`.
    """

    name: str
    summary: str
    inputs: tuple[Input, ...]
    signature: str = ""
    output: str = "image"
    graph: str | None = None
    kept: str = ""
    more: tuple[Input, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "signature", self.signature or self.name)

    def __getitem__(self, name):
        """Returns the input of that name."""
        return next(each for each in self.inputs if each.name == name)

    def __contains__(self, name):
        return any(each.name == name for each in self.inputs)

    @property
    def command(self):
        """Its name on the command line."""
        return self.name.replace("_", "-")

    @property
    def least_scales(self):
        """How many scales a model must have for it."""
        return 1 + self["start_scale"].low if "start_scale" in self else 1

    @property
    def refines(self):
        """Whether the photo's own patches may refine its results."""
        return any(each.is_switch for each in (*self.inputs, *self.more))

    @property
    def with_options(self):
        """The task as the signature `NAME_options`, whose inputs are all it has."""
        return dataclasses.replace(
            self,
            signature=f"{self.signature}_options",
            inputs=(*self.inputs, *self.more),
            more=(),
        )

    @property
    def options(self):
        """The inputs that neither all tasks of the family have, nor are images."""
        shared = ("start_scale", "seed")
        return tuple(
            each
            for each in self.inputs
            if not (each.is_image or each.is_mask or each.name in shared)
        )

    @property
    def takes_photo(self):
        """Whether its image is the photo itself, which may be left out."""
        return "image_bytes" in self and self["image_bytes"].sentinel is not None

    @property
    def draws(self):
        """Whether it gives several images, each of a seed and a number."""
        return "index" in self

    def start_scale(self, num_scales):
        """Returns the default start scale for a model of so many scales."""
        default, low = self["start_scale"].default, self["start_scale"].low
        rules = {MIDDLE: num_scales // 2, LATE: num_scales * 2 // 3}
        return max(low, min(rules.get(default, default), num_scales - 1))
