"""The commands of `keras-singan`, a file each."""
