"""What a table says about itself, held against a count by hand, value by value."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopdata.checks.facts import Facts, facts_of
from shopdata.config import Dataset
from shopdata.config.checks import Checks
from shopdata.excel.tables import Batch, CellFormat, Column, Kind, Table

NAMES = ("日期", "SKU", "仓", "数")
PATTERN = r"^\d{1,3}$"
#: As people and portals write numbers, and what only looks like one.
NUMBER = r"\s*[-+]?((\d+|\d{1,3}(,\d{3})+)(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*"
ODD = ["0", "-1", "007", "7", "1,234", "12.5", "1e3", " 5", "-", "inf", "nan", "0x1f", "一", "½", "9" * 25, "1.", ".5"]
VALUES = st.one_of(st.none(), st.sampled_from(ODD), st.integers(-20, 120).map(str), st.text(min_size=1, max_size=3))
ROWS = st.lists(st.tuples(*[VALUES] * len(NAMES)), max_size=30)
Row = Sequence[str | None]


def dataset_of(keys: Sequence[str] = ("SKU", "仓")) -> Dataset:
    return Dataset.model_validate(
        {
            "title": "a report",
            "platform": "jd",
            "lag_days": 1,
            "columns": NAMES,
            "keys": keys,
            "period_column": "日期",
            "checks": {"pattern": {"SKU": PATTERN}, "range": {"数": {"min": 0, "max": 100}, "SKU": {"min": 3}}},
        }
    )


def table_of(rows: Sequence[Row], cuts: Sequence[int] = (), columns: Sequence[str] = NAMES) -> Table:
    """The rows in batches that end at these places."""
    ends = [0, *sorted({cut for cut in cuts if 0 < cut < len(rows)}), len(rows)]
    batches = [
        Batch(
            last - first,
            [Column(pa.array([row[n] for row in rows[first:last]], pa.string())) for n in range(len(columns))],
        )
        for first, last in itertools.pairwise(ends)
    ]
    return Table(tuple(columns), batches, (CellFormat(Kind.TEXT),))


def counted(rows: Sequence[Row], keys: Sequence[str]) -> dict[str, Any]:
    """By hand."""

    def is_outside(value: str | None, least: float, most: float) -> bool:
        if value is None:
            return False
        if not re.fullmatch(NUMBER, value, re.ASCII):
            return True
        return not least <= float(value.replace(",", "")) <= most

    places = [NAMES.index(name) for name in keys]
    parts = [tuple(row[place] or "" for place in places) for row in rows]
    known = Counter(part for part in parts if any(part))
    return {
        "filled": {name: sum(row[n] is not None for row in rows) for n, name in enumerate(NAMES)},
        "double_keys": sum(count - 1 for count in known.values()),
        "doubled": {" / ".join(part) for part, count in known.items() if count > 1},
        "odd": sum(row[1] is not None and not re.search(PATTERN, row[1], re.ASCII) for row in rows),
        "outside": sum(is_outside(row[3], 0, 100) for row in rows),
        "outside_key": sum(is_outside(row[1], 3, math.inf) for row in rows),
    }


@settings(max_examples=100, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4), keys=st.sampled_from([("SKU", "仓"), ("SKU",), ()]))
def test_it_counts_what_a_count_by_hand_counts(rows: list[Row], cuts: list[int], keys: tuple[str, ...]) -> None:
    found, wanted = facts_of(table_of(rows, cuts), dataset_of(keys)), counted(rows, keys)
    assert found.rows == len(rows)
    assert dict(found.filled) == wanted["filled"]
    assert found.double_keys == (wanted["double_keys"] if keys else 0)
    assert set(found.doubled) <= wanted["doubled"]
    assert len(found.doubled) == min(3, len(wanted["doubled"]) if keys else 0)
    assert found.odd == {"SKU": wanted["odd"]}
    assert found.outside == {"数": wanted["outside"], "SKU": wanted["outside_key"]}
    assert Facts.from_json(found.as_json()) == found


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4), data=st.data())
def test_a_digest_is_that_of_the_values_alone(rows: list[Row], cuts: list[int], data: st.DataObject) -> None:
    dataset = dataset_of()
    digest = facts_of(table_of(rows), dataset).digest
    assert facts_of(table_of(rows, cuts), dataset).digest == digest
    # Another day in the column of days, and columns in another order, are the same rows.
    order = data.draw(st.permutations(range(len(NAMES))))
    moved = [["another day", *row[1:]] for row in rows]
    moved = [[row[n] for n in order] for row in moved]
    assert facts_of(table_of(moved, cuts, [NAMES[n] for n in order]), dataset).digest == digest
    if rows:
        row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(1, len(NAMES) - 1))
        other = [list(values) for values in rows]
        other[row][column] = data.draw(VALUES.filter(lambda value: value != rows[row][column]))
        assert facts_of(table_of(other, cuts), dataset).digest != digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([["d", "ab", "c", "1"]], [["d", "a", "bc", "1"]]),
        ([["d", "ab", "x", "1"], ["d", "c", "x", "1"]], [["d", "a", "x", "1"], ["d", "bc", "x", "1"]]),
        ([["d", "a", "x", "1"]] * 2, [["d", "a", "x", "1"]] * 3),
    ],
    ids=["between columns", "between rows", "one row more"],
)
def test_what_is_shifted_is_another_file(one: list[Row], other: list[Row]) -> None:
    dataset = dataset_of()
    assert facts_of(table_of(one), dataset).digest != facts_of(table_of(other), dataset).digest


class Watched(Sequence[Batch]):
    """Batches that lie on disk, with what Arrow holds in memory each time that one is asked for."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches, self.held = batches, [0]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, place: Any) -> Any:
        self.held.append(pa.total_allocated_bytes())
        return self._batches[place]


def test_of_a_file_on_disk_only_its_keys_stay_in_memory(tmp_path: Path) -> None:
    names = tuple(f"column {number}" for number in range(100))
    texts = pa.array([f"value {number}" for number in range(2560)])
    batches = [Batch(2560, [Column(texts)] * len(names))] * 20
    Table(names, batches, (CellFormat(Kind.TEXT),)).save(tmp_path / "saved.arrow")
    table = Table.load(tmp_path / "saved.arrow")
    watched = table.batches = Watched(table.batches)
    facts_of(table, dataset_of().model_copy(update={"columns": names, "keys": names[:1], "checks": Checks()}))
    size = (tmp_path / "saved.arrow").stat().st_size
    assert len(watched) == 20
    assert watched.held[-1] - watched.held[1] < size / 5


def test_a_column_that_the_file_has_not_says_nothing() -> None:
    table = table_of([["d", "1", None, None]])
    table.missing = ("仓", "数")
    found = facts_of(table, dataset_of())
    assert set(found.filled) == {"日期", "SKU"}
    assert found.double_keys == 0
