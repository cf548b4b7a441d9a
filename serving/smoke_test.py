"""Checks a running server with a model of `keras-singan export`, in seconds.

python serving/smoke_test.py http://localhost:8501
python serving/smoke_test.py https://host:8443 --token TOKEN

Asks for its status, its metadata and a small picture from every signature, then
makes the mistakes that a client can make: each must be answered 4xx, and the server
must be alive afterwards. Prints a line a check; the exit code is 1 if one failed.
Needs Python's standard library alone (certificates of your own: SSL_CERT_FILE).
"""

import argparse
import base64
import json
import os
import struct
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib

SIDES = (64, 48)
DEFAULTS = {
    "seed": 1,
    "index": 0,
    "start_scale": -1,
    "height": 0,
    "width": 0,
    "factor": 2.0,
    "frames": 3,
    "alpha": -1.0,
    "beta": -1.0,
    "loop": 0,
    "refine": -1,
    "variation": 0.5,
    "around_seed": 0,
    "around_index": -1,
    "quantize": 0,
    "left": 8.0,
    "right": 0.0,
    "top": 0.0,
    "bottom": 0.0,
    "tile": 1,
}


class Failure(Exception):
    """A check that failed, with its reason."""


def require(true, reason):
    """Raises `Failure` with the reason if something is not true."""
    if not true:
        raise Failure(reason)


def chunk(name, data):
    """Returns a chunk of a PNG file."""
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum


def png(pixel, size=SIDES, claimed=None):
    """Returns an RGB PNG whose colour at (y, x) is `pixel(y, x)`.

    Args:
        pixel: Function that gives three numbers from 0 to 255.
        size: (height, width).
        claimed: The size that its header tells, if another.
    """
    height, width = size
    rows = b"".join(
        b"\0" + bytes(v for x in range(width) for v in pixel(y, x))
        for y in range(height)
    )
    tall, wide = claimed or size
    header = struct.pack(">IIBBBBB", wide, tall, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def slope(y, x):
    """A colour for each place."""
    return (y * 3 % 256, x * 5 % 256, (x + y) * 2 % 256)


def square(y, x):
    """White in a square, else black."""
    return (255,) * 3 if 20 <= y < 36 and 16 <= x < 32 else (0,) * 3


def size_of(data):
    """Returns (height, width) of a whole PNG file, or raises `Failure`."""
    require(data[:8] == b"\x89PNG\r\n\x1a\n", f"no PNG: {data[:12]!r}")
    at, pixels = 8, b""
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        require(chunk(name, body) == data[at : at + 12 + length], "a damaged PNG")
        pixels += body if name == b"IDAT" else b""
        at += 12 + length
    require(name == b"IEND" and zlib.decompress(pixels), "a PNG without an end")
    return struct.unpack_from(">II", data, 16)[::-1]


def b64(data):
    """Returns bytes as TensorFlow Serving takes them."""
    return {"b64": base64.b64encode(data).decode()}


def bytes_of(value):
    """Returns the bytes of an answer's string, or raises `Failure`."""
    require(isinstance(value, dict) and set(value) == {"b64"}, f"no b64: {value!r}")
    return base64.b64decode(value["b64"], validate=True)


class Server:
    """A served model.

    Args:
        url: Of the server.
        model: The model's name.
        token: Bearer token, or `None`.
        timeout: Seconds to wait for an answer.
    """

    def __init__(self, url, model, token, timeout):
        self.base = f"{url.rstrip('/')}/v1/models/"
        self.model, self.timeout = model, timeout
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, action="", body=None, model=None):
        """Returns the status code and the body of an answer.

        Args:
            action: What follows the model in the path. Defaults to `""`.
            body: `bytes`, or what to send as JSON; `None` sends a GET.
            model: Another model's name. Defaults to `None`.
        """
        url = self.base + urllib.parse.quote(model or self.model, safe="") + action
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(url, body, self.headers)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError as error:
            raise Failure(f"no answer: {error}") from None

    def get(self, action=""):
        """Returns the JSON of an answer to a GET, or raises `Failure`."""
        status, body = self.ask(action)
        require(status == 200, f"HTTP {status} {body[:200]!r}")
        return json.loads(body)

    def predict(self, signature, rows):
        """Returns the predictions for some rows, or raises `Failure`."""
        request = {"signature_name": signature, "instances": rows}
        status, body = self.ask(":predict", request)
        require(status == 200, f"HTTP {status} {body[:300]!r}")
        predictions = json.loads(body)["predictions"]
        require(len(predictions) == len(rows), f"{len(predictions)} predictions")
        return predictions

    def refuse(self, body, code=range(400, 500), **kwargs):
        """Sends a mistake, which must be answered with such a code."""
        status, answer = self.ask(":predict", body, **kwargs)
        text = answer[:200].decode("utf-8", "replace")
        require(status in code, f"HTTP {status} {text}")
        return status


