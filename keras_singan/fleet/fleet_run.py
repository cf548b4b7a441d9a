"""`fit_many`: a fleet from Python; the command line calls the same."""

import hashlib
import io
import os

import numpy as np
from PIL import Image

from keras_singan.errors import FleetError
from keras_singan.errors import ImageError
from keras_singan.fleet.cluster import connected
from keras_singan.fleet.cluster import count_slots
from keras_singan.fleet.cluster import list_nodes
from keras_singan.fleet.contact_pages import ContactPages
from keras_singan.fleet.driver import Driver
from keras_singan.fleet.fleet_plan import Settings
from keras_singan.fleet.fleet_plan import make_plan
from keras_singan.fleet.fleet_plan import read_plan
from keras_singan.fleet.fleet_status import read_reports
from keras_singan.fleet.photos.listing import list_photos
from keras_singan.fleet.photos.listing import with_masks
from keras_singan.fleet.place import Place
from keras_singan.fleet.records import array_of
from keras_singan.fleet.records import attempts_of
from keras_singan.fleet.records import outcome_of
from keras_singan.fleet.survey import estimate_fleet
from keras_singan.fleet.survey import survey_photos
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8


def fit_many(
    images,
    place,
    *,
    address=None,
    cpus_per_photo=2,
    gpus_per_photo=0,
    attempts=3,
    samples=8,
    export=False,
    evaluate=False,
    retry=False,
    masks=None,
    **options,
):
    """Trains many photos, on this machine or on a Ray cluster.

    What is done stays done: the same call goes on where an earlier one was
    stopped or killed. A photo that cannot be trained does not stop the others.

    ```python
    reports = fit_many(["photos/", "more/*.png"], "s3://bucket/trained")
    failed = [report for report in reports if report.state == "failed"]
    ```

    Args:
        images: Sequence of photos, folders, patterns, URLs or manifests, as
            `list_photos` takes them; of uint8, uint16 or float arrays, or PIL
            images; and of dictionaries with `photo`, maybe `name`, `masks` (one or a
            list, as `SinGAN.fit` takes them), and options of that photo. A single
            one may stand alone.
        place: Folder, or URL that fsspec knows, for all results.
        address: `"auto"`, `HOST:PORT` or `ray://HOST:PORT` of a Ray cluster;
            `None` is this machine alone. Defaults to `None`.
        cpus_per_photo: Cores that one photo takes. Defaults to `2`.
        gpus_per_photo: GPUs that one photo takes, maybe a fraction. Defaults to
            `0`.
        attempts: How often a photo is taken up when machines fail. Defaults to
            `3`.
        samples: Samples that are written for each photo. Defaults to `8`.
        export: Whether a SavedModel is written for each. Defaults to `False`.
        evaluate: Whether SWD and diversity are measured. Defaults to `False`.
        retry: Whether photos that failed earlier are tried again. Defaults to
            `False`.
        masks: Folder or URL with a mask for each photo, of its name but for the
            suffix. Masks are trained with the photos, and samples come in pairs
            with them. Defaults to `None`.
        **options: Of `train`, for all photos: `preset`, `task`, `alpha`,
            `value_range`, `max_pixels`, and fields of `SinGANConfig`.

    Returns:
        List of `PhotoReport`, in the order of the plan, which holds the photos
        of earlier calls, too.

    Raises:
        ConfigError: If an option is unknown or out of range, or no machine has
            the cores or the memory for a photo.
        FleetError: If there are no photos, no cluster answers, or the place
            cannot be used.
        ImageError: If an array is no image.
        OutputError: If the place cannot be written.
    """
    settings = Settings(
        cpus_per_photo, gpus_per_photo, attempts, samples, export, evaluate
    )
    place = Place(place)
    plan = plan_fleet(images, place, options, settings, masks)
    if retry:
        forget_failures(place, plan)
    return run_fleet(place, plan, address)


def plan_fleet(images, place, options, settings, masks=None):
    """Makes or takes up the plan of a place.

    Args:
        images: Sequence of photos: what `fit_many` takes.
        place: The `Place`.
        options: Options of `train` for all photos.
        settings: The `Settings`.
        masks: Folder or URL of the photos' masks. Defaults to `None`.

    Returns:
        The `FleetPlan`, not yet written.
    """
    one = isinstance(images, (str, os.PathLike, dict, np.ndarray, Image.Image))
    entries = []
    for image in [images] if one else images:
        if isinstance(image, (str, os.PathLike)):
            entries += list_photos([image])
        else:
            entry = image if isinstance(image, dict) else {"photo": image}
            alpha = (options | entry).get("alpha", "composite")
            photo = _address(entry.get("photo"), place, alpha)
            entries.append(entry | {"photo": photo} | _own_masks(entry, place))
    if masks is not None:
        entries = with_masks(entries, masks)
    if not entries:
        raise FleetError("A fleet must have at least one photo. Received: none.")
    unique = {repr(sorted(entry.items())): entry for entry in entries}
    return make_plan(place, unique.values(), options, settings)


