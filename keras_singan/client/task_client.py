"""Every task as a method: builds the rows of a request, decodes the answer."""

from keras_singan.client.arguments import image_size
from keras_singan.client.arguments import pad_number
from keras_singan.client.arguments import region_mask
from keras_singan.client.arguments import request_row
from keras_singan.client.arguments import sample_request
from keras_singan.client.arguments import signature_for
from keras_singan.client.arguments import whole
from keras_singan.client.image_methods import add_image_methods
from keras_singan.client.images import decode_image
from keras_singan.errors import ImageError
from keras_singan.errors import ServingError
from keras_singan.errors import TaskError
from keras_singan.task_specs import ANIMATE
from keras_singan.task_specs import EXTEND
from keras_singan.task_specs import SUPER_RESOLVE
from keras_singan.task_specs import VARY


@add_image_methods
class TaskClient:
    """The tasks of a served model, over any transport.

    The tasks that make an image of an image (and a mask), such as `harmonize`,
    come from `keras_singan.task_specs`.

    Args:
        transport: What carries requests: has `predict(signature, rows)`, which
            gives `bytes`, or a list of them, a row; `status()`; `metadata()`;
            `close()`; `server`, its address for messages; and `model`.
        batch_size: Images asked for in one request. Defaults to `8`.

    Attributes:
        model: Name that the server knows the model by.
        batch_size: As above.
    """

    def __init__(self, transport, batch_size=8):
        self.batch_size = whole("batch_size", batch_size, 1)
        self.model = transport.model
        self._transport = transport

    def sample(
        self,
        n=1,
        *,
        seed=None,
        start_scale=None,
        size=None,
        tile=None,
        refine=None,
        variation=None,
        around=None,
        progress=None,
    ):
        """Asks for new variations of the photo.

        Image `i` depends on `seed` and `i` alone, whatever `n` is.

        Args:
            n: How many. Defaults to `1`.
            seed: Whole number, or `None` for a random one. Defaults to `None`.
            start_scale: First scale with fresh noise, 0 is the coarsest.
                `None` for the server's default. Defaults to `None`.
            size: (height, width) in pixels, or `None` for the trained size.
                Defaults to `None`.
            tile: `"x"`, `"y"` or `"both"` for images that repeat there without a
                seam, with `start_scale` 0 and `refine` `None`. Defaults to `None`.
            refine: Whether the photo's own patches refine the result: crisper.
                `None` for the server's default. Defaults to `None`.
            variation: How far from the photo, in [0, 1]: 0 is the photo as the model
                remembers it; `None` for the server's default, 1. Below 1 and with
                `start_scale` 0 the size must be the trained one. Defaults to `None`.
            around: Pair (seed, number) of a sample that is varied instead of the
                photo, with `variation` below 1. Defaults to `None`.
            progress: Function of (images done, n), called after each request,
                or `None`. Defaults to `None`.

        Returns:
            List of `n` PIL images.

        Raises:
            TaskError: If an argument is out of range.
            ServingError: If the server cannot be reached or refuses.
        """
        options = {"start_scale": start_scale, "size": size, "tile": tile}
        options |= {"refine": refine, "variation": variation, "around": around}
        drawn = self.iterate_samples(n, seed=seed, progress=progress, **options)
        return list(drawn)

    def iterate_samples(
        self,
        n=1,
        *,
        seed=None,
        start_scale=None,
        size=None,
        tile=None,
        refine=None,
        variation=None,
        around=None,
        progress=None,
    ):
        """Yields the images of `sample` as they come, `batch_size` a request."""
        n = whole("n", n, 1)
        values = {"seed": seed, "start_scale": start_scale}
        values |= {"refine": refine, "variation": variation}
        signature, row = sample_request(size, tile, around, **values)
        return self._batches(signature, row, n, progress)

    def vary(
        self,
        n=8,
        *,
        region=None,
        mask=None,
        image=None,
        start_scale=None,
        seed=None,
        refine=None,
        progress=None,
    ):
        """Asks for one part of the photo drawn anew.

        Args:
            n: How many images. Image `i` depends on `seed` and `i` alone.
                Defaults to `8`.
            region: `(x, y, width, height)` of the part, in pixels. Either it or
                `mask` must be given. Defaults to `None`.
            mask: White where the part is: path, bytes, PIL image or array.
                Defaults to `None`.
            image: The photo itself at any size, in the same forms, or `None` for
                the photo as trained. Defaults to `None`.
            start_scale: First scale with fresh noise, or `None` for the server's
                default. Defaults to `None`.
            seed: Whole number, or `None` for a random one. Defaults to `None`.
            refine: Whether the photo's own patches refine the result: crisper.
                `None` for the server's default. Defaults to `None`.
            progress: Function of (images done, n), called after each request,
                or `None`. Defaults to `None`.

        Returns:
            List of `n` PIL images of the image's size.

        Raises:
            ImageError: If an image cannot be read.
            TaskError: If an argument is out of range.
            ServingError: If the server cannot be reached or refuses.
        """
        if (region is None) == (mask is None):
            given = "neither" if mask is None else "both"
            raise TaskError(
                f"Either `region` or `mask` must be given. Received: {given}."
            )
        n = whole("n", n, 1)
        values = {"image_bytes": image, "start_scale": start_scale, "seed": seed}
        task = signature_for(VARY, {"refine": refine})
        row = request_row(task, values | {"refine": refine})
        if mask is None:
            # The server alone knows the size of the photo as trained.
            photo = self.reconstruct() if image is None else row["image_bytes"]
            mask = region_mask(region, image_size(photo))
        row |= request_row(task, {"mask_bytes": mask})
        return list(self._batches(task.signature, row, n, progress))

    def extend(
        self,
        *,
        left=0,
        right=0,
        top=0,
        bottom=0,
        n=1,
        image=None,
        start_scale=None,
        seed=None,
        refine=None,
        progress=None,
    ):
        """Asks for the photo with more of its kind around it.

        Args:
            left: Pixels to add there, or a share of the side such as `"50%"`.
                Defaults to `0`.
            right: See `left`. Defaults to `0`.
            top: See `left`. Defaults to `0`.
            bottom: See `left`. Defaults to `0`.
            n: How many images. Image `i` depends on `seed` and `i` alone.
                Defaults to `1`.
            image: The photo itself at any size: path, bytes, PIL image or array;
                `None` is the photo as trained. Defaults to `None`.
            start_scale: First scale with fresh noise, or `None` for the server's
                default. Defaults to `None`.
            seed: Whole number, or `None` for a random one. Defaults to `None`.
            refine: Whether the photo's own patches refine the result: crisper.
                `None` for the server's default. Defaults to `None`.
            progress: Function of (images done, n), called after each request,
                or `None`. Defaults to `None`.

        Returns:
            List of `n` PIL images.

        Raises:
            ImageError: If the image cannot be read.
            TaskError: If an argument is out of range.
            ServingError: If the server cannot be reached or refuses.
        """
        n = whole("n", n, 1)
        values = {"image_bytes": image, "start_scale": start_scale, "seed": seed}
        task = signature_for(EXTEND, {"refine": refine})
        row = request_row(task, values | {"refine": refine})
        pads = {"left": left, "right": right, "top": top, "bottom": bottom}
        row |= {name: pad_number(name, pad) for name, pad in pads.items()}
        if not any(pads.values()):
            raise TaskError(
                "`left`, `right`, `top` or `bottom` must add at least one pixel. "
                "Received: nothing to add."
            )
        return list(self._batches(task.signature, row, n, progress))

    def reconstruct(self):
        """Asks for the training photo as the model remembers it: a PIL image.

        Raises:
            ServingError: If the server cannot be reached or refuses.
        """
        return self._image("reconstruct", {"index": 0})

    def super_resolve(self, image, factor=None, *, seed=None):
        """Asks for an image enlarged, with the photo's detail.

        Args:
            image: Path, bytes of an encoded image, file object, PIL image or array.
            factor: Enlargement, over 1, or `None` for the server's default.
                Defaults to `None`.
            seed: Whole number of at least 0 for added noise, or `None` for no
                noise. Defaults to `None`.

        Returns:
            A PIL image.

        Raises:
            ImageError: If the image cannot be read.
            TaskError: If an argument is out of range.
            ServingError: If the server cannot be reached or refuses.
        """
        values = {"image_bytes": image, "factor": factor, "seed": seed}
        row = request_row(SUPER_RESOLVE, values)
        return self._image("super_resolution", row)

    def animate(
        self,
        frames=None,
        *,
        start_scale=None,
        alpha=None,
        beta=None,
        loop=False,
        seed=None,
    ):
        """Asks for the photo in motion; `save_frames` writes it.

        Args:
            frames: How many, or `None` for the server's default. Defaults to
                `None`.
            start_scale: First scale that moves, or `None` for the server's
                default. Defaults to `None`.
            alpha: Pull towards the photo, in [0, 1], or `None` for the
                server's default. Defaults to `None`.
            beta: Smoothness of the motion, in [0, 1], or `None` for the
                server's default. Defaults to `None`.
            loop: Whether the last frame leads to the first. Defaults to
                `False`.
            seed: Whole number, or `None` for a random one. Defaults to `None`.

        Returns:
            List of PIL images.

        Raises:
            TaskError: If an argument is out of range.
            ServingError: If the server cannot be reached or refuses.
        """
        walk = {"frames": frames, "alpha": alpha, "beta": beta, "loop": loop}
        row = request_row(ANIMATE, walk | {"seed": seed, "start_scale": start_scale})
        (answer,) = self._transport.predict("animate", [row])
        if isinstance(answer, bytes):
            raise self._strange("one image where frames were asked for")
        return [self._decoded(data) for data in answer if data]

    def status(self):
        """Asks which versions of the model are there, newest first.

        Returns:
            List of dicts: `version` (int), `state` ("AVAILABLE", "LOADING",
            ...), `error` (text, "" if there is none).

        Raises:
            ServingError: If the server cannot be reached or refuses.
        """
        return self._transport.status()

    def metadata(self):
        """Asks what the model takes and gives.

        Returns:
            Dict: `name`, `version` (int) and `signatures`, a dict from a
            signature's name to its `inputs` and `outputs`: dicts from a name
            to its `dtype` ("int64", "string", ...) and `shape`, a list with
            -1 for any length, or `None` for any rank.

        Raises:
            ServingError: If the server cannot be reached or refuses.
        """
        return self._transport.metadata()

    def close(self):
        """Closes the connection; the client cannot be used any more."""
        self._transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _batches(self, signature, row, n, progress):
        for first in range(0, n, self.batch_size):
            last = min(first + self.batch_size, n)
            rows = [row | {"index": index} for index in range(first, last)]
            for data in self._transport.predict(signature, rows):
                yield self._decoded(data)
            if progress is not None:
                progress(last, n)

    def _image(self, signature, row):
        (data,) = self._transport.predict(signature, [row])
        return self._decoded(data)

    def _decoded(self, data):
        if not isinstance(data, bytes):
            raise self._strange("frames where one image was asked for")
        try:
            return decode_image(data)
        except ImageError:
            raise self._strange(f"{len(data)} bytes that are no PNG") from None

    def _strange(self, what):
        return ServingError(
            f"The server at {self._transport.server} must answer with images, as a "
            f"model of keras-singan export does. Received: {what}."
        )
