"""A first contract of a dataset, by what two takes have shown of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shopdata.crawling.recipes.dialect import RowMaker
from shopdata.periods import PeriodKind
from shopdata.recording.inference.evidence import Seen
from shopdata.recording.inference.told import Line, NotInferredError
from shopdata.recording.journal import Journal
from shopdata.recording.lists_seen import pages_of, rows_of_each
from shopdata.recording.tables import one_day

_ID = re.compile(
    r"编号|单号|(?:^|[^a-z])(?:id|sku|spu|sn)(?:$|[^a-z])|条形码|账号|[a-z](?:Id|ID|Sn)$|_(?:id|sn)$", re.I
)
_PERSONAL = re.compile(
    r"手机|电话|地址|收件人|收货人|身份证|昵称|姓名|mobile|phone|address|receiver|nickname", re.IGNORECASE
)


def contract_of(
    columns: Sequence[Sequence[Mapping[str, Any]]],
    *,
    title: str,
    platform: str,
    lag_days: int,
    has_day: bool,
    kind: PeriodKind = "day",
) -> tuple[dict[str, Any], list[Line]]:
    """The contract as its file holds it, and what a person should look at.

    Args:
        columns: what was seen of the columns in each take (`recording.tables`).
    """
    names = [str(one["name"]) for one in columns[0]]
    others = {str(one["name"]) for take in columns for one in take}
    lines = (
        []
        if others == set(names)
        else [Line("columns_differ", {"columns": ", ".join(sorted(others - set(names)))}, True)]
    )
    ids = [name for name in names if _ID.search(name) or _in_all(columns, name, "is_long_number")]
    keys = [name for name in ids if _in_all(columns, name, "is_unique")][:1]
    days = [
        name for name in names if _in_all(columns, name, "is_day") and re.search("日期|时间|^date$|day", name, re.I)
    ]
    found: dict[str, Any] = {"title": title, "platform": platform, "lag_days": lag_days}
    if not has_day:
        found["is_snapshot"] = True
    if kind != "day":
        found["period"] = kind
    found |= {"columns": names, "ids": ids, "keys": keys, "required": list(keys)}
    if len(days) == 1 and has_day and kind == "day":
        found["period_column"] = days[0]
    if not keys:
        lines.append(Line("no_key", is_doubt=True))
    personal = [name for name in names if _PERSONAL.search(name)]
    if personal:
        lines.append(Line("personal", {"columns": ", ".join(personal)}))
    return found, lines


def personal_columns(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those that say who somebody is."""
    return [str(one["name"]) for one in columns if _PERSONAL.search(str(one["name"]))]


def _in_all(columns: Sequence[Sequence[Mapping[str, Any]]], name: str, fact: str) -> bool:
    return all(any(one["name"] == name and one[fact] for one in take) for take in columns)


def sheet_of(journal: Journal, wanted: str = "") -> tuple[str, list[str]] | None:
    """Which sheet of the files is meant, and which there are; None where they have one table each.

    Args:
        wanted: the one that a person has named; else the one with the most rows is.

    Raises:
        NotInferredError: both files have no such sheet, or none in common.
    """
    seen = [take.downloads[-1].table.get("sheets", ()) for take in journal.takes if take.downloads]
    if not any(seen):
        return None
    rows = [{str(sheet["name"]): int(sheet["rows"]) for sheet in sheets} for sheets in seen]
    common = [name for name in rows[0] if all(name in one for one in rows)]
    meant = wanted or max(common, key=lambda name: sum(one[name] for one in rows), default="")
    if meant not in common:
        raise NotInferredError("no_sheet", sheets=", ".join(common))
    return meant, common


def has_totals(journal: Journal, sheet: str) -> bool:
    """True if rows of sums stand in this sheet of one of the files."""
    return any(_table(take.downloads[-1].table, sheet).get("has_totals") for take in journal.takes if take.downloads)


def columns_of_files(journal: Journal, sheet: str = "") -> list[list[Mapping[str, Any]]]:
    """The columns of the last file of each take, or of this sheet of it; empty where none was read."""
    takes = [take for take in journal.takes if take.downloads]
    tables = [_with_day(_table(take.downloads[-1].table, sheet).get("columns", []), take.day) for take in takes]
    return tables if tables and all(tables) else []


def _table(table: Mapping[str, Any], sheet: str) -> Mapping[str, Any]:
    return next((one for one in table.get("sheets", ()) if one["name"] == sheet), table)


def _with_day(columns: Sequence[Mapping[str, Any]], day: date) -> list[Mapping[str, Any]]:
    """Columns, of each of which is said whether it holds nothing but the day of its take."""
    return [{**one, "is_day": one.get("day") == day.isoformat()} for one in columns]


def columns_of_rows(seen: Sequence[Seen], rows: str) -> list[list[Mapping[str, Any]]]:
    """The columns of a list whose rows stand at this place of answers."""
    return [_columns_of(take, [row for _, found in pages_of(take, rows) for row in found]) for take in seen]


def columns_of_each(
    seen: Sequence[Seen], outer: str, rows: str, key: str, maker: RowMaker
) -> list[list[Mapping[str, Any]]]:
    """The columns of a list for each row of another, as they are written.

    Args:
        outer, rows: where the rows of both stand.
        key: the field of an outer row by which the inner list was asked for.
    """
    return [
        _columns_of(take, list(rows_of_each(pages_of(take, outer), pages_of(take, rows), key, maker))) for take in seen
    ]


def _columns_of(seen: Seen, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _with_day([_column(name, [row.get(name) for row in rows]) for name in names], seen.take.day)


def _column(name: str, values: list[Any]) -> Mapping[str, Any]:
    texts = [str(value) for value in values if value not in (None, "")]
    return {
        "name": name,
        "is_unique": len(set(texts)) == len(values) > 0,
        "is_constant": len(set(texts)) == 1 and len(texts) == len(values),
        "day": one_day(texts) if len(texts) == len(values) else "",
        "is_long_number": bool(texts) and all(re.fullmatch(r"\d{12,}", text) for text in texts),
    }
