"""The step that orders a report: what a recipe says, for `report_jobs`, which orders, finds and waits for all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from shopdata.config import platform_named
from shopdata.config.recipes import JobStep
from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.config.recipes.placeholders import placeholders_in
from shopdata.crawling.recipes.cell import RecipeCell, RefusedError
from shopdata.crawling.report_jobs.limits import OrderLimits
from shopdata.crawling.report_jobs.listed import ListShape, Report
from shopdata.crawling.report_jobs.ordering import ReportJobs
from shopdata.crawling.report_jobs.orders import ReportJob
from shopdata.crawling.report_jobs.refusals import refused_order
from shopdata.crawling.report_jobs.way import JobPace, Placed, ReportWay
from shopdata.exceptions import OddAnswerError, PortalError


class RecipeJob:
    """One report of a cell."""

    def __init__(self, cell: RecipeCell, step: JobStep) -> None:
        self._cell, self._step = cell, step
        pace = JobPace.of(cell.spider.portal)
        pace = replace(
            pace,
            poll_every=step.every or pace.poll_every,
            deadline=step.deadline or pace.deadline,
            limits=OrderLimits(f"{cell.spider.name}/{step.job}", step.cooldown or 0, step.quota or 0),
        )
        self._jobs = ReportJobs(cell.spider, cell.shop, cell.period, _RecipeWay(cell, step), pace)
        self._job: ReportJob | None = None

    @property
    def address(self) -> str:
        """Where its link comes from, as the recipe writes it."""
        return (self._step.link or self._step.find).address

    async def get(self) -> None:
        """Orders the report, unless that is done, and waits for it; what it gives is then known by the step's name.

        Once more, it gives another link to the same report.
        """
        if self._job is None:
            self._job = await self._jobs.create()
        report = await self._jobs.wait(self._job)
        if report.has_own_id:
            self._job = replace(self._job, report_id=report.id)
        taken = self._cell.scope.taken
        taken[self._step.job] = {**taken.get(self._step.job, {}), "id": report.id, "name": report.name}
        link = dict.fromkeys(self._step.take, report.link)
        if self._step.link is not None:
            link |= self._cell.take(self._step.link, await self._cell.ask(self._step.link))
        taken[self._step.job] = {**taken[self._step.job], **link}

    async def forget(self) -> None:
        """The next run orders a new one: this one leads nowhere."""
        await self._jobs.note(None)


class _RecipeWay(ReportWay):
    """What the recipe says of orders and list."""

    def __init__(self, cell: RecipeCell, step: JobStep) -> None:
        self._cell, self._step = cell, step
        self.portal_name = platform_named(cell.spider.platform).title("en")
        self.list_page = "the portal's list of reports"

    @property
    def shape(self) -> ListShape:
        find, status = self._step.find, self._step.status
        equal = {name: self._text(match.equal) for name, match in find.where.items() if match.equal is not None}
        return ListShape(
            id=find.id,
            kind=", ".join(equal.values()),
            name=find.name[0] if find.name else "",
            equal=equal,
            holding={
                name: self._text(match.has)
                for name, match in find.where.items()
                if match.has is not None and self._is_known(match.has)
            },
            status=status.at,
            working=frozenset(map(_word, status.working)),
            done=frozenset(map(_word, status.done)),
            made=find.made.at if find.made else "",
            made_format=(find.made.format or "") if find.made else "",
            link=next(iter(self._step.take.values()), ""),
        )

    async def place(self, may_leave: Callable[[], Awaitable[None]]) -> Placed:
        cell, create = self._cell, self._step.create
        try:
            content = await cell.ask(create, repeatable=False, may_leave=may_leave)
        except RefusedError as error:
            refusal, portal = error.refusal, cell.spider.portal
            raise refused_order(
                refusal.said, refusal.code, portal.not_ready_texts, self.portal_name, where=cell.where
            ) from None
        taken = cell.take(create, content)
        cell.scope.taken[self._step.job] = taken
        name = self._step.find.name
        placed = Placed(name=cell.scope.text(name[1]) if name else "", id=str(taken.get("id", "")))
        if (name and not placed.name.strip()) or any(value in (None, "") for value in taken.values()):
            raise OddAnswerError(
                "the portal answered an order with neither a yes nor a no",
                where=cell.where,
                found=", ".join(f"{key} {value!r:.60}" for key, value in taken.items()),
                expected=", ".join(create.take),
                todo="The next run looks for the report first, and orders it anew only if it is not there.",
            )
        return placed

    async def listed(self, job: ReportJob | None) -> list[Report]:
        find, scope = self._step.find, self._cell.scope
        if job is not None and self._step.job not in scope.taken:
            # An earlier run has ordered it.
            scope.taken[self._step.job] = {"id": job.report_id, "name": job.task_name}
        if find.rows is None:
            if job is None or not job.report_id:
                return []
            content = await self._cell.ask(find)
            return [replace(report, id=job.report_id) for report in self.shape.read([content])]
        content = await self._cell.ask(find)
        found = ""
        try:
            rows = value_at(content, find.rows)
        except NoSuchPlaceError as error:
            rows, found = None, str(error)
        reports = self.shape.read(rows) if isinstance(rows, list) else None
        is_nameless = bool(rows) and find.name is not None and not any(report.name for report in reports or ())
        if reports is None or is_nameless:
            raise PortalError(
                f"{self.portal_name}'s report list is not as it was",
                where=f"shop {self._cell.shop.id!r}, {urlsplit(scope.text(find.address)).path}",
                found=found or ("no entry that has a name" if is_nameless else type(rows).__name__),
                expected=f"a list at {find.rows}",
                todo="Look at the list by hand; if the page has changed, correct the recipe.",
            )
        return reports

    def _is_known(self, text: str) -> bool:
        """False while it speaks of what the order will have brought."""
        taken: Mapping[str, Any] = self._cell.scope.taken
        return all(found.holder != self._step.job or found.holder in taken for found in placeholders_in(text))

    def _text(self, value: Any) -> str:
        return self._cell.scope.text(value) if isinstance(value, str) else _word(value)


def _word(value: Any) -> str:
    """As it stands in an answer, which is compared as a text."""
    return str(value)
