from keras_singan.fleet.photo_report import PhotoReport
from keras_singan.fleet.photo_report import from_csv
from keras_singan.fleet.photo_report import report_from
from keras_singan.fleet.photo_report import to_csv


def test_a_table_is_read_as_it_was_written():
    reports = [
        PhotoReport("a", "/x,y/a.png", "done", 1.5, 2, "node", 0.1, 0.25, "a note"),
        PhotoReport("b", "/b.png", "failed", 0.5, 1, "node", error='It "said", no.'),
        PhotoReport("c", "/c\n.png"),
    ]
    assert list(from_csv(to_csv(reports)).values()) == reports


def test_lines_that_are_none_of_ours_are_left_out():
    table = b"name,photo,state,seconds\na,b,done,x\n\xff\xfe\n"
    assert from_csv(table) == {}
    assert from_csv(None) == {}
    good = to_csv([PhotoReport("a", "/a.png")])
    assert list(from_csv(good + b"b,/b.png,perhaps,,0,,,,,\r\n")) == ["a"]


def test_an_outcome_becomes_a_report():
    outcome = {"state": "done", "seconds": 2.0, "run": "x", "name": "other"}
    assert report_from("a", "/a.png", outcome) == PhotoReport(
        "a", "/a.png", "done", 2.0
    )
