"""D10: what becomes of an order. It leaves one more entry in the portal's list, so a person is asked first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shopdata.config.recipes import JobStep
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.crawling.report_jobs.listed import Report
from shopdata.crawling.report_jobs.names import are_alike, is_of, is_same
from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import Finding, Verdict, differs, holds, note, unseen
from shopdata.doctor.judging import MOST_SKEW_SECONDS, NOTHING, Place, Speech, read_answer, take
from shopdata.doctor.listed import judge_list, list_shape


async def look_at_orders(exam: Examination) -> None:
    """D10: those that other probes have found possible."""
    for order in exam.orders:
        await order()


async def try_order(
    exam: Examination,
    cell: RecipeCell,
    step: JobStep,
    place: Place,
    speech: Speech,
    subject: str,
    clock: Callable[[], float],
) -> None:
    """Orders one report, and looks into the list until it is done or its deadline is over.

    Args:
        place: of the step.
        clock: seconds, for how long it took.
    """
    if not await exam.may_i("doctor.may_order", subject):
        exam.add("D10", Finding("D10", "order", Verdict.SKIPPED, subject))
        return
    before = {report.id for report in await _listed(exam, cell, step, place, speech, subject)}
    create = Place(place.file, place.key("create").path)
    answer = await exam.ask(cell.request(step.create, cell.scope), "D10")
    content, findings = read_answer(step.create, create, answer, speech, subject, answer.failure)
    if content is not NOTHING and not findings:
        taken, findings = take(step.create, create, content, subject)
        cell.scope.taken[step.job] = taken
    exam.add("D10", findings, answer)
    if findings:
        return
    name = cell.scope.text(step.find.name[1]) if step.find.name else ""
    begun, seen_after = clock(), None
    ordered_at = datetime.now(UTC)
    deadline = begun + (step.deadline or exam.portal.report_deadline_seconds)
    shape = list_shape(step)
    while clock() < deadline:
        listed = await _listed(exam, cell, step, place, speech, subject)
        new = [report for report in listed if report.id not in before and _is_since(report, ordered_at)]
        if new and seen_after is None:
            seen_after = clock() - begun
            exam.add("D10", judge_names(step, place, name, [report.name for report in new], cell.period.dt, subject))
        alike = [report for report in new if not name or is_same(report.name, name)] or new
        if any(shape.is_done(report) and (report.link or not shape.link) for report in alike):
            assert seen_after is not None
            exam.add("D10", holds("order", subject, seen=f"{seen_after:.0f}", done=f"{clock() - begun:.0f}"))
            return
        if any(not shape.is_working(report) and not shape.is_done(report) for report in alike):
            found = ", ".join(sorted({report.status for report in alike}))
            wanted = ", ".join(sorted(shape.working | shape.done))
            exam.add("D10", differs("status", subject, place.key("status.working"), wanted=wanted, found=found))
            return
        await asyncio.sleep(step.every or exam.portal.poll_every_seconds)
    exam.add("D10", unseen("order", subject, seconds=f"{clock() - begun:.0f}"))


def _is_since(report: Report, ordered_at: datetime) -> bool:
    """Colleagues order, too: what is older than the order is none of ours (docs/portals.md 8.1)."""
    return report.created_at is None or report.created_at > ordered_at - timedelta(seconds=MOST_SKEW_SECONDS)


async def _listed(
    exam: Examination, cell: RecipeCell, step: JobStep, place: Place, speech: Speech, subject: str
) -> list[Report]:
    answer = await exam.ask(cell.request(step.find, cell.scope), "D10")
    content, findings = read_answer(step.find, place, answer, speech, subject, answer.failure)
    return [] if findings or content is NOTHING else judge_list(step, place, content, subject)[0]


def judge_names(step: JobStep, place: Place, name: str, listed: list[str], dt: str, subject: str) -> Finding:
    """How the list calls what the order was answered with: the same, one within the other, or otherwise."""
    if step.find.name is None:
        return holds("name", subject, how="-")
    if any(is_same(name, other) for other in listed):
        return holds("name", subject, how="=")
    if any(are_alike(name, other) for other in listed):
        return holds("name", subject, how="⊂")
    key = place.key(f"find.where.{step.find.name[0]}")
    if any(is_of(other, dt) for other in listed):
        # Told by kind, time and day instead (docs/portals.md 8.1).
        return note("name", subject, key)
    return differs("name", subject, key)
