"""What the checks would have asked about the files of the past: how somebody finds a limit before it counts."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from shopdata.checks.facts import Facts, facts_of
from shopdata.checks.row_counts import common_ratio, past_of, ratio_of
from shopdata.checks.seasons import is_in_season
from shopdata.checks.verdicts import FILLED_PERIODS, Earlier, Judgement, Known, judge_file
from shopdata.config import Dataset
from shopdata.excel.tables import Table
from shopdata.exceptions import ReceiptError, ShopdataError
from shopdata.lake.past import DAYS_BACK, LEARNED_AFTER
from shopdata.lake.raw_tables import table_of
from shopdata.lake.receipts import Receipt, read_receipt
from shopdata.lake.reconcile import import_raw
from shopdata.lake.resources import Resources
from shopdata.ledger.checked_files import GoodFile
from shopdata.periods import Period
from shopdata.store.keys import raw_folder

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """A file about which the checks would have asked."""

    dt: str
    shop: str
    judged: Judgement


@dataclass
class Rehearsal:
    """What came of it: how many files were looked at, of how many of them nobody knows the contents, and the doubts."""

    files: int = 0
    learning: int = 0
    without_facts: int = 0
    questions: list[Question] = field(default_factory=list)

    @property
    def by_check(self) -> Counter[str]:
        """How many files each check has found something in."""
        return Counter(found.check for question in self.questions for found in question.judged.found)


def rehearse(name: str, dataset: Dataset, first: date, last: date, lake: Resources) -> Rehearsal:
    """Judges every good file of a range anew, each by what lies before it.

    Args:
        dataset: with the limits that are tried.
    """
    begin = first - timedelta(days=DAYS_BACK[dataset.period])
    files = lake.ledger.checked.files(name, begin.isoformat(), last.isoformat())
    oldest = lake.ledger.checked.first_period(name)
    periods: dict[str, list[GoodFile]] = defaultdict(list)
    for file in files:
        periods[file.dt].append(file)
    counts: dict[str, dict[date, int]] = defaultdict(dict)
    earlier: dict[str, list[Earlier]] = defaultdict(list)
    found = Rehearsal()
    for dt, of_period in periods.items():
        period = Period.from_dt(dt)
        if period.start >= first:
            is_learning = period.start - Period.from_dt(oldest).start < LEARNED_AFTER
            _judge(dataset, period, of_period, counts, earlier, found, is_learning=is_learning)
        for file in of_period:
            counts[file.shop][period.end] = file.rows
            facts = Facts.from_json(file.facts) if file.facts is not None else None
            earlier[file.shop] = [Earlier(dt, file.rows, facts), *earlier[file.shop][: FILLED_PERIODS - 1]]
    return found


def _judge(
    dataset: Dataset,
    period: Period,
    files: Sequence[GoodFile],
    counts: dict[str, dict[date, int]],
    earlier: dict[str, list[Earlier]],
    found: Rehearsal,
    *,
    is_learning: bool,
) -> None:
    pasts = {file.shop: past_of(counts[file.shop], period, dataset.period) for file in files}
    ratios = {f.shop: ratio for f in files if (ratio := ratio_of(f.rows, pasts[f.shop])) is not None}
    is_season = is_in_season(period)
    for file in files:
        facts = Facts.from_json(file.facts) if file.facts is not None else Facts(file.rows)
        known = Known(
            past=pasts[file.shop],
            earlier=earlier[file.shop],
            common=common_ratio([ratio for shop, ratio in ratios.items() if shop != file.shop]),
            is_season=is_season,
            is_learning=is_learning,
        )
        judged = judge_file(facts, dataset, period, known)
        found.files += 1
        found.without_facts += file.facts is None
        found.learning += judged.result == "learning"
        if judged.found:
            found.questions.append(Question(period.dt, file.shop, judged))


def fill_from_raw(name: str, first: date, last: date, lake: Resources) -> Iterator[tuple[str, str]]:
    """Reads what files of a range say about themselves out of `raw/`, where nobody has looked; yields what went wrong.

    Periods that only the bucket knows are entered into the ledger.
    """
    dataset, ledger = lake.config.dataset(name), lake.ledger
    prefix = raw_folder(dataset.platform, name)
    labels = {key.removeprefix(prefix).partition("/")[0] for key in lake.store.list_keys(prefix)}
    for dt in sorted(filter(_is_label, labels)):
        if first <= Period.from_dt(dt).start <= last:
            try:
                import_raw(name, dt, _receipt(name, dt, lake), lake, is_replay=True)
            except ShopdataError as error:
                yield dt, str(error)
    known = {(file.dt, file.shop) for file in ledger.checked.files(name, str(first), str(last)) if file.facts}
    for cell in ledger.cells(name):
        if cell.raw is None or (cell.dt, cell.shop) in known or not first <= Period.from_dt(cell.dt).start <= last:
            continue
        try:
            facts = facts_of(Table.load(table_of(cell.key, cell.raw, lake)), dataset)
        except (ShopdataError, OSError) as error:
            yield str(cell.key), str(error)
            continue
        ledger.checked.keep_facts(cell.key, cell.raw.sha256, facts.as_json(), "")


def _is_label(label: str) -> bool:
    try:
        Period.from_dt(label)
    except ShopdataError:
        return False
    return True


def _receipt(name: str, dt: str, lake: Resources) -> Receipt | None:
    try:
        return read_receipt(lake.config.dataset(name).platform, name, dt, lake.store)
    except ReceiptError as error:
        logger.warning("%s", error)
        return None
