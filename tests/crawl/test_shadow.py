"""`scrapy shadow`: a folder as an RPA and people leave it, held against days that were collected and published."""

from __future__ import annotations

import csv
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from foreign import FIXTURES
from workplace import Run, Workplace

from sandbox import SandboxShop
from sandbox.truth import Truth
from shopdata.periods import SHANGHAI

pytestmark = pytest.mark.services

DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
DAY = DAYS[0]
NAME = "jd_store"


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=3, pdd_shops=0, rows=12)
    place.sign_in(*(shop.id for shop in place.shops))
    run = place.crawl(f"start={DAYS[0]}", f"end={DAYS[-1]}")
    assert run.code == 0, run.text
    place.sandbox.clear_records()
    return place


@pytest.fixture
def rpa(tmp_path: Path) -> Path:
    """Where somebody else saves files."""
    folder = tmp_path / "rpa"
    folder.mkdir()
    return folder


def shadow(place: Workplace, folder: Path, *arguments: str, **variables: str | None) -> Run:
    when = () if {"--date", "--from"} & {*arguments} else ("--date", str(DAY))
    run = place.scrapy("shadow", str(folder), NAME, *when, *arguments, COLUMNS="220", **variables)
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []
    return run


def truth_of(place: Workplace, shop: SandboxShop, day: date = DAY) -> Truth:
    return place.sandbox.truth(shop.id, day, dataset=NAME)


