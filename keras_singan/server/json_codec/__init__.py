"""TensorFlow Serving's JSON: requests read, answers written."""
