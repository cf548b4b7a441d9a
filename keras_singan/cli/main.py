"""The `keras-singan` command: what must hold before anything slow is imported."""

from keras_singan.cli.process.quiet import quiet_interrupts
from keras_singan.cli.process.streams import open_missing_streams


def main():
    """Runs the command line."""
    open_missing_streams()
    with quiet_interrupts():
        from keras_singan.cli.command_group import cli
        from keras_singan.io.unwinding import unwound_by_signals
    with unwound_by_signals():
        cli(prog_name="keras-singan", auto_envvar_prefix="KERAS_SINGAN")
