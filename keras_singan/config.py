"""`SinGANConfig`: every number of the method, checked once, to and from JSON."""

import dataclasses
import difflib
import json
import math
import sys
from typing import Any

from keras_singan.errors import ConfigError

TASKS = (None, "animation", "super_resolution")

# What a preset changes; everything else keeps the published default.
PRESETS: dict[str, dict[str, Any]] = {
    # What was tried against `standard` and cost little for the time it saves.
    "fast": {
        "warm_fraction": 0.25,
        "discriminator_steps": 1,
        "generator_steps": 1,
        "max_filters": 32,
        "crop_size": 128,
        "refine_from": 1,
        "dtype_policy": "auto",
    },
    "standard": {},
    # Fewer scales too: what is fixed in each takes a third of so short a training.
    "draft": {
        "max_size": 100,
        "scale_factor": 0.63,
        "steps": 800,
        "warm_fraction": 0.2,
        "discriminator_steps": 1,
        "generator_steps": 1,
        "max_filters": 32,
        "learning_rate": 1e-3,
        "dtype_policy": "auto",
        "refine_from": 1,
    },
}

# Most masks that are trained with a photo.
MOST_MASKS = 8

# What a preset changes for models of a task, whose images are not refined: their
# generators have to make all of the texture.
UNREFINED_VALUES: dict[str, dict[str, Any]] = {"fast": {"warm_fraction": 0.5}}

# What a task changes in any preset (Shaham et al. 2019, supplement).
TASK_VALUES: dict[str | None, dict[str, Any]] = {
    None: {},
    "animation": {"padding": "noise", "min_size": 20},
    "super_resolution": {
        "factor": 4.0,
        "min_size": 18,
        "reconstruction_weight": 100.0,
    },
}

# What stored hyper-parameters meant before the field existed, where the default
# has become another.
EARLIER_VALUES: dict[str, Any] = {"rec_noise": "fixed", "refine_from": None}

# Fields whose values in presets were others when those of `EARLIER_VALUES` did
# not exist.
EARLIER_PRESETS = ("crop_size", "warm_fraction")

_CHOICES: dict[str, tuple] = {
    "task": TASKS,
    "normalization": ("batch", "instance", None),
    "padding": ("zeros", "noise"),
    "rec_noise": ("redrawn", "fixed"),
    "dtype_policy": ("auto", "float32", "mixed_bfloat16"),
    "jit_compile": ("auto", True, False),
}

# name: (lowest, highest), both allowed.
_INTEGERS: dict[str, tuple[int, int]] = {
    "min_size": (3, 2**16),
    "steps": (1, 10**9),
    "discriminator_steps": (1, 1000),
    "generator_steps": (1, 1000),
    "filters": (1, 2**14),
    "max_filters": (1, 2**14),
    "num_layers": (2, 100),
    "seed": (0, 2**63 - 1),
}

# The same, or `None`.
_OPTIONAL_INTEGERS: dict[str, tuple[int, int]] = {
    "crop_size": (1, 2**24),
    "refine_from": (0, 1000),
}

