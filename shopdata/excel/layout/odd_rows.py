"""Rows of a table that are no data: totals, the header once more, remarks at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.contract import Contract, Totals
from shopdata.excel.layout.looks import Look, look_of
from shopdata.excel.names import column_of, normalise
from shopdata.excel.tables import Batch, Column, Finding

#: The column that `totals: mark` adds: null for a row of data, else one of these.
KIND_COLUMN = "row_kind"
TOTAL, NOTE, HEADER = "total", "note", "header"

#: A total stands in one of the first columns; the others hold its numbers.
_LABEL_COLUMNS = 4
#: Rows with nothing but one cell that are looked at in a batch, and rows at its end.
_MOST_SINGLE, _TAIL = 1_000, 3
#: How far above a subtotal the name stands that it is of.
_LOOK_UP = 200
#: Numbers of rows in a sentence.
_SHOWN = 10

_CORE = (
    r"合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|汇\s*总|总\s*和|合计数|平\s*均(?:值|数)?|均值|总额"
    r"|grand[\s-]*totals?|sub[\s-]*totals?|totals?|sum|average|avg\.?|mean"
)
_LABEL = (
    r"(?i)^\s*(.{1,30}?[\s_-]*)??(?:本页|本月|本期|当页|当月|全部|全店|所有)?"
    rf"({_CORE})\s*(?:[(（][^()（）]*[)）])?\s*[:：]?\s*$"
)
_LABEL_RE = re.compile(_LABEL)
#: Not in the first cell of a row, these alone: an average may be a value like others.
_PLAIN = re.compile(r"(?i)(?:合计|总计|小计|共计|grandtotals?|subtotals?|totals?)")
_SIGNED = re.compile(
    r"(?:制表|制单|审核|复核|经办|填表|打印|导出|统计|会计|出纳|主管|负责|日期|时间|单位)[^:：]{0,6}[:：]"
)
_NOTE = re.compile(
    r"(?i)\s*(?:#|\*{2,}|-{3,}|={3,}|—{2,}|注\b|备注|说明|提示|温馨提示|数据来源|制表|制单|审核|导出|打印|统计|生成|更新|下载|以上"
    r"|共\s*[\d,]+\s*(?:条|行|笔|项|页|个)|第\s*\d+\s*页|(?:notes?|sources?|remarks?|generated|exported|printed|page)\b|©)"
    r"|[^:：\d]{1,30}[:：](?!//)\s*\S",
    re.DOTALL,
)

#: In a table of two columns a value may be missing: there only what says so itself is a remark.
_PLAIN_NOTE = re.compile(r"\s*(?:#|(?:注|备注|说明|提示|温馨提示|数据来源)\s*\d*\s*[:：]\s*\S)")


def _keys(*texts: str) -> npt.NDArray[np.int32]:
    """The last three bytes of texts, as one number each."""
    return np.array([int.from_bytes(text.encode()[-3:], "big") for text in texts], np.int32)


#: What labels of totals and signatures end in; nearly all other texts are told by that at no cost.
_ENDS = _keys("计", "总", "和", "均", "值", "数", "额", "：")
_ASCII_ENDS = _keys("tal", "als", "sum", "age", "avg", "ean")
#: Also `合计（元）`: the last byte of a bracket, of either width, and what stands behind labels.
_LAST_SIGNS = np.frombuffer(b":) ." + "）".encode()[-1:], np.uint8)
#: Bytes of a label with a bracket behind it. Longer texts that end so are titles, and many.
_LONGEST_BRACKETS = 45

_MAY_END = np.zeros(256, np.bool_)
_MAY_END[[*(_ENDS & 0xFF), *(_ASCII_ENDS & 0xFF), *(_ASCII_ENDS & 0xDF), *_LAST_SIGNS]] = True


@dataclass
class OddRows:
    """Finds such rows batch by batch, and does with them what the contract says."""

    #: The header's rows as they stand in the file, by column of the file.
    header: Sequence[Mapping[int, str]]
    totals: Totals | None = None
    #: Columns of the file whose cells tell one row from another: there a label may stand, wherever the column is.
    keys: frozenset[int] = frozenset()
    _found: dict[str, list[int]] = field(default_factory=dict)

    def find(self, columns: Mapping[int, Column], rows: int) -> dict[int, str]:
        """The rows of a batch that are no data, with their kinds. `columns` are by column of the file."""
        places = sorted(columns)
        ordered = [columns[place] for place in places]
        found = dict(_notes(ordered, rows))
        found.update(dict.fromkeys(_tail_notes(ordered, rows), NOTE))
        found.update(_labels(ordered, [number for number, place in enumerate(places) if place in self.keys]))
        found.update(dict.fromkeys(self._headers(columns), HEADER))
        return found

    def _headers(self, columns: Mapping[int, Column]) -> Iterator[int]:
        for names in self.header:
            there = [place for place in sorted(names) if place in columns]
            if not there:
                continue
            same = pc.equal(columns[there[0]].text, names[there[0]])
            for row in np.flatnonzero(same.fill_null(False).to_numpy(zero_copy_only=False)).tolist():
                cells = {place: column.text[row].as_py() for place, column in columns.items()}
                filled = {place: normalise(text) for place, text in cells.items() if text}
                alike = sum(normalise(names.get(place, "")) == text for place, text in filled.items())
                if alike >= 0.8 * max(len(filled), len(there) / 2):
                    yield row

    def treat(self, batch: Batch, columns: Mapping[int, Column], numbers: npt.NDArray[np.int64]) -> _Treated:
        """What becomes of a batch; the rows' numbers in the sheet are remembered for `findings`."""
        found = self.find(columns, batch.rows)
        for row, kind in found.items():
            self._found.setdefault(kind, []).append(int(numbers[row]))
        kinds: list[str | None] = [None] * batch.rows if self.totals == "mark" else []
        keep = None
        if found and self.totals == "drop":
            keep = np.ones(batch.rows, np.bool_)
            keep[list(found)] = False
        elif kinds:
            for row, kind in found.items():
                kinds[row] = kind
        return _Treated(keep, kinds)

    def findings(self) -> list[Finding]:
        """What a person should know: nothing where the contract says that they stay."""
        if self.totals in ("keep", "mark"):
            return []
        texts = {
            TOTAL: ("looks like a total", "look like totals"),
            NOTE: ("looks like a remark", "look like remarks"),
            HEADER: ("repeats the header", "repeat the header"),
        }
        end = "left out" if self.totals == "drop" else "kept: `totals` in the contract, or --totals, can drop them"
        return [
            Finding(f"{kind}_rows", count=len(rows), text=f"{_which(sorted(rows))} {texts[kind][len(rows) > 1]}; {end}")
            for kind, rows in self._found.items()
        ]