def save(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """As most programs write it; a text that begins with `=` stays one."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([header, *rows]):
            sheet.write_row(number, 0, row)
    return path


def save_all(place: Workplace, folder: Path, day: date = DAY) -> None:
    for shop in place.shops:
        truth = truth_of(place, shop, day)
        save(folder / f"{shop.name}_{day}.xlsx", truth.header, truth.rows)


def report(run: Run) -> dict[str, list[list[Any]]]:
    """The sheets of the report that the last lines name, without their heads."""
    path = run.out.splitlines()[-1].removeprefix("Report: ")
    book = openpyxl.load_workbook(path)
    return {sheet.title: [[*row] for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in book}


def counts(run: Run) -> dict[str, list[Any]]:
    """By shop: result, rows of theirs and ours, rows only theirs and only ours, cells, columns that differ, spelled."""
    return {row[2]: [row[3], *row[4:11]] for row in report(run)["overview"]}


def respelled(value: Any, changed: list[Any]) -> Any:
    """The same value as somebody else writes it; what is written otherwise than we do is added to `changed`."""
    if value == "-":
        told = ""
    elif isinstance(value, float) and value >= 1000:
        told = f"{value:,.3f}"
    elif isinstance(value, float) and value == round(value, 3):
        told = f"{value:.4f}"
    elif value == str(DAY):
        told = "2026/3/1"
    else:
        return value
    changed.append(value)
    return told


def test_files_of_other_programs_are_the_same(place: Workplace, rpa: Path) -> None:
    """Three shops by three programs: a plain workbook, a CSV of Excel in China with other spellings, and ours."""
    first, second, third = place.shops
    truth = truth_of(place, first)
    save(rpa / f"jd_store_{first.id}_{DAY:%Y%m%d}.xlsx", truth.header[::-1], [row[::-1] for row in truth.rows[::-1]])
    changed: list[Any] = []
    truth = truth_of(place, second)
    (rpa / str(DAY)).mkdir()
    with (rpa / str(DAY) / f"{second.name}.csv").open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(truth.header)
        writer.writerows([respelled(value, changed) for value in row] for row in truth.rows)
    assert len(changed) > len(truth.rows)
    with place.objects() as objects:
        (rpa / f"{third.name} 3月1日.xlsx").write_bytes(objects.get_bytes(f"raw/jd/{NAME}/dt={DAY}/{third.id}.xlsx"))
    run = shadow(place, rpa)
    assert run.code == 0, run.text
    assert counts(run) == {
        shop.id: ["✓ the same", 12, 12, 0, 0, 0, None, len(changed) if shop is second else 0] for shop in place.shops
    }
    assert f"not counted as differences: {len(changed)} cells" in run.out
    assert "can't be switched over yet: 1 period in a row without a difference, of 7" in run.out

    exact = shadow(place, rpa, "--exact")
    assert exact.code == 1
    assert [row[0] for row in counts(exact).values()] == ["✓ the same", "✗ different", "✓ the same"]
    assert {row[3] for row in report(exact)["differences"]} == {"spelling"}
    assert len(report(exact)["differences"]) == len(changed)


def test_each_planted_difference_is_found_and_no_other(place: Workplace, rpa: Path) -> None:
    first, second, third = place.shops
    truth = truth_of(place, first)
    sku, stock = truth.header.index("SKU"), truth.header.index("可用库存")
    rows = [list(row) for row in truth.rows]
    rows[3][stock] = rows[3][stock] + 1
    rows[5][sku] = "6900000000000000001"
    missing = rows.pop(8)
    rows.append(rows[0])  # once more
    total = ["合计", *[None] * (len(truth.header) - 2), 99]
    save(rpa / f"{first.id}_{DAY}.xlsx", [*truth.header, "备注人"], [[*row, "小王"] for row in rows] + [[*total, None]])
    truth = truth_of(place, second)
    kept = [place for place, name in enumerate(truth.header) if name != "品牌"]
    save(
        rpa / f"{second.id}_{DAY}.xlsx",
        ["序号", "统计日期", *(truth.header[place] for place in kept)],
        [[number, str(DAY), *(row[place] for place in kept)] for number, row in enumerate(truth.rows, 1)],
    )
    run = shadow(place, rpa)
    assert run.code == 1
    assert counts(run) == {
        first.id: ["✗ different", 13, 12, 2, 2, 1, "可用库存 1", 0],
        second.id: ["✗ different", 12, 12, 0, 0, 0, None, 0],
        third.id: ["◔ no file of theirs", *[None] * 7],
    }
    told = {(row[2], *row[3:6]): row[6:] for row in report(run)["differences"]}

    def row_of(row: Sequence[Any]) -> str:
        keys = ("SKU", "RDC", "配送中心")
        return ", ".join(f"{name} {row[truth.header.index(name)]}" for name in keys)

    assert told == {
        (first.id, "column only theirs", None, "备注人"): [None, None],
        (first.id, "row only theirs", row_of(rows[5]), None): [None, None],
        (first.id, "row only theirs", row_of(rows[0]), None): [None, None],
        (first.id, "row only ours", row_of(truth_of(place, first).rows[5]), None): [None, None],
        (first.id, "row only ours", row_of(missing), None): [None, None],
        (first.id, "value", row_of(rows[3]), "可用库存"): [str(rows[3][stock]), str(rows[3][stock] - 1)],
        (second.id, "column only theirs", None, "序号"): [None, None],
    }
    assert "1 row of totals or remarks" in run.out
    assert "lack these columns, which were not compared: 品牌" in run.out
    overview = {row[2]: row for row in report(run)["overview"]}
    assert overview[second.id][17] == "统计日期"

    ignored = shadow(place, rpa, "--ignore", "序号", "--shops", second.id)
    assert ignored.code == 0, ignored.text
    assert "Not compared, by --ignore: 序号" in ignored.out


def test_odd_files_are_named(place: Workplace, rpa: Path) -> None:
    first, second, third = place.shops
    truth = truth_of(place, first)
    shutil.copy(FIXTURES / "password.xlsx", rpa / f"{first.name}_{DAY}.xlsx")
    (rpa / f"{second.name}_{DAY}.xlsx").write_bytes(b"PK\3\4" + b"half of a workbook" * 40)
    save(rpa / f"{third.name}_{DAY}.xlsx", truth.header, truth_of(place, third, DAYS[1]).rows)
    save(rpa / f"{third.name}_{DAYS[1]}.xlsx", truth.header, truth_of(place, third, DAYS[1]).rows)
    save(rpa / f"客服绩效_{DAY}.xlsx", ["客服账号", "咨询人数"], [["小王", 3]])
    save(rpa / f"品牌_{DAY}.xlsx", ["品牌", "销售额"], [["回力", 3], ["双星", 4]])
    save(rpa / f"京东某店_{DAY}.xlsx", truth.header[:5], [row[:5] for row in truth.rows])
    save(rpa / f"pdd_chat_{first.name}_{DAY}.xlsx", ["a"], [["b"]])
    # What is packed in a zip tells the shop in a column, twice here, or nothing does.
    for name, columns in (("导出", None), ("导出 (1)", None), ("京东", 5)):
        exported = save(rpa.parent / "export.xlsx", truth.header[:columns], [row[:columns] for row in truth.rows])
        with zipfile.ZipFile(rpa / f"{name}_{DAY}.zip", "w") as packed:
            packed.write(exported, "export.xlsx")
        os.utime(rpa / f"{name}_{DAY}.zip", (0, 0))
    (rpa / "~$lock.xlsx").write_bytes(b"user")
    (rpa / "readme.docx").write_bytes(b"")
    run = shadow(place, rpa)
    assert run.code == 1
    odd = {line.split(": ", 1)[0].removeprefix("! "): line for line in run.out.splitlines() if line.startswith("! ")}
    assert "password" in odd.pop(f"{first.name}_{DAY}.xlsx")
    assert "cut short or damaged" in odd.pop(f"{second.name}_{DAY}.xlsx")
    assert "holds the rows of another day (时间 2026-03-02)" in odd.pop(f"{third.name}_{DAY}.xlsx")
    assert "no header was found" in odd.pop(f"客服绩效_{DAY}.xlsx")
    assert "has none of the key columns (SKU, RDC, 配送中心)" in odd.pop(f"品牌_{DAY}.xlsx")
    assert "neither its name nor a column tells the shop" in odd.pop(f"京东某店_{DAY}.xlsx")
    assert "neither its name nor a column tells the shop" in odd.pop(f"京东_{DAY}.zip")
    assert odd == {}
    assert "1 file passed over: of another day" in run.out
    assert "1 file passed over: its name is that of another dataset" in run.out
    assert "1 file passed over: another file of this shop and day is newer" in run.out
    results = {shop: row[0] for shop, row in counts(run).items()}
    assert results.pop(first.id) == "✓ the same"
    assert set(results.values()) == {"◔ their file can't be read"}
    chinese = shadow(place, rpa, SHOPDATA_LANGUAGE="zh")
    assert f"! {first.name}_{DAY}.xlsx：文件有密码：the file is protected by a password." in chinese.out


def test_one_merged_workbook(place: Workplace, rpa: Path) -> None:
    """Ours as it was published, and somebody's own of several days, with a column of shops and one of days."""
    with place.objects() as objects:
        ours = rpa / "汇总.xlsx"
        ours.write_bytes(objects.get_bytes(f"merged/jd/{NAME}/{NAME}_{DAY}.xlsx"))
    # Whoever compares has no need of the shops' passwords.
    nobodys = {name: None for name in place.sandbox.environment() if name.endswith(("_USERNAME", "_PASSWORD"))}
    run = shadow(place, ours, **nobodys)
    assert run.code == 0, run.text
    assert {shop: row[:2] for shop, row in counts(run).items()} == {shop.id: ["✓ the same", 12] for shop in place.shops}
    run = shadow(place, ours, "--from", str(DAYS[1]), "--to", str(DAYS[2]), **nobodys)
    assert run.code == 2, run.text
    assert "1 file passed over: of another day" in run.out

    def rows() -> Iterator[list[Any]]:
        for day in DAYS:
            for shop in place.shops:
                yield from ([shop.name, f"{day:%Y/%m/%d}", *row] for row in truth_of(place, shop, day).rows)
        yield ["无名小店", "2026/03/01", *row_of_nobody]

    header = ["店铺", "数据日期", *truth_of(place, place.shops[0]).header]
    row_of_nobody = truth_of(place, place.shops[0]).rows[0]
    mixed = sorted(rows(), key=lambda row: str(row[4]))
    save(rpa / "all.xlsx", header, mixed)
    run = shadow(place, rpa / "all.xlsx", "--from", str(DAYS[0]), "--to", str(DAYS[-1]))
    assert run.code == 1
    assert [row[3:8] for row in report(run)["overview"]] == [["✓ the same", 12, 12, 0, 0]] * 9
    assert report(run)["files not compared"] == [["all.xlsx", "no shop is called so (无名小店)", None]]


def test_the_count_of_days_goes_on(place: Workplace, rpa: Path) -> None:
    """Day by day, as their files come; a difference begins it anew. Our own report is none of their files."""
    for number, day in enumerate(DAYS, 1):
        save_all(place, rpa, day)
        run = shadow(place, rpa, "--date", str(day), "--days", "3", "-o", str(rpa / "day.xlsx"))
        assert run.code == 0, run.text
        assert report(run)["about"]
        is_enough = f"✓ {NAME} can be switched over: {number} periods in a row" in run.out
        assert is_enough == (number == 3), run.out
    assert "Evidence: 3 shops, 9 files, 108 rows, the same cell by cell" in run.out
    assert "Not shown" not in run.out

    kept = json.loads((place.state_dir / "shadow" / NAME / f"{DAY}.json").read_text("utf-8"))
    assert {entry["result"] for entry in kept.values()} == {"same"}

    # Theirs was saved an hour before ours was collected, and has a shop less.
    shop = place.shops[0]
    hour_before = (datetime.now(UTC) - timedelta(hours=1)).timestamp()
    truth = truth_of(place, shop, DAYS[1])
    path = save(rpa / f"{shop.name}_{DAYS[1]}.xlsx", truth.header, truth.rows[1:])
    os.utime(path, (hour_before, hour_before))
    run = shadow(place, rpa, "--date", str(DAYS[1]), "--days", "3")
    assert run.code == 1
    assert "later" in next(line for line in run.out.splitlines() if line.startswith(f"{DAYS[1]}  {shop.name}"))
    assert "1 period in a row without a difference, of 3.\n" in run.out
    assert f"The last difference: {DAYS[1]}." in run.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--date", "2026-03-09"], "Nothing to compare: {folder} holds no file of these days."),
        (["--from", "2026-03-09", "--to", "2026-03-20"], "holds no file of these days"),
        (["--match", "{shops}.xlsx"], "this pattern can't be used. Found '{{shops}}'"),
        (["--ignore", "SKU"], "rows are told apart by this column"),
        (["-o", "report.csv"], "the report is a workbook"),
        (["--days", "0"], "this is no number of days"),
        (["--from", "2026-03-01"], "a range needs end too"),
    ],
)
def test_nothing_to_compare(place: Workplace, rpa: Path, arguments: list[str], told: str) -> None:
    save_all(place, rpa)
    run = shadow(place, rpa, *arguments)
    assert run.code == 2
    assert told.format(folder=rpa) in run.err


