"""`python -m keras_singan` works as the command `keras-singan` does."""

from keras_singan.cli.main import main

if __name__ == "__main__":
    main()
