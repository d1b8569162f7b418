"""Which row is the header: decided by the contract's names, or by what stands below, with a word on how sure it is."""

# ruff: noqa: E501 - one case, one line, however long its table is

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlwt
from foreign import rows_of

from shopdata.excel import Contract, read_table
from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.layout.head import Row
from shopdata.excel.layout.header import Certainty, HeaderRows, find_header
from shopdata.exceptions import RejectedFileError

DATASET = Contract(columns=("时间", "SKU", "现货库存"), required=("SKU",))


def rows_in(text: str) -> list[Row]:
    """Rows of a sheet, one a line, with bars between the cells; blank lines are blank rows."""
    lines = text.strip("\n").split("\n")
    rows = [Row(number, [cell.strip() for cell in line.split("|")]) for number, line in enumerate(lines, start=1)]
    return [row for row in rows if any(row.texts)]


def found_in(text: str, *merges: Merge) -> HeaderRows | None:
    return find_header(rows_in(text), None, lambda: merges)


@pytest.mark.parametrize(
    ("text", "row", "certainty"),
    [
        pytest.param("名称|数量|金额\n茶|5|6\n酒|7|8", 1, "certain", id="plain"),
        pytest.param("库存报表||\n\n名称|数量|金额\n茶|5|6\n酒|7|8", 3, "certain", id="title"),
        pytest.param("库存报表||2026-03-01\n名称|数量|金额\n茶|5|6\n酒|5|9", 2, "certain", id="title-and-day"),
        pytest.param("库存报表|导出\n名称|数量|金额\n茶|5|6\n酒|5|9", 2, "certain", id="title-of-two-cells"),
        pytest.param(
            "账号|6200123412341234|户名|张三||\n日期|摘要|金额|余额|对方|备注\n2026-03-01|转账|5.00|100|李|x\n2026-03-02|转账|6.00|106|李|x",
            2,
            "certain",
            id="labels-above",
        ),
        pytest.param(
            "账号|6200123412341234|户名|张三|币种|人民币\n起始日期|20260301|终止日期|20260331|期初余额|100.00\n\n"
            "日期|摘要|金额|余额|对方|备注\n2026-03-01|转账|5.00|100|李|x\n2026-03-02|转账|6.00|106|李|x",
            4,
            "certain",
            id="labels-in-two-rows",
        ),
        pytest.param("账号|6200123412341234|户名|张三\n摘要|金额|对方|备注\n转账|5.00|李|x\n转账|6.00|李|x", 2, "certain", id="a-label-over-the-only-numbers"),
        pytest.param("户名|张三|开户行|工商银行\n日期|摘要|金额|余额\n2026-03-01|转账|5.00|100\n2026-03-02|转账|6.00|106", 2, "certain", id="labels-of-words"),
        pytest.param("账号：6200|户名：张三|币种：CNY|页：1\n日期|摘要|金额|余额\n2026-03-01|x|5|6\n2026-03-02|x|5|6", 2, "certain", id="labels-with-their-values"),
        pytest.param("姓名|城市\n张三|北京\n李四|上海", 1, "likely", id="words-under-names"),
        pytest.param("甲|乙\n张三|北京\n李四|上海", 1, "guess", id="words-under-words"),
        pytest.param("甲|乙\nA1|茶\nB2|酒\nC3|水", 1, "likely", id="codes-under-names"),
        pytest.param("名称\n茶\n酒", 1, "likely", id="one-column"),
        pytest.param("销量\n5\n6", 1, "certain", id="one-column-of-numbers"),
        pytest.param("店铺|数量|金额", 1, "likely", id="header-alone"),
        pytest.param("店铺|2024|2025", 1, "guess", id="header-alone-with-years"),
        pytest.param("上海|待发货|-", 1, "guess", id="a-row-of-words-alone"),
        pytest.param("店铺|2024|2025\n甲|5|6\n乙|7|8", 1, "certain", id="years-as-names"),
        pytest.param("店铺|2026-03-01|2026-03-02\n甲|5|6\n乙|7|8", 1, "certain", id="days-as-names"),
        pytest.param("|2026-03-01|2026-03-02\n甲|5|6\n乙|7|8", 1, "likely", id="days-beside-a-blank-corner"),
        pytest.param("店铺|1|2|3|4\n甲|5|9|7|8\n乙|5|8|7|6", 1, "certain", id="numbers-that-count-up"),
        pytest.param("店铺|7日|14日\n甲|5天|6天\n乙|5天|6天", 1, "certain", id="names-with-units-over-units"),
        pytest.param("商品|数量|金额\n茶|暂无|缺失\n酒|5|6\n水|5|6", 1, "guess", id="words-among-the-first-values"),
        pytest.param("商品|数量|金额\n茶|-|-\n酒|5|6", 1, "certain", id="dashes-among-the-first-values"),
        pytest.param("名称|数量|金额\n茶|5|6\n名称|数量|金额\n酒|5|6", 1, "certain", id="repeated-below"),
        pytest.param("名称|数量|金额\n茶|5|6\n酒|5|6\n注：仅供参考||", 1, "certain", id="note-below"),
        pytest.param("a|b||d\n1|2|3|4\n5|6|7|8", 1, "likely", id="a-column-without-a-name"),
        pytest.param("a|b\n|x", 1, "guess", id="two-rows-of-words"),
    ],
)  # fmt: skip
def test_the_row_over_the_values_is_the_header(text: str, row: int, certainty: str) -> None:
    found = found_in(text)
    assert found is not None
    assert (rows_in(text)[found.last].number, found.certainty) == (row, certainty)
    assert any(finding.kind == "unsure_header" for finding in found.findings) == (found.certainty is Certainty.GUESS)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-03-01|茶|5\n2026-03-02|酒|6", id="dates-and-numbers"),
        pytest.param("茶|5\n酒|6", id="a-word-and-a-number"),
        pytest.param("2026-03-01|茶|5", id="one-row"),
        pytest.param("5\n6", id="one-column"),
        pytest.param("260301-123456789012345|茶|已发货\n260301-123456789012346|酒|已发货", id="order-numbers"),
        pytest.param("张三|北京\n李四|上海\n王五|北京\n赵六|北京", id="words-that-come-again"),
        pytest.param("甲|2024|2025\n乙|2023|2024\n丙|2020|2021", id="years-that-are-values"),
        pytest.param("报表||\n茶|2026-03-01|6\n酒|2026-03-02|7", id="only-a-title"),
        pytest.param("茶||\n酒|2026-03-01|6\n水|2026-03-02|7", id="a-first-row-with-blanks"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_first_row_of_values_is_no_header(text: str) -> None:
    assert found_in(text) is None


PLACES = (Merge(1, 2, 0, 0), Merge(1, 1, 1, 2), Merge(1, 1, 3, 4))
TWO = "店铺|销售||退货|\n|数量|金额|数量|金额\n甲|1|2|3|4\n乙|1|2|3|4"


@pytest.mark.parametrize(
    ("text", "merges", "names"),
    [
        pytest.param(TWO, PLACES, "店铺|销售/数量|销售/金额|退货/数量|退货/金额", id="merged"),
        pytest.param(TWO, (), "店铺|销售/数量|销售/金额|退货/数量|退货/金额", id="blanks-in-place-of-merged-cells"),
        pytest.param(
            "店铺|销售||退货|\n|数量|金额|件数|钱\n甲|1|2|3|4", PLACES, "店铺|销售/数量|销售/金额|退货/件数|退货/钱", id="names-that-differ"
        ),
        pytest.param(
            "|销售||退货|\n店铺|数量|金额|件数|钱\n甲|1|2|3|4\n乙|1|2|3|4", (), "店铺|销售/数量|销售/金额|退货/件数|退货/钱", id="no-group-over-the-first"
        ),
        pytest.param(
            "店铺|负责人||店长|\n|姓名|城市|姓名|城市\n甲|张|北京|李|上海\n乙|王|北京|赵|上海",
            PLACES,
            "店铺|负责人/姓名|负责人/城市|店长/姓名|店长/城市",
            id="over-words",
        ),
        pytest.param(
            "店铺|2026-03-01||2026-03-02|\n|数量|金额|数量|金额\n甲|1|2|3|4\n乙|1|2|3|4",
            (),
            "店铺|2026-03-01/数量|2026-03-01/金额|2026-03-02/数量|2026-03-02/金额",
            id="days-as-groups",
        ),
        pytest.param(
            "报表||||\n店铺|销售||退货|\n|数量|金额|数量|金额\n甲|1|2|3|4",
            (Merge(1, 1, 0, 4), Merge(2, 3, 0, 0), Merge(2, 2, 1, 2), Merge(2, 2, 3, 4)),
            "店铺|销售/数量|销售/金额|退货/数量|退货/金额",
            id="under-a-title",
        ),
        pytest.param(
            "店铺|一月|||\n|销售||退货|\n|数量|金额|数量|金额\n甲|1|2|3|4\n乙|1|2|3|4",
            (Merge(1, 3, 0, 0), Merge(1, 1, 1, 4), Merge(2, 2, 1, 2), Merge(2, 2, 3, 4)),
            "店铺|一月/销售/数量|一月/销售/金额|一月/退货/数量|一月/退货/金额",
            id="three-rows",
        ),
        pytest.param("名称|销售额|占比\n|元|%\n茶|5|10\n酒|5|20", (), "名称|销售额/元|占比/%", id="units-below"),
        pytest.param(
            "|销售||退货|\n|今日|昨日|今日|昨日\n0|1|2|3|4\n1|5|6|7|8",
            (Merge(1, 1, 1, 2), Merge(1, 1, 3, 4)),
            "|销售/今日|销售/昨日|退货/今日|退货/昨日",
            id="over-numbers-that-count-up",
        ),
    ],
)  # fmt: skip
def test_groups_are_joined_with_the_names_below_them(text: str, merges: tuple[Merge, ...], names: str) -> None:
    found = found_in(text, *merges)
    assert found is not None
    assert "|".join(found.names) == names
    assert [finding.kind for finding in found.findings] == ["joined_header"]


def test_rows_above_the_header_are_named_where_they_are_wide() -> None:
    found = found_in("账号|6200|户名|张三\n日期|摘要|金额|余额\n2026-03-01|转账|5.00|100\n2026-03-02|转账|6.00|106")
    assert found is not None
    assert [finding.text for finding in found.findings] == [
        "row 1 above the header: no part of the table. There stands '账号', '6200', '户名', '张三'"
    ]


def test_the_best_row_is_the_header_not_the_first_that_fits_a_little() -> None:
    rows = rows_in("SKU 报表|\nSKU|说明\nSKU|时间\n1|SKU")
    found = find_header(rows, DATASET)
    assert found is not None
    assert (found.last, found.score) == (2, 2)


GROUPED = Contract(columns=("店铺", "销量", "退货/数量"), aliases={"销量": ("销售/数量",)})


def test_the_contracts_names_decide_about_groups() -> None:
    found = find_header(rows_in(TWO), GROUPED, lambda: PLACES)
    assert found is not None
    assert (found.names, found.score) == (["店铺", "销售/数量", "销售/金额", "退货/数量", "退货/金额"], 3)
    plain = replace(GROUPED, columns=("店铺", "件数"), aliases={})
    found = find_header(rows_in("店铺|销售||退货|\n|数量|金额|件数|钱\n甲|1|2|3|4"), plain, lambda: PLACES)
    assert found is not None
    assert found.names == ["店铺", "销售/数量", "销售/金额", "件数", "退货/钱"]


def grouped(path: Path) -> Path:
    """A workbook of two header rows with merged cells, below a title."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["日报"], ["店铺", "销售", None, "退货"], [None, "数量", "金额", "数量", "金额"], ["甲", 1, 2.5, 3, 4]):
        sheet.append(row)
    for place in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        sheet.merge_cells(place)
    book.save(path)
    return path


def test_a_workbook_of_two_header_rows_is_read(tmp_path: Path) -> None:
    table = read_table(grouped(tmp_path / "a.xlsx"), None)
    assert table.columns == ("店铺", "销售/数量", "销售/金额", "退货/数量", "退货/金额")
    assert rows_of(table) == [["甲", "1", "2.5", "3", "4"]]
    table = read_table(tmp_path / "a.xlsx", GROUPED)
    assert table.columns == ("店铺", "销量", "退货/数量", "销售/金额", "退货/金额")


def test_the_merged_cells_of_an_old_workbook_are_known(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    sheet.write_merge(0, 1, 0, 0, "店铺")
    sheet.write_merge(0, 0, 1, 2, "销售")
    sheet.write_merge(0, 0, 3, 4, "退货")
    for place, name in enumerate(("数量", "金额", "件数", "钱"), start=1):
        sheet.write(1, place, name)
        sheet.write(2, place, place)
    book.save(str(tmp_path / "a.xls"))
    assert read_table(tmp_path / "a.xls", None).columns == ("店铺", "销售/数量", "销售/金额", "退货/件数", "退货/钱")


def test_a_table_of_a_web_page_may_have_groups(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_text(
        "<html><body><table><tr><th rowspan=2>店铺<th colspan=2>销售<th colspan=2>退货</tr>"
        "<tr><th>数量<th>金额<th>件数<th>钱</tr><tr><td>甲<td>1<td>2<td>3<td>4</tr></table></body></html>",
        "utf-8",
    )
    assert read_table(path, None).columns == ("店铺", "销售/数量", "销售/金额", "退货/件数", "退货/钱")


def test_a_file_without_a_header_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("2026-03-01,茶,5\n2026-03-02,酒,6\n", "utf-8")
    with pytest.raises(RejectedFileError, match=r"a\.csv: no header was found\. Found 2026-03-01, 茶, 5.*--no-header"):
        read_table(tmp_path / "a.csv", None)


def test_labels_above_a_text_need_not_have_its_width(tmp_path: Path) -> None:
    lines = [
        "账号,6200123412341234,户名,张三",
        "日期,摘要,金额,余额,对方,备注",
        *(f"2026-03-0{day},转账,5.0{day},100,李,x" for day in range(1, 5)),
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines), "utf-8")
    table = read_table(tmp_path / "a.csv", None)
    assert (table.columns[:2], table.rows, table.header) == (("日期", "摘要"), 4, "row 2, certain")


def test_a_sheet_of_values_beside_a_table_is_not_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["名称", "数量"], ["茶", 5]):
        book.active.append(row)
    book.create_sheet("续").append(["酒", 6])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(RejectedFileError, match=r"a\.xlsx sheet '续': no header was found\. Found 酒, 6"):
        read_table(tmp_path / "a.xlsx", None)


@pytest.mark.parametrize("row", [["账号:", "户名:"], ["a：", "b："]])
def test_labels_alone_are_no_table(row: list[str]) -> None:
    assert find_header([Row(number, row) for number in range(1, 4)], None) is None
