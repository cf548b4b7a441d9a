"""The losses of one scale: tensors in, a float32 scalar out.

Each critic score map is averaged over its patches, so no loss depends on the
size of the image (Shaham et al. 2019, eq. 4 and section 3.1).
"""

from keras import ops

# Keeps the root's derivative finite where a gradient is exactly 0.
_TINY = 1e-12


def critic_loss(real_scores, fake_scores):
    """Wasserstein loss of the critic: `mean(fake) - mean(real)`.

    Args:
        real_scores: float tensor of any shape, the critic on the real image.
        fake_scores: float tensor of any shape, the critic on a fake one.
    """
    return ops.mean(fake_scores) - ops.mean(real_scores)


def adversarial_loss(fake_scores):
    """Wasserstein loss of the generator: `-mean(fake)`.

    Args:
        fake_scores: float tensor of any shape, the critic on a fake image.
    """
    return -ops.mean(fake_scores)


def interpolate(real, fake, u):
    """The point `u * real + (1 - u) * fake` at which the penalty is taken.

    Args:
        real: float tensor of shape `(batch, height, width, channels)`.
        fake: float tensor of the same shape.
        u: float scalar in [0, 1], one for the whole step.
    """
    return u * real + (1.0 - u) * fake


def gradient_penalty(gradient):
    """`mean((|g| - 1)^2)`, the norm taken over the channels of each pixel.

    Gulrajani et al. 2017, eq. 3; the norm per pixel and the mean over pixels
    follow the published SinGAN code.

    Args:
        gradient: float tensor of shape `(batch, height, width, channels)`: the
            derivative of the sum of all critic scores with respect to the
            interpolated image.
    """
    norm = ops.sqrt(ops.sum(ops.square(gradient), axis=-1) + _TINY)
    return ops.mean(ops.square(norm - 1.0))


def reconstruction_loss(reconstruction, real):
    """Mean squared error (Shaham et al. 2019, eq. 5).

    Args:
        reconstruction: float tensor of shape `(batch, height, width, channels)`.
        real: float tensor of the same shape.
    """
    return ops.mean(ops.square(reconstruction - real))
