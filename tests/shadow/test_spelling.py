"""Values that mean the same have one form; those that do not, have not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from shopdata.shadow.spelling import one_form, one_form_of, one_form_of_id, same_days


@pytest.mark.parametrize(
    ("written", "form"),
    [
        *[(text, "1234.5") for text in ("1234.5", "1,234.50", "1234.500", " 1234.5 ", "¥1,234.5", "１２３４．５")],
        *[(text, "0.123") for text in ("0.123", "12.3%", "12.30 %", "１２．３％", ".123")],
        *[(text, "-1234") for text in ("-1234", "(1,234)", "-1,234.00")],
        *[(text, "2026-03-01") for text in ("2026/3/1", "2026-03-01 00:00:00", "2026年3月1日", "2026.03.01")],
        *[(text, "2026-03-01 08:30:00") for text in ("2026/3/1 8:30", "2026-03-01T08:30:00.000")],
        *[(text, "08:30:00") for text in ("8:30", "08:30:00")],
        *[(text, "") for text in ("", " ", "-", "--", "NaN", "NULL", "None", "#N/A")],
        *[(text, "TRUE") for text in ("TRUE", "true", "True")],
        ("0.30000000000000004", "0.3"),
        ("1e5", "100000"),
        ("0.0", "0"),
        ("-0.0", "0"),
        ("6901234567890123456", "6901234567890123456"),
        ("第一行\r\n第二行", "第一行\n第二行"),
    ],
)
def test_one_form(written: str, form: str) -> None:
    assert one_form_of(written) == form
    assert (one_form(pa.array([written, None]), is_id=False).to_pylist()) == [form or None, None]


@pytest.mark.parametrize("written", ["007", "1,23", "2026-13-01", "V1.2", "12.3.4", "a-b", "0.1.2", "1,2345"])
def test_what_is_none_of_them_stays(written: str) -> None:
    assert one_form(pa.array([written]), is_id=False).to_pylist() == [written]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        *[(text, "0012345") for text in ("0012345", " 0012345\t", "'0012345", '="0012345"', "0012345.0")],
        *[(text, text) for text in ("12345", "6.93E+12", "12,345", "A-7")],
        ("nan", ""),
    ],
)
def test_identifiers_keep_every_digit(written: str, form: str) -> None:
    assert one_form_of_id(written.strip()) == form
    assert one_form(pa.array([written]), is_id=True).to_pylist() == [form or None]


def test_a_day_in_digits_is_that_day_beside_one_alone() -> None:
    ours, theirs = pa.array(["2026-03-01", "20260301", "2026-03-01"]), pa.array(["20260301", "20260301", "20260302"])
    assert same_days(ours, theirs).to_pylist() == [True, False, False]
