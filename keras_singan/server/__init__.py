"""The embedded server: answers as TensorFlow Serving does, over REST and gRPC."""
