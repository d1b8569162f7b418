"""What a run was asked for, in words: dataset, days, shops. What can't be read is shown as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shopdata.alerts.names import dataset_name
from shopdata.arguments import read_range
from shopdata.config import COMMANDS, Dataset
from shopdata.exceptions import ArgumentError
from shopdata.periods import Period, PeriodKind, days, parse_date
from shopdata.wording import Texts

#: What the plan of a run does not say, and what scrapyd adds for itself.
_HIDDEN = ("_job", "_version")
#: Each of these says on its own which periods are meant.
_DAYS = ("date", "start", "end", "periods")
#: What commands are called that run by the clock.
_JOBS = {"preflight": "job.preflight", "mail": "job.mail"}
#: So many shops are named; more are counted.
_MOST_NAMED = 3


@dataclass(frozen=True)
class Asked:
    """`what` is the dataset, `which` are days and shops; it may be empty."""

    what: str
    which: str


def asked(
    t: Texts,
    spider: str,
    arguments: Mapping[str, object],
    *,
    dataset: str,
    contract: Dataset | None,
    names: Mapping[str, str],
) -> Asked:
    """The arguments of a run in words.

    Args:
        dataset: what the spider collects when it is called so; "" if nobody knows.
        names: of shops, by id.
    """
    given = {name: str(value) for name, value in arguments.items() if name not in _HIDDEN and value is not None}
    if spider in COMMANDS:
        return Asked(t(_JOBS[spider]), _shops(t, given, names))
    if not dataset or contract is None:
        return Asked(spider, " ".join(f"{name}={value}" for name, value in given.items()))
    given.pop("period", None)
    parts = []
    try:
        parts += _days(t, contract.period, given)
    except ArgumentError:
        parts += [f"{name}={given.pop(name)}" for name in _DAYS if name in given]
    if shops := _shops(t, given, names):
        parts.append(shops)
    for name in ("due", "force"):
        if given.get(name) in ("1", "true", "yes"):
            parts.append(t(f"asked.{name}"))
            given.pop(name)
    parts += [f"{name}={value}" for name, value in given.items()]
    return Asked(dataset_name(t, dataset, contract, is_whole=True), t("asked.between").join(parts))


def _shops(t: Texts, given: dict[str, str], names: Mapping[str, str]) -> str:
    """Takes out of the arguments which shops are meant; "" for all."""
    ids = [shop.strip() for shop in given.pop("shops", "").split(",") if shop.strip()]
    return t.shops([names.get(shop, shop) for shop in ids], _MOST_NAMED) if ids else ""


def _days(t: Texts, kind: PeriodKind, given: dict[str, str]) -> list[str]:
    """Takes out of the arguments what says which periods are meant. Raises ArgumentError for what is no day."""
    labels: set[str] = set()
    if "periods" in given:
        labels = {Period.from_dt(label.strip()).dt for label in given["periods"].split(",") if label.strip()}
    elif "start" in given or "end" in given:
        first, last = read_range(given.get("start"), given.get("end"), "-a ")
        labels = {Period.of(kind, day).dt for day in days(first, last)}
    elif "date" in given:
        labels = {Period.of(kind, parse_date(given["date"])).dt}
    for name in _DAYS:
        given.pop(name, None)
    return [t.periods(labels)] if labels else []
