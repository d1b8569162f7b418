"""How a crawl ended of which the ledger does not know it: the same for `service status` and for the board."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from shopdata.texts import one_line

#: It has never begun · its arguments or the configuration were refused, and nothing was asked · something ended its
#: process · it ended by itself, with an exit code that says no, or yes · nobody was there to see it.
Ending = Literal["unstarted", "refused", "killed", "crashed", "exited", "lost"]

#: The exit code of a crawl that could not use its arguments or the configuration (docs/reference.md#exit-codes).
_REFUSED = 2
_MOST_BYTES = 20_000
_MOST_CHARACTERS = 2_000
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def ending_of(exit_code: int | None, reason: str, *, has_begun: bool) -> Ending:
    """What the service knows of a crawl whose process is gone.

    Args:
        exit_code: a negative number by a signal; None if nobody has seen it.
        reason: why it has no process; "" if it had one.
        has_begun: the ledger knows the run, so its arguments were taken.
    """
    if reason:
        return "unstarted"
    if exit_code is None:
        return "lost"
    if exit_code < 0:
        return "killed"
    if exit_code == 0:
        return "exited"
    return "refused" if exit_code == _REFUSED and not has_begun else "crashed"


def refusal_in(log: Path | None) -> str:
    """The sentence that a refused crawl has printed into its log; "" if there is none. Lines of a log have a time."""
    if log is None:
        return ""
    try:
        with log.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    printed = (line.strip() for line in text.splitlines() if not _STAMP.match(line))
    return one_line(" ".join(filter(None, printed)), _MOST_CHARACTERS)
