import numpy as np
import ovmsclient
import pytest
from ovmsclient.tfs_compat.base.errors import InvalidInputError
from ovmsclient.tfs_compat.base.errors import ModelNotFoundError
from support.embedded_server import running


@pytest.fixture(scope="module")
def server():
    with running(grpc_port=0) as server:
        yield server


@pytest.fixture(params=["http", "grpc"])
def client(server, request):
    if request.param == "http":
        return ovmsclient.make_http_client(f"127.0.0.1:{server.port}")
    return ovmsclient.make_grpc_client(server.grpc_target)


def test_status(client):
    status = client.get_model_status("m", 1)
    assert status == {1: {"state": "AVAILABLE", "error_code": 0, "error_message": ""}}
    with pytest.raises(ModelNotFoundError, match="Could not find version 2 of model m"):
        client.get_model_status("m", 2)


def test_metadata(client):
    metadata = client.get_model_metadata("m", 1)
    if "inputs" in metadata:
        assert metadata["inputs"] == {"x": {"shape": [-1], "dtype": "DT_FLOAT"}}
    else:
        signatures = metadata["metadata"]["signature_def"]["signature_def"]
        assert signatures["serving_default"]["inputs"]["x"]["dtype"] == "DT_FLOAT"


def test_a_prediction(client):
    result = client.predict({"x": np.float32([1, 2, 5])}, "m", 1)
    assert result.tolist() == [2.5, 3.0, 4.5]


def test_a_wrong_input(client):
    with pytest.raises(InvalidInputError, match="not|Missing"):
        client.predict({"z": np.float32([1])}, "m", 1)