def test_what_was_never_published(place: Workplace, rpa: Path) -> None:
    truth = truth_of(place, place.shops[0])
    save(rpa / f"{place.shops[0].id}_2026-02-01.xlsx", ["SKU"], [[row[2]] for row in truth.rows])
    run = shadow(place, rpa, "--date", "2026-02-01")
    assert run.code == 2
    assert f"no period of {NAME} is published for these days" in run.err
    assert "there is no such folder" in shadow(place, rpa / "nowhere").err


def test_other_datasets_in_chinese(make_workplace: Callable[..., Workplace], rpa: Path) -> None:
    """KPI with its totals, and reviews under the portal's own names of fields, times written otherwise."""
    place = make_workplace(shops=0, pdd_shops=2)
    shops = place.sandbox.shops
    place.sign_in(*(shop.id for shop in shops))
    rows = dict.fromkeys(("pdd_kpi_days", "pdd_badscore"), 0)
    for spider in ("pdd_kpi", "pdd_badscore"):
        assert place.scrapy("crawl", spider, "-a", f"date={DAY}").code == 0
    for name in rows:
        (rpa / name).mkdir()
        for shop in shops:
            truth = place.sandbox.truth(shop.id, DAY, dataset=name)
            told = [[as_cell(*pair) for pair in zip(truth.header, row, strict=True)] for row in truth.rows]
            save(rpa / name / f"{shop.name}_{DAY}.xlsx", truth.header, told)
            rows[name] += len(told)
    for name, count in rows.items():
        run = place.scrapy("shadow", str(rpa / name), name, "--date", str(DAY), SHOPDATA_LANGUAGE="zh", COLUMNS="220")
        assert run.code == 0, run.text
        assert f"◔ {name} 还不能切换：连续 1 期没有差异，需要 7 期。" in run.out
        spelled = count if name == "pdd_badscore" else 0
        assert f"依据：2 家店、2 份文件、{count} 行，逐格一致；写法不同 {spelled} 格" in run.out


def as_cell(name: str, value: Any) -> Any:
    """As somebody writes a field of JSON into a cell."""
    if name == "createTime":
        return f"{datetime.fromtimestamp(value, SHANGHAI):%Y/%m/%d %H:%M:%S}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
