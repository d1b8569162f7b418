"""D1: is the portal where portals.yaml says. D2: do its clock and ours agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from scrapy import Request

from shopdata.doctor.asking import Answer
from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import Finding, Key, differs, holds, unseen
from shopdata.doctor.judging import MOST_SKEW_SECONDS, moved_to


async def look_at_hosts(exam: Examination) -> None:
    """Opens each address without a session."""
    skews: list[float] = []
    for name, url in exam.portal:
        if not (isinstance(url, str) and url.startswith(("https://", "http://"))):
            continue
        answer = await exam.asker.ask(Request(url, dont_filter=True), "D1", with_session=False)
        exam.add("D1", judge_host(url, answer, exam.key(name), moved_to(answer, exam.portal)), answer)
        skews += list(_skews(answer, datetime.now(UTC)))
    exam.add("D2", judge_clock(skews))


def judge_host(url: str, answer: Answer, key: Key, moved: str | None) -> Finding:
    """Of one address.

    Args:
        moved: where it leads to, if it leads elsewhere.
    """
    host = urlsplit(url).netloc
    if answer.failure:
        return differs("host_silent", key.path, key, host=host, why=answer.failure)
    if moved is not None:
        parts = urlsplit(url)
        new = moved + (parts.path if parts.path not in ("", "/") else "")
        return differs("host", key.path, Key(key.file, key.path, new), host=host, moved=urlsplit(moved).netloc)
    return holds("host", key.path, host=host, status=answer.status)


def judge_clock(skews: list[float]) -> Finding:
    """How far the portal's clock is from ours, in seconds; the least of what its hosts say."""
    if not skews:
        return unseen("clock")
    nearest = min(skews, key=_distance)
    skew = round(nearest)
    fact = differs if abs(skew) > MOST_SKEW_SECONDS else holds
    return fact("clock", seconds=skew, most=MOST_SKEW_SECONDS)


def _distance(seconds: float) -> float:
    return abs(seconds)


def _skews(answer: Answer, now: datetime) -> Iterator[float]:
    try:
        yield (parsedate_to_datetime(answer.date) - now).total_seconds()
    except (ValueError, TypeError):
        return
