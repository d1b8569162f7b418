"""What is true about one dataset and period, as far as a person should be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopdata.alerts.causes import Trouble, trouble_of
from shopdata.config import Config
from shopdata.lake.not_ready import is_overdue
from shopdata.ledger import Cell, Ledger
from shopdata.periods import Period
from shopdata.states import CellState


@dataclass(frozen=True)
class Note:
    """Something that is told once and needs no fixing."""

    topic: str
    key: str
    text: str
    #: The shops that it is about, by name.
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Day:
    """One partition. `counts` are the shops in each state, of those that the dataset has now."""

    dataset: str
    title: str
    dt: str
    total: int
    done: int
    rows: int
    counts: Mapping[CellState, int]
    troubles: tuple[Trouble, ...]
    notes: tuple[Note, ...]
    #: Ids of the shops that the dataset has now.
    shops: frozenset[str] = frozenset()

    @property
    def is_complete(self) -> bool:
        """True if every shop is in the lake and Dremio shows it."""
        return self.total > 0 and self.done == self.total and not self.troubles


def snapshot_of(
    name: str,
    dt: str,
    *,
    config: Config,
    ledger: Ledger,
    now: datetime,
    extras: Mapping[str, Any],
    tell: Collection[str],
) -> Day:
    """Reads the ledger.

    Args:
        extras: `drift`, `warnings` and `restated` of the partition's receipt, where it was published just now.
        tell: topics of alerts.yaml; others are left out.
    """
    dataset = config.dataset(name)
    period = Period.from_dt(dt)
    shops = {shop.id: shop for shop in config.shops_for(name) if shop.has(period)}
    cells = {cell.shop: cell for cell in ledger.cells(name, dt, list(shops))} if shops else {}
    record = next(iter(ledger.partitions(name, dt)), None)
    missing = {shop.id for shop in record.missing} if record else set(shops)
    done = sum(cell.state.is_done and cell.shop not in missing for cell in cells.values())
    counts = {state: sum(cell.state is state for cell in cells.values()) for state in CellState}
    counts[CellState.PENDING] += len(shops) - len(cells)
    troubles = [
        trouble_of(cell.state, cell.reason, shop=shop, name=shops[shop].name, dt=dt)
        for shop in shops
        if (cell := cells.get(shop)) is not None and _is_trouble(cell, is_late=is_overdue(cell, dataset, now))
    ]
    if record is not None and record.refresh_state == "FAILED":
        troubles.append(Trouble("refresh", record.refresh_reason, "", "", dt))
    return Day(
        dataset=name,
        title=dataset.title,
        dt=dt,
        total=len(shops),
        shops=frozenset(shops),
        done=done,
        rows=record.rows if record else 0,
        counts=counts,
        troubles=tuple(trouble for trouble in troubles if trouble.topic in tell),
        notes=tuple(
            note for note in _notes_of(extras, {shop.id: shop.name for shop in shops.values()}) if note.topic in tell
        ),
    )


def _is_trouble(cell: Cell, *, is_late: bool) -> bool:
    if cell.state is CellState.NOT_READY:
        return is_late
    if cell.state is CellState.PENDING:
        # Without a reason nobody has begun with it: another run has it, or will.
        return bool(cell.reason)
    return not cell.state.is_done and cell.state is not CellState.RUNNING


def _notes_of(extras: Mapping[str, Any], names: Mapping[str, str]) -> list[Note]:
    """One note for each thing that was noticed, with all shops that have it."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for topic in ("drift", "warnings", "restated"):
        for entry in extras.get(topic, ()):
            shop = str(entry.get("shop", ""))
            key, text = _ENTRIES[topic](entry)
            found.setdefault((topic, key, text), []).append(names.get(shop, shop))
    return [Note(topic, key, text, tuple(dict.fromkeys(shops))) for (topic, key, text), shops in found.items()]


_DRIFT = {"new_column": "新增列", "missing_column": "少了列", "renamed_column": "改名列"}


def _drift(entry: Mapping[str, Any]) -> tuple[str, str]:
    kind, column = str(entry.get("kind", "")), str(entry.get("column", ""))
    return f"{kind}|{column}", f"{_DRIFT.get(kind, '列变化')}「{column}」"


_WARNINGS = {
    "imprecise_number": "长数字存成了数值，末几位可能已丢失",
    "illegal_character": "含有工作簿不允许的字符，已替换",
    "error_cell": "含有 #N/A 之类的错误值，按文本保留",
    "too_long": "文本超过 Excel 单元格上限，工作簿只显示开头，Parquet 中完整",
    "formula_without_value": "公式没有值，留空",
    "odd_value": "含有不是数字或时间的值，已留空",
    "blank_row": "有整行为空，已略去",
    "row_count": "行数与取数时不一致",
    "ignored_sheet": "有一张工作表不是数据，已忽略",
    "total_rows": "含有合计、平均之类的行，如何处理由 totals 决定",
    "note_rows": "含有备注、页脚之类的行，如何处理由 totals 决定",
    "header_rows": "数据中又出现了表头行，如何处理由 totals 决定",
    "merged_cells": "含有向下合并的单元格，如何处理由 merged_cells 决定",
    "joined_zip": "压缩包里的几份表已合为一张",
    "joined_header": "表头有多行，列名写作「组/列」",
    "rows_above_header": "表头上方有未采用的行",
    "unsure_header": "表头行没有把握，请核对",
    "apostrophe": "有的值前面带撇号，原样保留",
    "blank_ends": "有的编号首尾有空格或含看不见的字符，原样保留",
    "missing_sheet": "有一张工作表列在目录里，文件里却没有",
    "second_reader": "旧版 .xls 写得不规范，换了一种方式读出，请核对",
}


def _warning(entry: Mapping[str, Any]) -> tuple[str, str]:
    kind, column = str(entry.get("kind", "")), str(entry.get("column", ""))
    where = f"列「{column}」" if column else ""
    return f"{kind}|{column}", f"{where}{_WARNINGS.get(kind) or entry.get('text') or kind}"


def _restated(entry: Mapping[str, Any]) -> tuple[str, str]:
    column, key = str(entry.get("column", "")), f"{entry.get('shop')}|{entry.get('column')}|{entry.get('was')}"
    if column:
        return key, f"列「{column}」改了 {entry.get('cells', 0)} 处"
    return key, f"新增 {entry.get('rows_added', 0)} 行，减少 {entry.get('rows_removed', 0)} 行"


_ENTRIES = {"drift": _drift, "warnings": _warning, "restated": _restated}