def numbers(pixel, channels):
    """Returns a picture as lists of numbers in [-1, 1].

    Args:
        pixel: Function that gives three numbers from 0 to 255.
        channels: How many, in a list; an empty one for no such axis.
    """
    height, width = SIDES
    rows = [[pixel(y, x) for x in range(width)] for y in range(height)]
    if not channels:
        return [[colour[0] / 127.5 - 1 for colour in row] for row in rows]
    picked = [c % 3 for c in range(channels[0])]
    return [[[x[c] / 127.5 - 1 for c in picked] for x in row] for row in rows]


def value_for(name, tensor, channels):
    """Returns a row's value for an input, or raises `Failure`."""
    if name in DEFAULTS:
        return DEFAULTS[name]
    pixel = square if "mask" in name else slope
    if name.endswith("_bytes"):
        return b64(png(pixel))
    rank = len(tensor["tensor_shape"].get("dim", []))
    if tensor["dtype"] == "DT_FLOAT" and rank in (3, 4):
        return numbers(pixel, [channels] if rank == 4 else [])
    raise Failure(f"what is the input {name!r}, {tensor['dtype']}?")


def row_for(signature):
    """Returns a small row for a signature: a bare value where there is one input."""
    channels = 3
    for tensor in signature["outputs"].values():
        sides = [int(side["size"]) for side in tensor["tensor_shape"].get("dim", [])]
        channels = sides[-1] if len(sides) > 3 and sides[-1] > 0 else channels
    inputs = signature["inputs"].items()
    row = {name: value_for(name, tensor, channels) for name, tensor in inputs}
    return row if len(row) > 1 else next(iter(row.values()))


def shape_of(value):
    """Returns the lengths of lists in lists."""
    return [len(value), *shape_of(value[0])] if isinstance(value, list) else []


def check_prediction(signature, value):
    """Looks whether a prediction is a picture; tells its size."""
    if isinstance(value, list):
        if not isinstance(value[0], dict):
            return f"numbers of {' x '.join(map(str, shape_of(value)))}"
        # Rows with fewer frames than others end in empty strings.
        sizes = [size_of(bytes_of(frame)) for frame in value if frame != b64(b"")]
        require(len(set(sizes)) == 1, f"frames of {len(set(sizes))} sizes")
        return f"{len(sizes)} frames of {' x '.join(map(str, sizes.pop()))} pixels"
    height, width = size_of(bytes_of(value))
    if signature == "super_resolution":
        factor = DEFAULTS["factor"]
        wanted = tuple(round(factor * side) for side in SIDES)
        require((height, width) == wanted, f"{height} x {width}, not {wanted}")
    if signature in ("harmonize", "edit", "paint_to_image"):
        require((height, width) == SIDES, f"{height} x {width}, not {SIDES}")
    return f"{height} x {width} pixels"


