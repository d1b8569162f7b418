"""What changed between two states of the same rows: cells by column, rows added and removed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from few_shops import raw_of
from test_receipts import a_receipt

from shopdata.lake.receipts import Receipt
from shopdata.lake.restatement import Differences, differences, restated

Row = dict[str, str | None]


def table(*rows: Row, columns: tuple[str, ...] = ("id", "a", "b")) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=pa.schema([(name, pa.string()) for name in columns]))


ONE: Row = {"id": "1", "a": "x", "b": None}
TWO: Row = {"id": "2", "a": "y", "b": "z"}


@pytest.mark.parametrize(
    ("old", "new", "keys", "expected"),
    [
        pytest.param([ONE, TWO], [ONE, TWO], ["id"], Differences({}, 0, 0), id="the same"),
        pytest.param([ONE, TWO], [TWO, ONE], ["id"], Differences({}, 0, 0), id="the same in another order"),
        pytest.param([], [], ["id"], Differences({}, 0, 0), id="nothing"),
        pytest.param([ONE, TWO], [ONE, {**TWO, "a": "v"}], ["id"], Differences({"a": 1}, 0, 0), id="one cell"),
        pytest.param([ONE], [{**ONE, "b": ""}], ["id"], Differences({"b": 1}, 0, 0), id="nothing is not empty text"),
        pytest.param([TWO], [{**TWO, "b": None}], ["id"], Differences({"b": 1}, 0, 0), id="a value goes"),
        pytest.param([ONE], [ONE, TWO], ["id"], Differences({}, 1, 0), id="a row comes"),
        pytest.param([ONE, TWO], [], ["id"], Differences({}, 0, 2), id="all rows go"),
        pytest.param([ONE], [TWO], ["id"], Differences({}, 1, 1), id="another row"),
        pytest.param([ONE], [TWO], [], Differences({}, 1, 1), id="without keys a row is itself or another"),
        pytest.param([ONE, ONE], [ONE], [], Differences({}, 0, 1), id="one of two like rows"),
        pytest.param([ONE, ONE], [ONE, {**ONE, "a": "v"}], ["id"], Differences({"a": 1}, 0, 0), id="a key twice"),
        pytest.param(
            [{**ONE, "id": None}], [{**ONE, "id": None, "a": "v"}], ["id"], Differences({"a": 1}, 0, 0), id="no key"
        ),
        pytest.param([ONE], [ONE], ["unknown"], Differences({}, 0, 0), id="a key that the tables have not"),
    ],
)
def test_differences(old: list[Row], new: list[Row], keys: list[str], expected: Differences) -> None:
    assert differences(table(*old), table(*new), keys) == expected
    assert bool(expected) is (expected != Differences({}, 0, 0))


def test_a_column_that_one_has_not_is_empty_there() -> None:
    wide = table({**ONE, "c": "1"}, {**TWO, "c": None}, columns=("id", "a", "b", "c"))
    assert differences(table(ONE, TWO), wide, ["id"]) == Differences({"c": 1}, 0, 0)
    assert differences(wide, table(ONE, TWO), ["id"]) == Differences({"c": 1}, 0, 0)


@pytest.mark.parametrize("seed", range(10))
def test_counts_are_those_of_what_was_done(seed: int) -> None:
    chance = random.Random(seed)
    rows = [{"id": str(n), "a": chance.choice(["1", None]), "b": str(n % 3)} for n in range(chance.randint(0, 30))]
    removed = [row for row in rows if chance.random() < 0.2]
    kept = [dict(row) for row in rows if row not in removed]
    changed = {"a": 0, "b": 0}
    for row in kept:
        for name in changed:
            if chance.random() < 0.3:
                row[name] = "changed"
                changed[name] += 1
    added = [{"id": f"new{n}", "a": "1", "b": "2"} for n in range(chance.randint(0, 3))]
    after = [*kept, *added]
    chance.shuffle(after)
    expected = Differences({k: v for k, v in changed.items() if v}, len(added), len(removed))
    assert differences(table(*rows), table(*after), ["id"]) == expected


def test_only_shops_whose_file_is_another_are_compared(tmp_path: Path) -> None:
    columns = ("shop", "id", "a")
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    pq.write_table(
        table(
            {"shop": "甲", "id": "1", "a": "x"},
            {"shop": "甲", "id": "2", "a": "x"},
            {"shop": "乙", "id": "1", "a": "x"},
            columns=columns,
        ),
        old,
    )
    pq.write_table(
        table(
            {"shop": "甲 (new name)", "id": "1", "a": "y"},
            {"shop": "乙", "id": "1", "a": "not looked at"},
            {"shop": "丙", "id": "1", "a": "new"},
            columns=columns,
        ),
        new,
    )

    def shop(id: str, name: str, sha256: str) -> dict[str, Any]:
        return {"id": id, "name": name, "sha256": sha256 * 64}

    def receipt(shops: list[dict[str, Any]], restated: list[dict[str, Any]], run_id: str = "run") -> Receipt:
        told = a_receipt() | {"run_id": run_id}
        filled = [{**told["shops"][0], **shop, "raw_key": raw_of(shop["id"])} for shop in shops]
        return Receipt.model_validate_json(json.dumps(told | {"shops": filled, "restated": restated}))

    before = receipt([shop("one", "甲", "1"), shop("two", "乙", "2")], [])
    shops = [shop("one", "甲 (new name)", "9"), shop("two", "乙", "2"), shop("three", "丙", "3")]
    about = {"run_id": "run", "was": "1" * 64}
    changes = [
        {"shop": "one", "column": "", "cells": 0, "rows_added": 0, "rows_removed": 1, **about},
        {"shop": "one", "column": "a", "cells": 1, "rows_added": 0, "rows_removed": 0, **about},
    ]
    assert [entry.model_dump() for entry in restated(before, receipt(shops, []), old, new, ["id"])] == changes
    # Published once more with the same files: it is still told.
    again = receipt(shops, changes)
    assert [entry.model_dump() for entry in restated(again, receipt(shops, [], "next"), new, new, ["id"])] == changes
    # Replaced again: only the last time is told.
    last = receipt([shop("one", "甲 (new name)", "a")], [], "next")
    assert restated(again, last, new, new, ["id"]) == ()