def _own_masks(entry, place):
    """Where the masks of a dictionary stand."""
    given = entry.get("masks")
    if given is None:
        return {}
    given = given if isinstance(given, (list, tuple)) else [given]
    return {"masks": [_address(mask, place, "composite") for mask in given]}


def _address(image, place, alpha):
    """Where a photo stands; an array is put into the place."""
    if isinstance(image, (str, os.PathLike)):
        text = os.fspath(image)
        return text if "://" in text else os.path.abspath(os.path.expanduser(text))
    array = _pixels(image, alpha)
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    if array.dtype.kind not in "uif" or array.ndim not in (2, 3):
        raise ImageError(
            "A photo must be a path, a URL, a PIL image or an array (H, W) or "
            f"(H, W, C). Received: {type(image).__name__}."
        )
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    name = f"array_{hashlib.sha256(buffer.getvalue()).hexdigest()[:16]}"
    if not place.exists(array_of(name)):
        place.write(array_of(name), buffer.getvalue())
    return place.describe(array_of(name))


def _pixels(image, alpha):
    """The array of an image that is no file."""
    if not isinstance(image, Image.Image) or image.mode.startswith(("I", "F")):
        return np.asarray(image)
    # Palettes, cameras' rotation and grey with alpha are more than pixels.
    return to_uint8(read_image(image, alpha=alpha))


def plan_of(place):
    """Returns the plan that a place holds.

    Raises:
        FleetError: If it holds none.
    """
    plan = read_plan(place)
    if plan is None:
        raise FleetError(
            f"A place must hold a fleet (a fleet.json). Received: {place.address!r}."
        )
    return plan


def forget_failures(place, plan):
    """Makes photos that failed wait again; returns their names.

    Args:
        place: The `Place`.
        plan: Its `FleetPlan`.
    """
    reports = read_reports(place, plan).values()
    failed = [report.name for report in reports if report.state == "failed"]
    for name in failed:
        place.remove(attempts_of(name))
        place.remove(outcome_of(name))
    return failed


def run_fleet(place, plan, address=None, watch=None, work=None):
    """Trains what waits in a plan.

    Args:
        place: The `Place`.
        plan: The `FleetPlan`.
        address: Of a Ray cluster, `None` for this machine. Defaults to `None`.
        watch: Called about twice a second with the `Driver` and the names of the
            photos that have ended since. Defaults to `None`.
        work: The `Work`. Defaults to training.

    Returns:
        List of `PhotoReport`, in the plan's order.
    """
    refuse_unshared(place)
    with connected(address) as ray:
        nodes = list_nodes(ray)
        need = survey_photos(plan) if not plan.settings.gpus_per_photo else None
        memory = _reserved(nodes, plan.settings, need) if need else 0
        count_slots(nodes, plan.settings, memory)

        def slots():
            cpus, gpus = plan.settings.cpus_per_photo, plan.settings.gpus_per_photo
            return sum(node.fits(cpus, gpus, memory) for node in list_nodes(ray))

        plan.write(place)
        driver = Driver(ray, place, plan, slots, memory, work)
        pages = ContactPages(place, list(driver.reports))

        def look(driver, names):
            pages.note(driver.reports, names)
            if watch is not None:
                watch(driver, names)

        reports = driver.drive(look)
        pages.finish(driver.reports)
        return reports


def estimate_plan(place, plan, address=None):
    """Measures what a plan will take: a `FleetEstimate`. Writes nothing.

    Args:
        place: The `Place`.
        plan: The `FleetPlan`.
        address: Of a Ray cluster, `None` for this machine. Defaults to `None`.
    """
    reports = read_reports(place, plan).values()
    waiting = sum(report.state == "waiting" for report in reports)
    with connected(address) as ray:
        return estimate_fleet(ray, plan, waiting)


def refuse_unshared(place):
    """Refuses a place that only one process sees.

    Raises:
        FleetError: For `memory://`.
    """
    if place.address.startswith("memory://"):
        raise FleetError(
            "A place must be seen by several processes, and memory:// is not. "
            f"Received: {place.address!r}."
        )


def _reserved(nodes, settings, need):
    """Bytes that Ray keeps free for a photo: the most, where a machine has it."""
    if any(n.fits(settings.cpus_per_photo, 0, need.most) for n in nodes):
        return need.most
    return need.least