def mistakes(signatures):
    """Yields what a client can do wrong: a name for it, and the request's body."""
    sample = {"seed": 1, "index": 0, "start_scale": -1}
    name, huge = "serving_default", sample | {"height": 65536, "width": 65536}
    yield from {
        "no JSON": b"{",
        "an empty body": b"",
        "a signature that is not there": request("nonsense", [sample]),
        "no rows": request(name, []),
        "an input that is missing": request(name, [{"seed": 1}]),
        "a seed that is no whole number": request(name, [sample | {"seed": 1.5}]),
        "a scale that is not there": request(name, [sample | {"start_scale": 999}]),
        "a tensor of rank 2": {"inputs": {key: [[1]] for key in sample}},
        "columns of unequal length": {
            "inputs": {"seed": [1, 2], "index": [0], "start_scale": [-1]}
        },
    }.items()
    others = {
        "sample_size": {"65536 x 65536 pixels": huge},
        "animate": {"a thousand million frames": {"frames": 10**9}},
        "super_resolution": {
            "a factor of a million": {"factor": 1e6},
            "a factor that is no number": {"factor": float("nan")},
            "an image of no bytes": {"image_bytes": b64(b"")},
            "an image that is none": {"image_bytes": b64(b"no image" * 9)},
            "an image cut off": {"image_bytes": b64(png(slope)[:200])},
            "a GIF": {"image_bytes": b64(b"GIF89a" + bytes(40))},
            "a header of 65535 x 65535": {
                "image_bytes": b64(png(slope, claimed=(65535, 65535)))
            },
        },
    }
    for signature, rows in others.items():
        if signature in signatures:
            right = row_for(signatures[signature])
            for name, wrong in rows.items():
                yield f"{signature}: {name}", request(signature, [right | wrong])


def request(signature, rows):
    """Returns a request's body."""
    return {"signature_name": signature, "instances": rows}


class Checks:
    """Runs checks and prints a line for each; `failed` counts."""

    def __init__(self):
        self.failed = 0

    def run(self, name, check, *args):
        """Runs a check; returns its result, or `None` if it failed."""
        try:
            result = check(*args)
        except (Failure, LookupError, TypeError, ValueError, zlib.error) as error:
            self.failed += 1
            print(f"FAIL  {name}: {' '.join(str(error).split())}", flush=True)
            return None
        print(f"ok    {name}{f': {result}' if isinstance(result, str) else ''}")
        return result


def check_status(server):
    """Looks whether a version is ready; tells which."""
    versions = server.get()["model_version_status"]
    ready = [entry["version"] for entry in versions if entry["state"] == "AVAILABLE"]
    require(ready, f"no version is AVAILABLE: {versions}")
    return f"version {ready[0]} is ready"


def check_repeats(server):
    """Looks whether a seed gives its image again, and another one another image."""
    row = {"seed": 1, "index": 0, "start_scale": -1}
    rows = [row, row, row | {"index": 1}, row | {"seed": 2}]
    one, same, *others = server.predict("serving_default", rows)
    require(one == same, "one seed gave two images")
    require(one not in others, "two seeds, or indices, gave one image")
    require(
        server.predict("serving_default", [row]) == [one], "asked again, it was another"
    )


def check_signature(server, name, signature):
    """Asks a signature for something small; tells what came."""
    (value,) = server.predict(name, [row_for(signature)])
    return check_prediction(name, value)


def check_all(server):
    """Runs every check; returns how many failed."""
    checks = Checks()
    if checks.run("status", check_status, server) is None:
        return checks.failed
    metadata = checks.run("metadata", server.get, "/metadata")
    if metadata is None:
        return checks.failed
    every = metadata["metadata"]["signature_def"]["signature_def"]
    signatures = {name: every[name] for name in sorted(every) if name[:2] != "__"}
    for name, signature in signatures.items():
        checks.run(name, check_signature, server, name, signature)
    checks.run("a seed repeats", check_repeats, server)
    for name, body in mistakes(signatures):
        checks.run(f"refused: {name}", server.refuse, body)
    codes = (401, 403, 404)
    unknown = request("serving_default", [])
    checks.run(
        "refused: another model",
        lambda: server.refuse(unknown, codes, model="no-such-model"),
    )
    checks.run("status afterwards", check_status, server)
    checks.run("a seed repeats afterwards", check_repeats, server)
    return checks.failed


def main():
    """Checks the server named on the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="such as http://localhost:8501")
    parser.add_argument("--model", default="singan", help="its name (singan)")
    parser.add_argument(
        "--token",
        default=os.environ.get("KERAS_SINGAN_QUERY_TOKEN"),
        help="bearer token (KERAS_SINGAN_QUERY_TOKEN)",
    )
    parser.add_argument("--timeout", type=float, default=150, help="in seconds (150)")
    args = parser.parse_args()
    server = Server(args.url, args.model, args.token, args.timeout)
    failed = check_all(server)
    print(f"{failed} checks failed" if failed else "All checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
