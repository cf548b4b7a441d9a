"""Moving averages of batch normalization, estimated again with frozen weights.

Averages gathered while the weights move lag behind them. What is sampled later
runs on the averages alone, so they are taken once more when a scale is done.
"""

import contextlib

import tensorflow as tf


def estimate_averages(generator, inputs, generate=None):
    """Sets each moving average to its weighted mean over the given inputs.

    Does nothing for a generator without batch normalization.

    Args:
        generator: A `Generator`.
        inputs: Iterable of `(z, previous, weight)`, the first two as the generator
            takes them, each of batch 1; the weight a number above 0.
        generate: What is called with them, for crops the generator's `interior`.
            Defaults to the generator itself.
    """
    norms = [b.norm for b in generator.blocks if b.normalization == "batch"]
    if not norms:
        return
    generate = generator if generate is None else generate

    @tf.function(autograph=False)
    def gather(z, previous, momentum):
        for norm in norms:
            norm.momentum = momentum
        generate(z, previous, training=True)

    with _kept_momentum(norms):
        before = 0.0
        for z, previous, weight in inputs:
            # Turns the exponential average into the mean so far.
            gather(z, previous, tf.constant(before / (before + weight)))
            before += weight


@contextlib.contextmanager
def _kept_momentum(norms):
    kept = [norm.momentum for norm in norms]
    try:
        yield
    finally:
        for norm, momentum in zip(norms, kept, strict=True):
            norm.momentum = momentum
