"""The entries of a list of reports: which field is what, and whether one is in work, done or has failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.periods import SHANGHAI

#: A portal keeps a hundred or so (docs/portals.md 8.16); nobody compares the names of a million.
MOST_ENTRIES = 1000
_LATEST = datetime.max.replace(tzinfo=SHANGHAI)


@dataclass(frozen=True)
class Report:
    """An entry of an account's list of reports."""

    id: str
    name: str
    #: "" where the entry does not say it.
    report_type: str
    status: str
    #: None where the entry does not say it to the second.
    created_at: datetime | None
    link: str

    @property
    def has_own_id(self) -> bool:
        """False where the list gave none: two of one name and second then share it."""
        return self.id != _stand_in(self.name, self.created_at)


@dataclass(frozen=True, kw_only=True)
class ListShape:
    """What stands where in an entry, by names of fields or places such as `request.day`.

    Args:
        equal: what the fields of an entry of our kind say; one that leaves all of them out may be of our kind.
        kind: what the ledger notes as that kind.
        holding: texts that fields of our entry hold; what does not is none of ours.
        status: the fields of which the first that is there tells how far it is: `working`, `done`, or it has failed.
        made_format: as `strptime` has it, where the moment is written in another form than the usual ones.
    """

    id: str
    kind: str = ""
    name: str = ""
    equal: Mapping[str, str] = field(default_factory=dict)
    holding: Mapping[str, str] = field(default_factory=dict)
    status: tuple[str, ...]
    working: frozenset[str]
    done: frozenset[str]
    made: str = ""
    made_format: str = ""
    link: str = ""

    def read(self, entries: Sequence[Any]) -> list[Report]:
        """The reports of a list, but for what is no entry at all; of very many the newest."""
        mine = [entry for entry in entries if isinstance(entry, dict) and self._holds(entry)]
        reports = [self._report(entry) for entry in mine]
        if len(reports) > MOST_ENTRIES:
            reports.sort(key=lambda report: report.created_at or _LATEST, reverse=True)
        return reports[:MOST_ENTRIES]

    def is_working(self, report: Report) -> bool:
        """True while it is made."""
        return report.status in self.working

    def is_done(self, report: Report) -> bool:
        """True once it is made; its link may still be missing."""
        return report.status in self.done

    def _holds(self, entry: Mapping[str, Any]) -> bool:
        return all(text in _text_at(entry, name) for name, text in self.holding.items())

    def _report(self, entry: Mapping[str, Any]) -> Report:
        created = _moment(_text_at(entry, self.made), self.made_format)
        name = _text_at(entry, self.name)
        return Report(
            id=_text_at(entry, self.id) or _stand_in(name, created),
            name=name,
            report_type=self._kind_of(entry),
            status=next((text for field in self.status if (text := _text_at(entry, field))), "None"),
            created_at=created,
            link=_text_at(entry, self.link).strip(),
        )

    def _kind_of(self, entry: Mapping[str, Any]) -> str:
        found = {name: _text_at(entry, name) for name in self.equal}
        if not any(found.values()):
            return ""
        return self.kind if found == self.equal else ", ".join(found.values())


def _text_at(entry: Mapping[str, Any], name: str) -> str:
    """What stands there as a text; "" where nothing does."""
    if name:
        with suppress(NoSuchPlaceError):
            value = value_at(entry, name)
            return "" if value is None or isinstance(value, dict | list) else str(value)
    return ""


def _stand_in(name: str, created_at: datetime | None) -> str:
    return f"{name} {created_at:%Y-%m-%d %H:%M:%S}" if created_at else name


def _moment(text: str, form: str) -> datetime | None:
    """When an entry was made; None if that is not told to the second, or in no form that we know."""
    text = text.strip()
    try:
        if form:
            return datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
        if text.isascii() and text.isdigit() and len(text) in (10, 13):
            return datetime.fromtimestamp(int(text[:10]), SHANGHAI)
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except (ValueError, OverflowError, OSError):
        return None
    if text.count(":") < 2:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
