"""Forms in parts, as a recording reads them and a recipe sends them; a browser's own are in `test_recorder.py`."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from urllib3.filepost import encode_multipart_formdata

from shopdata.config.recipes import AskStep
from shopdata.crawling.recipes.cell import written_form
from shopdata.recording.forms import parts_of

FORM = {"day": "2026-03-01", "店铺": "茶 & 杯\r\n二", "columns": ["id", "name", ""], "number": 3}
PAIRS = [["day", "2026-03-01"], ["店铺", "茶 & 杯\r\n二"], ["columns", "id"], ["columns", "name"], ["columns", ""]]


def test_what_is_sent_is_what_was_read() -> None:
    body, kind = written_form(FORM, is_multipart=True)
    assert parts_of(body, kind) == [*PAIRS, ["number", "3"]]


def test_a_form_of_one_line_stays_one() -> None:
    body, kind = written_form({"day": "2026-03-01", "columns": ["id", "名"]}, is_multipart=False)
    assert (body, kind) == (b"day=2026-03-01&columns=id&columns=%E5%90%8D", "application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("field", "seen"),
    [(("a.csv", b"1,2"), None), (("a.csv", b""), None), (("", b"1,2"), None), (("", b""), [["day", "1"]])],
    ids=["a file", "an empty file", "a file without a name", "no file chosen"],
)
def test_a_file_that_is_sent_along_is_nothing_for_a_recipe(field: tuple[str, bytes], seen: object) -> None:
    body, kind = encode_multipart_formdata([("day", "1"), ("file", field)], boundary="b")
    # urllib3 leaves an empty name out; browsers write it.
    body = body.replace(b'name="file"\r\n', b'name="file"; filename=""\r\n')
    assert parts_of(body, kind) == seen


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=other"])
def test_what_is_cut_or_says_no_boundary_is_not_read(kind: str) -> None:
    body, told = encode_multipart_formdata([("day", "1")], boundary="b")
    assert parts_of(body, told) == [["day", "1"]]
    assert parts_of(body, kind) is None
    assert parts_of(body[:-6], told) is None


def test_only_a_form_is_sent_in_parts() -> None:
    asked = {"ask": "x", "POST": "{pdd.origin}/x", "multipart": True}
    assert AskStep.model_validate({**asked, "form": {"a": "b"}}).multipart
    for wrong in ({"json": {"a": "b"}}, {}, {"form": {"a": "b"}, "sign": {"rewrite": ["x"]}}):
        with pytest.raises(ValidationError, match="multipart"):
            AskStep.model_validate({**asked, **wrong})
