"""From a journal to a recipe: all that the project collects by one, recorded off the stand-ins, and what is refused."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from asked import asked
from kept_journals import FOLDER, SHIPPED, dialects, journal_of, shipped
from person import THIRD
from sheets import workbook_of

from shopdata.periods import SHANGHAI
from shopdata.recording.contract import columns_of_files, columns_of_rows, contract_of, sheet_of
from shopdata.recording.inference import Inferred, NotInferredError, infer
from shopdata.recording.inference.chain import Chain
from shopdata.recording.inference.days import day_template
from shopdata.recording.inference.evidence import Evidence, Seen
from shopdata.recording.journal import Call, Download, Journal, Take
from shopdata.recording.redaction.entries import without_secrets
from shopdata.recording.redaction.stand_ins import StandIns
from shopdata.recording.saving import infer_again
from shopdata.recording.tables import kind_and_table

CONTRACTS = SHIPPED.parent / "datasets"
DATASETS = sorted(path.stem for path in FOLDER.glob("*.jsonl"))
A, B = date(2026, 3, 1), date(2026, 2, 20)


def again(dataset: str) -> Inferred:
    return infer_again(journal_of(dataset), dialects(dataset), dataset)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_recording_gives_what_the_project_delivers(dataset: str) -> None:
    wanted = shipped(dataset)
    wanted["recipe"]["dataset"] = dataset
    assert asked(again(dataset).recipe, THIRD) == asked(wanted, THIRD)


def test_every_delivered_recipe_was_recorded() -> None:
    assert set(DATASETS) == {path.stem for path in CONTRACTS.glob("*.yaml")}


def test_the_way_is_explained() -> None:
    told = [(line.code, line.params.get("field"), line.params.get("answer")) for line in again("pdd_after_sales").lines]
    listed = "POST /mercury/mms/afterSales/queryExcelExportList"
    assert ("from_answer", "id", listed) in told
    assert ("link_from", None, "GET /mercury/mms/afterSales/queryExcelReportUrl") in told
    assert [line.code for line in again("pdd_quality").doubts] == ["no_day"]
    assert [line.code for line in again("jd_ad_effect").doubts] == ["post_asked"]


# -- the asked day in a value -----------------------------------------------------------------------------------------

DAYS = {
    "{start:%Y-%m-%d}": ("2026-03-01", "2026-02-20"),
    "{end:%Y-%m-%d} 23:59:59": ("2026-03-01 23:59:59", "2026-02-20 23:59:59"),
    "{start:%Y年%m月%d日}": ("2026年03月01日", "2026年02月20日"),
    "10{start:%Y%m%d}": ("1020260301", "1020260220"),
    "{start-1d:%Y%m%d}": ("20260228", "20260219"),
    "{start-1d:%Y-%m-%d}T16:00:00.000Z": ("2026-02-28T16:00:00.000Z", "2026-02-19T16:00:00.000Z"),
    "{start-6d:%Y-%m-%d}~{end:%Y-%m-%d}": ("2026-02-23~2026-03-01", "2026-02-14~2026-02-20"),
    "{start:s}": (1772294400, 1771516800),
    "{end:s}": (1772380799, 1771603199),
    "{start:ms}": (1772294400000, 1771516800000),
    "{start+1d:s}": (1772380800, 1771603200),
    "{start:s|text}": ("1772294400", "1771516800"),
    "{start:s},{end:s}": ("1772294400,1772380799", "1771516800,1771603199"),
}


@pytest.mark.parametrize("template", DAYS)
def test_a_day_is_known_in_all_its_forms(template: str) -> None:
    assert day_template(DAYS[template][0], A, DAYS[template][1], B, "when") == template


@pytest.mark.parametrize(
    ("first", "second"),
    [("2026-03-01", "2026-03-01"), ("2026-03-01", "2026-02-21"), (1772294400, "1771516800"), (20, 21), ("x", "y")],
)
def test_what_is_no_day_is_none(first: Any, second: Any) -> None:
    assert day_template(first, A, second, B, "when") is None


def test_day_and_month_that_look_alike_are_not_guessed() -> None:
    assert day_template("03.03.2026", date(2026, 3, 3), "02.02.2026", date(2026, 2, 2), "") == "{start:%d.%m.%Y}"
    assert day_template("03/03/2026", date(2026, 3, 3), "02/02/2026", date(2026, 2, 2), "") is None


# -- what is refused --------------------------------------------------------------------------------------------------


def changed(journal: Journal, change: Callable[[Call], Call], takes: tuple[int, ...] = (0, 1)) -> Journal:
    """A journal with calls changed, in one take or both."""
    return replace(
        journal,
        takes=tuple(
            replace(take, calls=tuple(map(change, take.calls))) if number in takes else take
            for number, take in enumerate(journal.takes)
        ),
    )


def with_json(call: Call, part: str, **fields: Any) -> Call:
    if part not in "/".join(call.path) or "json" not in (call.body or {}):
        return call
    return replace(call, body={"json": {**call.body["json"], **fields}})  # type: ignore[index]


@pytest.mark.parametrize(
    ("reason", "change", "takes"),
    [
        ("page_made", lambda call: with_json(call, "applyExcel", nonce=call.number * 7919), (0, 1)),
        ("fixed_token", lambda call: with_json(call, "applyExcel", token="a1b2c3d4e5f6a7b8"), (0, 1)),
        ("fields_differ", lambda call: with_json(call, "apply", more={"a" if call.number > 12 else "b": 1}), (0, 1)),
        ("no_order", lambda call: with_json(call, "applyExcel", reason="all"), (1,)),
        ("page_made", lambda call: with_json(call, "applyExcel", kind="refund" if call.number > 12 else "all"), (0, 1)),
        ("no_order", lambda call: replace(call, status=500) if "applyExcel" in call.path[-1] else call, (0, 1)),
    ],
)
def test_what_follows_from_nothing_is_refused(
    reason: str, change: Callable[[Call], Call], takes: tuple[int, ...]
) -> None:
    journal = changed(journal_of("pdd_after_sales"), change, takes)
    with pytest.raises(NotInferredError) as error:
        infer(journal, dialects("pdd_after_sales"), "pdd_after_sales")
    assert error.value.line.code == f"no.{reason}"


def with_reports(change: Callable[[Mapping[str, Any]], dict[str, Any] | None]) -> Journal:
    """JD's recording with the entries of its lists changed, or left out."""

    def changed_list(call: Call) -> Call:
        if "getReportList" not in call.path[-1]:
            return call
        answer = copy.deepcopy(dict(call.answer or {}))
        rows = answer["json"]["content"]["data"]
        answer["json"]["content"]["data"] = [one for one in map(change, rows) if one is not None]
        return replace(call, answer=answer)

    return changed(journal_of("jd_store"), changed_list)


