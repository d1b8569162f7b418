"""One message about all that a run has to tell, a sentence, then reasons with shops and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from shopdata.alerts.causes import Cause, Trouble, causes_of
from shopdata.alerts.changes import Changes
from shopdata.alerts.common_doubts import are_in_common, kind_in, notes_in_common
from shopdata.alerts.known_doubts import is_of_a_check
from shopdata.alerts.links import days_page, shop_page
from shopdata.alerts.message import Level, Linked, Message, Section
from shopdata.alerts.snapshot import DayNote
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import SIGN_IN_BY_HAND, WORDLESS, detail_of, title_of, todo_of

#: So many names of shops stand in a line; the others are counted.
_MOST_NAMES = 12
#: So many periods behind a name.
_MOST_PERIODS = 3
#: A portal's own words may be long.
_LONGEST_REASON = 120
#: So many columns of one check are named.
_MOST_COLUMNS = 3
#: Nothing of these goes on by itself.
_FOR_PERSONS = frozenset({"needs_login", "rejected"})

#: What the headline counts of what is not in the lake, in this order.
_COUNTED = (
    CellState.NEEDS_LOGIN,
    CellState.FAILED,
    CellState.REJECTED,
    CellState.NOT_READY,
    CellState.STAGED,
    CellState.RUNNING,
    CellState.PENDING,
)


def build_digest(t: Texts, changes: Sequence[Changes], board_url: str | None = None) -> Message:
    """One message about partitions of which at least one is worth telling.

    Those of one dataset are told together; the first dataset gives the headline, others have headlines of their own.

    Args:
        board_url: where a shop that waits for a person can be signed in.
    """
    datasets: dict[str, list[Changes]] = {}
    for change in changes:
        datasets.setdefault(change.day.dataset, []).append(change)
    groups = list(datasets.values())
    blocks: list[Section] = []
    for number, group in enumerate(groups):
        if number:
            page = _page(t, group, board_url)
            blocks.append(Section(_headline(t, group), (page,) if page is not None else ()))
        blocks += _blocks_of(t, group, board_url)
    troubles = [trouble for change in changes for trouble in (*change.new, *change.still)]
    new = [trouble for change in changes for trouble in change.new]
    return Message(
        headline=_headline(t, groups[0]),
        level=_level(troubles, is_noted=any(change.notes for change in changes)),
        blocks=tuple(blocks),
        wants_person=any(trouble.topic == "needs_login" for trouble in new),
        owners=frozenset(owner for change in changes for owner in _owners_called(change)),
        page=_page(t, groups[0], board_url),
        texts=t,
    )


def _owners_called(change: Changes) -> Iterator[str]:
    """The owners of the shops about which a person should do something; "" for a shop without one."""
    shops = {trouble.shop for trouble in change.new if trouble.topic in _FOR_PERSONS}
    # What most shops have at once, is no owner's to see to.
    common = notes_in_common(change)
    doubtful = {shop for note in change.notes if is_of_a_check(note) and note not in common for shop in note.shops}
    yield from (change.day.owners.get(shop, "") for shop in shops | doubtful)


def _page(t: Texts, group: Sequence[Changes], board_url: str | None) -> Linked | None:
    """The board's page of these days, with those shops only of which something is wrong, or else is doubtful."""
    if board_url is None:
        return None
    days = [change.day for change in group]
    show: Literal["trouble", "doubtful"] | None = None
    if any(day.troubles for day in days):
        show = "trouble"
    elif any(is_of_a_check(note) for change in group for note in change.notes):
        show = "doubtful"
    url = days_page(board_url, days[0].dataset, max(day.dt[-10:] for day in days), show=show)
    return Linked("", t("alert.board"), url)


def _level(troubles: Sequence[Trouble], *, is_noted: bool) -> Level:
    if any(trouble.topic in ("failed", "rejected", "needs_login", "unpublished") for trouble in troubles):
        return "bad"
    return "attention" if troubles or is_noted else "good"


