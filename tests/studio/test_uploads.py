import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from support.photos import encoded
from support.tiny_models import photo

from keras_singan.errors import ImageError
from keras_singan.studio.studio_settings import StudioSettings
from keras_singan.studio.uploads import UploadFolder
from keras_singan.studio.uploads import bounded_png
from keras_singan.studio.uploads import read_upload
from keras_singan.studio.web.studio_app import Studio
from keras_singan.studio.web.studio_app import studio_app

OWN = "http://127.0.0.1:8080"


def png(array):
    return encoded(Image.fromarray(array), "PNG")


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def bomb(side):
    """A PNG whose header promises side x side pixels, in 60 bytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")


@pytest.fixture
def client(tmp_path):
    settings = StudioSettings(tmp_path, upload_bytes=200_000, upload_pixels=100_000)
    return TestClient(
        studio_app(Studio(settings)), base_url=OWN, headers={"origin": OWN}
    )


def test_a_picture_is_kept_pixel_by_pixel(tmp_path):
    upload = read_upload(png(photo()), 10**6)
    assert upload.size == (32, 40) and upload.suffix == ".png"
    assert (pixels(upload.png) == photo()).all()
    folder = UploadFolder(tmp_path / "uploads")
    name = folder.keep(upload)
    assert folder.get(name) == upload
    assert folder.original(name).read_bytes() == upload.data


def test_a_camera_s_rotation_is_right():
    image, exif = Image.fromarray(photo()), Image.Exif()
    exif[274] = 6  # to be turned by a quarter
    upload = read_upload(encoded(image, "PNG", exif=exif), 10**6)
    assert upload.size == (40, 32)
    assert (pixels(upload.png) == np.rot90(photo(), -1)).all()


def test_an_object_keeps_its_transparency():
    array = np.dstack([photo(), np.arange(1280).reshape(32, 40) // 6]).astype("uint8")
    assert (pixels(read_upload(png(array), 10**6).png)[..., 3] == array[..., 3]).all()


@pytest.mark.parametrize("side", [2000, 50_000, 2**31 - 1])
def test_too_many_pixels_are_refused_before_they_are_decoded(side, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(ImageError, match=r"picture must"):
        read_upload(bomb(side), 10**6)


@pytest.mark.parametrize("data", [b"", b"abc", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GIF89a"])
def test_what_is_no_picture_is_refused_in_a_line(data):
    with pytest.raises(ImageError, match=r"must be a file that can be read") as error:
        read_upload(data, 10**6)
    assert "\n" not in str(error.value)


def test_a_body_that_says_2_gb_is_refused_unread(client):
    answer = client.post(
        "/api/uploads", content=b"x", headers={"content-length": str(2 * 2**30)}
    )
    assert answer.status_code == 413
    assert "at most 200000 bytes" in answer.json()["error"]


def test_a_body_without_a_length_is_cut_off(client):
    taken = []

    def endless():
        while len(taken) < 2000:
            taken.append(1)
            yield b"\0" * 10_000

    assert client.post("/api/uploads", content=endless()).status_code == 413


def test_a_body_of_json_is_small(client):
    answer = client.post("/api/plan", content=b"[" * 70_000)
    assert answer.status_code == 413
    for body in (b"[" * 60_000, b"[]", b"{", b"\xff", b"null"):
        assert client.post("/api/plan", content=body).status_code == 400


def test_an_upload_over_http(client):
    answer = client.post("/api/uploads", content=png(photo())).json()
    assert answer["size"] == [32, 40]
    got = client.get(f"/api/uploads/{answer['upload']}")
    assert (pixels(got.content) == photo()).all()


@pytest.mark.parametrize(
    "name", ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "0" * 32, "*"]
)
def test_no_other_file_is_an_upload(client, name):
    assert client.get(f"/api/uploads/{name}").status_code == 404
    answer = client.post("/api/plan", json={"upload": name})
    assert answer.status_code == 404


def test_the_page_s_photo_is_bounded():
    small = png(photo())
    assert bounded_png(small, 32 * 40) == small
    assert pixels(bounded_png(small, 320)).shape == (16, 20, 3)