# name: (lowest, highest), neither allowed but where the comment says so.
_NUMBERS: dict[str, tuple[float, float]] = {
    "scale_factor": (0.0, 1.0),
    "learning_rate": (0.0, math.inf),
    "beta_1": (-1e-12, 1.0),  # 0 allowed
    "beta_2": (-1e-12, 1.0),  # 0 allowed
    "learning_rate_decay": (0.0, 1.0 + 1e-12),  # 1 allowed: no decay
    "learning_rate_milestone": (0.0, 1.0 + 1e-12),  # 1 allowed: no decay
    "reconstruction_weight": (-1e-12, math.inf),  # 0 allowed
    "gradient_penalty_weight": (-1e-12, math.inf),  # 0 allowed
    "noise_amp": (-1e-12, math.inf),  # 0 allowed
    "warm_fraction": (0.0, 1.0 + 1e-12),  # 1 allowed
    "refine_alpha": (0.0, math.inf),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class SinGANConfig:
    """Every hyper-parameter of a SinGAN. The defaults are the published ones.

    Args:
        task: `None` for a general model, `"animation"` or
            `"super_resolution"`. Defaults to `None`.
        factor: Enlargement that a super-resolution model is trained for,
            greater than 1; `None` for the other tasks. Defaults to `None`.
        min_size: Short side of the coarsest scale, in pixels. Defaults to `25`.
        max_size: Longest side of the finest scale, in pixels; larger photos are
            shrunk to it. `None` keeps the photo's own size. Defaults to `250`.
        scale_factor: Wanted ratio of neighbouring scales, in (0, 1). It is
            refitted so that the coarsest short side is exactly `min_size`
            (except for super-resolution). Defaults to `0.75`.
        steps: Training iterations of a scale that starts afresh. Defaults to `2000`.
        discriminator_steps: Discriminator updates per iteration. Defaults to `3`.
        generator_steps: Generator updates per iteration. Defaults to `3`.
        learning_rate: Learning rate of both Adam optimizers. Defaults to `5e-4`.
        beta_1: First moment decay of Adam. Defaults to `0.5`.
        beta_2: Second moment decay of Adam. Defaults to `0.999`.
        learning_rate_decay: Factor by which the learning rate falls once.
            Defaults to `0.1`.
        learning_rate_milestone: Fraction of a scale's iterations after which it
            falls. Defaults to `0.8`.
        reconstruction_weight: Weight of the reconstruction loss. Defaults to `10`.
        gradient_penalty_weight: Weight of the gradient penalty. Defaults to `0.1`.
        warm_fraction: Share of `steps` for a scale that starts from the weights of
            the one below, being as wide. Defaults to `1`.
        crop_size: Side in pixels of the random crops that larger scales are
            trained on; `None` trains on whole images. Defaults to `None`.
        noise_amp: Noise amplitude of a scale in units of the reconstruction's
            root mean squared error. Defaults to `0.1`.
        filters: Filters at the coarsest scale, doubled every 4 scales.
            Defaults to `32`.
        max_filters: Most filters of any scale, if that is no less than `filters`.
            Defaults to `128`.
        num_layers: Convolutions of each network. Defaults to `5`: a receptive
            field of 11 px.
        normalization: `"batch"`, `"instance"` or `None`. Defaults to `"batch"`.
        padding: What surrounds the noise: `"zeros"`, or `"noise"` for more
            variety at the borders. Defaults to `"zeros"`.
        rec_noise: The reconstruction's noise at scale 0 in training:
            `"redrawn"` in every iteration, as in the published code, or
            `"fixed"` to one draw, as in the paper. Fixed noise makes scale 0
            repeat the photo nearly exactly, so that nothing varies from scale 1
            on. Defaults to `"redrawn"`.
        refine_from: First scale whose generated images are refined by the
            photo's own patches; in smaller models at least the finest scale is.
            `None` never refines. It plays no part in training. Defaults to
            `None`.
        refine_alpha: The smaller it is, the more evenly refinement uses all
            parts of the photo; in squared distances of values in [0, 1].
            Defaults to `0.0001`.
        seed: Seed of weights and training noise. Defaults to `0`.
        dtype_policy: `"float32"`, `"mixed_bfloat16"`, or `"auto"`, which is
            `"mixed_bfloat16"` where this machine computes that faster. Defaults to
            `"float32"`.
        jit_compile: Whether XLA compiles the training step: `"auto"` (on a GPU
            only), `True` or `False`. Defaults to `"auto"`.

    Raises:
        ConfigError: If a value has the wrong type or is out of range.
    """

    task: str | None = None
    factor: float | None = None
    min_size: int = 25
    max_size: int | None = 250
    scale_factor: float = 0.75
    steps: int = 2000
    discriminator_steps: int = 3
    generator_steps: int = 3
    learning_rate: float = 5e-4
    beta_1: float = 0.5
    beta_2: float = 0.999
    learning_rate_decay: float = 0.1
    learning_rate_milestone: float = 0.8
    reconstruction_weight: float = 10.0
    gradient_penalty_weight: float = 0.1
    warm_fraction: float = 1.0
    crop_size: int | None = None
    noise_amp: float = 0.1
    filters: int = 32
    max_filters: int = 128
    num_layers: int = 5
    normalization: str | None = "batch"
    padding: str = "zeros"
    rec_noise: str = "redrawn"
    refine_from: int | None = None
    refine_alpha: float = 0.0001
    seed: int = 0
    dtype_policy: str = "float32"
    jit_compile: str | bool = "auto"

    def __post_init__(self):
        for name in _CHOICES:
            self._check_choice(name)
        for name, ends in _INTEGERS.items():
            self._check_integer(name, *ends)
        for name, ends in _OPTIONAL_INTEGERS.items():
            if getattr(self, name) is not None:
                self._check_integer(name, *ends)
        for name in _NUMBERS:
            self._check_number(name)
        self._check_sizes()
        self._check_factor()

    def _check_choice(self, name):
        value = getattr(self, name)
        # `1 == True`: compare types too, so that JSON keeps what was meant.
        if not any(value == c and type(value) is type(c) for c in _CHOICES[name]):
            _refuse(name, value, f"must be one of {_CHOICES[name]}")

    def _check_integer(self, name, low, high):
        value = getattr(self, name)
        if not _is_number(value) or value != int(value) or not low <= value <= high:
            _refuse(name, value, f"must be a whole number from {low} to {high}")
        object.__setattr__(self, name, int(value))

    def _check_number(self, name):
        low, high = _NUMBERS[name]
        value = getattr(self, name)
        if not _is_number(value) or not low < value < high:
            _refuse(name, value, f"must be a number {_range_text(low, high)}")
        object.__setattr__(self, name, float(value))

    def _check_sizes(self):
        smallest = 2 * self.num_layers + 1
        if self.min_size < smallest:
            _refuse(
                "min_size",
                self.min_size,
                f"must be at least the receptive field, {smallest} px for "
                f"num_layers={self.num_layers}",
            )
        if self.crop_size is not None:
            self._check_crop(smallest)
        if self.max_size is None:
            return
        if not _is_number(self.max_size) or self.max_size != int(self.max_size):
            _refuse("max_size", self.max_size, "must be a whole number or None")
        if self.max_size < self.min_size:
            text = f"must be None or at least min_size={self.min_size}"
            _refuse("max_size", self.max_size, text)
        object.__setattr__(self, "max_size", int(self.max_size))

    def _check_crop(self, smallest):
        if self.crop_size < smallest:
            _refuse(
                "crop_size",
                self.crop_size,
                f"must be None or at least the receptive field, {smallest} px for "
                f"num_layers={self.num_layers}",
            )
        if self.normalization == "instance":
            # A crop would be normalised otherwise than the image it is part of.
            text = 'must be None with normalization="instance"'
            _refuse("crop_size", self.crop_size, text)

    def _check_factor(self):
        if self.task != "super_resolution":
            if self.factor is not None:
                text = 'goes with task="super_resolution" only'
                _refuse("factor", self.factor, text)
            return
        if not _is_number(self.factor) or not 1.0 < self.factor <= 64:
            _refuse("factor", self.factor, "must be greater than 1 and at most 64")
        object.__setattr__(self, "factor", float(self.factor))

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as a dictionary that JSON can hold."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """Returns the fields as JSON text."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "SinGANConfig":
        """Builds a config from `to_dict()`'s answer.

        Raises:
            ConfigError: If a name is unknown or a value out of range.
        """
        if not isinstance(values, dict):
            raise ConfigError(f"A config must be a dict. Received: {values!r:.80}.")
        check_names(values)
        return cls(**values)

    @classmethod
    def from_stored(cls, values: dict[str, Any]) -> "SinGANConfig":
        """Builds a config from a `to_dict()` that an earlier version may have stored.

        Raises:
            ConfigError: As `from_dict` does.
        """
        if isinstance(values, dict):
            values = EARLIER_VALUES | values
        return cls.from_dict(values)

    @classmethod
    def from_json(cls, text: str) -> "SinGANConfig":
        """Builds a config from `to_json()`'s answer.

        Raises:
            ConfigError: If the text is no JSON, a name unknown or a value out
                of range.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ConfigError(
                f"A config must be JSON text. Received: {error}"
            ) from None
        return cls.from_dict(values)


def resolve_config(preset="fast", *, task=None, **overrides) -> SinGANConfig:
    """Builds a config: the preset first, then the task, then what is explicit.

    Args:
        preset: `"fast"` (near `"standard"`, many times sooner),
            `"standard"` (the published numbers) or `"draft"` (a first look,
            rougher). Defaults to `"fast"`.
        task: `None`, `"animation"` or `"super_resolution"`. Defaults to `None`.
        **overrides: Fields of `SinGANConfig`; they win over preset and task.

    Raises:
        ConfigError: If a name is unknown or a value out of range.
    """
    if preset not in tuple(PRESETS):
        _refuse("preset", preset, f"must be one of {tuple(PRESETS)}")
    if task not in TASKS:
        _refuse("task", task, f"must be one of {TASKS}")
    check_names(overrides)
    preset_values = PRESETS[preset]
    if task is not None:
        preset_values = preset_values | UNREFINED_VALUES.get(preset, {})
    values = preset_values | TASK_VALUES[task] | {"task": task} | overrides
    if values.get("normalization") == "instance":
        # No crops then: the preset's are given up for what is asked for.
        values["crop_size"] = overrides.get("crop_size")
    return SinGANConfig(**values)


def check_names(values):
    """Raises `ConfigError` for a name that is no field, with the nearest one."""
    known = [field.name for field in dataclasses.fields(SinGANConfig)]
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"Hyper-parameters must be among {', '.join(known)}.{hint} "
                f"Received: {name}={values[name]!r}."
            )


def _is_number(value):
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return real and abs(value) <= sys.float_info.max  # isfinite(10**400) raises


def _range_text(low, high):
    above = f"greater than {low:g}" if low >= 0 else "of at least 0"
    if high == math.inf:
        return above
    return f"{above} and {'less than' if high <= 1 else 'at most'} 1"


def _refuse(name, value, text):
    raise ConfigError(f"`{name}` {text}. Received: {name}={value!r}.")
