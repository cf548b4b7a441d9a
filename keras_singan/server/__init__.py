"""The embedded server: answers as TensorFlow Serving does, over REST and gRPC."""

from keras_singan.server.extra import require_extra

# Before any module here fails at its own imports, with a line that helps nobody.
require_extra()
