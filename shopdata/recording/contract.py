"""A first contract of a dataset, by what two takes have shown of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopdata.crawling.recipes.dialect import RowMaker
from shopdata.periods import PeriodKind
from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.inference.evidence import Seen, at, rows_of
from shopdata.recording.inference.told import Line
from shopdata.recording.journal import Call, Journal

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
        name
        for name in names
        if _in_all(columns, name, "is_constant") and re.search("日期|时间|^date$|day", name, re.I)
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


def columns_of_files(journal: Journal) -> list[list[Mapping[str, Any]]]:
    """The columns of the last file of each take; empty where none was read."""
    tables = [take.downloads[-1].table.get("columns", []) for take in journal.takes if take.downloads]
    return [list(table) for table in tables] if tables and all(tables) else []


def columns_of_rows(seen: Sequence[Seen], rows: str) -> list[list[Mapping[str, Any]]]:
    """The columns of a list whose rows stand at this place of answers."""
    return [_columns_of([row for _, found in _rows(take, rows) for row in found]) for take in seen]


def columns_of_each(
    seen: Sequence[Seen], outer: str, rows: str, key: str, keep: Sequence[str], maker: RowMaker | None
) -> list[list[Mapping[str, Any]]]:
    """The columns of a list for each row of another, as they are written.

    Args:
        outer, rows: where the rows of both stand.
        key: the field of an outer row by which the inner list was asked for.
        maker: who makes rows of both; None where the inner ones stay, with what is kept of the outer one.
    """
    found = []
    for take in seen:
        others = {str(row.get(key)): row for _, several in _rows(take, outer) for row in several}
        made: list[Mapping[str, Any]] = []
        for call, several in _rows(take, rows):
            asked = map(str, atoms_of(call, {}).values())
            row = next((others[value] for value in asked if value in others), {})
            kept = {name: row.get(name) for name in keep}
            made += maker.rows(row, several) if maker is not None else ({**kept, **one} for one in several)
        found.append(_columns_of(made))
    return found


def _rows(take: Seen, place: str) -> Iterator[tuple[Call, list[dict[str, Any]]]]:
    parts = tuple(place.removeprefix("$").strip(".").split("."))
    for call in take.calls:
        if rows := rows_of(at(take.contents.get(call.number), parts)):
            yield call, rows


def _columns_of(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [_column(name, [row.get(name) for row in rows]) for name in names]


def _column(name: str, values: list[Any]) -> Mapping[str, Any]:
    texts = [str(value) for value in values if value not in (None, "")]
    return {
        "name": name,
        "is_unique": len(set(texts)) == len(values) > 0,
        "is_constant": len(set(texts)) == 1 and len(texts) == len(values),
        "is_long_number": bool(texts) and all(re.fullmatch(r"\d{12,}", text) for text in texts),
    }
