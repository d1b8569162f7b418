"""One message about all that a run has to tell, in Chinese: a sentence, then reasons with shops and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shopdata.alerts.causes import Cause, Trouble, causes_of
from shopdata.alerts.changes import Changes
from shopdata.alerts.message import Block, Level, Message
from shopdata.alerts.snapshot import Note
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import SIGN_IN_BY_HAND, WORDLESS, detail_of, title_of, todo_of

_TEXTS = Texts("zh")

#: So many names of shops stand in a line; the others are counted.
_MOST_NAMES = 12
#: A portal's own words may be long.
_LONGEST_REASON = 120

#: How the headline counts what is not in the lake, in this order: the words of the board.
_COUNTED = {
    CellState.NEEDS_LOGIN: "待登录",
    CellState.FAILED: "失败",
    CellState.REJECTED: "不合格",
    CellState.NOT_READY: "未出数",
    CellState.STAGED: "待合并",
    CellState.RUNNING: "取数中",
    CellState.PENDING: "待取",
}
_NOTE_TITLES = {"drift": "列有变化（已照常入湖）", "warnings": "数据提醒", "restated": "平台改了历史数据，已更新入湖"}


def build_digest(changes: Sequence[Changes]) -> Message:
    """One message about partitions of which at least one is worth telling.

    Those of one dataset are told together; the first dataset gives the headline, others have headlines of their own.
    """
    datasets: dict[str, list[Changes]] = {}
    for change in changes:
        datasets.setdefault(change.day.dataset, []).append(change)
    groups = list(datasets.values())
    blocks: list[Block] = []
    for number, group in enumerate(groups):
        if number:
            blocks.append(Block(_headline(group)))
        blocks += _blocks_of(group)
    troubles = [trouble for change in changes for trouble in (*change.new, *change.still)]
    new = [trouble for change in changes for trouble in change.new]
    return Message(
        headline=_headline(groups[0]),
        level=_level(troubles, is_noted=any(change.notes for change in changes)),
        blocks=tuple(blocks),
        wants_person=any(trouble.topic == "needs_login" for trouble in new),
    )


def _level(troubles: Sequence[Trouble], *, is_noted: bool) -> Level:
    if any(trouble.topic in ("failed", "rejected", "needs_login", "unpublished") for trouble in troubles):
        return "bad"
    return "attention" if troubles or is_noted else "good"


def _headline(group: Sequence[Changes]) -> str:
    """For example 「供应链库存 2026-03-01：48/50 已入湖 · 1 待登录 · 1 失败」."""
    days = [change.day for change in group]
    # A month or week has a label of its own with two dates.
    when = days[0].dt.replace("_", " 至 ")
    if len(days) > 1:
        when = f"{min(day.dt for day in days)[:10]} 至 {max(day.dt for day in days)[-10:]}（{len(days)} 期）"
    done, total = sum(day.done for day in days), sum(day.total for day in days)
    parts = [f"{done}/{total} 已入湖"]
    for state, words in _COUNTED.items():
        if count := sum(day.counts.get(state, 0) for day in days):
            parts.append(f"{count} {words}")
    if any(trouble.topic == "refresh" for day in days for trouble in day.troubles):
        parts.append("Dremio 未刷新")
    is_mended = any(change.recovered for change in group) and all(day.is_complete for day in days)
    return f"{days[0].title} {when}：{'已恢复，' if is_mended else ''}{' · '.join(parts)}"


def _blocks_of(group: Sequence[Changes]) -> list[Block]:
    # Of one day, the number of its shops; of several, each shop is named with its days.
    total = group[0].day.total if len(group) == 1 else None
    blocks = []
    recovered = [(name, change.day.dt) for change in group for name in change.recovered]
    if recovered:
        blocks.append(Block(f"已恢复 {len(recovered)}", (_names(recovered, total),)))
    new = [trouble for change in group for trouble in change.new]
    still = [trouble for change in group for trouble in change.still]
    if any(not change.is_first for change in group) and new:
        blocks += [_as_new(block) for block in _reasons(new, total)]
    else:
        blocks += _reasons(new, total)
    if still:
        names = _names([(trouble.name or title_of(_TEXTS, trouble.kind), trouble.dt) for trouble in still], total)
        blocks.append(Block(f"仍未解决 {len(still)}（已通知过）", (names,)))
    notes = [(note, change.day.dt) for change in group for note in change.notes]
    for topic, title in _NOTE_TITLES.items():
        lines = tuple(_note(note, dt, total) for note, dt in notes if note.topic == topic)
        if lines:
            blocks.append(Block(title, lines))
    rows = sum(change.day.rows for change in group)
    if not blocks and rows:
        blocks.append(Block(f"共 {rows:,} 行"))
    return blocks


def _as_new(block: Block) -> Block:
    return Block(f"新出现 · {block.title}", block.lines, block.todo)


def _reasons(troubles: Sequence[Trouble], total: int | None) -> list[Block]:
    """One block for each kind, the most urgent first; in it a line for each cause."""
    kinds: dict[str, list[Cause]] = {}
    for cause in causes_of(troubles):
        kinds.setdefault(cause.kind, []).append(cause)
    blocks = []
    for kind, causes in kinds.items():
        title = title_of(_TEXTS, kind)
        count = len({shop for cause in causes for shop in cause.shops if shop})
        lines = tuple(line for cause in causes for line in _lines_of(cause, total)) if count else ()
        blocks.append(Block(f"{title}（{count} 店）" if count else title, lines, todo_of(_TEXTS, kind)))
    return blocks


def _lines_of(cause: Cause, total: int | None) -> Iterator[str]:
    detail = detail_of(_TEXTS, cause.reason)
    if cause.kind in WORDLESS and not detail:
        detail = cause.reason.text[:_LONGEST_REASON]
    # What is to be typed names the shop: then each has a line of its own.
    is_typed = cause.kind in SIGN_IN_BY_HAND
    for troubles in cause.shops.values() if is_typed else [cause.troubles]:
        said = " · ".join(filter(None, (detail, f"执行 scrapy login {troubles[0].shop}" if is_typed else "")))
        yield _names([(trouble.name, trouble.dt) for trouble in troubles], total) + (f"：{said}" if said else "")


def _note(note: Note, dt: str, total: int | None) -> str:
    return f"{note.text}：{_names([(name, dt) for name in note.names], total)}" if note.names else note.text


def _names(pairs: Sequence[tuple[str, str]], total: int | None) -> str:
    """Names, each once.

    Args:
        pairs: a name and a period's label.
        total: how many shops the one period has; None where the message is about several, which are then named.
    """
    days: dict[str, list[str]] = {}
    for name, dt in pairs:
        days.setdefault(name, []).append(dt[5:] if len(dt) == 10 else dt)
    shown = [
        name if total is not None else f"{name}（{'、'.join(dts[:3])}{' 等' if len(dts) > 3 else ''}）"
        for name, dts in days.items()
    ]
    if len(shown) == total and len(shown) > 1:
        return f"全部 {len(shown)} 家店"
    rest = len(shown) - _MOST_NAMES
    return "、".join(shown[:_MOST_NAMES]) + (f" 等 {len(shown)} 家" if rest > 0 else "")
