import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2

from keras_singan.server.admission import Deadline
from keras_singan.server.json_codec.answer import write_outputs
from keras_singan.server.json_codec.parse import parse_json
from keras_singan.server.json_codec.request import parse_request
from keras_singan.server.json_codec.request import read_inputs
from keras_singan.server.json_codec.values import JsonObject
from keras_singan.server.json_codec.values import decimal_text
from keras_singan.server.json_codec.values import dump
from keras_singan.server.status_codes import StatusError

FLOAT, INT, INT64, STRING, BOOL, HALF, UINT8, DOUBLE = (
    types_pb2.DataType.Value(f"DT_{name}")
    for name in "FLOAT INT32 INT64 STRING BOOL HALF UINT8 DOUBLE".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def same(one, other):
    """Tells whether two values are equal in types, NaN and -0.0 too."""
    return repr(one) == repr(other)


def plain(value):
    """Gives a value as `json.loads` gives it; of doubled keys the last one stays."""
    if isinstance(value, JsonObject):
        return {key: plain(item) for key, item in value}
    return [plain(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_what_is_json_is_read_as_python_reads_it(value):
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    assert same(plain(parse_json(body)), json.loads(body))


@given(st.binary(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(body):
    try:
        parse_json(body)
    except StatusError as error:
        assert error.code == "INVALID_ARGUMENT"
        assert error.message.startswith("JSON Parse error: ")


READ = {
    b'\xef\xbb\xbf {"a": 1}': (("a", 1),),
    b"[1] and more": [1],
    b"[NaN, Infinity, -Infinity]": [math.nan, math.inf, -math.inf],
    b"[9223372036854775807, 18446744073709551615]": [2**63 - 1, 2**64 - 1],
    b"[18446744073709551616]": [18446744073709551616],
    b"[1, 1.0, -0.0, true]": [1, 1.0, -0.0, True],
    b"[" + b"9" * 305 + b"]": [1e305],
    b'["\\ud83d\\ude00\\u00e9\\/\xff"]': ["\U0001f600é/\udcff"],
    b'["\\\\ud800"]': ["\\ud800"],
    b'{"a": 1, "a": 2}': (("a", 1), ("a", 2)),
    b'"e5e123"': "e5e123",
}


@pytest.mark.parametrize("body", READ, ids=lambda body: repr(body[:20]))
def test_what_rapidjson_reads_is_read(body):
    # By its text, so that NaN equals NaN, and 1 is neither 1.0 nor true.
    assert same(parse_json(body), READ[body])


REFUSED = {
    b"": "The document is empty",
    b" \n": "The document is empty. at offset: 2",
    b"{nope": "* at offset: 1",
    b'{"a" 1}': "* at offset: 5",
    b'{"a": 1 "b"}': "* at offset: 8",
    b"[1 2]": "* at offset: 3",
    b"[01]": "* at offset: 2",
    b"nul": "* at offset: 0",
    b"\xef\xbb\xbfnul": "* at offset: 3",
    '{"é": x}'.encode(): "* at offset: 7",
    b"[1e400]": "Number too big to be stored in double.",
    b"[" + b"9" * 400 + b"]": "Number too big to be stored in double.",
    b'["a': "* at offset: 1",
    b'["\n"]': "* at offset: 2",
    b'["\\x"]': "* at offset: 2",
    b'["\\ud800x"]': "The surrogate pair in string is invalid. at offset: 2",
    b'["\\\\\\udc00"]': "The surrogate pair in string is invalid. at offset: 4",
    b"[" * 100_000: "Nested too deeply. at offset: 0",
    b"[" + b"[]," * 3_000_000: "Too many lists and objects. at offset: 0",
    b"[1, " + b" " * (1 << 20) + b"x]": "* at offset: 1048580",
}


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: repr(body[:20]))
def test_what_is_no_json_is_refused(body):
    with pytest.raises(StatusError) as error:
        parse_json(body)
    # `*` stands for the parser's own words.
    expected = re.escape(f"JSON Parse error: {REFUSED[body]}").replace(r"\*", ".+")
    assert re.fullmatch(expected, error.value.message)


DUMPED = {
    b'{"a": [1, 2.0, []], "b": {}}': '{\n    "a": [1, 2.0, []],\n    "b": {}\n}',
    b'[{"a": null}]': '[{\n        "a": null\n    }]',
    b"[1e21, 1e20, 123.5, 1e-6, 1e-7, 1.5e-9, -0.0]": (
        "[1e21, 100000000000000000000.0, 123.5, 0.000001, 1e-7, 1.5e-9, -0.0]"
    ),
    b"0.1234567890123": "0.123456791",
    b"1e39": "1e+39",
    b"NaN": "NaN",
    b"[1, NaN, 2]": "[1, ",
    b'"\\u0001\\n\\"\\/"': '"\\u0001\\n\\"/"',
    b"[true, false]": "[true, false]",
}


@pytest.mark.parametrize("body", DUMPED)
def test_values_stand_in_errors_as_rapidjson_writes_them(body):
    assert dump(parse_json(body)) == DUMPED[body]


def test_a_long_value_is_cut_in_errors():
    text = dump(["x" * 50] * 1000)
    assert len(text) == 259
    assert text.endswith("...")


@given(st.floats(width=32))
@settings(max_examples=200, deadline=None)
def test_floats_are_written_short_and_read_the_same(value):
    text = decimal_text(value)
    assert same(float(np.float32(text)), value)
    assert re.fullmatch(r"-?(\d+\.\d+|\d(\.\d+)?e[+-]\d\d|Infinity)|NaN", text)


@given(st.floats())
@settings(max_examples=200, deadline=None)
def test_doubles_are_written_and_read_the_same(value):
    assert same(float(decimal_text(value, single=False)), value)


def read(text, types, signature="s"):
    """Reads the tensors of a request; gives lists, and whether it is in rows."""
    document, _ = parse_request(text.encode())
    arrays, rows = read_inputs(document, signature, types)
    return {name: array.tolist() for name, array in arrays.items()}, rows


TENSORS = [
    ('{"instances": [[1, 2], [3.5, 4]]}', {"x": FLOAT}, {"x": [[1, 2], [3.5, 4]]}),
    ('{"instances": [{"x": 1}, {"x": 2}]}', {"x": INT}, {"x": [1, 2]}),
    ('{"inputs": 3}', {"x": INT64}, {"x": 3}),
    ('{"inputs": [[[]]]}', {"x": DOUBLE}, {"x": [[[]]]}),
    ('{"inputs": [300, -1]}', {"x": UINT8}, {"x": [44, 255]}),
    ('{"inputs": {"b64": " aG\\nVsb.G8 "}}', {"x": STRING}, None),
    ('{"inputs": {"b64": " aG\\nVsbG8. "}}', {"x": STRING}, {"x": b"hello"}),
    ('{"inputs": ["a", {"b64": ""}]}', {"x": STRING}, {"x": [b"a", b""]}),
    ('{"inputs": [true]}', {"x": BOOL}, {"x": [True]}),
    # The first key counts; in rows all do, and the first values are taken.
    ('{"inputs": {"x": 1, "x": 2}}', {"x": INT}, {"x": 1}),
    ('{"instances": [{"x": 1, "x": 2}]}', {"x": INT}, {"x": [1]}),
    ('{"inputs": 1, "inputs": 2}', {"x": INT}, {"x": 1}),
    ('{"inputs": [16777215]}', {"x": FLOAT}, {"x": [16777215]}),
]


@pytest.mark.parametrize("text, types, expected", TENSORS)
def test_tensors_are_read(text, types, expected):
    if expected is None:
        with pytest.raises(StatusError, match="Unable to base64 decode"):
            read(text, types)
    else:
        assert read(text, types) == (expected, "instances" in text)


PAIR = {"a": FLOAT, "b": INT}
FAILED = "Failed to process element: "
WRONG = [
    ('{"instances": 1}', PAIR, "Expecting 'instances' to be an list/array"),
    (
        '{"instances": [1], "inputs": 2}',
        PAIR,
        'JSON Value: {\n    "instances": [1],\n    "inputs": 2\n} Not formatted '
        "correctly expecting only one of 'inputs' or 'instances' keys to exist ",
    ),
    ('{"inputs": 1}', {}, "Failed to get input map for signature: s"),
    ('{"inputs": {"b64": "AA=="}}', PAIR, "inputs is a plain value/list, but exp"),
    (
        '{"instances": [{"a": 1}]}',
        PAIR,
        f"{FAILED}0 of 'instances' list. JSON object: {{\n    \"a\": 1\n}} keys must "
        "be equal to: a,b",
    ),
    (
        '{"instances": [{"a": 1, "b": 1}, 2]}',
        PAIR,
        "Expecting object but got list at item 1 of input list",
    ),
    (
        '{"instances": [1, {"x": 1}]}',
        {"x": INT},
        "Expecting value/list but got object at item 1 of input list",
    ),
    (
        '{"instances": [1, [1]]}',
        {"x": INT},
        f"{FAILED}1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape [] "
        "but got: [1]",
    ),
    (
        '{"instances": [1.5]}',
        {"x": HALF},
        f"{FAILED}0 of 'instances' list. Error: UNIMPLEMENTED: Conversion of JSON "
        "Value: 1.5 to type: half",
    ),
    ('{"inputs": [[1], [[2]]]}', {"x": INT}, "unexpected level: 2 expected < 2"),
    (
        '{"inputs": [[1], 2]}',
        {"x": INT},
        "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: "
        "2",
    ),
    (
        '{"inputs": [16777216]}',
        {"x": FLOAT},
        "Cannot convert JSON value: 16777216 to float without loss of precision.",
    ),
    ('{"inputs": [1e39]}', {"x": FLOAT}, "Cannot convert JSON value: 1e+39 to float"),
    ('{"inputs": 9007199254740992}', {"x": DOUBLE}, "9007199254740992 to double"),
    ('{"inputs": [1, null]}', {"x": INT}, "null Type: Null is not of expected type"),
    ('{"inputs": 1e5}', {"x": INT}, "JSON Value: 100000.0 Type: Number is not of exp"),
    (
        '{"inputs": 9223372036854775808}',
        {"x": INT64},
        "Type: Number is not of expected",
    ),
    ('{"inputs": [true, 1]}', {"x": BOOL}, "JSON Value: 1 Type: Number is not of"),
    ('{"inputs": [1, true]}', {"x": FLOAT}, "JSON Value: true Type: True is not of"),
    (
        '{"inputs": {"x": {"b64": 3}}}',
        {"x": STRING},
        'JSON Value: {\n    "b64": 3\n} not formatted correctly for base64 data',
    ),
    ('{"inputs": {"b64": "A"}}', {"x": STRING}, "Unable to base64 decode"),
    ('{"inputs": {"b64": "AAAA="}}', {"x": STRING}, "Unable to base64 decode"),
    ('{"inputs": ' + "[" * 70 + "]" * 70 + "}", {"x": INT}, "at most 64 dimensions"),
]


@pytest.mark.parametrize("text, types, message", WRONG, ids=range(len(WRONG)))
def test_what_does_not_fit_is_refused_in_the_same_words(text, types, message):
    with pytest.raises(StatusError) as error:
        read(text, types)
    assert message in error.value.message


def test_a_type_without_json_is_unimplemented():
    with pytest.raises(StatusError) as error:
        read('{"inputs": [1.5]}', {"x": HALF})
    assert error.value.http == 501


def write(rows, **outputs):
    """Writes outputs: (values, type); gives the answer's JSON."""
    arrays = {
        name: (np.array(values, object if dtype == STRING else None), dtype)
        for name, (values, dtype) in outputs.items()
    }
    return json.loads(write_outputs(arrays, rows))


def test_rows_are_written():
    empty = np.zeros((0, 2), np.float32)
    assert write(True, y=([[1, 2], [3, 4]], INT)) == {"predictions": [[1, 2], [3, 4]]}
    assert write(True, y=(empty, FLOAT)) == {"predictions": []}
    named = write(True, y=([1.5], FLOAT), z_bytes=([[b"a", b""]], STRING))
    row = {"y": 1.5, "z_bytes": [{"b64": "YQ=="}, {"b64": ""}]}
    assert named == {"predictions": [row]}


def test_columns_are_written():
    assert write(False, y=([True], BOOL)) == {"outputs": [True]}
    assert write(False, y=(b"a\x01", STRING)) == {"outputs": "a\x01"}
    assert write(False, y_bytes=([b"a"], STRING)) == {"outputs": [{"b64": "YQ=="}]}
    assert write(False, y=([[], []], DOUBLE)) == {"outputs": [[], []]}


def test_long_answers_are_written_piece_by_piece():
    checks = []
    values = np.arange(20_000, dtype=np.int32)
    body = write_outputs({"y": (values, INT)}, False, lambda: checks.append(1))
    assert json.loads(body) == {"outputs": values.tolist()}
    assert len(checks) == 5
    boxes = values.reshape(100, 200)
    assert json.loads(write_outputs({"y": (boxes, INT)}, True)) == {
        "predictions": boxes.tolist()
    }


def test_an_answer_that_takes_too_long_is_given_up():
    deadline = Deadline(-1)
    with pytest.raises(StatusError) as error:
        write_outputs({"y": (np.zeros(10), DOUBLE)}, False, deadline.remaining)
    assert error.value.code == "DEADLINE_EXCEEDED"


def test_strings_that_are_no_text_are_written_as_they_are():
    body = write_outputs({"y": (np.array([b"\xff"], object), STRING)}, False)
    assert b'"\xff"' in body


@pytest.mark.parametrize(
    "outputs, message",
    [
        ({"y": (3, INT)}, "Tensor name: y has no shape information "),
        (
            {"y": ([1], INT), "z": ([1, 2], INT)},
            "Tensor name: z has inconsistent batch size: 2 expecting: 1",
        ),
        ({"y": ([1.5], HALF)}, "Failed to write JSON value for tensor type: half"),
        ({}, "Cannot convert empty tensor map to JSON"),
    ],
)
def test_what_rows_cannot_hold_is_refused(outputs, message):
    with pytest.raises(StatusError) as error:
        write(True, **outputs)
    assert error.value.message == message
