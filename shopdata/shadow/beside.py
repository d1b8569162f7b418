"""Compares all that somebody has saved of some periods of a dataset with what is published of them."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from shopdata.config import Dataset
from shopdata.files import as_disk_error
from shopdata.lake.resources import Resources
from shopdata.periods import Period, is_between
from shopdata.shadow.comparing import Compared, How, compare
from shopdata.shadow.days import Kept, Result
from shopdata.shadow.file_names import Naming
from shopdata.shadow.folder import look_for_files
from shopdata.shadow.ours import Published, fetched, published_periods
from shopdata.shadow.theirs import Odd, Piece, Reader, TheirFile


@dataclass(frozen=True)
class ShopDay:
    """What came of a shop and period."""

    dt: str
    shop: str
    #: What it is called.
    name: str
    result: Result
    compared: Compared | None = None
    #: Their file, and columns of it that only say whose and of which day its rows are.
    file: str = ""
    labels: tuple[str, ...] = ()
    #: When their file was written last, ours was collected, and ours was published.
    saved_at: datetime | None = None
    collected_at: datetime | None = None
    published_at: datetime | None = None
    #: How many seconds ours was there before theirs: a file against our file, a workbook of many shops against ours.
    lead_seconds: int | None = None
    #: The sum of our raw file.
    raw: str = ""

    def kept(self, now: datetime) -> Kept:
        """What is kept of it."""
        done = self.compared
        cells = 0 if done is None else done.paired * done.columns
        spelled = 0 if done is None else sum(done.spelled.values())
        rows = 0 if done is None else done.rows_ours
        return Kept(self.result, rows, cells, spelled, self.raw, now, self.lead_seconds)


@dataclass
class Outcome:
    """All of it, in the order of periods and shops; `odd` are files that were not compared, or not all of them."""

    shop_days: list[ShopDay] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)
    #: All periods that are published, whether they were compared or not.
    published: set[Period] = field(default_factory=set)

    @property
    def compared(self) -> list[ShopDay]:
        """Those of which both sides have rows that were read."""
        return [one for one in self.shop_days if one.compared is not None]

    @property
    def is_same(self) -> bool:
        """True if nothing differs, no side lacks a shop and no file is left over that may be a table."""
        return all(one.result is Result.SAME for one in self.shop_days) and all(one.is_passed_over for one in self.odd)


@dataclass(frozen=True)
class Beside:
    """Compares one dataset.

    Args:
        start, end: the days whose periods are compared.
        shops: ids; others are passed over. None for all.
        only_period: the period of files that do not say of which they are, where only one is asked for.
    """

    name: str
    lake: Resources
    naming: Naming
    how: How
    start: date
    end: date
    shops: Collection[str] | None = None
    only_period: Period | None = None

    @property
    def dataset(self) -> Dataset:
        return self.lake.config.dataset(self.name)

    def run(self, place: Path) -> Outcome:
        """Compares a folder, or one file.

        Raises:
            StoreError, ReceiptError: what is published can't be had.
            DiskError: there is no room for what is read.
        """
        outcome = Outcome(published=published_periods(self.name, self.dataset, self.lake.store))
        files: dict[Period | None, list[TheirFile]] = {}
        for found in look_for_files(place, self.naming):
            if isinstance(found, Odd):
                outcome.odd.append(found)
            else:
                files.setdefault(found.named.period or self.only_period, []).append(found)
        with tempfile.TemporaryDirectory(prefix="shopdata-shadow-") as folder, as_disk_error(Path(folder)):
            # What says only inside of which days it is, is read first.
            spread = self._read(files.get(None, []), Path(folder), outcome)
            by_period: dict[Period, list[Piece]] = {}
            for piece in spread:
                by_period.setdefault(piece.period, []).append(piece)
            compared = {piece.file.name for piece in spread if self._is_asked(piece.period)}
            for piece in spread:
                if piece.file.name not in compared:
                    _pass_over(piece, "shadow.why.another_day", outcome)
            wanted = {*files, *by_period, *outcome.published}
            for period in sorted(one for one in wanted if one is not None and self._is_asked(one)):
                with tempfile.TemporaryDirectory(prefix="period-", dir=folder) as below:
                    pieces = [*self._read(files.get(period, []), Path(below), outcome), *by_period.get(period, [])]
                    self._compare_period(period, pieces, outcome)
        return outcome

    def _is_asked(self, period: Period) -> bool:
        if self.only_period is not None:
            return period == self.only_period
        return is_between(self.dataset.period, period, self.start, self.end)

    def _read(self, files: Iterable[TheirFile], folder: Path, outcome: Outcome) -> list[Piece]:
        """The pieces of files, the newest file first; what a newer one of the same shop and day has is passed over."""
        reader = Reader(self.dataset, self.naming, self.only_period, folder)
        found: list[Piece] = []
        for file in sorted(files, key=_newest_first):
            if self.shops is not None and file.named.shop is not None and file.named.shop not in self.shops:
                continue
            period = file.named.period or self.only_period
            if period is not None and any((one.shop, one.period) == (file.named.shop, period) for one in found):
                odd = Odd(file.name, file.named.shop or "", period.dt, "shadow.why.older", is_passed_over=True)
                outcome.odd.append(odd)
                continue
            for piece in reader.read(file):
                if isinstance(piece, Odd):
                    outcome.odd.append(piece)
                else:
                    found.append(piece)
        return found

    def _compare_period(self, period: Period, pieces: Sequence[Piece], outcome: Outcome) -> None:
        theirs: dict[str, Piece] = {}
        # Whose rows they are, some files tell only inside: what the names say has not shown that a newer one is there.
        for piece in sorted(pieces, key=lambda piece: _newest_first(piece.file)):
            if theirs.setdefault(piece.shop, piece) is not piece and (self.shops is None or piece.shop in self.shops):
                _pass_over(piece, "shadow.why.older", outcome)
        odd = {one.shop: one for one in outcome.odd if one.dt == period.dt and one.shop and not one.is_passed_over}
        with fetched(self.name, self.dataset, period, self.lake.store) as ours:
            known = ours.shops if ours is not None else {}
            for shop in self._in_order({*known, *theirs, *(odd if ours is not None else ())}):
                outcome.shop_days.append(self._shop_day(period, shop, ours, theirs.get(shop), odd.get(shop)))

    def _in_order(self, shops: Collection[str]) -> Iterator[str]:
        known = [shop.id for shop in self.lake.config.shops]
        for shop in [*(one for one in known if one in shops), *sorted(set(shops) - set(known))]:
            if self.shops is None or shop in self.shops:
                yield shop

    def _shop_day(
        self, period: Period, shop: str, ours: Published | None, piece: Piece | None, odd: Odd | None
    ) -> ShopDay:
        published = ours.shops.get(shop) if ours is not None else None
        names = {one.id: one.name for one in self.lake.config.shops}
        found = ShopDay(
            period.dt,
            shop,
            published.name if published is not None else names.get(shop, shop),
            Result.ONLY_OURS,
            raw=published.sha256 if published is not None else "",
            collected_at=published.fetched_at if published is not None else None,
            published_at=ours.receipt.published_at if ours is not None else None,
        )
        if piece is None:
            return found if odd is None else replace(found, result=Result.ODD, file=odd.name)
        saved_at = piece.file.saved_at
        found = replace(found, file=piece.file.name, labels=piece.labels, saved_at=saved_at)
        if ours is None or published is None:
            return replace(found, result=Result.ONLY_THEIRS)
        done = compare(ours.rows_of(shop), piece.rows, self.how)
        there_at = ours.receipt.published_at if piece.is_merged else published.fetched_at
        return replace(
            found,
            result=Result.DIFFERENT if done.differing else Result.SAME,
            compared=done,
            lead_seconds=round((saved_at - there_at).total_seconds()),
        )


def _pass_over(piece: Piece, why: str, outcome: Outcome) -> None:
    """Names a file of which something is not compared; once, however many shops and days it holds."""
    if all((odd.name, odd.why) != (piece.file.name, why) for odd in outcome.odd):
        outcome.odd.append(Odd(piece.file.name, dt=piece.period.dt, why=why, is_passed_over=True))


def _newest_first(file: TheirFile) -> tuple[float, str]:
    try:
        return (-file.path.stat().st_mtime, file.name)
    except OSError:
        return (0.0, file.name)