def test_a_name_that_goes_on_behind_ours_is_a_colleagues() -> None:
    """A run takes the very name first; so nothing is in doubt, though nothing says when an entry was made."""
    files = {urlsplit(take.downloads[-1].url).path for take in journal_of("jd_store").takes}
    names = set[str]()

    def without_time(one: Mapping[str, Any]) -> dict[str, Any] | None:
        is_ours = one["status"] == "1" or urlsplit(one["downloadLink"]).path in files
        names.add(one["reportName"])
        is_twin = not is_ours and not re.search(r"\d-[^\d]+$", one["reportName"])
        return None if is_twin else {key: value for key, value in one.items() if key != "createTime"}

    found = infer(with_reports(without_time), dialects("jd_store"), "jd_store")
    assert any(one != other and one in other for one in names for other in names)
    assert "made" not in found.recipe["steps"][0]["find"]


def test_an_earlier_report_of_the_same_name_is_not_the_export() -> None:
    """Somebody has clicked the wrong line of the list."""
    files = {urlsplit(take.downloads[-1].url).path for take in journal_of("jd_store").takes}

    def swapped(one: Mapping[str, Any]) -> dict[str, Any] | None:
        if urlsplit(one["downloadLink"]).path in files:
            return {**one, "createTime": "2026-01-02 03:04:05"}
        return dict(one)

    with pytest.raises(NotInferredError) as error:
        infer(with_reports(swapped), dialects("jd_store"), "jd_store")
    assert (error.value.line.code, error.value.line.params["made"]) == ("no.earlier_report", "2026-01-02 03:04:05")


def test_one_day_tells_no_day_from_a_constant() -> None:
    journal = journal_of("pdd_kpi_days")
    with pytest.raises(NotInferredError, match="one day"):
        infer(replace(journal, takes=journal.takes[:1]), dialects("pdd_kpi_days"), "pdd_kpi_days")


def test_the_list_of_exports_is_not_the_export() -> None:
    """Where the file was not seen."""
    journal = journal_of("pdd_after_sales")
    without = replace(journal, takes=tuple(replace(take, downloads=()) for take in journal.takes))
    with pytest.raises(NotInferredError, match="day elsewhere"):
        infer(without, dialects("pdd_after_sales"), "pdd_after_sales")


def test_a_list_with_neither_day_nor_total_is_hardly_what_was_meant() -> None:
    """The list of exports again, where the order was made before anybody looked."""
    journal = journal_of("pdd_after_sales")
    takes = [
        replace(take, downloads=(), calls=tuple(call for call in take.calls if "List" in call.path[-1]))
        for take in journal.takes
    ]
    with pytest.raises(NotInferredError, match="list of nothing"):
        infer(replace(journal, takes=tuple(takes)), dialects("pdd_after_sales"), "pdd_after_sales")
    found = infer(replace(journal, takes=tuple(takes)), dialects("pdd_after_sales"), "pdd_after_sales", "ExportList")
    assert {"no_day", "no_total"} <= {line.code for line in found.doubts}


