"""Reads every file of a folder with our reader and with calamine, openpyxl and xlrd, and prints who sees other cells.

    python -m benchmarks.corpus FOLDER [--all] [--seconds 60] [--slow 10] [--code ANOTHER_CHECKOUT]

Told of each file is whether `scrapy merge` takes it, or the sentence with which it does not; compared are the cells of
all visible sheets, column by column, also of files that are no table to us. Each reader works in a process of its own,
which is ended when a file takes too long or kills it; then the next file gets a new one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO

from benchmarks.corpus_readers import READERS

ROOT = Path(__file__).resolve().parents[1]
OURS, *PEERS = READERS
#: Words of Python in a sentence mean that nobody has thought of the case.
_BARE = ("Error:", "Exception:", "Traceback", "NoneType")


@dataclass
class Answer:
    """What a reader made of a file: `state` is read, refused, traceback, hung or crashed.

    `sheets` are those that can be seen and hold a value, each a list of rows of texts; None if it can't be opened.
    """

    state: str
    seconds: float = 0.0
    text: str = ""
    sheets: list[list[list[str]]] | None = None


class Reader:
    """A reader's process, started anew when it has died."""

    def __init__(self, name: str, seconds: float, code: Path) -> None:
        self.name, self.seconds, self._code = name, seconds, code
        self.process: subprocess.Popen[bytes] | None = None
        self._answers: Queue[bytes] = Queue()

    def read(self, path: Path) -> Answer:
        """Asks for one file, for so many seconds."""
        process = self._started()
        began = time.monotonic()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(os.fsdecode(path)).encode() + b"\n")
            process.stdin.flush()
            line = self._answers.get(timeout=self.seconds)
        except Empty:
            self.stop()
            return Answer("hung", self.seconds, f"no answer after {self.seconds:g} s")
        except OSError:
            line = b""
        seconds = time.monotonic() - began
        if not line:
            code = process.wait()
            self.stop()
            return Answer("crashed", seconds, f"its process ended with {code}")
        return Answer(seconds=seconds, **json.loads(line))

    def stop(self) -> None:
        """Ends the process, by its own handle."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                with suppress(OSError):  # what it was not told any more is no loss
                    if stream is not None:
                        stream.close()
            self.process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            paths = [str(self._code), str(ROOT)]
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("corpus_readers.py")), self.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=self._code,
            )
            self._answers = Queue()
            threading.Thread(target=_pump, args=(self.process.stdout, self._answers), daemon=True).start()
        return self.process


def _pump(stream: IO[bytes], answers: Queue[bytes]) -> None:
    """Hands lines on; an empty one is the end."""
    try:
        for line in stream:
            answers.put(line)
    except ValueError:  # closed under it
        pass
    answers.put(b"")


# -- comparing --------------------------------------------------------------------------------------------------------


def difference(ours: list[list[list[str]]], theirs: list[list[list[str]]]) -> str:
    """How our sheets differ from a peer's; '' if they are the same. Blank rows and sheets are none."""
    mine, other = ([[row for row in sheet if any(row)] for sheet in sheets] for sheets in (ours, theirs))
    mine, other = ([sheet for sheet in sheets if sheet] for sheets in (mine, other))
    if len(mine) != len(other):
        return f"{len(mine)} sheets and {len(other)}"
    for number, (left, right) in enumerate(zip(mine, other, strict=True), start=1):
        if len(left) != len(right):
            return f"sheet {number}: {len(left)} rows and {len(right)}"
        if found := _columns_differ(left, right):
            return f"sheet {number}: {found}"
    return ""


def _columns_differ(ours: list[list[str]], theirs: list[list[str]]) -> str:
    """The columns as sets of places and values; blank ones, and where the first one begins, are no matter."""
    mine, other = (Counter(_columns(rows)) for rows in (ours, theirs))
    only_mine, only_theirs = list((mine - other).elements()), list((other - mine).elements())
    if not only_mine and not only_theirs:
        return ""
    for left in only_mine[:1]:
        right = min(only_theirs, key=lambda column: len(set(left) ^ set(column)), default=())
        lone = sorted(set(left) - set(right))[:1], sorted(set(right) - set(left))[:1]
        shown = [f"row {place + 1} {value[:60]!r}" for (place, value) in (*lone[0], *lone[1])]
        return ", ".join(shown)
    return f"a column that we have not: {only_theirs[0][:3]}"


