"""What is said of an order that a portal clearly refuses, and of a list that leaves a doubt."""

from __future__ import annotations

from collections.abc import Sequence

from shopdata.crawling.report_jobs.listed import Report
from shopdata.exceptions import NotReadyError, PortalError, ReportRefusedError


def refused_order(
    said: str, code: str, not_ready_texts: Sequence[str], portal: str, *, where: str
) -> ReportRefusedError | NotReadyError:
    """The error for a no.

    Args:
        said, code: the portal's reason.
        not_ready_texts: parts of a reason that say "no data of this day yet".
        portal: how people call it.
    """
    found = f"status {code}, message {said[:80]!r}"
    if any(text in said for text in not_ready_texts):
        return NotReadyError(
            f"{portal} has no data of this day yet",
            where=where,
            found=found,
            todo="Nothing to do now: it is asked again by itself.",
        )
    return ReportRefusedError(
        f"{portal} refused to make the report",
        params={"status": code, "said": said},
        where=where,
        found=found,
        todo="Look whether the account may open the report's page, then run again.",
    )


def several_reports(reports: Sequence[Report], portal: str, *, where: str) -> PortalError:
    """For a list in which two reports fit equally well: taking one of them may be taking a colleague's."""
    named = " and ".join(f"{report.name[:60] or report.id[:60]!r} of {_time(report)}" for report in reports[:2])
    return PortalError(
        f"{portal}'s report list leaves it open which report is ours",
        code="report_list_unclear",
        where=where,
        found=f"{named}{f' and {len(reports) - 2} more' if len(reports) > 2 else ''}",
        expected="one new report of this type and day",
        todo="Nothing was taken. Run again: a new report is ordered, and these are left aside.",
    )


def _time(report: Report) -> str:
    return f"{report.created_at:%Y-%m-%d %H:%M:%S}" if report.created_at else "no known time"
