"""What a stranger sends is read in time that grows with its length, not faster."""

import gc
import time

import pytest

from keras_singan.server import asgi_app
from keras_singan.server import rest_api
from keras_singan.server.json_codec.parse import parse_json
from keras_singan.server.json_codec.request import parse_request
from keras_singan.server.json_codec.tensor_reader import TensorFiller
from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.status_codes import StatusError

STRING = 7


def target(text):
    asgi_app._target({"raw_path": text.encode(), "query_string": b""})


def answered(text):
    rest_api.Rest(None, None).answer("GET", text)
    rest_api.subject("POST", text)


def parsed(text):
    with_error(parse_json, text.encode())


def read(text):
    with_error(parse_request, text.encode())


def filled(text):
    with_error(TensorFiller(STRING).add, JsonObject([("b64", text)]))


def with_error(function, argument):
    try:
        function(argument)
    except StatusError:
        pass


CASES = {
    "a path without a scheme": (target, "a", ""),
    "a path of schemes": (target, "a+", "://"),
    "a name": (answered, "/v1/models/" + "a" * 9, ":" * 9),
    "versions": (answered, "/versions/1", ""),
    "slashes": (answered, "/v1/models/", "x"),
    "long numbers": (parsed, "9" * 299 + ",", "]"),
    "a long number": (parsed, "9", ""),
    "digits": (parsed, "[0." + "1" * 200 + ",", "]"),
    "exponents": (parsed, "1e99,", "]"),
    "half surrogates": (parsed, '"\\ud83d\\ude00', '\\ud800"'),
    "backslashes": (parsed, "\\", '"'),
    "spaces": (parsed, " ", "x"),
    "quotes": (parsed, '"', ""),
    "keys": (read, '{"a":1},', ""),
    "base64": (filled, "AAAA", "@"),
    "padding": (filled, "=", "A"),
}


def seconds(function, text):
    """Measures the processor's time of a call, the least of three."""
    taken = []
    # A collection takes the time of all that other tests have left.
    gc.disable()
    try:
        for _ in range(3):
            start = time.thread_time()
            function(text)
            taken.append(time.thread_time() - start)
    finally:
        gc.enable()
    return min(taken)


@pytest.mark.parametrize("case", CASES)
def test_time_grows_with_the_length_at_most(case):
    function, part, end = CASES[case]
    count = 20_000 // len(part)

    def text(times):
        return "[" * (function in (parsed, read)) + part * count * times + end

    # Long enough to be measured, as far as that takes no minute.
    times = 1
    while seconds(function, text(times)) < 2e-3 and times < 64:
        times *= 2
    ratio = seconds(function, text(8 * times)) / seconds(function, text(times))
    # Eightfold text: about 8 where time is linear, 64 where it is quadratic.
    assert ratio < 24