def _columns(rows: list[list[str]]) -> list[tuple[tuple[int, str], ...]]:
    width = max((len(row) for row in rows), default=0)
    columns = []
    for place in range(width):
        column = tuple((number, row[place]) for number, row in enumerate(rows) if place < len(row) and row[place])
        if column:
            columns.append(column)
    return columns


# -- the command ------------------------------------------------------------------------------------------------------


def main() -> int:
    """Returns 1 if something is to be looked at: a difference, a traceback, a crash, a file that hangs or is slow."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--all", action="store_true", help="print each file, also those that all see alike")
    arguments.add_argument("--seconds", type=float, default=60, help="how long a reader may take for a file")
    arguments.add_argument("--slow", type=float, default=10, help="from how many seconds on our reader is called slow")
    arguments.add_argument("--code", type=Path, default=ROOT, help="the checkout whose reader is ours")
    options = arguments.parse_args()
    files = sorted(path for path in options.folder.resolve().rglob("*") if path.is_file())
    readers = [Reader(name, options.seconds, options.code.resolve()) for name in READERS]
    counts: Counter[str] = Counter()
    try:
        for path in files:
            shown = str(path.relative_to(options.folder.resolve()))
            answers = {reader.name: reader.read(path) for reader in readers}
            for line in judge(answers, counts, options.slow):
                if options.all or not line.startswith(("equal", "refused", "read by us")):
                    print(f"{shown}: {line}", flush=True)
    finally:
        for reader in readers:
            reader.stop()
    print("\n".join(summary(len(files), counts)))
    return int(any(counts[f"ours {state}"] for state in ("differs", "traceback", "hung", "crashed", "slow")))


def judge(answers: dict[str, Answer], counts: Counter[str], slow: float) -> list[str]:
    """The lines about one file; the counts are added to."""
    ours = answers[OURS]
    state = ours.state
    if state == "refused" and any(word in ours.text for word in _BARE):
        state = "traceback"
    counts[f"ours {state}"] += 1
    lines = [] if state == "read" else [f"{state}: {ours.text}"]
    if ours.seconds > slow:
        counts["ours slow"] += 1
        lines.append(f"slow: {ours.seconds:.1f} s")
    readable = [peer for peer in PEERS if answers[peer].sheets is not None]
    for peer in PEERS:
        if peer not in readable:
            counts[f"{peer} {answers[peer].state}"] += 1
    if ours.sheets is None:
        counts["only peers open"] += bool(readable)
        return [*lines, f"opened by {', '.join(readable)} and not by us"] if readable else lines
    found = {peer: difference(ours.sheets, answers[peer].sheets or []) for peer in readable}
    for peer, how in found.items():
        counts[f"{peer} {'differs' if how else 'equal'}"] += 1
    if any(found.values()):
        counts["ours differs"] += 1
    else:
        counts["ours equal" if found else "only we open"] += 1
    differs = [f"differs from {peer}: {how}" for peer, how in found.items() if how]
    return [*lines, *differs] or ["equal" if found else "read by us alone"]


def summary(files: int, counts: Counter[str]) -> list[str]:
    """The figures at the end."""
    lines = [f"{files} files: " + ", ".join(f"{counts[f'ours {state}']} {state}" for state in _STATES)]
    lines.append(
        f"compared sheet by sheet: {counts['ours equal']} equal every peer that opens them, {counts['ours differs']} "
        f"differ; {counts['only we open']} we alone open, {counts['only peers open']} only peers"
    )
    for peer in PEERS:
        told = [f"{counts[f'{peer} {state}']} {state}" for state in ("equal", "differs", "refused")]
        told += [f"{counts[f'{peer} {state}']} {state}" for state in ("hung", "crashed") if counts[f"{peer} {state}"]]
        lines.append(f"{peer}: " + ", ".join(told))
    return lines


_STATES = ("read", "refused", "traceback", "slow", "hung", "crashed")

if __name__ == "__main__":
    sys.exit(main())