def test_a_first_contract_follows_too() -> None:
    columns = columns_of_files(journal_of("pdd_after_sales"))
    contract, lines = contract_of(columns, title="x", platform="pdd", lag_days=1, has_day=True)
    assert contract["columns"] == [
        "售后编号",
        "订单编号",
        "商品id",
        "售后类型",
        "售后状态",
        "退款金额(元)",
        "申请原因",
        "申请时间",
        "退货地址",
    ]
    assert (contract["ids"], contract["keys"]) == (["售后编号", "订单编号", "商品id"], ["售后编号"])
    assert [(line.code, line.params["columns"]) for line in lines] == [("personal", "退货地址")]
    rows = columns_of_rows(
        [Seen(take, dialects("pdd_badscore")[0]) for take in journal_of("pdd_badscore").takes], "$.data"
    )
    assert contract_of(rows, title="x", platform="pdd", lag_days=1, has_day=True)[0]["keys"] == ["reviewId"]


def test_a_column_that_holds_the_day_is_one_that_can_be_read() -> None:
    """Another form of it, or another day, would refuse every file that comes."""
    days = [take.day for take in journal_of("jd_store").takes]
    stays = {name: f"2025-03-0{number}" for number, name in enumerate(("another date", "moment"), start=1)}
    tables = []
    for day in days:
        row = {"日期": f"{day:%Y/%m/%d}", "date": f"{day:%m/%d/%Y}", **stays, "name": "x"}
        content = ",".join(row) + "\r\n" + "".join(",".join(row.values()) + "\r\n" for _ in range(2))
        tables.append(kind_and_table(content.encode())[1])
    takes = tuple(
        Take(day, (), (Download(0, "https://x/", "csv", table=table),)) for day, table in zip(days, tables, strict=True)
    )
    columns = columns_of_files(Journal(takes))
    assert [[one["name"] for one in take if one["is_day"]] for take in columns] == [["日期"], ["日期"]]
    contract, _ = contract_of(columns, title="x", platform="jd", lag_days=1, has_day=True)
    assert contract["period_column"] == "日期"


def test_a_file_on_a_host_of_the_portals_own_is_asked_for_with_the_session() -> None:
    """As the browser did; elsewhere a link has all that it takes."""
    last = {name: again(name).recipe["steps"][-1] for name in ("jd_ad_effect", "jd_store")}
    assert {name: step.get("session", False) for name, step in last.items()} == {
        "jd_ad_effect": True,
        "jd_store": False,
    }


def test_no_two_steps_are_called_alike_nor_as_something_else_in_braces() -> None:
    """`{page.token}` would be a page's number."""
    chain = Chain(Evidence(*journal_of("jd_store").takes, dialects("jd_store")[0]))
    assert [chain.name(word) for word in ("form", "form", "page", "jd")] == ["form", "form2", "page2", "jd2"]


def test_of_several_tables_in_a_workbook_the_longest_is_taken_or_the_one_that_is_named() -> None:
    orders = ["order", "day"], ["100000000001", "2026-03-01"]
    lines = ["line", "order", "item"], ["1", "100000000001", "tea"], ["2", "100000000001", "cup"]
    kind, table = kind_and_table(
        workbook_of({"Orders": orders, "Order lines": lines, "Fees": [["fee", "order", "sum"]]})
    )
    alone = kind_and_table(workbook_of({"Orders": orders, "Notes": [["as of today"]]}))[1]
    takes = tuple(Take(day, (), (Download(0, "https://x/", kind, table=dict(table)),)) for day in (A, B))
    journal = Journal(takes)
    assert sheet_of(journal) == ("Order lines", ["Orders", "Order lines", "Fees"])
    assert sheet_of(journal, "Orders") is not None
    names = {name: [one["name"] for one in columns_of_files(journal, name)[0]] for name in ("Order lines", "Orders")}
    assert names == {"Order lines": ["line", "order", "item"], "Orders": ["order", "day"]}
    with pytest.raises(NotInferredError, match="no sheet"):
        sheet_of(journal, "Payments")
    assert sheet_of(Journal(tuple(replace(take, downloads=()) for take in takes))) is None
    assert "sheets" not in alone
    assert alone["rows"] == 1


def test_what_is_kept_of_sheets_has_no_secret() -> None:
    table = kind_and_table(
        workbook_of({"Orders": [["order", "day"], ["1", "2"]], "Tel 13800001111": [["name", "b"], ["x", "y"]]})
    )[1]
    stand_ins = StandIns(b"k" * 32, [A, B], datetime(2026, 3, 4, tzinfo=SHANGHAI))
    kept = without_secrets(Download(0, "https://x/", "xlsx", table=table), stand_ins)
    assert isinstance(kept, Download)
    assert "13800001111" not in str(kept)
    assert kept.table["sheets"][0] == {"name": "Orders", **table["sheets"][0]}
