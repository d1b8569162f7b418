"""A text is a table only if its lines prove it, by whatever sign its columns are separated."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign import DATASET, rows_of

from shopdata.excel import read_table
from shopdata.exceptions import RejectedFileError

ROWS = [["SKU", "名称", "库存"], ["001", "茶", "5"], ["002", "杯", "6"]]


def lines(sign: str, rows: list[list[str]] = ROWS, end: str = "\n") -> str:
    return "".join(sign.join(row) + end for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lines(","), id="comma"),
        pytest.param(lines(";"), id="semicolon"),
        pytest.param(lines("\t"), id="tab"),
        pytest.param(lines("|"), id="pipe"),
        pytest.param(lines("^"), id="caret"),
        pytest.param(lines("~"), id="tilde"),
        pytest.param(lines("||"), id="two-pipes"),
        pytest.param(lines("\x01"), id="hive"),
        pytest.param(lines("\x1f"), id="ascii"),
        pytest.param(lines(",", end="\r\n"), id="windows"),
        pytest.param(lines(",", end="\r"), id="old-mac"),
        pytest.param("".join(",".join(row) + ",\n" for row in ROWS), id="a-separator-at-each-end"),
        pytest.param(lines(",", ROWS[:1]) + "001,茶,5,\n002,杯,6,\n", id="at-the-end-of-rows-alone"),
        pytest.param("库存报表\n\n" + lines("\t"), id="a-title"),
        pytest.param("#账号：,1\n#起始日期\n" + lines("\t"), id="titles-with-another-sign"),
        pytest.param('"SKU"\t,"名称"\t,"库存"\n"001"\t,"茶"\t,"5"\n"002"\t,"杯"\t,"6"\t\n', id="tabs-behind-quotes"),
        pytest.param('SKU;名称;库存\n"001"\t;"茶";"5"\n"002";"杯"\t;"6"', id="tabs-behind-some-quotes"),
        pytest.param("SKU, 名称, 库存\n001, 茶, 5\n002, 杯, 6\n", id="a-blank-behind-each-comma"),
    ],
)
def test_the_sign_that_separates_is_found(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    table = read_table(path, None)
    assert [name.strip() for name in table.columns] == ROWS[0]
    assert [[str(cell).strip() for cell in row] for row in rows_of(table)] == ROWS[1:]


def test_decimal_commas_are_no_separators(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1,5;2,5\n3,5;4,5\n", "utf-8")
    table = read_table(tmp_path / "a.csv", None)
    assert (table.columns, rows_of(table)) == (("a", "b"), [["1,5", "2,5"], ["3,5", "4,5"]])


def test_another_sign_within_texts_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a|b\n1,5;x|2\n3,y;4|z\n", "utf-8")
    assert rows_of(read_table(tmp_path / "a.csv", None)) == [["1,5;x", "2"], ["3,y;4", "z"]]


def test_blank_ends_that_excel_left_out_are_blank(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("SKU,库存,备注\n1,2\n2,3\n3,4,满\n", "utf-8")
    table = read_table(tmp_path / "a.csv", None)
    assert rows_of(table) == [["1", "2", None], ["2", "3", None], ["3", "4", "满"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("系统繁忙，请稍后再试", "'系统繁忙，请稍后再试', one line", id="busy"),
        pytest.param("Sorry, try again later\n", "'Sorry, try again later', one line", id="a-sentence-with-a-comma"),
        pytest.param("error,no data", "'error,no data', one line", id="words-with-a-comma"),
        pytest.param("Dear customer, we are sorry.\nPlease try again, later.\n", "'Dear customer", id="two-sentences"),
        pytest.param("first\nsecond\nthird\n", "'first'", id="one-column"),
        pytest.param("a b c\n1 2 3\n4 5 6\n", "'a b c'", id="blanks-between-columns"),
        pytest.param(
            "import os\n\ndef f(a, b):\n    return a, b, 1\n\nprint(f(1, 2))\n", "'import os'", id="a-program"
        ),
        pytest.param("int a;\nint b;\nint c = 2;\n", "'int a;'", id="a-sign-at-each-end"),
        pytest.param("if x:\n\tone()\n\ttwo()\n\tthree()\n", "'if x:'", id="lines-that-are-set-in"),
        pytest.param("# a\n# b\n# c\n# d\n# e\nset x=1;2\nset y=3;4\n# f\n", "'# a'", id="two-lines-among-others"),
        pytest.param("name: 茶\nprice: 5\nstock: 6\n", "'name: 茶'", id="keys-and-values"),
        pytest.param("a,b\n1,2\n3,4,5\n6\n", "line 3", id="lines-that-differ"),
        pytest.param("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n", "'| a | b |'", id="markdown"),
        pytest.param("+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n+---+---+\n", "'+---+---+'", id="a-drawn-table"),
        pytest.param("a,b\n" + "\x02\x03,\x04\x05\n" * 9, "bytes that no text has", id="control-bytes"),
    ],
)
def test_a_text_that_proves_nothing_is_no_table(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "a.csv").write_text(text, "utf-8")
    with pytest.raises(RejectedFileError) as caught:
        read_table(tmp_path / "a.csv", None)
    assert caught.value.what == "the text is no table: nothing proves its columns"
    assert found in caught.value.found


@pytest.mark.parametrize("sign", ["|", "^", ";"])
def test_the_names_of_a_contract_are_proof(tmp_path: Path, sign: str) -> None:
    (tmp_path / "a.csv").write_text(f"报表,a,b,c\nSKU{sign}可用库存\n1\n2{sign}3\n", "utf-8")
    assert [row[:3] for row in rows_of(read_table(tmp_path / "a.csv", DATASET))] == [
        ["1", None, None],
        ["2", None, "3"],
    ]


@pytest.mark.parametrize("dataset", [None, DATASET], ids=["no-contract", "contract"])
def test_a_line_with_more_cells_than_the_header_is_refused(tmp_path: Path, dataset: object) -> None:
    """A title with a comma and no quotes would push all behind it one column on."""
    (tmp_path / "a.csv").write_text("SKU,可用库存,备注\n" + "1,2,a\n" * 20 + "2,3,大,小\n", "utf-8")
    with pytest.raises(RejectedFileError) as caught:
        read_table(tmp_path / "a.csv", dataset)  # type: ignore[arg-type]
    assert str(caught.value).startswith(
        "a.csv: line 22 is no CSV: it has more cells than the header. Found 4, expected at most 3"
    )
