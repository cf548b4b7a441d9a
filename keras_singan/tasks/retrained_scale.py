"""One scale retrained on few colours, for paint-to-image: made, kept, reused.

A painting has flat colours, which a scale trained on photos alone has never
seen. So its generator is trained anew, from scratch, on images from below that
are repainted in a palette of the photo's colours; paintings are repainted in it,
too (Shaham et al. 2019, supplement). The other scales stay as they are.
"""

import contextlib
import dataclasses
import hashlib
import sys
import warnings
from pathlib import Path

import numpy as np

from keras_singan.config import SinGANConfig
from keras_singan.errors import ModelFileError
from keras_singan.errors import OutputError
from keras_singan.errors import TaskError
from keras_singan.io.files import atomic_path
from keras_singan.models.model_file import MODEL_NAME
from keras_singan.models.model_file import check_suffix
from keras_singan.models.model_file import damaged
from keras_singan.models.model_file import load_with_extra
from keras_singan.models.model_file import save_model
from keras_singan.models.pyramid import SinGANPyramid
from keras_singan.ops.quantize import palette
from keras_singan.ops.quantize import repaint
from keras_singan.performance.precision import runnable_precision
from keras_singan.tasks.shared.checks import check_injection_scale
from keras_singan.tasks.shared.checks import is_whole
from keras_singan.training.progress import ScaleLines
from keras_singan.training.progress import check_verbose
from keras_singan.training.scale_trainer import ScaleTrainer

MIN_COLORS, MAX_COLORS = 2, 256


@dataclasses.dataclass(frozen=True, eq=False)
class QuantizedScale:
    """A model whose generator of one scale knows the colours of a palette only.

    Attributes:
        pyramid: A copy of the model's `SinGANPyramid` in which generator and
            noise amplitude of `scale` are the retrained ones.
        config: The `SinGANConfig` of the retraining.
        scale: int, which scale, from 1 on.
        colors: int, how many colours were asked for.
        palette: float32 array `(k, channels)`, k at most `colors`.
        base: Fingerprint of the model that it was made from.
    """

    pyramid: SinGANPyramid
    config: SinGANConfig
    scale: int
    colors: int
    palette: np.ndarray
    base: str

    def fits(self, pyramid, config, scale, colors):
        """Whether retraining with these arguments would give this very scale."""
        here = (self.config, self.scale, self.colors, self.base)
        return here == (config, scale, colors, fingerprint(pyramid))

    def save(self, path) -> Path:
        """Writes a `.keras` file, in place of an earlier one.

        Raises:
            ModelFileError: If the path does not end in `.keras`.
            OutputError: If the file cannot be written.
        """
        extra = {
            "quantized_scale": self.scale,
            "colors": self.colors,
            "palette": self.palette.tolist(),
            "base": self.base,
        }
        return save_model(self.pyramid, self.config, path, extra)

    @classmethod
    def load(cls, path) -> "QuantizedScale":
        """Reads what `save` wrote. Code in the file is never run.

        Raises:
            ModelFileError: If the path is missing, or the file damaged, of
                another kind, or from a newer version.
        """
        pyramid, config, extra = load_with_extra(path)
        try:
            colours = np.array(extra["palette"], "float32")
            result = cls(
                pyramid=pyramid,
                config=config,
                scale=check_injection_scale(pyramid, extra["quantized_scale"]),
                colors=check_colors(extra["colors"]),
                palette=colours,
                base=str(extra["base"]),
            )
            _check_palette(result)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelFileError(damaged(path)) from error
        return result


def quantized_path(model_path, scale, colors) -> Path:
    """Where the retrained scale of a model is kept: beside the model.

    Args:
        model_path: The model's `.keras` file or run folder.
        scale: int, the retrained scale.
        colors: int, the number of colours.

    Returns:
        For example `runs/photo/singan_quantized_scale1_colors5.keras`.
    """
    path = Path(model_path)
    path = path / MODEL_NAME if path.is_dir() else path
    return path.with_name(f"{path.stem}_quantized_scale{scale}_colors{colors}.keras")


def find_quantized(model_path, pyramid, config):
    """Finds the retrained scales that stand beside a model and belong to it.

    Args:
        model_path: The model's `.keras` file or run folder.
        pyramid: The model's `SinGANPyramid`.
        config: The `SinGANConfig` that it was trained with.

    Returns:
        Dictionary of `(scale, colors)` to `QuantizedScale`. Files that are
        damaged or of another model are left out.
    """
    beside, found = quantized_path(model_path, "", ""), {}
    begin = beside.name.removesuffix("_colors.keras")
    for path in sorted(beside.parent.glob("*.keras")):
        if not path.name.startswith(begin):
            continue
        with contextlib.suppress(ModelFileError):
            kept = QuantizedScale.load(path)
            if kept.fits(pyramid, config, kept.scale, kept.colors):
                found[kept.scale, kept.colors] = kept
    return found


