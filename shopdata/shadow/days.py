"""What came of each day that was compared, kept in the state directory so that the count of days goes on.

One small file for each dataset and period, `shadow/DATASET/DT.json`: what was compared last of each shop. The ledger
knows nothing of it: without it the days are compared again, as long as their files are there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from shopdata.files import alone, as_disk_error, write_private
from shopdata.ledger import Ledger
from shopdata.periods import Period, PeriodKind
from shopdata.store.keys import is_dt

#: So many periods in a row without a difference are evidence, where nobody says another number.
ENOUGH: Mapping[PeriodKind, int] = {"day": 7, "week": 3, "month": 2}
#: Periods that are looked at, back from the newest.
_MOST_PERIODS = 400


class Result(StrEnum):
    """What came of a shop and period."""

    SAME = "same"
    DIFFERENT = "different"
    #: Nothing to compare: one side has no file.
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"
    #: Their file could not be read.
    ODD = "odd"


@dataclass(frozen=True)
class Kept:
    """What is kept of a shop and period; `raw` is the sum of our raw file that was compared, "" for none."""

    result: Result
    rows: int
    cells: int
    spelled: int
    raw: str
    compared_at: datetime
    #: How many seconds ours was there before theirs; negative for later.
    lead_seconds: int | None = None


_FILE = TypeAdapter(dict[str, Kept])


class KeptDays:
    """The kept days of one dataset. All methods raise DiskError where the state directory can't be used."""

    def __init__(self, state_dir: Path, dataset: str) -> None:
        self._folder = state_dir / "shadow" / dataset

    def keep(self, dt: str, shops: Mapping[str, Kept]) -> None:
        """Takes in what came of some shops; what is known of the others of that period stays."""
        if not shops:
            return
        with alone(self._folder / ".lock"):
            found = {**self.read(dt), **shops}
            entries = {shop: asdict(kept) for shop, kept in sorted(found.items())}
            text = json.dumps(entries, ensure_ascii=False, indent=1, default=_as_text)
            write_private(self._folder / f"{dt}.json", f"{text}\n".encode())

    def read(self, dt: str) -> dict[str, Kept]:
        """By shop; none where nothing is kept, or where nobody can read it."""
        path = self._folder / f"{dt}.json"
        with as_disk_error(path):
            try:
                return _FILE.validate_json(path.read_bytes())
            except (FileNotFoundError, ValidationError):
                return {}

    def periods(self) -> list[str]:
        """The labels of all that are kept, the newest first."""
        with as_disk_error(self._folder):
            names = [path.stem for path in self._folder.glob("*.json")] if self._folder.is_dir() else []
        return sorted(filter(is_dt, names), reverse=True)


def _as_text(value: object) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)


@dataclass(frozen=True)
class Verdict:
    """Whether a dataset can be switched over, and on what evidence."""

    needed: int
    #: The periods in a row, back from the newest one that was compared, without a difference; the newest first.
    clean: tuple[str, ...]
    #: The period that broke the row; "" if none did.
    broken: str
    #: Days between them that were not compared, or not since they were published anew.
    not_compared: tuple[str, ...]
    stale: tuple[str, ...]
    #: Shops that were the same at least once in these periods, and enabled ones that never were compared.
    shops: tuple[str, ...]
    unproven: tuple[str, ...]
    #: Shops and periods that were the same, and what they held.
    files: int
    rows: int
    spelled: int
    odd: int
    #: The middle one of all leads in seconds.
    lead_seconds: int | None

    @property
    def is_enough(self) -> bool:
        """True if the dataset can be switched over."""
        return len(self.clean) >= self.needed and bool(self.shops)


def judge(
    kept: KeptDays, name: str, needed: int, published: Iterable[Period], shops: Collection[str], ledger: Ledger
) -> Verdict:
    """Counts the periods without a difference, back from the newest that was compared.

    A period counts if a shop of it was the same and none was different or only theirs. What was published anew from
    other files since then has to be compared again.

    Args:
        published: all periods that are published; between the compared ones they are named.
        shops: the enabled shops of the dataset.
    """
    clean: list[str] = []
    stale: list[str] = []
    same: list[tuple[str, Kept]] = []
    odd, broken = 0, ""
    for dt in kept.periods()[:_MOST_PERIODS]:
        entries = kept.read(dt)
        files = _files(ledger, name, dt)
        known = {shop: one for shop, one in entries.items() if files is None or files.get(shop, "") == one.raw}
        if any(one.result in (Result.DIFFERENT, Result.ONLY_THEIRS) for one in known.values()):
            broken = dt
            break
        if len(known) < len(entries):
            stale.append(dt)
        if found := [(shop, one) for shop, one in known.items() if one.result is Result.SAME]:
            clean.append(dt)
            same += found
        odd += sum(one.result is Result.ODD for one in known.values())
    proven = {shop for shop, _ in same}
    between = [period.dt for period in published if clean and clean[-1] <= period.dt <= clean[0]]
    leads = sorted(one.lead_seconds for _, one in same if one.lead_seconds is not None)
    return Verdict(
        needed=needed,
        clean=tuple(clean),
        broken=broken,
        not_compared=tuple(sorted(set(between) - set(clean) - set(stale))),
        stale=tuple(stale),
        shops=tuple(shop for shop in shops if shop in proven),
        unproven=tuple(shop for shop in shops if shop not in proven),
        files=len(same),
        rows=sum(one.rows for _, one in same),
        spelled=sum(one.spelled for _, one in same),
        odd=odd,
        lead_seconds=leads[len(leads) // 2] if leads else None,
    )


def _files(ledger: Ledger, name: str, dt: str) -> Mapping[str, str] | None:
    """The sum of each shop's raw file that is published, by what the ledger knows; None if it does not."""
    record = ledger.partition(name, dt)
    return None if record is None else record.shops
