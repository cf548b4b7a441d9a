"""`TaskMethods`: every task as a method of `SinGAN`."""

from keras_singan.backend import refuse_fork
from keras_singan.errors import NotFittedError
from keras_singan.io.animation_file import save_animation
from keras_singan.io.image import spread
from keras_singan.task_specs import ALPHA
from keras_singan.task_specs import BETA
from keras_singan.task_specs import FACTOR
from keras_singan.task_specs import FRAMES
from keras_singan.task_specs import VARIATION
from keras_singan.tasks import animation
from keras_singan.tasks import editing
from keras_singan.tasks import extension
from keras_singan.tasks import harmonization
from keras_singan.tasks import painting
from keras_singan.tasks import sampling
from keras_singan.tasks import super_resolution
from keras_singan.tasks import variation
from keras_singan.tasks.kept_scales import KeptScales
from keras_singan.tasks.shared.output_pixels import to_pixels


class TaskMethods(KeptScales):
    """What a trained model can do, each method a function of `tasks/`.

    Where a method has a `start_scale`, a sequence of scales gives a stack of
    their results, all from the same seed: nobody knows beforehand which scale
    suits a picture. Where a method takes an image, `value_range` says which of its
    values become black and white, as in `fit`.
    """

    def sample(
        self,
        n=1,
        *,
        start_scale=0,
        size=None,
        tile=None,
        seed=None,
        refine=None,
        variation=VARIATION.default,
        around=None,
        return_masks=False,
    ):
        """Draws new variations: see `keras_singan.tasks.sampling.sample`.

        ```python
        model.sample(8, variation=0.5)                  # between photo and sample
        model.sample(8, variation=0.5, around=(3, 2))   # more like sample(3, seed=3)[2]
        ```

        Returns:
            uint8 array of shape `(n, height, width, channels)`. With `return_masks` a
            pair: that array, and uint8 `(n, height, width, masks)`, 255 inside the
            masks that `fit` was given, and 0 outside.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            TaskError: If an argument is out of range.
        """
        options = {"size": size, "tile": tile, "seed": seed, "refine": refine}
        options |= {"variation": variation, "around": around}
        options |= {"start_scale": start_scale, "return_masks": return_masks}
        return sampling.sample(self._fitted(), n, **options)

    def reconstruct(self):
        """Returns the training image as the generators remember it.

        Returns:
            uint8 array of shape `(height, width, channels)`.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
        """
        return sampling.reconstruct(self._fitted())

    def training_image(self):
        """Returns the photo as it was trained on, shrunk to the finest scale.

        Returns:
            uint8 array of shape `(height, width, channels)`.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
        """
        pyramid = self._fitted()
        return to_pixels(pyramid, pyramid.real.value)[0]

    def training_masks(self):
        """Returns the masks as they were trained on, with the photo.

        Returns:
            uint8 array of shape `(height, width, masks)`, 255 inside and 0 outside;
            of a model without masks there are 0.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
        """
        pyramid = self._fitted()
        pixels = to_pixels(pyramid, pyramid.real.value, masks=True)[0]
        return pixels[..., pyramid.image_channels :]

    def animate(
        self,
        frames=FRAMES.default,
        fps=10,
        *,
        start_scale=None,
        alpha=ALPHA.default,
        beta=BETA.default,
        loop=False,
        size=None,
        seed=None,
        path=None,
        overwrite=False,
    ):
        """Animates the photo: see `keras_singan.tasks.animation.animate`.

        Args:
            frames: How many frames. Defaults to `100`.
            fps: Frames per second of the file; without a `path` it plays no
                part. Defaults to `10`.
            start_scale: First scale that moves. Defaults to `None`: 1, for a model
                of one scale 0.
            alpha: Pull back to the photo, in [0, 1]; 1 stands still. Defaults
                to `0.1`.
            beta: Inertia of the motion, in [0, 1]. Defaults to `0.9`.
            loop: Whether the last frame leads to the first. Defaults to `False`.
            size: (height, width) in pixels; `None` is the trained size. Defaults
                to `None`.
            seed: Whole number that fixes the motion, or `None` for a random
                one. Defaults to `None`.
            path: File (`.gif`, `.webp`, `.png`, `.mp4`) to which the frames are
                written as they come, in bounded memory; `None` returns them.
                Defaults to `None`.
            overwrite: Whether to replace an existing file. Defaults to `False`.

        Returns:
            uint8 array of shape `(frames, height, width, channels)`; or the
            `Path` written.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            TaskError: If an argument is out of range.
            OutputError: If the file exists already or cannot be written.
        """
        walk = {"frames": frames, "alpha": alpha, "beta": beta, "loop": loop}
        walk |= {"start_scale": start_scale, "size": size, "seed": seed}
        if path is None:
            return animation.animate(self._fitted(), **walk)
        batches = animation.iterate_frames(self._fitted(), **walk)
        return save_animation(path, batches, fps, overwrite=overwrite)

    def super_resolve(
        self,
        image=None,
        factor=None,
        *,
        seed=None,
        back_projection=True,
        value_range=None,
    ):
        """Enlarges: see `keras_singan.tasks.super_resolution.super_resolve`.

        A model that was not trained for it does it too, with a warning. By
        default the factor is the one that the model was trained for, else 4.

        Returns:
            uint8 array, `round(factor * side)` for both sides of the image.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            ImageError: If the image cannot be read.
            TaskError: If an argument is out of range.
        """
        pyramid = self._fitted()
        if factor is None:
            factor = self.config_.factor or FACTOR.default
        return super_resolution.super_resolve(
            pyramid,
            spread(image, value_range),
            factor,
            seed=seed,
            back_projection=back_projection,
            config=self.config_,
        )

    def harmonize(
        self,
        composite,
        mask=None,
        *,
        start_scale=None,
        seed=None,
        match_colors=True,
        value_range=None,
    ):
        """Blends a pasted object in: see `tasks.harmonization.harmonize`.

        Returns:
            uint8 array of the composite's own size.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            ImageError: If an image cannot be read.
            TaskError: If the mask or `start_scale` cannot be used.
        """
        pyramid, composite = self._fitted(), spread(composite, value_range)
        return harmonization.harmonize(
            pyramid,
            composite,
            mask,
            start_scale=start_scale,
            seed=seed,
            match_colors=match_colors,
        )

    def edit(
        self,
        image,
        mask=None,
        *,
        start_scale=None,
        seed=None,
        refine=None,
        value_range=None,
    ):
        """Makes a crude edit look real: see `tasks.editing.edit`.

        Returns:
            uint8 array of the image's own size.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            ImageError: If an image cannot be read.
            TaskError: If the mask or `start_scale` cannot be used.
        """
        options = {"start_scale": start_scale, "seed": seed, "refine": refine}
        pyramid, image = self._fitted(), spread(image, value_range)
        return editing.edit(pyramid, image, mask, **options)

    def paint_to_image(
        self,
        paint,
        *,
        start_scale=None,
        quantize=False,
        colors=5,
        seed=None,
        refine=None,
        value_range=None,
        verbose=1,
    ):
        """Turns clip-art into a photo: see `tasks.painting.paint_to_image`.

        Args:
            paint: The clip-art: path, bytes, PIL image or array.
            start_scale: Scale at which it enters, from 1 on; `None` is the
                middle one. Defaults to `None`.
            quantize: Whether that scale is trained anew on colours reduced to
                `colors`, as clip-art has them: sharper, but takes minutes the
                first time. The result is kept beside the model's file and used
                again. Defaults to `False`.
            colors: How many colours then, from 2 to 256. Defaults to `5`.
            seed: Whole number that fixes the noise, or `None` for a random one.
                Defaults to `None`.
            refine: Whether the photo's own patches refine what the generators
                made; `None` is what the model's config says. Defaults to `None`.
            value_range: Which of the paint's values become black and white: see
                `fit`. Defaults to `None`.
            verbose: `0` for silence, `1` or `2` for lines on standard error
                when a scale is trained anew. Defaults to `1`.

        Returns:
            uint8 array of the paint's own size.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            ImageError: If the paint cannot be read.
            TaskError: If an argument is out of range.
        """

        def retrained(scale):
            return self._quantized_scale(scale, colors, verbose)

        return painting.paint_to_image(
            self._fitted(),
            spread(paint, value_range),
            start_scale=start_scale,
            seed=seed,
            refine=refine,
            retrained=retrained if quantize else None,
        )

    def vary(
        self,
        n=8,
        *,
        region=None,
        mask=None,
        image=None,
        start_scale=0,
        seed=None,
        refine=None,
        value_range=None,
    ):
        """Draws one part of the photo anew: see `tasks.variation.vary`.

        Args:
            n: How many images. Defaults to `8`.
            region: `(x, y, width, height)` of the part, in pixels. Either it or
                `mask` must be given. Defaults to `None`.
            mask: Image or array, white where the part is. Defaults to `None`.
            image: The photo itself at any size, such as the larger original;
                `None` is the photo as trained. Defaults to `None`.
            start_scale: First scale with fresh noise, 0 is the coarsest.
                Defaults to `0`.
            seed: Whole number that fixes the noise, or `None` for a random one.
                Defaults to `None`.
            refine: Whether the photo's own patches refine the result: crisper;
                `None` is what the config says. Defaults to `None`.
            value_range: Which of the image's values become black and white: see
                `fit`. Defaults to `None`.

        Returns:
            uint8 array `(n, height, width, channels)`, of the image's size;
            beyond the feathered part every pixel is the image's own.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            ImageError: If an image cannot be read.
            TaskError: If an argument is out of range.
        """
        pyramid, image = self._fitted(), spread(image, value_range)
        part = {"region": region, "mask": mask, "image": image, "refine": refine}
        return variation.vary(pyramid, n, start_scale=start_scale, seed=seed, **part)

    def extend(
        self,
        *,
        left=0,
        right=0,
        top=0,
        bottom=0,
        n=1,
        image=None,
        start_scale=0,
        seed=None,
        refine=None,
        value_range=None,
    ):
        """Widens the photo: see `tasks.extension.extend`.

        Args:
            left: Pixels to add there, or a share of the side such as `"50%"`.
                Defaults to `0`.
            right: See `left`. Defaults to `0`.
            top: See `left`. Defaults to `0`.
            bottom: See `left`. Defaults to `0`.
            n: How many images. Defaults to `1`.
            image: The photo itself at any size, such as the larger original;
                `None` is the photo as trained. Defaults to `None`.
            start_scale: First scale with fresh noise, 0 is the coarsest.
                Defaults to `0`.
            seed: Whole number that fixes the noise, or `None` for a random one.
                Defaults to `None`.
            refine: Whether the photo's own patches refine the result: crisper;
                `None` is what the config says. Defaults to `None`.
            value_range: Which of the image's values become black and white: see
                `fit`. Defaults to `None`.

        Returns:
            uint8 array `(n, top + height + bottom, left + width + right,
            channels)`.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
            ImageError: If the image cannot be read.
            TaskError: If an argument is out of range.
        """
        pads = {"left": left, "right": right, "top": top, "bottom": bottom}
        how = {"start_scale": start_scale, "seed": seed, "refine": refine}
        pyramid, image = self._fitted(), spread(image, value_range)
        return extension.extend(pyramid, n=n, image=image, **pads, **how)

    def _fitted(self):
        refuse_fork()
        pyramid = getattr(self, "pyramid_", None)
        if pyramid is None:
            raise NotFittedError(
                "A SinGAN must be fitted with fit(image), or loaded with "
                "SinGAN.load(path), first. Received: a SinGAN without weights."
            )
        return pyramid
