"""What changed between two states of the same rows, in numbers: platforms revise their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shopdata.lake.receipts import Draft, PublishedShop, Receipt, Restated

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Differences:
    """Rows are matched by the dataset's key columns; equal keys by their order."""

    #: Changed cells by column, in rows that both states have.
    cells: Mapping[str, int]
    rows_added: int
    rows_removed: int

    def __bool__(self) -> bool:
        return bool(self.cells or self.rows_added or self.rows_removed)


def differences(old: pa.Table, new: pa.Table, keys: Sequence[str]) -> Differences:
    """Compares two tables of text; null is a value, a column that one has not is null there.

    Args:
        keys: what tells one row from another; without any of them in both tables, a row is itself or another.
    """
    # Few runs compare anything: the others need not wait for pandas to be imported.
    import pandas as pd

    before, after = (table.to_pandas(types_mapper=pd.ArrowDtype) for table in (old, new))
    columns = list(dict.fromkeys([*old.column_names, *new.column_names]))
    before, after = (frame.reindex(columns=columns) for frame in (before, after))
    by = [name for name in keys if name in old.column_names and name in new.column_names] or columns
    before, after = _by_key(before, by), _by_key(after, by)
    common = before.index.intersection(after.index)
    a, b = before.loc[common], after.loc[common]
    counts = {}
    for name in columns:
        x, y = a[name].astype(object), b[name].astype(object)
        count = int(((x.isna() != y.isna()) | (x.notna() & y.notna() & (x != y))).sum())
        if count:
            counts[name] = count
    return Differences(counts, len(after) - len(common), len(before) - len(common))


def _by_key(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The frame with its keys as index, and a running number that tells equal ones apart."""
    # A null is a key like any other; no text of a portal begins with this character.
    keys = [frame[name].astype(object).where(frame[name].notna(), "\x00") for name in by]
    number = frame.assign(_shopdata_key=0).groupby(keys, sort=False)["_shopdata_key"].cumcount()
    indexed = frame.copy()
    import pandas as pd

    indexed.index = pd.MultiIndex.from_arrays([*keys, number])
    return indexed


def restated(previous: Receipt, draft: Draft, old: Path, new: Path, keys: Sequence[str]) -> tuple[Restated, ...]:
    """A receipt's `restated`: for each shop whose raw file replaced another, what changed then.

    Args:
        old: the Parquet file that `previous` tells of.
        new: the Parquet file that `draft` tells of.
    """
    replaced = replaced_shops(previous, draft)
    shops = {shop.id for shop in draft.shops} - {shop.id for shop, _ in replaced}
    # What was told of a shop stays true for as long as its file stays.
    entries = [entry for entry in previous.restated if entry.shop in shops]
    for shop, before in replaced:
        found = differences(_rows_of(old, before.name), _rows_of(new, shop.name), keys)
        entry = partial(Restated, shop=shop.id, run_id=draft.run_id, was=before.sha256)
        # The rows that came and went are one entry without a column.
        if found.rows_added or found.rows_removed:
            entries.append(entry(column="", cells=0, rows_added=found.rows_added, rows_removed=found.rows_removed))
        entries += [
            entry(column=name, cells=count, rows_added=0, rows_removed=0) for name, count in found.cells.items()
        ]
    return tuple(entries)


def replaced_shops(previous: Receipt, draft: Draft) -> list[tuple[PublishedShop, PublishedShop]]:
    """The shops that were in the receipt before with another file, each with its entry there."""
    before = {shop.id: shop for shop in previous.shops}
    return [
        (shop, before[shop.id]) for shop in draft.shops if shop.id in before and before[shop.id].sha256 != shop.sha256
    ]


def _rows_of(path: Path, shop_name: str) -> pa.Table:
    return pq.read_table(path, partitioning=None, filters=pc.field("shop") == shop_name).drop_columns("shop")
