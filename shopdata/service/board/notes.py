"""Sentences of the ledger in Chinese: what became of a slot (as `due.py` writes it), and why a shop is missing."""

from __future__ import annotations

import re
from functools import lru_cache

from shopdata.alerts.reasons import KINDS, kind_of
from shopdata.states import CellState
from shopdata.wording import Texts

_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"missed; a later slot stands for it", "错过，由后一次代替"),
    (r", and (\d+) before it", "；在它之前还有 {0} 次"),
    (r"missed by (.+?); this job's `misfire` is skip", "错过 {0}；此任务设为错过即跳过（misfire: skip）"),
    (r"missed by (.+?), more than its `max_late` of (\w+)", "错过 {0}，超过了它的 max_late（{1}）"),
    (r"run (\S+) of the same job still waits", "同一任务的运行 {0} 还在排队"),
    (r"run (\S+) still goes on; this job's `overlap` is skip", "运行 {0} 还没结束；此任务设为不重叠（overlap: skip）"),
    (r"caught up, (.+?) late", "补跑，晚了 {0}"),
    (r"begins when run (\S+) has ended", "等运行 {0} 结束后开始"),
)
_LOOKUP = tuple((re.compile(pattern), chinese) for pattern, chinese in _SENTENCES)
_LENGTH = re.compile(r"less than a minute|(\d+) (d|h|min)\b")
_UNITS = {"d": "天", "h": "小时", "min": "分钟"}


def slot_note(t: Texts, note: str) -> str:
    """A slot's note as this language has it; what is not known stays as it is."""
    if t.code != "zh":
        return note
    for pattern, chinese in _LOOKUP:
        if found := pattern.search(note):
            note = note.replace(found[0], chinese.format(*map(_length, found.groups())))
    return note.replace("; ", "；")


def in_short(t: Texts, state: CellState, reason: str) -> tuple[str, ...]:
    """Why, and what to do, as alerts say it; the ledger's own sentence has the particulars.

    Empty in another language, and where alerts have no words for it.
    """
    if t.code != "zh" or state not in (CellState.NEEDS_LOGIN, CellState.FAILED, CellState.REJECTED):
        return ()
    name, detail = _kind_of(state, reason)
    if name == "other":
        return ()
    return (f"{KINDS[name].title}（{detail}）" if detail else KINDS[name].title, KINDS[name].todo)


def tip(t: Texts, state: str, reason: str) -> str:
    """What is seen when one points at a cell: why, in short where there are words for it."""
    try:
        short = in_short(t, CellState(state), reason)
    except ValueError:
        # A state of pages only.
        short = ()
    return short[0] if short else reason


# A page is shown again and again, and each sentence is compared with dozens of patterns.
_kind_of = lru_cache(maxsize=20_000)(kind_of)


def _length(text: str) -> str:
    """`3 h 12 min` as 3 小时 12 分钟; what is no length stays as it is."""
    return _LENGTH.sub(lambda found: f"{found[1]} {_UNITS[found[2]]}" if found[1] else "不到一分钟", text)
