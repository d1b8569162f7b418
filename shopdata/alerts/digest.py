"""One message about all that a run has to tell, in Chinese: a sentence, then reasons with shops and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from shopdata.alerts.changes import Changes
from shopdata.alerts.facts import Day, Note, Trouble
from shopdata.alerts.message import Block, Level, Message
from shopdata.alerts.reasons import KINDS
from shopdata.states import CellState

#: So many names of shops stand in a line; the others are counted.
_MOST_NAMES = 12
#: A portal's own words may be long.
_LONGEST_REASON = 120

#: How the headline counts what is not in the lake, in this order.
_COUNTED = {
    CellState.NEEDS_LOGIN: "需登录",
    CellState.FAILED: "失败",
    CellState.REJECTED: "文件不合格",
    CellState.NOT_READY: "平台未出数",
    CellState.STAGED: "待入湖",
    CellState.RUNNING: "采集中",
    CellState.PENDING: "未采集",
}
_NOTE_TITLES = {"drift": "列有变化（已照常入湖）", "warnings": "数据提醒", "restated": "平台改了历史数据，已更新入湖"}
#: Kinds that need a person at the machine; the command is given with the shop's id.
_AT_THE_MACHINE = {"ChallengeError", "SessionRefusedError"}


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
    """For example 「京东供应链库存 2026-03-01：48/50 已入湖 · 1 需登录 · 1 失败」."""
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
    several = len(group) > 1
    blocks = []
    recovered = [(name, change.day) for change in group for name in change.recovered]
    if recovered:
        blocks.append(Block(f"已恢复 {len(recovered)}", (_names(recovered, several),)))
    new = [(trouble, change.day) for change in group for trouble in change.new]
    still = [(trouble, change.day) for change in group for trouble in change.still]
    if any(not change.is_first for change in group) and new:
        blocks += [_as_new(block) for block in _reasons(new, several)]
    else:
        blocks += _reasons(new, several)
    if still:
        names = _names([(trouble.name or KINDS[trouble.kind].title, day) for trouble, day in still], several)
        blocks.append(Block(f"仍未解决 {len(still)}（已通知过）", (names,)))
    notes = [(note, change.day) for change in group for note in change.notes]
    for topic, title in _NOTE_TITLES.items():
        lines = tuple(_note(note, day, several) for note, day in notes if note.topic == topic)
        if lines:
            blocks.append(Block(title, lines))
    rows = sum(change.day.rows for change in group)
    if not blocks and rows:
        blocks.append(Block(f"共 {rows:,} 行"))
    return blocks


def _as_new(block: Block) -> Block:
    return Block(f"新出现 · {block.title}", block.lines, block.todo)


def _reasons(troubles: Sequence[tuple[Trouble, Day]], several: bool) -> list[Block]:
    """One block for each kind, the largest first within what is most urgent."""
    kinds: dict[str, list[tuple[Trouble, Day]]] = {}
    order = ["needs_login", "rejected", "failed", "unpublished", "not_ready", "refresh"]
    for trouble, day in sorted(troubles, key=lambda pair: order.index(pair[0].topic)):
        kinds.setdefault(trouble.kind, []).append((trouble, day))
    blocks = []
    for kind, members in kinds.items():
        words = KINDS[kind]
        count = len({trouble.shop for trouble, _ in members})
        is_about_shops = any(trouble.shop for trouble, _ in members)
        lines = _lines_of(kind, members, several) if is_about_shops else ()
        blocks.append(Block(f"{words.title}（{count} 店）" if is_about_shops else words.title, lines, words.todo))
    return blocks


def _lines_of(kind: str, members: Sequence[tuple[Trouble, Day]], several: bool) -> tuple[str, ...]:
    """Shops with the same detail in one line."""
    details: dict[str, list[tuple[str, Day]]] = {}
    for trouble, day in members:
        detail = trouble.detail
        if kind in ("other", "bug") and not detail:
            detail = trouble.reason[:_LONGEST_REASON]
        if kind in _AT_THE_MACHINE:
            detail = " · ".join(filter(None, (detail, f"执行 scrapy login {trouble.shop}")))
        details.setdefault(detail, []).append((trouble.name, day))
    return tuple(_names(names, several) + (f"：{detail}" if detail else "") for detail, names in details.items())


def _note(note: Note, day: Day, several: bool) -> str:
    return f"{note.text}：{_names([(name, day) for name in note.names], several)}" if note.names else note.text


def _names(pairs: Sequence[tuple[str, Day]], several: bool) -> str:
    """Names, each once; with its days where the message is about several."""
    days: dict[str, list[str]] = {}
    for name, day in pairs:
        days.setdefault(name, []).append(day.dt[5:] if len(day.dt) == 10 else day.dt)
    shown = [
        f"{name}（{'、'.join(dts[:3])}{' 等' if len(dts) > 3 else ''}）" if several else name
        for name, dts in days.items()
    ]
    if not several and pairs and len(shown) == pairs[0][1].total > 1:
        return f"全部 {len(shown)} 家店"
    rest = len(shown) - _MOST_NAMES
    return "、".join(shown[:_MOST_NAMES]) + (f" 等 {len(shown)} 家" if rest > 0 else "")
