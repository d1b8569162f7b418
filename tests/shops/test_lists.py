"""A list of shops out of a workbook or a CSV: what it may look like, and every mistake at its row and column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from shopdata.config import Config
from shopdata.exceptions import RejectedFileError
from shopdata.shops import ShopBook
from shopdata.shops.entered import typed
from shopdata.shops.mistakes import Mistake
from shopdata.shops.sheet import ShopList, read_list
from shopdata.shops.template import template
from shopdata.wording import Texts

HEADS = ("店铺", "平台", "账号", "密码", "店铺ID", "数据集", "负责人", "起始日期", "启用")
GOOD = ("回力店", "京东", "someone", "pa55-fake", "flagship", None, None, None, None)


Row = tuple[Any, ...]


def workbook(path: Path, *rows: Row, heads: Row = HEADS, formats: Mapping[str, str] = MappingProxyType({})) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (heads, *rows):
        sheet.append(list(row))
    for place, number_format in formats.items():
        sheet[place].number_format = number_format
    book.save(path)
    return path


def entered(book: ShopBook, config: Config, shops: ShopList, *, may_change: bool = False) -> list[Mistake]:
    """The mistakes, after entering where there are none."""
    if shops.mistakes:
        return [*shops.mistakes, *book.plan(shops.rows, config, may_change=may_change).mistakes]
    return book.enter(shops.rows, config, may_change=may_change).mistakes


def by_id(book: ShopBook) -> dict[str, tuple[str, str, str]]:
    return {shop.id: (shop.name, shop.username, shop.password.get_secret_value()) for shop in book.read().shops}


def with_(**changes: Any) -> Row:
    names = ("name", "platform", "username", "password", "id", "datasets", "owner", "since", "enabled")
    return tuple(changes.get(name, value) for name, value in zip(names, GOOD, strict=True))


class TestWhatAListMayLookLike:
    def test_digits_stay_as_they_were_typed(self, book: ShopBook, config: Config, tmp_path: Path) -> None:
        path = workbook(
            tmp_path / "a",
            with_(username=13800138000, password="00123456"),
            with_(name="b", id="b", username="００７@ｘ", password=1234),
            with_(name="c", id="c", username=138.0, password="1e5"),
            with_(name="d", id="d", password=" inner blank".strip() + " x"),
            formats={"D3": "000000"},
        )
        assert entered(book, config, read_list(path)) == []
        assert by_id(book) == {
            "flagship": ("回力店", "13800138000", "00123456"),
            "b": ("b", "007@x", "001234"),
            "c": ("c", "138", "1e5"),
            "d": ("d", "someone", "inner blank x"),
        }

    def test_a_title_above_any_order_other_names_and_what_is_not_known(
        self, book: ShopBook, config: Config, tmp_path: Path
    ) -> None:
        path = workbook(
            tmp_path / "a",
            (None,),
            (
                "Password *",
                "备注",
                "ＳＴＯＲＥ",
                "User Name（必填）",
                "平 台",
                "since",
                "Datasets",
                "是否启用",
                "account_shop",
            ),
            ("pw-fake", "x", "  甲店\u3000", "u", "ＪＤ", date(2026, 3, 1), "全部", "否", "甲"),
            (None,) * 9,
            ("pw-fake", "", "乙店", "u", "拼多多", "2026年3月2日", "pdd_chat，PDD_KPI_DAYS", "√", "乙"),
            heads=("我们的店铺",),
        )
        shops = read_list(path)
        assert [(hint.key, hint.place.row) for hint in shops.hints] == [("hint.unknown_column", 3)]
        assert entered(book, config, shops) == []
        first, second = book.read().shops
        assert (first.id, first.name, first.platform, str(first.since)) == ("jd-001", "甲店", "jd", "2026-03-01")
        assert (first.enabled, first.datasets, first.portal_shop) == (False, None, "甲")
        assert (second.id, str(second.since)) == ("pdd-001", "2026-03-02")
        assert second.datasets == ("pdd_chat", "pdd_kpi_days")
        assert [entry.is_enabled for entry in book.entries()] == [False, True]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
    def test_csv(self, encoding: str, book: ShopBook, config: Config, tmp_path: Path) -> None:
        text = '店铺,平台,账号,密码\r\n甲店,jd,="0138","007,x"\r\n'
        (tmp_path / "a.csv").write_bytes(text.encode(encoding))
        assert entered(book, config, read_list(tmp_path / "a.csv")) == []
        assert by_id(book) == {"jd-001": ("甲店", "0138", "007,x")}

    def test_shared_strings_and_several_sheets(self, book: ShopBook, config: Config, tmp_path: Path) -> None:
        with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
            for name in ("甲", "乙"):
                sheet = made.add_worksheet(name)
                sheet.write_row(0, 0, HEADS[:4])
                sheet.write_row(1, 0, [f"{name}店", "京东", "u", "pw-fake"])
            made.add_worksheet("说明").write(0, 0, "密码")
        shops = read_list(tmp_path / "a.xlsx")
        assert [row.place.sheet for row in shops.rows] == ["甲", "乙"]
        assert entered(book, config, shops) == []

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_the_template_is_a_list_with_its_own_example_passed_over(
        self, language: str, book: ShopBook, config: Config, tmp_path: Path
    ) -> None:
        content = template(Texts(language), config)
        (tmp_path / "a.xlsx").write_bytes(content)
        shops = read_list(tmp_path / "a.xlsx")
        assert ([mistake.key for mistake in shops.mistakes], shops.rows) == (["mistake.no_rows"], [])
        assert [hint.key for hint in shops.hints] == ["hint.example"]
        made = openpyxl.load_workbook(BytesIO(content))
        sheet = made.worksheets[0]
        assert (sheet.freeze_panes, sheet["D3"].number_format) == ("A2", "@")
        lists = {validation.sqref.__str__()[0]: validation for validation in sheet.data_validations.dataValidation}
        letters, row = lists["B"].formula1.rpartition("!")[2].replace("$", "").partition(":")[0][0], 1
        assert made.worksheets[1][f"{letters}{row}"].value == {"zh": "京东", "en": "JD"}[language]
        for number, value in enumerate(["甲店", made.worksheets[1][f"{letters}1"].value, "13800138000", "0012"], 1):
            sheet.cell(3, number, value)
        made.save(tmp_path / "a.xlsx")
        assert entered(book, config, read_list(tmp_path / "a.xlsx")) == []
        assert by_id(book) == {"jd-001": ("甲店", "13800138000", "0012")}


class TestMistakes:
    @pytest.mark.parametrize(
        ("row", "place", "key"),
        [
            (with_(name=None), "A", "mistake.missing"),
            (with_(platform=" \u3000"), "B", "mistake.missing"),
            (with_(username=None), "C", "mistake.missing"),
            (with_(password=None), "D", "mistake.missing"),
            (with_(platform="淘宝"), "B", "mistake.unknown_platform"),
            (with_(id="旗舰"), "E", "mistake.bad_id"),
            (with_(id="-x"), "E", "mistake.bad_id"),
            (with_(datasets="jd_storr"), "F", "mistake.unknown_dataset"),
            (with_(datasets="pdd_chat"), "F", "mistake.other_dataset"),
            (with_(since="2026-02-30"), "H", "mistake.bad_day"),
            (with_(since="昨天"), "H", "mistake.bad_day"),
            (with_(enabled="也许"), "I", "mistake.bad_flag"),
            (with_(name="a\u200bb"), "A", "mistake.unseen"),
            (with_(name="长" * 256), "A", "mistake.too_long"),
            (with_(owner="x" * 256), "G", "mistake.too_long"),
            (with_(password=" x"), "D", "mistake.blank_end"),
            (with_(password="x\n"), "D", "mistake.blank_end"),
            (with_(password=date(2026, 3, 1)), "D", "mistake.date_cell"),
            (with_(username=datetime(2026, 3, 1, 5)), "C", "mistake.date_cell"),  # noqa: DTZ001 - of a cell
            (with_(password=True), "D", "mistake.bool_cell"),
            (with_(password="#N/A"), "D", "mistake.error_cell"),
            (with_(password=12345678901234567), "D", "mistake.cut_number"),
            (with_(username=1.5e300), "C", "mistake.cut_number"),
        ],
    )
    def test_one(self, row: Row, place: str, key: str, book: ShopBook, config: Config, tmp_path: Path) -> None:
        path = workbook(tmp_path / "a", with_(name="good", id="good"), row)
        found = entered(book, config, read_list(path))
        assert [(one.place.row, one.place.letters, one.key) for one in found] == [(3, place, key)]
        assert book.entries() == [], "nothing is entered while there is a mistake"
        for language, said in (("zh", f"第 3 行 {place} 列"), ("en", f"row 3, column {place}")):
            text = found[0].text(Texts(language))
            assert text.startswith(said)
            assert "pa55" not in text

    def test_all_of_hundreds_at_once_and_nothing_is_entered(
        self, book: ShopBook, config: Config, tmp_path: Path
    ) -> None:
        rows = [with_(name=f"店 {number}", id=f"s-{number}") for number in range(400)]
        rows[7] = with_(name="店 7", id="s-7", platform="x", since="y")
        rows[200] = with_(name="店 3", id="s-3")
        rows[399] = with_(name="店 399", id="s-399", password=None)
        found = entered(book, config, read_list(workbook(tmp_path / "a", *rows)))
        assert sorted((one.place.row, one.place.letters, one.key) for one in found) == [
            (9, "B", "mistake.unknown_platform"),
            (9, "H", "mistake.bad_day"),
            (202, "A", "mistake.twice"),
            (202, "E", "mistake.twice"),
            (401, "D", "mistake.missing"),
        ]
        assert "与第 5 行 A 列（店铺）相同" in "".join(one.text(Texts("zh")) for one in found)
        assert book.entries() == []
        assert entered(book, config, read_list(workbook(tmp_path / "b", *rows[10:190]))) == []
        assert len(book.entries()) == 180

    def test_a_csv_that_excel_has_saved(self, book: ShopBook, config: Config, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("店铺,平台,账号,密码\n甲店,jd,1.38E+10,x-fake\n", "utf-8")
        assert [one.key for one in entered(book, config, read_list(tmp_path / "a.csv"))] == ["mistake.cut_number"]

    def test_a_column_twice(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "a", ("a", "b", "jd"), heads=("店铺", "店名", "平台"))
        assert [(one.key, one.place.letters) for one in read_list(path).mistakes] == [("mistake.column_twice", "B")]

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "the file is no table"),
            (b"a,b\n1,2\n", "no row of this file names the columns"),
            (b"%PDF-1.7\n", "the file is no table"),
        ],
    )
    def test_no_list_at_all(self, content: bytes, sentence: str, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(RejectedFileError, match=sentence):
            read_list(tmp_path / "a")


class TestWhatIsThereAlready:
    def test_the_same_again_is_well_and_a_change_is_wanted(
        self, book: ShopBook, config: Config, tmp_path: Path
    ) -> None:
        assert entered(book, config, read_list(workbook(tmp_path / "a", with_(owner="张三")))) == []
        assert entered(book, config, read_list(workbook(tmp_path / "b", with_(owner=None)))) == [], "blank: as it is"
        other = read_list(workbook(tmp_path / "c", with_(owner="李四", password="n3w-fake")))
        assert [one.key for one in entered(book, config, other)] == ["mistake.exists"]
        plan = book.enter(other.rows, config, may_change=True)
        assert [(one.kind, sorted(one.fields)) for one in plan.shops] == [("changed", ["owner", "password"])]
        assert by_id(book) == {"flagship": ("回力店", "someone", "n3w-fake")}

    def test_it_is_known_by_its_name_and_what_is_optional_can_be_taken_back(
        self, book: ShopBook, config: Config, tmp_path: Path
    ) -> None:
        first = with_(id=None, owner="张三", since="2026-01-01", datasets="jd_store")
        assert entered(book, config, read_list(workbook(tmp_path / "a", first))) == []
        again = with_(id=None, username=None, password=None, platform=None, owner="-", since="无", datasets="all")
        assert entered(book, config, read_list(workbook(tmp_path / "b", again)), may_change=True) == []
        (entry,) = book.entries()
        assert (entry.id, entry.owner, entry.since, entry.datasets) == ("jd-001", "", "", None)
        assert by_id(book)["jd-001"] == ("回力店", "someone", "pa55-fake")

    def test_a_group_is_what_can_be_part_of_a_key(self, book: ShopBook, config: Config) -> None:
        texts = {"name": "a", "platform": "jd", "username": "someone", "password": "pa55-fake", "id": "a"}
        assert book.enter([typed(texts | {"group": "Ｎorth"})], config, may_change=False).mistakes == []
        assert [shop.group for shop in book.read().shops] == ["north"]
        (entry,) = book.entries()
        assert entry.group == "north"
        wrong = book.enter([typed(texts | {"group": "北区"})], config, may_change=True).mistakes
        assert [(one.key, one.place.field) for one in wrong] == [("mistake.bad_id", "group")]

    @pytest.mark.parametrize(
        ("row", "key"),
        [
            (with_(platform="pdd"), "mistake.other_platform"),
            (with_(id="another"), "mistake.name_taken"),
        ],
    )
    def test_no_shop_becomes_another_one(
        self, row: Row, key: str, book: ShopBook, config: Config, tmp_path: Path
    ) -> None:
        assert entered(book, config, read_list(workbook(tmp_path / "a", GOOD))) == []
        shops = read_list(workbook(tmp_path / "b", row))
        assert [one.key for one in entered(book, config, shops, may_change=True)] == [key]

    def test_one_login_for_several_shops_is_told_unless_each_says_which(
        self, book: ShopBook, config: Config, tmp_path: Path
    ) -> None:
        heads = (*HEADS[:4], "店铺入口")
        rows: list[Row] = [(f"店 {name}", "jd", "Someone", "pw-fake", name) for name in "ab"]
        shops = read_list(workbook(tmp_path / "a", *rows, heads=heads))
        assert book.plan(shops.rows, config, may_change=False).hints == []
        shops = read_list(workbook(tmp_path / "b", *(row[:4] for row in rows), heads=heads))
        (hint,) = book.plan(shops.rows, config, may_change=False).hints
        assert (hint.key, hint.place.row) == ("hint.one_login", 3)
