"""What runs are called, and the jobs that a run has on several machines: its members."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

#: As `new_run_id` makes it, and as `member_ids` goes on; no other id is taken for a member's.
_MEMBER = re.compile(r"(\d{8}T\d{6}Z-[0-9a-f]{6})\.([1-9]\d{0,3})")


def new_run_id() -> str:
    """An id that sorts by time: 20260301T003000Z-1a2b3c."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def member_ids(run_id: str, count: int) -> list[str]:
    """The jobs of a run: itself, or RUN.1, RUN.2 and so on, one for each machine that is to have a part in it."""
    return [run_id] if count == 1 else [f"{run_id}.{number}" for number in range(1, count + 1)]


def run_of(job: str) -> str:
    """The run that a job is a member of; the job itself where it is none."""
    found = _MEMBER.fullmatch(job)
    return found[1] if found else job


def number_of(job: str) -> int:
    """Which member of its run a job is, from 1 on; 0 for a job that is a run by itself."""
    found = _MEMBER.fullmatch(job)
    return int(found[2]) if found else 0
