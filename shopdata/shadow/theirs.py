"""What somebody else has saved: each file read by its content, and cut into the rows of a shop and period each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shopdata.config import Dataset
from shopdata.excel import Contract, Rules, read_table
from shopdata.excel.layout.odd_rows import KIND_COLUMN
from shopdata.excel.merging.files import shown
from shopdata.excel.merging.parquet import ParquetWriter
from shopdata.excel.tables import Table
from shopdata.exceptions import RejectedFileError
from shopdata.periods import SHANGHAI, Period
from shopdata.reasons import Reason
from shopdata.shadow.file_names import Named, Naming
from shopdata.shadow.rows import Places, Rows, places_by_value, together
from shopdata.shadow.spelling import one_form

#: What people call the column that says whose row it is, the likeliest first; other columns are looked at as well.
_SHOP_COLUMNS = ("shop", "店铺", "店铺名称", "店铺名", "店名", "店铺id", "商家", "商家名称")
#: A column of more different values tells no shops, and no days.
_MOST_SHOPS, _MOST_DAYS = 5_000, 400


@dataclass(frozen=True)
class TheirFile:
    """A file of theirs, and what its name says."""

    path: Path
    #: From the folder on that was named.
    name: str
    named: Named

    @property
    def saved_at(self) -> datetime:
        """When it was written last. Raises OSError."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, SHANGHAI)


@dataclass(frozen=True)
class Odd:
    """A file that is not compared, or not all of it, and why: `why` is the key of a text, or `reason` says it."""

    name: str
    shop: str = ""
    dt: str = ""
    why: str = ""
    reason: Reason | None = None
    #: What the text of `why` names.
    what: str = ""
    #: True if that is no trouble.
    is_passed_over: bool = False


@dataclass(frozen=True)
class Piece:
    """The rows of a shop and period in a file; `is_merged` if it holds those of others as well."""

    file: TheirFile
    shop: str
    period: Period
    rows: Rows
    is_merged: bool
    #: Columns that say whose and of which day the rows are, and are not compared.
    labels: tuple[str, ...] = ()


