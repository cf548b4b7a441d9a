"""`PyramidGraphs`: a pyramid's scales, compiled and in bounded memory.

Each scale is traced once, for any batch and size. Python's tasks and all the
signatures of an exported model call the same graphs.
"""

import functools

import tensorflow as tf

from keras_singan.models.strip_tiling import apply_in_strips
from keras_singan.ops import noise
from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.patches.patch_refinement import refine

# What the activations of one chunk of images may take, about.
_CHUNK_BYTES = 256 * 2**20

# First refined scale of a model that was not meant to be refined. From scale 0 on
# samples would lose their variety.
_REFINE_FROM = 1
# The same for samples that keep the photo's layout, in models of 7 scales or more.
# Smaller ones would give the photo back; larger ones would be streaked without it.
_REFINE_LAYOUT_FROM, _LAYOUT_SCALES = 4, 7
# The least `alpha` where part of the picture is the user's: a smaller one would put
# what the user left out of it, since every part of the photo is to be used.
_LAYOUT_ALPHA = 0.005
# How often patches are matched. Fewer at the finest scale, which takes most of the
# time: what agrees below agrees there.
_ROUNDS, _LAST_ROUNDS = 8, 4


class PyramidGraphs:
    """The part of `SinGANPyramid` that runs its trained generators."""

    def make_graphs(self):
        """Prepares the graphs; each is traced at its first use."""
        scales = range(self.num_scales)
        self._graphs = [self._new_graph(scale) for scale in scales]
        self._noise_graphs = self._new_noise_graph(0), self._new_noise_graph()
        number, whole = tf.TensorSpec((), tf.float32), tf.TensorSpec((), tf.int32)
        images = self._images_spec()
        self._refine_graph = self.graph(
            self._exchange_patches, [images, images, number, whole, whole, whole]
        )

    def _exchange_patches(self, images, real, alpha, rounds, *wraps):
        # Masks follow the patches of the picture that they belong to.
        return refine(images, real, alpha, rounds, self.image_channels, wraps)

    def graph(self, function, input_signature):
        """Makes the graph of a function."""
        return tf.function(function, input_signature=input_signature, autograph=False)

    def _new_graph(self, scale):
        """A scale on given noise: `(z, image from below)`."""

        def grow(z, *image):
            previous = self._previous(z, *(image or [None]))
            amp = self.noise_amps.value[scale]
            return self.apply_generator(scale, amp * z, previous)

        return self.graph(grow, [self._images_spec()] * (1 if scale == 0 else 2))

    def _new_noise_graph(self, only=None):
        """Noise of the scale `only`, or of any above 0: see `fresh_noise`."""

        def draw(seed, indices, scale, height, width, purpose):
            scale = scale if only is None else only
            size = noise.noise_size((height, width), self.padding, self.num_layers)
            return noise.draw_samples(
                seed, indices, scale, size, self.channels, purpose
            )

        seed, indices = tf.TensorSpec((), tf.int64), tf.TensorSpec((None,), tf.int64)
        return self.graph(draw, [seed, indices, *[tf.TensorSpec((), tf.int32)] * 4])

    def _images_spec(self):
        return tf.TensorSpec((None, None, None, self.channels), tf.float32)

    def generate_function(self, zs, image=None, stop_scale=None):
        """Does what `generate` does, compiled and in bounded memory."""
        stop = self.num_scales if stop_scale is None else stop_scale
        for scale, z in zip(range(stop - len(zs), stop), zs, strict=True):
            image = _call(self._graphs[scale], z, *([image] if scale else []))
        return image

    def apply_generator(self, scale, z, previous):
        """Runs one frozen generator, in strips where the image is large.

        Args:
            scale: int, index of the scale.
            z: float32 tensor, noise times its amplitude, as `Generator` takes it.
            previous: float32 tensor `(batch, height, width, channels)`, the image
                from below at this scale's size.

        Returns:
            float32 tensor `(batch, height, width, channels)`.
        """
        return apply_in_strips(self.generators[scale], z, previous)

    def reconstruct(self, stop_scale=None):
        """Generates the reconstruction of the scale `stop_scale - 1`.

        Returns:
            float32 tensor `(1, height, width, channels)`; `None` if
            `stop_scale` is 0, where nothing lies below.
        """
        stop = self.num_scales if stop_scale is None else stop_scale
        if stop == 0:
            return None
        zs = [self.rec_noise(scale) for scale in range(stop)]
        return self.generate_function(zs, stop_scale=stop)

    def draw_chunks(self, seed, n, start_scale=0, sizes=None, at_once=None, **options):
        """Draws the samples 0 to `n - 1` of a seed, a bounded number at a time.

        Args:
            seed: int.
            n: int, how many samples.
            start_scale: int. Defaults to `0`.
            sizes: Sequence of the (height, width) of every scale. Defaults to the
                trained sizes.
            at_once: The most images of a chunk; `None` is what memory allows.
                Defaults to `None`.
            **options: `refine`, `variation` and `around`, as in `draw`.

        Yields:
            float32 tensors `(images, height, width, channels)`.
        """
        sizes = self.sizes if sizes is None else sizes
        # The scales below are the same for all images: they run once, not per chunk.
        below = self.reconstruct(start_scale)
        chunk = self.chunk_size(sizes[-1], at_once)
        for first in range(0, n, chunk):
            indices = tf.range(first, min(first + chunk, n), dtype=tf.int64)
            yield self.draw(seed, indices, start_scale, sizes, below, **options)

    def chunk_size(self, size, at_once=None):
        """Returns how many images of (height, width) `size` one chunk holds.

        Args:
            size: The (height, width).
            at_once: The most that are wanted; `None` is no limit but memory.
                Defaults to `None`.
        """
        # Input, output and padded input of a layer stand side by side.
        bytes_each = 4 * size[0] * size[1] * max(self.filters) * 3
        most = max(1, _CHUNK_BYTES // bytes_each)
        return most if at_once is None else min(most, at_once)

    def draw(
        self,
        seed,
        indices,
        start_scale=0,
        sizes=None,
        below=None,
        refine=None,
        variation=1.0,
        around=None,
    ):
        """Draws samples: scales below `start_scale` keep the reconstruction.

        Args:
            seed: int or scalar int64 tensor.
            indices: Sequence or int64 tensor of shape `(n,)`, which samples of
                that seed.
            start_scale: int or scalar int tensor, the first scale with fresh
                noise. Defaults to `0`.
            sizes: Sequence of the wanted (height, width) at every scale, ints
                or scalar tensors. Defaults to the trained sizes.
            below: The reconstruction of the scale below an int `start_scale`;
                `None` generates it. Defaults to `None`.
            refine: See `refined_from`. Defaults to `None`.
            variation: See `varied_noise`. Defaults to `1.0`.
            around: See `varied_noise`. Defaults to `None`.

        Returns:
            float32 tensor `(n, height, width, channels)`.
        """
        image, sizes = below, self.sizes if sizes is None else sizes
        first = 0 if below is None else start_scale
        refined_from = self.refined_from(refine, start_scale)

        def step(scale, image):
            # The noise alone is chosen, so that a graph has each generator once.
            given = scale, seed, indices, sizes[scale], variation, around
            fresh = functools.partial(self.varied_noise, *given)
            kept = functools.partial(self.rec_noise, scale)
            z = _when(start_scale <= scale, fresh, kept)
            return self.generate_function([z], image, stop_scale=scale + 1)

        refinement = start_scale, refined_from, self.refine_alpha
        return self.climb(step, image, first, refinement)

    def climb(self, step, image, first, refinement, after=None):
        """Generates scale by scale, each image refined if its scale is.

        Args:
            step: Function of a scale, an int, and of the image from below, anything
                at scale 0: it gives the image of that scale.
            image: float32 tensor `(n, height, width, channels)`, the image below
                scale `first`; `None` if that is 0.
            first: int, the first scale that runs.
            refinement: What `refine_scale` takes besides scale and image.
            after: Function of a scale and of its refined image, which gives what
                the next scale gets. Defaults to none.

        Returns:
            float32 tensor `(n, height, width, channels)`.
        """
        for scale in range(first, self.num_scales):
            image = self.refine_scale(scale, step(scale, image), *refinement)
            image = image if after is None else after(scale, image)
        return image

    def inject(self, image, start_scale, seed, sizes=None, indices=(0,), refine=None):
        """Lets an image enter at a scale, and generates from there on.

        The image is first shrunk to the size of the scale below, so that it is
        as blurred as what that scale was trained on (Shaham et al. 2019,
        section 4).

        Args:
            image: float tensor `(1, height, width, channels)` of any size.
            start_scale: int or scalar int tensor from 1 on, the first scale that
                runs.
            seed: int or scalar int64 tensor of the fresh noise.
            sizes: Sequence of the (height, width) of every scale. Defaults to
                the trained sizes.
            indices: Sequence of ints, which samples of that seed. Defaults to
                `(0,)`.
            refine: See `refined_from`. Defaults to `None`.

        Returns:
            float32 tensor `(len(indices), height, width, channels)`.
        """
        sizes = self.sizes if sizes is None else sizes
        image = resize_picture(image, _at(sizes, start_scale - 1), self.mask_channels)
        # As many as will come out: both ways through a scale must agree.
        image += tf.zeros((len(indices), 1, 1, 1))

        def step(scale, image):
            fresh = functools.partial(self._step, scale, image, seed, indices, sizes)
            return _when(start_scale <= scale, fresh, lambda: image)

        return self.climb(step, image, 1, (start_scale, self.refined_from(refine)))

    def refined_from(self, refine=None, start_scale=0):
        """Returns the first scale that is refined; the number of scales for none.

        Samples that keep the photo's layout are refined from a later scale on, and
        in models of few scales on demand only: the nearest patches would be those
        of the photo at the same place.

        Args:
            refine: `True`, `False`, or `None` for what the model was made for; or
                a scalar int tensor, 1, 0 or -1 for the same. Defaults to `None`.
            start_scale: int or scalar int tensor, the first scale with fresh noise
                of a sample. Defaults to `0`.
        """
        never, finest = self.num_scales, self.num_scales - 1
        first = _REFINE_FROM if self.refine_from is None else self.refine_from
        always = min(first, finest)
        own = never if self.refine_from is None else always
        large = self.num_scales >= _LAYOUT_SCALES
        kept = max(own, _REFINE_LAYOUT_FROM) if large else never
        if tf.is_tensor(start_scale):
            own = tf.where(start_scale > 0, kept, own)
        elif start_scale > 0:
            own = kept
        if tf.is_tensor(refine):
            return tf.where(refine < 0, own, tf.where(refine > 0, always, never))
        return {None: own, True: always, False: never}[refine]

    def refine_scale(
        self, scale, images, start_scale, refined_from, alpha=None, wraps=(0, 0)
    ):
        """Replaces the patches of a scale's images by the photo's, if it is refined.

        Args:
            scale: int or scalar int tensor, index of the scale.
            images: float32 tensor `(batch, height, width, channels)`.
            start_scale: int or scalar int tensor, the first generated scale.
            refined_from: int or scalar int tensor: see `refined_from`.
            alpha: float: see `SinGANConfig.refine_alpha`. Defaults to `None`: what
                keeps a given layout.
            wraps: As in `keras_singan.ops.patches.patch_refinement.refine`. Defaults
                to `(0, 0)`.

        Returns:
            float32 tensor of the shape of `images`.
        """

        def exchange():
            real = self.real_level(scale)
            last = tf.equal(scale, self.num_scales - 1)
            rounds = tf.where(last, _LAST_ROUNDS, _ROUNDS)
            own = max(self.refine_alpha, _LAYOUT_ALPHA) if alpha is None else alpha
            given = tf.constant(own, tf.float32), rounds, *map(_int32, wraps)
            return _call(self._refine_graph, images, real, *given)

        wanted = (start_scale <= scale) & (refined_from <= scale)
        return _when(wanted, exchange, lambda: images)

    def real_level(self, scale):
        """Returns the real image at a scale, float32 `(1, height, width, channels)`."""
        size = _at(self.sizes, scale)
        return resize_picture(self.real.value, size, self.mask_channels)

    def _step(self, scale, image, seed, indices, sizes):
        """One scale with fresh noise, on the image from below."""
        z = self.fresh_noise(scale, seed, indices, sizes[scale])
        return self.generate_function([z], image, stop_scale=scale + 1)

    def varied_noise(self, scale, seed, indices, size, variation=1.0, around=None):
        """Draws noise that lies between a middle one and fresh one.

        The middle is the noise of the reconstruction, which is 0 above scale 0, or
        that of a sample.

        Args:
            scale: int, index of the scale.
            seed: int or scalar int64 tensor.
            indices: Sequence or integer tensor of shape `(n,)`.
            size: Pair (height, width) of the images, ints or scalar tensors; the
                trained one at scale 0, where the middle is the reconstruction's.
            variation: float or scalar float tensor in [0, 1]: 0 is the middle, 1
                fresh noise bit by bit. Defaults to `1.0`.
            around: Pair (seed, index) of the sample in the middle, ints or scalar
                tensors; a tensor index below 0 means none. Defaults to `None`.

        Returns:
            float32 tensor `(n, noise height, noise width, channels)`.
        """
        known = around is not None
        if known and tf.is_tensor(around[1]):
            known = around[1] >= 0
        # A sample that is mixed with itself would be too strong.
        other = _when(known, lambda: noise.VARIATION, lambda: noise.SAMPLING)
        fresh = self.fresh_noise(scale, seed, indices, size, other)
        if isinstance(variation, float) and variation == 1:
            return fresh

        def remembered():
            # Elsewhere it is 0, at a size where only fresh noise is asked for, too.
            nothing = tf.zeros_like(fresh[:1])
            if scale:
                return nothing
            own = self.rec_noise(0)
            same = tf.reduce_all(tf.equal(tf.shape(nothing), tf.shape(own)))
            return tf.cond(same, lambda: own, lambda: nothing)

        def sampled():
            return self.fresh_noise(scale, around[0], [around[1]], size)

        return noise.mix(_when(known, sampled, remembered), fresh, variation)

    def fresh_noise(self, scale, seed, indices, size, purpose=noise.SAMPLING):
        """Draws the fresh noise of a scale for images of `size`.

        Args:
            scale: int, index of the scale.
            seed: int or scalar int64 tensor.
            indices: Sequence or integer tensor of shape `(n,)`.
            size: Pair (height, width) of the images, ints or scalar tensors.
            purpose: As in `keras_singan.ops.noise.noise_key`. Defaults to
                `SAMPLING`.

        Returns:
            float32 tensor `(n, noise height, noise width, channels)`.
        """
        seed, indices = tf.cast(seed, tf.int64), tf.cast(indices, tf.int64)
        numbers = map(_int32, (scale, *size, purpose))
        return _call(self._noise_graphs[min(scale, 1)], seed, indices, *numbers)


def _int32(number):
    return tf.cast(number, tf.int32)


def _call(graph, *inputs):
    # Called directly, the graphs of 5 scales, which share their code, make
    # TensorFlow warn of one function that is traced again and again.
    return graph.get_concrete_function()(*inputs)


def _when(condition, yes, no):
    """Calls `yes` or `no`: decided now for a bool, in the graph for a tensor."""
    if isinstance(condition, bool):
        return yes() if condition else no()
    return tf.cond(condition, yes, no)


def _at(sizes, scale):
    if isinstance(scale, int):
        return sizes[scale]
    return tf.unstack(tf.gather(tf.stack(sizes), scale))