@dataclass(frozen=True)
class _Treated:
    """`keep` is None where all rows stay; `kinds` is empty where they are not marked."""

    keep: npt.NDArray[np.bool_] | None
    kinds: list[str | None]


def _which(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:_SHOWN])) + (" …" if len(rows) > _SHOWN else "")
    return f"{len(rows)} rows ({shown})" if len(rows) > 1 else f"row {shown}"


def key_places(names: Sequence[str], contract: Contract | None) -> frozenset[int]:
    """The columns of a file whose names mean a key or an id of the contract."""
    wanted = {*contract.keys, *contract.ids} if contract is not None else ()
    if not wanted or contract is None:
        return frozenset()
    return frozenset(place for place, name in enumerate(names) if name and column_of(name, contract) in wanted)


def _labels(columns: Sequence[Column], keys: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Rows whose first cell, or one of the next, or a key, is the label of a total; or a signature's."""
    for number in sorted({*range(min(_LABEL_COLUMNS, len(columns))), *keys}):
        column = columns[number]
        for row in _label_places(column.text):
            text = column.text[row].as_py()
            is_first = number in keys or not any(before.text[row].is_valid for before in columns[:number])
            match = _LABEL_RE.fullmatch(text)
            if match is None:
                if is_first and _SIGNED.fullmatch(text.strip()):
                    yield row, NOTE
            elif match[1] and normalise(match[1]):
                if is_first and _stands_above(column.text, row, match[1]):
                    yield row, TOTAL
            elif is_first or _PLAIN.fullmatch(normalise(match[2])):
                yield row, TOTAL


def _stands_above(texts: pa.Array, row: int, name: str) -> bool:
    """True for `华东 汇总` below rows of 华东."""
    for above in range(row - 1, max(row - _LOOK_UP, 0) - 1, -1):
        if texts[above].is_valid:
            return normalise(texts[above].as_py()) == normalise(name)
    return False


def _label_places(texts: pa.Array) -> list[int]:
    """The rows whose text may be a label, by its last bytes first: a column of a million texts takes milliseconds."""
    if texts.null_count == len(texts):
        return []
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, texts.offset * 4)
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    # Labels are short, and the shortest is 合计 or sum.
    lengths = np.diff(offsets)
    may_end = _MAY_END.take(data.take(offsets[1:] - 1, mode="wrap")) if len(data) else np.zeros(len(texts), np.bool_)
    places = np.flatnonzero(may_end & (lengths >= 3) & (lengths <= 120))
    if not len(places):
        return []
    ends = offsets[1:][places]
    last = data[ends - 1]
    key = data[ends - 3].astype(np.int32) << 16 | data[ends - 2].astype(np.int32) << 8 | last
    may_be = np.isin(key, _ENDS) | np.isin(key | 0x202020, _ASCII_ENDS)
    may_be |= np.isin(last, _LAST_SIGNS) & (lengths[places] <= _LONGEST_BRACKETS)
    chosen = places[may_be]
    if not len(chosen):
        return []
    likely = texts.take(pa.array(chosen))
    matches = pc.match_substring_regex(likely, rf"(?i)(?:{_CORE})\s*(?:[(（][^()（）]*[)）])?\s*[:：]?\s*$|[:：]\s*$")
    found: list[int] = chosen[matches.fill_null(False).to_numpy(zero_copy_only=False)].tolist()
    return found


def _notes(columns: Sequence[Column], rows: int) -> Iterator[tuple[int, str]]:
    """Rows of one cell that is a remark, in a table of more columns."""
    if sum(column.text.null_count == 0 for column in columns) > 1 or len(columns) < 2:
        return
    filled = np.zeros(rows, np.int32)
    for column in columns:
        filled += column.text.is_valid().to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(filled == 1)[:_MOST_SINGLE].tolist():
        text = next(column.text[row].as_py() for column in columns if column.text[row].is_valid)
        if (_NOTE if len(columns) > 2 else _PLAIN_NOTE).match(text):
            yield row, NOTE


def _tail_notes(columns: Sequence[Column], rows: int) -> Iterator[int]:
    """Rows at the end that hold nothing but names with their values: `制表人：张三`."""
    for row in range(max(rows - _TAIL, 0), rows):
        texts = (text for column in columns if (text := column.text[row].as_py()))
        if len(columns) > 2 and all(look_of(text, None) is Look.LABEL for text in texts):
            yield row