def _headline(t: Texts, group: Sequence[Changes]) -> str:
    """For example 「供应链库存 2026-03-01：48/50 已入湖 · 1 待登录 · 1 失败」."""
    days = [change.day for change in group]
    done, total = sum(day.done for day in days), sum(day.total for day in days)
    parts = [t("alert.in_the_lake", done=done, total=total)]
    counts = {state: sum(day.counts.get(state, 0) for day in days) for state in _COUNTED}
    parts += [t("alert.in_state", n=n, state=t(f"state.{state}.word")) for state, n in counts.items() if n]
    if any(trouble.topic == "refresh" for day in days for trouble in day.troubles):
        parts.append(t("alert.not_refreshed"))
    is_recovered = any(change.recovered for change in group) and all(day.is_complete for day in days)
    key = "alert.headline_recovered" if is_recovered else "alert.headline"
    return t(key, title=days[0].title, when=_when(t, [day.dt for day in days]), what=" · ".join(parts))


def _when(t: Texts, dts: Sequence[str]) -> str:
    """One period, or the first and last day of several."""
    if len(dts) == 1:
        # A month or week has a label of its own with two dates.
        return t("format.range", first=dts[0][:10], last=dts[0][-10:]) if "_" in dts[0] else dts[0]
    what = t("format.range", first=min(dts)[:10], last=max(dts)[-10:])
    return t("format.periods", what=what, n=len(dts))


def _blocks_of(t: Texts, group: Sequence[Changes], board_url: str | None) -> list[Section]:
    # Of one day, the number of its shops; of several, each shop is named with its days.
    total = group[0].day.total if len(group) == 1 else None
    owners = {shop: owner for change in group for shop, owner in change.day.owners.items()}
    blocks = []
    recovered = [(name, change.day.dt) for change in group for name in change.recovered]
    if recovered:
        blocks.append(Section(t("alert.recovered", n=len(recovered)), (_names(t, recovered, total),)))
    new = [trouble for change in group for trouble in change.new]
    still = [trouble for change in group for trouble in change.still]
    if any(not change.is_first for change in group) and new:
        blocks += [_as_new(t, block) for block in _reasons(t, new, total, board_url, owners)]
    else:
        blocks += _reasons(t, new, total, board_url, owners)
    if still:
        names = _names(t, [(trouble.name or title_of(t, trouble.kind), trouble.dt) for trouble in still], total)
        blocks.append(Section(t("alert.still", n=len(still)), (names,)))
    common = {change.day.dt: notes_in_common(change) for change in group}
    notes = [(note, change.day.dt) for change in group for note in change.notes if note not in common[change.day.dt]]
    for topic in ("drift", "warnings", "restated"):
        of_topic = [(note, dt) for note, dt in notes if note.topic == topic]
        whole = [
            line
            for change in group
            if topic == "warnings"
            for line in _common_notes(t, change, is_alone=total is not None)
        ]
        lines = (
            *whole,
            *_checks(t, [pair for pair in of_topic if is_of_a_check(pair[0])], total, owners),
            *(_note(t, note, dt, total) for note, dt in of_topic if not is_of_a_check(note)),
        )
        if lines:
            blocks.append(Section(t(f"note.{topic}"), lines))
    rows = sum(change.day.rows for change in group)
    if not blocks and rows:
        blocks.append(Section(t("alert.rows", n=rows)))
    return blocks


def _common(t: Texts, kinds: Iterable[str], n: int, total: int) -> str:
    """One sentence about what most shops of a day have."""
    checks = t("format.listed").join(t(f"alert.common.{kind}") for kind in dict.fromkeys(kinds))
    return t("alert.common", n=n, total=total, checks=checks)


def _common_notes(t: Texts, change: Changes, *, is_alone: bool) -> Iterator[str]:
    """The same of published files; with the day, where the message is about several."""
    found = notes_in_common(change)
    if found:
        shops = {shop for note in found for shop in note.shops}
        said = _common(t, map(kind_in, found), len(shops), change.day.total)
        yield said if is_alone else t("alert.note", text=change.day.dt, names=said)


def _as_new(t: Texts, block: Section) -> Section:
    return Section(t("alert.new", title=block.title), block.lines, block.todo)


