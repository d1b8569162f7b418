"""A run's log for its page: the end of it, what failed on top, all times in Asia/Shanghai."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shopdata.periods import SHANGHAI

#: The end that is shown, and the end in which failures are looked for.
_TAIL_BYTES = 48_000
_SEARCHED_BYTES = 4_000_000
_MOST_FAILURES = 30
#: Of one failure, with what stands below it.
_MOST_LINES = 12
#: As LOG_FORMAT writes it; lines of earlier versions have no zone, and the logger's name before the level.
_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:,\d+)?([+-]\d\d:?\d\d|Z)? (?:\[[^\]]*\] )?"
    r"(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b:? *(.*)"
)
_FAILED = ("error", "critical")


@dataclass(frozen=True)
class LogLine:
    """A line of a log. `level` is in lower case, that of the line before where it has none; so is `time`, then ""."""

    level: str
    time: str
    text: str


@dataclass(frozen=True)
class Log:
    """`failures` are those of the whole log, `lines` its end."""

    lines: tuple[LogLine, ...] = ()
    #: There is more before the first line.
    is_cut: bool = False
    failures: tuple[LogLine, ...] = ()
    #: Failures that are not among them.
    more_failures: int = 0
    #: False if a line does not say in which zone its time is.
    has_zone: bool = True


def read_log(path: Path | None) -> Log:
    """The log of a run; an empty one if there is none (any more)."""
    if path is None:
        return Log()
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _SEARCHED_BYTES))
            data = file.read()
    except OSError:
        return Log()
    end = data[-_TAIL_BYTES:]
    if len(end) < size:
        # Its first line may have lost its beginning.
        end = end.partition(b"\n")[2]
    lines, has_zone = _read(end)
    failures, more = _failures(data)
    return Log(tuple(lines), len(end) < size, tuple(failures), more, has_zone)


def _read(data: bytes) -> tuple[list[LogLine], bool]:
    found: list[LogLine] = []
    level, has_zone = "info", True
    for row in data.decode("utf-8", "replace").splitlines():
        match = _LINE.match(row)
        time = _in_shanghai(match[1], match[2]) if match is not None else ""
        if match is None or not time:
            found.append(LogLine(level, "", row))
            continue
        level = match[3].lower()
        has_zone = has_zone and match[2] is not None
        found.append(LogLine(level, time, match[4]))
    return found, has_zone


def _in_shanghai(stamp: str, zone: str | None) -> str:
    """11-24 08:31:02; without a zone as it stands there; "" for what is no time."""
    try:
        moment = datetime.fromisoformat(stamp + (zone or ""))
        return f"{moment.astimezone(SHANGHAI) if zone else moment:%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return ""


def _failures(data: bytes) -> tuple[list[LogLine], int]:
    """Lines of failures with what stands below them, the earliest first, and how many failures are left out."""
    records: list[list[bytes]] = []
    is_inside = False
    for row in data.split(b"\n"):
        # Most lines are told apart without reading them.
        if row[:2].isdigit() and row[4:5] == b"-":
            is_inside = (b" ERROR" in row or b" CRITICAL" in row) and _is_failure(row)
            if is_inside:
                records.append([row])
        elif is_inside and row.strip() and len(records[-1]) < _MOST_LINES:
            records[-1].append(row)
    shown = records[:_MOST_FAILURES]
    return _read(b"\n".join(row for record in shown for row in record))[0], len(records) - len(shown)


def _is_failure(row: bytes) -> bool:
    match = _LINE.match(row.decode("utf-8", "replace"))
    return match is not None and match[3].lower() in _FAILED
