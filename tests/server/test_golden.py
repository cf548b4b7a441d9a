import json
import re

import pytest
from support.embedded_server import DATA
from support.embedded_server import ask
from support.embedded_server import running

GOLDEN = json.loads((DATA / "golden.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def server():
    with running() as server:
        yield server


def comparable(error):
    """Cuts out what TensorFlow and the JSON parser may word as they like.

    Of broken JSON the prefix and the offset count. The words between are the
    parser's own: RapidJSON's there, Python's here.
    """
    error = re.sub(r"\s*\[\[\{\{.*", "", error, flags=re.DOTALL)
    error = re.sub(r"_arg_\w+", "_arg_", error)
    error = re.sub(r"(JSON Parse error: ).+( at offset: \d+)$", r"\1*\2", error)
    return re.sub(r"(Missing named input: )\S+", r"\1", error)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_the_answer_is_tensorflow_servings(server, case):
    status, body, headers = ask(
        server, case["method"], case["path"], case["body"].encode() or None
    )
    assert status == case["status"]
    assert headers["Content-Type"] == "application/json"
    answer, expected = json.loads(body), json.loads(case["answer"])
    if status == 200:
        # Written again, so that NaN equals NaN and 1 is not 1.0.
        assert json.dumps(answer, sort_keys=True) == json.dumps(
            expected, sort_keys=True
        )
    else:
        assert comparable(answer["error"]) == comparable(expected["error"])
        assert list(answer) == ["error"]


def test_an_answer_is_the_same_to_the_last_space(server):
    names = ("row default", "column default", "empty matrix", "bool input")
    for case in (case for case in GOLDEN if case["name"] in names):
        _, body, _ = ask(server, case["method"], case["path"], case["body"])
        assert body.decode() == case["answer"]