def _reasons(
    t: Texts, troubles: Sequence[Trouble], total: int | None, board_url: str | None, owners: Mapping[str, str]
) -> list[Section]:
    """One block for each kind, the most urgent first; in it a line for each cause."""
    kinds: dict[str, list[Cause]] = {}
    for cause in causes_of(troubles):
        kinds.setdefault(cause.kind, []).append(cause)
    blocks = []
    for kind, causes in kinds.items():
        title = title_of(t, kind)
        count = len({shop for cause in causes for shop in cause.shops if shop})
        lines: tuple[str | Linked, ...] = ()
        found = [trouble for cause in causes for trouble in cause.troubles]
        if total is not None and are_in_common(found, total):
            lines = (_common(t, [trouble.reason.code for trouble in found], count, total),)
        elif count:
            lines = tuple(line for cause in causes for line in _lines_of(t, cause, total, board_url, owners))
        blocks.append(Section(t("alert.kind", title=title, n=count) if count else title, lines, todo_of(t, kind)))
    return blocks


def _lines_of(
    t: Texts, cause: Cause, total: int | None, board_url: str | None, owners: Mapping[str, str]
) -> Iterator[str | Linked]:
    detail = detail_of(t, cause.reason)
    if cause.kind in WORDLESS and not detail:
        detail = cause.reason.text[:_LONGEST_REASON]
    # What is to be typed names the shop: then each has a line of its own.
    is_typed = cause.kind in SIGN_IN_BY_HAND
    for troubles in cause.shops.values() if is_typed else [cause.troubles]:
        typed = t("alert.sign_in", shop=troubles[0].shop) if is_typed and board_url is None else ""
        names = _names(t, [(_owned(t, trouble.name, trouble.shop, owners), trouble.dt) for trouble in troubles], total)
        said = " · ".join(filter(None, (detail, typed)))
        line = t("alert.line", names=names, what=said) if said else names
        if board_url is not None and is_typed:
            yield Linked(line, t("alert.sign_in_on_board"), shop_page(board_url, troubles[0].shop))
        else:
            yield line


def _owned(t: Texts, name: str, shop: str, owners: Mapping[str, str]) -> str:
    """A shop's name, with whoever looks after it."""
    return t("sign_ins.owner", shop=name, owner=owners[shop]) if shop in owners else name


def _checks(
    t: Texts, notes: Sequence[tuple[DayNote, str]], total: int | None, owners: Mapping[str, str]
) -> Iterator[str]:
    """A line for each check, whatever columns it has found something in."""
    kinds: dict[str, list[tuple[DayNote, str]]] = {}
    for note, dt in notes:
        kinds.setdefault(kind_in(note), []).append((note, dt))
    for kind, found in kinds.items():
        columns = list(dict.fromkeys(note.key.partition("|")[2] for note, _ in found))
        key = f"warning.{kind}"
        text = t(key) if t.has(key) else found[0][0].text
        if any(columns):
            named = t("format.listed").join(columns[:_MOST_COLUMNS])
            more = t("alert.more_columns", n=len(columns)) if len(columns) > _MOST_COLUMNS else ""
            text = t("warning.in_column", column=named + more, text=text)
        pairs = [
            (_owned(t, name, shop, owners), dt)
            for note, dt in found
            for shop, name in zip(note.shops, note.names, strict=True)
        ]
        yield t("alert.note", text=text, names=_names(t, list(dict.fromkeys(pairs)), total))


def _note(t: Texts, note: DayNote, dt: str, total: int | None) -> str:
    names = _names(t, [(name, dt) for name in note.names], total)
    return t("alert.note", text=note.text, names=names) if names else note.text


def _names(t: Texts, pairs: Sequence[tuple[str, str]], total: int | None) -> str:
    """Names, each once.

    Args:
        pairs: a name and a period's label.
        total: how many shops the one period has; None where the message is about several, which are then named.
    """
    days: dict[str, list[str]] = {}
    for name, dt in pairs:
        days.setdefault(name, []).append(dt[5:] if len(dt) == 10 else dt)
    shown = [name if total is not None else _with_periods(t, name, dts) for name, dts in days.items()]
    if len(shown) == total and len(shown) > 1:
        return t("alert.all_shops", n=len(shown))
    names = t("format.listed").join(shown[:_MOST_NAMES])
    return t("alert.shops", names=names, n=len(shown)) if len(shown) > _MOST_NAMES else names


def _with_periods(t: Texts, name: str, dts: Sequence[str]) -> str:
    key = "alert.with_some_periods" if len(dts) > _MOST_PERIODS else "alert.with_periods"
    return t(key, name=name, periods=t("format.listed").join(dts[:_MOST_PERIODS]))
