"""THE list of tasks: the inputs and outputs of each, in one entry.

It is free of TensorFlow. Signatures, warm-up requests, the README beside an
export, gRPC's dtypes, the client, the commands and the tests' tables read it. A
new task that makes an image of an image (and a mask) needs three things:

1. a file in `tasks/` with the task and its graph half, `NAME_graph`;
2. an entry here;
3. a method of `SinGAN` in `task_methods.py`.
"""

from keras_singan.specs.task_types import LATE
from keras_singan.specs.task_types import MIDDLE
from keras_singan.specs.task_types import Input
from keras_singan.specs.task_types import Task

DEFAULT_MODEL = "singan"
"""The model's name where none is given: servers cannot be asked for theirs."""

MAX_INT32, MAX_INT64 = 2**31 - 1, 2**63 - 1

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
    is_switch=True,
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
