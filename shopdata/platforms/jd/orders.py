"""What JD's answer to an order says, and what is said where its list leaves a doubt (docs/portals.md 4.3, 8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shopdata.exceptions import NotReadyError, OddAnswerError, PortalError, ReportRefusedError
from shopdata.platforms.jd.reports import Report

#: Where an answer may say why it is a no.
_REASONS = ("message", "msg", "errorMsg", "error_msg", "errorMessage")


def task_name_in(answer: Mapping[str, Any], not_ready_texts: Sequence[str], *, where: str) -> str:
    """The name of the job that an order has become.

    Args:
        not_ready_texts: parts of a reason that say "no data of this day yet".

    Raises:
        ReportRefusedError: a clear no: another status than 0, and why.
        NotReadyError: a no that says that there is no data yet.
        OddAnswerError: neither yes nor no; the list must tell whether the order was taken.
    """
    content, status = answer.get("content"), answer.get("status")
    task_name = content.get("taskName") if isinstance(content, dict) else None
    reason = next((str(answer[key]).strip() for key in _REASONS if answer.get(key)), "")
    if str(status) == "0" and isinstance(task_name, str) and task_name.strip():
        return task_name
    if status is None or str(status) == "0" or not reason:
        raise OddAnswerError(
            "the portal answered with something else than the name of the ordered report, or a refusal",
            where=where,
            found=f"status {status!r}, {', '.join(sorted(map(repr, answer)))[:80] or 'no keys'}",
            expected="status 0 and a task name, or another status and a reason",
            todo="The next run looks for the report first, and orders it anew only if it is not there.",
        )
    if any(text in reason for text in not_ready_texts):
        raise NotReadyError(
            "JD has no data of this day yet",
            where=where,
            found=f"status {status!r}, message {reason[:80]!r}",
            todo="Nothing to do now: it is asked again by itself. JD's figures are expected before 14:00.",
        )
    raise ReportRefusedError(
        "JD refused to make the report",
        params={"status": str(status), "said": reason},
        where=where,
        found=f"status {status!r}, message {reason[:80]!r}",
        expected="status 0 and a task name",
        todo="Look whether the account may open 商智 > 供应链, then run again.",
    )


def several_reports(reports: Sequence[Report], *, where: str) -> PortalError:
    """For a list in which two reports fit equally well: taking one of them may be taking a colleague's."""
    named = " and ".join(f"{report.name[:60]!r} of {_time(report)}" for report in reports[:2])
    return PortalError(
        "JD's report list leaves it open which report is ours",
        code="report_list_unclear",
        where=where,
        found=f"{named}{f' and {len(reports) - 2} more' if len(reports) > 2 else ''}",
        expected="one new report of this type and day",
        todo="Nothing was taken. Run again: a new report is ordered, and these are left aside.",
    )


def _time(report: Report) -> str:
    return f"{report.created_at:%Y-%m-%d %H:%M:%S}" if report.created_at else "no known time"
