"""`KeptScales`: the retrained scales of a `SinGAN`, in memory and beside its file."""

from keras_singan.tasks import retrained_scale


class KeptScales:
    """What a `SinGAN` knows of scales that were retrained for paint-to-image.

    A subclass has `_fitted`, which gives the trained pyramid, and `config_`.
    """

    # Where the model's file is, once there is one.
    _path = None

    def _quantized_scale(self, scale, colors, verbose):
        """Returns a retrained scale: kept here, from beside the model, or made."""
        kept = self.__dict__.setdefault("_quantized", {})
        if (scale, colors) not in kept:
            path = self._path and retrained_scale.quantized_path(
                self._path, scale, colors
            )
            kept[scale, colors] = retrained_scale.quantized_scale(
                self._fitted(), self.config_, scale, colors, path=path, verbose=verbose
            )
        return kept[scale, colors]

    def quantized_scales(self):
        """Returns the retrained scales: made here, or kept on disk.

        Returns:
            Dictionary of start scale to `QuantizedScale`; of several at one
            scale, the one with the fewest colours.

        Raises:
            NotFittedError: If the model has not been fitted or loaded.
        """
        pyramid, kept = self._fitted(), self.__dict__.setdefault("_quantized", {})
        if self._path is not None:
            stored = retrained_scale.find_quantized(self._path, pyramid, self.config_)
            kept |= {key: scale for key, scale in stored.items() if key not in kept}
        return {scale: kept[scale, colors] for scale, colors in sorted(kept)[::-1]}
