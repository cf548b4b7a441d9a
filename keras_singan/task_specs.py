"""THE list of tasks: the inputs and outputs of each, in one entry.

It is free of TensorFlow. Signatures, warm-up requests, the README beside an
export, gRPC's dtypes, the client, the commands and the tests' tables read it. A
new task that makes an image of an image (and a mask) needs three things:

1. a file in `tasks/` with the task and its graph half, `NAME_graph`;
2. an entry here;
3. a method of `SinGAN` in `task_methods.py`.
"""

import dataclasses
import math
from typing import Any

DEFAULT_MODEL = "singan"
"""The model's name where none is given: servers cannot be asked for theirs."""

MIDDLE, LATE = "the middle one", "two thirds of the way up"
"""Default start scales of tasks that keep what the user's image shows."""

MAX_INT32, MAX_INT64 = 2**31 - 1, 2**63 - 1


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

    @property
    def is_switch(self):
        """Whether it is yes, no, or what the model has: 1, 0 or -1 in a request."""
        return self.name == "refine"

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
        return REFINE in (*self.inputs, *self.more)

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
        return PICTURE.name in self and self[PICTURE.name].sentinel is not None

    @property
    def draws(self):
        """Whether it gives several images, each of a seed and a number."""
        return "index" in self

    def start_scale(self, num_scales):
        """Returns the default start scale for a model of so many scales."""
        default, low = self["start_scale"].default, self["start_scale"].low
        rules = {MIDDLE: num_scales // 2, LATE: num_scales * 2 // 3}
        return max(low, min(rules.get(default, default), num_scales - 1))


IMAGE = Input(name="image_bytes", dtype="string", python="image", text="the picture")
MASK = Input(
    name="mask_bytes",
    dtype="string",
    python="mask",
    text="white where it may change",
    sentinel=b"",
)
SEED = Input(
    name="seed",
    dtype="int64",
    text="Seed of the noise.",
    low=-MAX_INT64 - 1,
    high=MAX_INT64,
)
INDEX = Input(
    name="index", dtype="int32", text="Which image of the seed.", low=0, high=MAX_INT32
)
START_SCALE = Input(
    name="start_scale",
    dtype="int32",
    text="First scale with fresh noise: 0 changes the layout, higher ones details.",
    default=0,
    sentinel=-1,
    low=0,
    example=-1,
)
ENTRY_SCALE = START_SCALE.but(
    text="Scale at which the picture enters: higher ones change less of it.",
    default=MIDDLE,
    low=1,
)
SIDE = Input(name="side", dtype="int32", text="Pixels.", sentinel=0, low=1)
FACTOR = Input(
    name="factor",
    dtype="float32",
    text="Enlargement, above 1.",
    default=4.0,
    sentinel=0.0,
    low=1,
    example=2.0,
)
FRAMES = Input(
    name="frames",
    dtype="int32",
    text="How many.",
    default=100,
    sentinel=0,
    # A server must answer within its time limit.
    served=40,
    low=1,
    example=1,
)
ALPHA = Input(
    name="alpha",
    dtype="float32",
    text="Pull back to the photo, 0 to 1: 1 stands still.",
    default=0.1,
    sentinel=-1.0,
    low=0.0,
    high=1.0,
    example=-1.0,
)
BETA = ALPHA.but(name="beta", text="Smoothness, 0 to 1.", default=0.9)
LOOP = Input(
    name="loop",
    dtype="int32",
    text="End where it began.",
    default=False,
    low=0,
    high=1,
)
# The user's larger original, or the photo as trained.
PICTURE = IMAGE.but(text="the photo at any size, or as trained", sentinel=b"")
PAD = Input(
    name="pad",
    dtype="float32",
    text="Pixels to add, or a share of the side such as 50%.",
    default=0.0,
    # Below 0 it is a share of the side: -0.5 is 50 %.
    low=-10.0,
    high=4096.0,
    example=0.0,
)
TILES = ("x", "y", "both")
TILE = Input(
    name="tile",
    dtype="int32",
    text="Where the image repeats without a seam: 1 x, 2 y, 3 both.",
    low=1,
    high=3,
    example=3,
)
REFINE = Input(
    name="refine",
    dtype="int32",
    text="Whether the photo's own patches refine the result: crisper.",
    sentinel=-1,
    low=0,
    high=1,
    example=-1,
)
VARIATION = Input(
    name="variation",
    dtype="float32",
    text="How far from the photo, 0 to 1: 0 is the photo as the model remembers it.",
    default=1.0,
    sentinel=-1.0,
    low=0.0,
    high=1.0,
    example=-1.0,
)
# Which sample the images vary instead of the photo; without one the seed is any.
AROUND_SEED = SEED.but(name="around_seed", text="Seed of the sample to vary.")
AROUND_INDEX = INDEX.but(
    name="around_index", text="Which image of that seed.", sentinel=-1, example=-1
)
QUANTIZE = Input(
    name="quantize",
    dtype="int32",
    text="Use the scale retrained on few colours.",
    label="quantized",
    default=False,
    low=0,
    high=1,
)

SAMPLE = Task(
    name="sample",
    summary="Draw new variations of the photo.",
    inputs=(SEED, INDEX, START_SCALE),
    more=(
        *(SIDE.but(name="height"), SIDE.but(name="width")),
        *(VARIATION, REFINE, AROUND_SEED, AROUND_INDEX),
    ),
)
# `sample` with a size, which is a signature of its own.
SAMPLE_SIZE = Task(
    name="sample_size",
    summary="Draw new variations of the photo, of any size.",
    inputs=(*SAMPLE.inputs, *SAMPLE.more[:2]),
)
# `sample` that repeats without a seam, which is a signature of its own.
SAMPLE_TILE = Task(
    name="sample_tile",
    summary="Draw textures that repeat without a seam.",
    inputs=(SEED, INDEX, *SAMPLE_SIZE.inputs[-2:], TILE),
)
RECONSTRUCT = Task(
    name="reconstruct",
    summary="Give the photo as the model remembers it.",
    inputs=(INDEX,),
)
SUPER_RESOLVE = Task(
    name="super_resolve",
    signature="super_resolution",
    summary="Enlarge IMAGE with detail like the photo's.",
    inputs=(
        IMAGE,
        FACTOR,
        # No noise unless a seed is given.
        SEED.but(text="Seed of noise in the detail.", sentinel=-1, low=0),
    ),
)
HARMONIZE = Task(
    name="harmonize",
    summary="Make an object that was pasted into the photo look at home there.",
    inputs=(
        IMAGE.but(text="the photo with the object in it, of any size"),
        MASK.but(text="white where the object is"),
        # A pasted object falls apart at coarser scales.
        ENTRY_SCALE.but(default=LATE),
        SEED,
    ),
    graph="harmonization.harmonize_graph",
    kept="What lies outside stays as it is.",
)
EDIT = Task(
    name="edit",
    summary="Make parts of the photo that were moved about fit in.",
    inputs=(
        IMAGE.but(text="the edited photo, of any size"),
        MASK.but(text="white where it was edited"),
        ENTRY_SCALE,
        SEED,
    ),
    graph="editing.edit_graph",
    more=(REFINE,),
    kept="What lies outside the mask stays as it is.",
)
PAINT_TO_IMAGE = Task(
    name="paint_to_image",
    summary="Turn a clip-art in the colours of the photo into a photo.",
    inputs=(
        IMAGE.but(python="paint", text="the clip-art, of any size"),
        ENTRY_SCALE,
        SEED,
        QUANTIZE,
    ),
    graph="painting.paint_to_image_graph",
    more=(REFINE,),
    kept="The result has the size of IMAGE.",
)
ANIMATE = Task(
    name="animate",
    summary="Make the photo move.",
    inputs=(
        SEED,
        START_SCALE.but(
            text="First scale that moves: 0 moves the layout, higher ones details.",
            default=1,
        ),
        FRAMES,
        ALPHA,
        BETA,
        LOOP,
    ),
    output="frames",
)

VARY = Task(
    name="vary",
    summary="Draw one part of the photo anew.",
    inputs=(
        PICTURE,
        MASK.but(text="white where the part is"),
        START_SCALE,
        SEED,
        INDEX,
    ),
    graph="variation.vary_graph",
    more=(REFINE,),
    kept="What lies outside the feathered mask stays, pixel by pixel.",
)
EXTEND = Task(
    name="extend",
    summary="Widen the photo with more of its kind.",
    inputs=(
        PICTURE,
        START_SCALE,
        SEED,
        *(PAD.but(name=name) for name in ("left", "right", "top", "bottom")),
        INDEX,
    ),
    graph="extension.extend_graph",
    more=(REFINE,),
    kept="The photo stays in its place, but for a narrow seam inside its border.",
)

# In the order of an export's signatures; the first is `serving_default`.
TASKS = (
    *(SAMPLE, SAMPLE_SIZE, RECONSTRUCT, SUPER_RESOLVE),
    *(HARMONIZE, EDIT, PAINT_TO_IMAGE, ANIMATE, VARY, EXTEND, SAMPLE_TILE),
)

# Each as one or two signatures.
SIGNATURES = (*TASKS, *(task.with_options for task in TASKS if task.more))


def image_tasks():
    """Returns the tasks of the family that make one image of one image."""
    return tuple(task for task in TASKS if task.graph and not task.draws)


def dtype_of(name):
    """Returns the dtype that an input has in every request."""
    return next(task[name].dtype for task in SIGNATURES if name in task)
