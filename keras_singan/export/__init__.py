"""A trained model as a SavedModel for TensorFlow Serving."""

from keras_singan.export.limits import ExportLimits
from keras_singan.export.saved_model import export_saved_model

__all__ = ["ExportLimits", "export_saved_model"]
