"""Asking a served model for images: needs no TensorFlow.

```python
from keras_singan.client import Client

client = Client("http://localhost:8501")
large = client.super_resolve("photo.jpg", factor=4)     # a PIL image
frames = client.animate(frames=40, seed=1)              # PIL images
```

`Client` speaks REST with the standard library and Pillow alone, and
`GrpcClient` gRPC (extra `serve`); both have the same methods and work with
TensorFlow Serving and with `keras-singan serve`.
"""

from keras_singan.client.frames_file import save_frames
from keras_singan.client.grpc_client import GrpcClient
from keras_singan.client.rest_client import Client
from keras_singan.client.retries import Retries

__all__ = ["Client", "GrpcClient", "Retries", "save_frames"]