class Reader:
    """Reads files of one dataset; what it has read lies in `folder` until that is removed."""

    def __init__(self, dataset: Dataset, naming: Naming, period: Period | None, folder: Path) -> None:
        contract = Contract.of(dataset)
        # Somebody who leaves out columns has still saved this report, and one without rows says that there are none.
        required = () if contract.keys else contract.required
        self._contract = replace(contract, required=required, allow_empty=True, empty_is_not_ready=False)
        self._rules = Rules(totals="mark", merged_cells=contract.merged_cells, zip_parts="join")
        self._dataset, self._naming, self._folder = dataset, naming, folder
        #: The period of files that do not say of which they are, where only one is asked for.
        self._only_period = period
        self._count = 0

    def read(self, file: TheirFile) -> list[Piece | Odd]:
        """The pieces of a file, and what of it is not understood; nothing is raised for what stands in it."""
        try:
            table = read_table(
                file.path, self._contract, where=shown(file.name), rules=self._rules, spill_folder=self._folder
            )
            if self._contract.keys and not set(self._contract.keys) - set(table.missing):
                keys = ", ".join(self._contract.keys)
                return [Odd(file.name, file.named.shop or "", self._dt(file), "shadow.why.another_report", what=keys)]
            return list(self._cut(file, table, self._saved(table)))
        except RejectedFileError as error:
            return [self._odd(file, Reason.of(error))]
        except OSError as error:
            return [self._odd(file, Reason("file_in_use", {}, f"it can't be opened ({error.strerror or error})"))]
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others are compared
            return [self._odd(file, Reason("unreadable", {}, f"it can't be read ({type(error).__name__})"))]

    def _odd(self, file: TheirFile, reason: Reason) -> Odd:
        # Whoever is told has read the name already.
        reason = replace(reason, text=reason.text.removeprefix(f"{file.name}: "))
        return Odd(file.name, file.named.shop or "", self._dt(file), reason=reason)

    def _dt(self, file: TheirFile) -> str:
        period = file.named.period or self._only_period
        return period.dt if period is not None else ""

    def _saved(self, table: Table) -> Rows:
        """The rows as a Parquet file; columns of the contract that theirs lacks are not in it."""
        self._count += 1
        path = self._folder / f"{self._count}.parquet"
        names = tuple(name for name in table.columns if name not in table.missing)
        places = [table.columns.index(name) for name in names]
        writer = ParquetWriter(path, names)
        try:
            for batch in table.batches:
                writer.write([batch.columns[place].text for place in places])
        finally:
            writer.close()
        return Rows(path, names, range(table.rows))

    def _cut(self, file: TheirFile, table: Table, rows: Rows) -> Iterator[Piece | Odd]:
        new = [name for name in table.new if name in rows.columns]
        if file.named.shop is not None:
            yield from self._by_period(file, file.named.shop, rows, new, "")
            return
        label = self._shop_column(rows, new)
        if not label:
            yield Odd(file.name, dt=self._dt(file), why="shadow.why.no_shop")
            return
        by_shop: dict[str, list[Places | range]] = {}
        for value, places in places_by_value(_column(rows, label)).items():
            shop = self._naming.shop_of(value or "")
            if shop is not None:
                by_shop.setdefault(shop, []).append(places)
            elif not self._is_no_data(replace(rows, places=places)):
                yield Odd(file.name, dt=self._dt(file), why="shadow.why.unknown_shop", what=value or "-")
        for shop, found in by_shop.items():
            yield from self._by_period(file, shop, replace(rows, places=together(found)), new, label)

    def _by_period(
        self, file: TheirFile, shop: str, rows: Rows, new: Sequence[str], label: str
    ) -> Iterator[Piece | Odd]:
        told = file.named.period or self._only_period
        own = self._dataset.period_column
        own = own if own in rows.columns else None
        for day_column in [own] if own else new if told is None else ():
            pieces = self._by_day_column(rows, day_column)
            if not pieces:
                continue
            if own and told is not None and len(pieces) == 1 and told not in pieces:
                found = next(iter(pieces))
                yield Odd(file.name, shop, told.dt, why="shadow.why.holds_another_day", what=f"{own} {found.dt}")
                return
            if told is None:
                for period, places in pieces.items():
                    labels = (label, day_column if day_column in new else "")
                    yield self._piece(file, shop, period, replace(rows, places=places), labels, new, is_merged=True)
                return
        if told is None:
            yield Odd(file.name, shop, why="shadow.why.no_day")
            return
        yield self._piece(file, shop, told, rows, (label,), new, is_merged=bool(label))

    def _by_day_column(self, rows: Rows, column: str) -> dict[Period, Places | range]:
        """The rows by the period that a column tells; none if it is no column of days."""
        values = places_by_value(_column(rows, column))
        if len(values) > _MOST_DAYS:
            return {}
        found: dict[Period, list[Places | range]] = {}
        for value, places in values.items():
            if value is None:
                continue
            period = self._naming.days_of(str(one_form(pa.array([value]), is_id=False)[0].as_py() or value))
            if isinstance(period, Named):
                period = period.period
            if period is None:
                return {}
            found.setdefault(period, []).append(rows.within(places))
        return {period: together(places) for period, places in found.items()}

    def _piece(
        self,
        file: TheirFile,
        shop: str,
        period: Period,
        rows: Rows,
        labels: Sequence[str],
        new: Sequence[str],
        *,
        is_merged: bool,
    ) -> Piece:
        found = [
            *filter(None, labels),
            *(name for name in new if name not in labels and self._is_label(rows, name, shop, period)),
        ]
        columns = tuple(name for name in rows.columns if name not in found or name in self._dataset.columns)
        return Piece(file, shop, period, replace(rows, columns=columns), is_merged, tuple(found))

    def _is_label(self, rows: Rows, column: str, shop: str, period: Period) -> bool:
        """True for a column that the contract does not know, and that says the same in all rows: whose, or of when."""
        values = pc.unique(_column(rows, column).drop_null())
        if len(values) != 1:
            return False
        value = str(values[0].as_py())
        return self._naming.shop_of(value) == shop or self._naming.days_of(value) == period

    def _shop_column(self, rows: Rows, new: Sequence[str]) -> str:
        """The column whose values are shops, or most of them; "" if there is none."""
        named = [name for name in _SHOP_COLUMNS if name in rows.columns]
        for name in dict.fromkeys([*named, *new, *rows.columns]):
            if name == KIND_COLUMN:
                continue
            values = pc.unique(_column(rows, name).drop_null())
            if len(values) > _MOST_SHOPS:
                continue
            known = sum(self._naming.shop_of(value.as_py()) is not None for value in values)
            if known and known * 2 >= len(values):
                return name
        return ""

    def _is_no_data(self, rows: Rows) -> bool:
        """True if all of them are totals or remarks."""
        return KIND_COLUMN in rows.columns and rows.read([KIND_COLUMN])[KIND_COLUMN].null_count == 0


def _column(rows: Rows, name: str) -> pa.ChunkedArray:
    return pa.chunked_array([rows.read([name])[name]])
