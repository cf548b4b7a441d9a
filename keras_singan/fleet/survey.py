"""Before a fleet begins: what its photos need, and how long it takes."""

import dataclasses
import statistics

import numpy as np
from PIL import Image

from keras_singan.config import resolve_config
from keras_singan.errors import FleetError
from keras_singan.errors import SinGANError
from keras_singan.fleet.cluster import count_slots
from keras_singan.fleet.cluster import list_nodes
from keras_singan.fleet.extras import open_store
from keras_singan.fleet.photos.train_options import split_options
from keras_singan.geometry import plan_scales
from keras_singan.performance.memory import needed_bytes

# So many photos, evenly among all, stand for the others.
_LOOKED_AT = 64
# Starting a process with TensorFlow, drawing and writing samples.
_BESIDE_SECONDS = 8.0


@dataclasses.dataclass(frozen=True)
class Need:
    """What the photos of a fleet need.

    Attributes:
        least: Bytes of memory of the largest photo, where bfloat16 is used if it
            may be.
        most: The same where it is not.
        sizes: List of (height, width, channels, options), a photo each.
    """

    least: int
    most: int
    sizes: list


@dataclasses.dataclass(frozen=True)
class FleetEstimate:
    """What a fleet is expected to take.

    Attributes:
        photos: How many photos wait.
        slots: How many are trained at once on the cluster as it is.
        photo_seconds: Seconds of one photo, in the mean.
        memory: Bytes of memory of the largest photo.
        looked_at: How many photos were read for it.
        cpus: Cores of the cluster.
        machines: Machines of the cluster.
    """

    photos: int
    slots: int
    photo_seconds: float
    memory: int
    looked_at: int
    cpus: float
    machines: int

    @property
    def seconds(self):
        """Seconds of the whole fleet."""
        return -(-self.photos // self.slots) * self.photo_seconds


def survey_photos(plan):
    """Reads the sizes of some photos, and computes the memory they need.

    Args:
        plan: The `FleetPlan`.

    Returns:
        A `Need`; of zeros where no photo can be read from here.
    """
    step = max(1, -(-len(plan.photos) // _LOOKED_AT))
    sizes = []
    for planned in plan.photos[::step]:
        options = plan.options | planned.options
        try:
            height, width, channels = _size_of(planned.photo, options.get("alpha"))
        except Exception:  # noqa: S112
            continue  # A photo that cannot be read is its own task's to report.
        channels += len(options.get("masks", ()))
        sizes.append((height, width, channels, options))
    low = [_memory(size, "mixed_bfloat16") for size in sizes]
    high = [_memory(size, "float32") for size in sizes]
    return Need(max(low, default=0), max(high, default=0), sizes)


def estimate_fleet(ray, plan, waiting):
    """Measures, on the cluster, what a fleet will take.

    Args:
        ray: The module, connected.
        plan: The `FleetPlan`.
        waiting: How many photos are still to be trained.

    Returns:
        A `FleetEstimate`.

    Raises:
        ConfigError: If no machine has the cores or the memory for a photo.
        FleetError: If no photo can be read, or the measurement fails.
    """
    need = survey_photos(plan)
    if not need.sizes:
        raise FleetError(
            "A fleet must have a photo that can be read. Received: none of the "
            f"{len(plan.photos)} is."
        )
    nodes = list_nodes(ray)
    slots = count_slots(nodes, plan.settings, need.least)
    settings = plan.settings
    task = ray.remote(max_calls=1)(measure_seconds).options(
        num_cpus=settings.cpus_per_photo, num_gpus=settings.gpus_per_photo
    )
    order = need.sizes, settings.cpus_per_photo
    try:
        seconds = ray.get(task.remote(*order))
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", error)
        if isinstance(cause, SinGANError):
            raise cause from None
        text = " ".join(str(cause).split())[-300:]
        raise FleetError(
            f"A machine must be able to train, but answered {text!r}. "
            f"Received: {type(cause).__name__}."
        ) from None
    return FleetEstimate(
        photos=waiting,
        slots=slots,
        photo_seconds=statistics.mean(seconds),
        memory=need.most,
        looked_at=len(need.sizes),
        cpus=sum(node.cpus for node in nodes),
        machines=len(nodes),
    )


def measure_seconds(sizes, cpus):
    """Returns the seconds that photos of some sizes take on this machine.

    The one with the least work is measured; the others take as much longer as they have
    more floating-point operations.

    Args:
        sizes: The `sizes` of a `Need`.
        cpus: Cores of a photo.
    """
    from keras_singan.fleet.worker.photo_task import import_with_threads

    import_with_threads(cpus)
    from keras_singan.performance.estimate import estimate

    works = [_flops(size) for size in sizes]
    smallest = works.index(min(works))
    scales, channels, config = _planned(sizes[smallest])
    measured = estimate(scales, channels, config)
    fixed = measured.fixed_seconds * len(scales)
    speed = (measured.seconds - fixed) / works[smallest]
    return [fixed + speed * work + _BESIDE_SECONDS for work in works]


def _flops(size):
    from keras_singan.geometry import scale_steps
    from keras_singan.performance.flops import iteration_flops

    scales, channels, config = _planned(size)
    steps = scale_steps([scale.filters for scale in scales], config)
    each = iteration_flops(scales, channels, config)
    return sum(n * flops for n, flops in zip(steps, each, strict=True))


def _planned(size):
    height, width, channels, options = size
    _, values = split_options(options)
    config = resolve_config(values.pop("preset"), **values)
    return plan_scales((height, width), config), channels, config


def _memory(size, policy):
    """The memory of one photo; 0 for one that will be refused."""
    try:
        scales, channels, config = _planned(size)
    except SinGANError:
        return 0
    if config.dtype_policy == "auto":
        config = dataclasses.replace(config, dtype_policy=policy)
    return needed_bytes(scales, channels, config)


def _size_of(photo, alpha):
    """Height, width and channels, from a file's first bytes."""
    if "://" in photo:
        store, path = open_store(photo)
        with store.open(path, "rb") as file:
            return _header(file, alpha)
    if photo.lower().endswith(".npy"):
        height, width, *channels = np.load(photo, mmap_mode="r").shape
        return height, width, channels[0] if channels else 1
    with open(photo, "rb") as file:
        return _header(file, alpha)


def _header(file, alpha):
    with Image.open(file) as image:
        width, height = image.size
        grey = image.mode in ("1", "L", "I", "F", "LA") or image.mode[:2] == "I;"
        clear = "A" in image.getbands() or "transparency" in image.info
    if clear and alpha == "train":
        return height, width, 4
    return height, width, 1 if grey else 3
