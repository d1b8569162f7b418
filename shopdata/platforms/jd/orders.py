"""What JD's answers to orders say, and what stands where in its list of reports (docs/portals.md 4.3, 8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shopdata.crawling.recipes.dialect import Dialect, Refusal
from shopdata.crawling.report_jobs.listed import ListShape
from shopdata.crawling.report_jobs.refusals import refused_order
from shopdata.exceptions import OddAnswerError
from shopdata.platforms.jd.portal import AJAX_HEADERS

#: Where an answer may say why it is a no.
_REASONS = ("message", "msg", "errorMsg", "error_msg", "errorMessage")


def refusal_in(answer: Mapping[str, Any]) -> Refusal | None:
    """A clear no: another status than 0, and why."""
    status = answer.get("status")
    reason = next((str(answer[key]).strip() for key in _REASONS if answer.get(key)), "")
    return None if status is None or str(status) == "0" or not reason else Refusal(reason, str(status))


#: For recipes.
REPORTS = Dialect(refusal=refusal_in, headers=AJAX_HEADERS)


def task_name_in(answer: Mapping[str, Any], not_ready_texts: Sequence[str], *, where: str) -> str:
    """The name of the job that an order has become.

    Args:
        not_ready_texts: parts of a reason that say "no data of this day yet".

    Raises:
        ReportRefusedError: a clear no.
        NotReadyError: a no that says that there is no data yet.
        OddAnswerError: neither yes nor no; the list must tell whether the order was taken.
    """
    content, status = answer.get("content"), answer.get("status")
    task_name = content.get("taskName") if isinstance(content, dict) else None
    if str(status) == "0" and isinstance(task_name, str) and task_name.strip():
        return task_name
    if (refusal := refusal_in(answer)) is not None:
        raise refused_order(refusal.said, refusal.code, not_ready_texts, "JD", where=where)
    raise OddAnswerError(
        "the portal answered with something else than the name of the ordered report, or a refusal",
        where=where,
        found=f"status {status!r}, {', '.join(sorted(map(repr, answer)))[:80] or 'no keys'}",
        expected="status 0 and a task name, or another status and a reason",
        todo="The next run looks for the report first, and orders it anew only if it is not there.",
    )


def list_shape(report_type: str) -> ListShape:
    """An entry of `content.data`. A status is a text; what is none of these means that the report failed."""
    return ListShape(
        id="reportId",
        name="reportName",
        kind=report_type,
        equal={"reportType": report_type},
        status=("status",),
        working=frozenset({"1"}),
        done=frozenset({"2"}),
        made="createTime",
        link="downloadLink",
    )
