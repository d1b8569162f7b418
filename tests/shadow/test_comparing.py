"""What differs is found, exactly, against a plain comparison by Python; and in bounded memory."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopdata.shadow.comparing import Compared, How, Kind, compare
from shopdata.shadow.rows import Rows, places_by_value

Row = tuple[str | None, ...]
COLUMNS = ("k", "region", "stock")


def rows_of(path: Path, rows: Sequence[Row], columns: Sequence[str] = COLUMNS, group: int = 3) -> Rows:
    arrays = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(columns))]
    pq.write_table(pa.table(arrays, list(columns)), path, row_group_size=group)
    return Rows(path, tuple(columns), range(len(rows)))


def compared(folder: Path, ours: Sequence[Row], theirs: Sequence[Row], **how: object) -> Compared:
    told = {"keys": ("k", "region"), "ids": frozenset({"k"})} | how
    return compare(rows_of(folder / "a", ours), rows_of(folder / "b", theirs), How(**told))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("has_keys", [True, False])
def test_as_plain_python_finds_it(seed: int, has_keys: bool, tmp_path: Path) -> None:
    chance = random.Random(seed)

    def side() -> list[Row]:
        values = ("1", "2", "3", None)
        return [(chance.choice("abcde"), chance.choice(("n", "s", None)), chance.choice(values)) for _ in range(25)]

    ours = side()
    theirs = chance.sample(ours, 20) + side()[:4]
    found = compared(tmp_path, ours, theirs, keys=("k", "region") if has_keys else ())
    if not has_keys:
        a, b = Counter(ours), Counter(theirs)
        assert (found.only_ours, found.only_theirs) == ((a - b).total(), (b - a).total())
        assert not found.cells
        return
    cells = only_ours = only_theirs = 0
    for key in {row[:2] for row in ours + theirs}:
        a = Counter(row[2] for row in ours if row[:2] == key)
        b = Counter(row[2] for row in theirs if row[:2] == key)
        left, right = (a - b).total(), (b - a).total()
        cells += min(left, right)
        only_ours += max(0, left - right)
        only_theirs += max(0, right - left)
    assert (sum(found.cells.values()), found.only_ours, found.only_theirs) == (cells, only_ours, only_theirs)


def test_rows_of_a_shop_stand_anywhere(tmp_path: Path) -> None:
    rows = [(shop, "n", f"{number}") for number in range(8) for shop in ("one", "two")]
    whole = rows_of(tmp_path / "a", rows)
    places = places_by_value(pq.read_table(tmp_path / "a").column("k"))
    one = Rows(whole.path, COLUMNS, places["one"])
    assert one.read(["stock"])["stock"].to_pylist() == [f"{number}" for number in range(8)]
    alone = rows_of(tmp_path / "b", [row for row in rows if row[0] == "one"])
    assert compare(one, alone, How(("stock",), frozenset())).differing == 0


def test_columns_and_what_is_told(tmp_path: Path) -> None:
    ours = rows_of(tmp_path / "a", [("1", "n", "7"), ("2", "n", "8")])
    theirs = rows_of(
        tmp_path / "b",
        [("1", "9", "x", None), ("2", "8.0", None, None), ("合计", "17", None, "total")],
        ["k", "stock", "note", "row_kind"],
    )
    found = compare(ours, theirs, How(("k", "region"), frozenset({"k"})))
    assert (found.keys, found.columns_ours, found.columns_theirs) == (("k",), ("region",), ("note",))
    assert (found.cells, found.spelled, found.no_data, found.only_theirs) == ({"stock": 1}, {"stock": 1}, 1, 0)
    assert [(one.kind, one.row, one.column, one.ours, one.theirs) for one in found.told] == [
        (Kind.COLUMN, "", "note", None, None),
        (Kind.CELL, "k 1", "stock", "7", "9"),
    ]
    assert compare(ours, theirs, How(("k",), frozenset(), frozenset({"note", "stock"}))).differing == 0


def test_telephone_numbers_are_masked_before_and_told_by_nobody(tmp_path: Path) -> None:
    ours = [("1", "n", "打 [电话]"), ("2", "n", "打 [电话]")]
    theirs = [("1", "n", "打 13912345678"), ("2", "n", "别打 13912345678")]
    found = compared(tmp_path, ours, theirs, is_masked=True, is_exact=True)
    assert (found.masked, found.cells) == (1, {"stock": 1})
    assert [(one.ours, one.theirs) for one in found.told] == [("打 [电话]", "别打 [电话]")]


def test_the_list_has_an_end_and_each_column_a_place(tmp_path: Path) -> None:
    ours = [(f"{number}", "n", "1") for number in range(500)]
    theirs = [(f"{number}", "s", "2") for number in range(500)]
    found = compared(tmp_path, ours, theirs, keys=("k",), most_told=100)
    assert found.cells == {"region": 500, "stock": 500}
    assert {one.column: 0 for one in found.told}.keys() == {"region", "stock"}
    assert len(found.told) <= 100