def quantized_scale(pyramid, config, scale, colors=5, *, path=None, verbose=0):
    """Returns the retrained scale of a model, read from its file or trained now.

    A file of another model, other colours or another training is replaced; a
    file that is no retrained scale at all is left alone and refused.

    Args:
        pyramid: A trained `SinGANPyramid`; it stays as it is.
        config: The `SinGANConfig` that it was trained with.
        scale: int from 1 up to the finest: where paintings will enter.
        colors: int from 2 to 256, how many colours the palette has, at most.
            More of them keep small vivid things apart. Defaults to `5`.
        path: The `.keras` file, read if it is there and written if not; `None`
            keeps nothing on disk. Defaults to `None`.
        verbose: `0` for silence, `1` or `2` for a line on standard error when the
            retraining begins and when it is done. Defaults to `0`.

    Returns:
        A `QuantizedScale`.

    Raises:
        TaskError: If `scale` or `colors` is out of range.
        ConfigError: If `verbose` is none of these.
        ModelFileError: If there is another file at `path`, or it does not end in
            `.keras`.
        TrainingError: If the training diverges.
        OutputError: If the file cannot be written in the end.

    Warns:
        UserWarning: If it cannot be written where the model is, which is tried
            beforehand; then nothing is kept on disk.
    """
    scale = check_injection_scale(pyramid, scale)
    colors = check_colors(colors)
    check_verbose(verbose)
    if path is None:
        return retrain(pyramid, config, scale, colors, verbose)
    path = check_suffix(path)
    if path.exists():
        kept = QuantizedScale.load(path)
        if kept.fits(pyramid, config, scale, colors):
            return kept
    try:
        _check_writable(path)
    except OutputError as error:
        text = f"The retrained scale is not kept, but made anew each time. {error}"
        warnings.warn(text, UserWarning, stacklevel=2)
        return retrain(pyramid, config, scale, colors, verbose)
    result = retrain(pyramid, config, scale, colors, verbose)
    result.save(path)
    return result


def retrain(pyramid, config, scale, colors, verbose=0):
    """Trains one scale of a copy of `pyramid` on few colours: see the module.

    Args:
        pyramid: A trained `SinGANPyramid`; it stays as it is.
        config: The `SinGANConfig` that it was trained with.
        scale: int from 1 up to the finest.
        colors: int from 2 to 256.
        verbose: `0` for silence, else lines on standard error. Defaults to `0`.

    Returns:
        A `QuantizedScale`.

    Raises:
        TrainingError: If the training diverges.
    """
    running = runnable_precision(config)
    copy = _copy_without(pyramid, scale, running.dtype_policy)
    trainer = QuantizedTrainer(copy, scale, running, colors)
    callbacks = []
    if verbose:
        text = f"Retraining scale {scale} on {len(trainer.palette)} colours"
        print(text, file=sys.stderr)
        callbacks.append(ScaleLines())
    trainer.train(callbacks=callbacks)
    base = fingerprint(pyramid)
    copy = copy.in_float32()
    return QuantizedScale(copy, config, scale, colors, trainer.palette, base)


class QuantizedTrainer(ScaleTrainer):
    """Trains a scale on images from below in the colours of a palette.

    Args:
        pyramid: The pyramid, its scales below `scale` trained.
        scale: int, index of the scale.
        config: The hyper-parameters.
        colors: int, at most how many colours of the real image at that scale.
    """

    def __init__(self, pyramid, scale, config, colors):
        real = pyramid.real_level(scale)
        self.palette = palette(real.numpy()[0], colors, config.seed)
        super().__init__(pyramid, scale, config)

    def entering(self, upsampled):
        """Repaints an upsampled image from below."""
        return repaint(upsampled, self.palette)


def fingerprint(pyramid):
    """Returns the SHA-256 of all weights of a pyramid: it tells models apart."""
    digest = hashlib.sha256()
    for weight in pyramid.weights:
        values = np.asarray(weight.numpy(), "<f4", order="C")
        digest.update(f"{values.shape}".encode() + values.tobytes())
    return digest.hexdigest()


def check_colors(colors):
    """Returns `colors` as an int, or raises `TaskError`."""
    if not is_whole(colors) or not MIN_COLORS <= colors <= MAX_COLORS:
        raise TaskError(
            f"`colors` must be a whole number from {MIN_COLORS} to {MAX_COLORS}. "
            f"Received: colors={colors!r}."
        )
    return int(colors)


def _copy_without(pyramid, scale, dtype):
    """A copy of a pyramid whose generator of one scale is untrained."""
    copy = SinGANPyramid.from_config(pyramid.get_config() | {"dtype": dtype})
    untrained = copy.generators[scale].get_weights()
    copy.set_weights(pyramid.get_weights())
    copy.generators[scale].set_weights(untrained)
    return copy


def _check_palette(quantized):
    """Raises `ValueError` for a palette that cannot be one."""
    k, channels = quantized.palette.shape
    inside = np.abs(quantized.palette) <= 1  # False for NaN
    if not 1 <= k <= quantized.colors or channels != quantized.pyramid.channels:
        raise ValueError("another number of colours or channels")
    if not inside.all():
        raise ValueError("colours outside [-1, 1]")


def _check_writable(path):
    """Raises `OutputError` now rather than after minutes of training."""
    # A failing block leaves no trace of the temporary file.
    with contextlib.suppress(_Tried), atomic_path(path) as temporary:
        temporary.touch()
        raise _Tried


class _Tried(Exception):
    """Ends the trial writing of `_check_writable`."""
