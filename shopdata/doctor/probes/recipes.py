"""D8 to D16, D19: what recipes believe of requests and answers, as far as it can be seen without ordering anything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.utils.asyncio import run_in_thread

from shopdata.config.recipes import AskStep, EachStep, FileStep, JobStep, OpenStep, PagesStep, Recipe, Step
from shopdata.config.recipes import Request as Asked
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.doctor.asking import Answer
from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import Finding, Key, Verdict, differs, holds, note, unseen
from shopdata.doctor.judging import NOTHING, Place, read_answer, take
from shopdata.doctor.listed import judge_list, judge_pages
from shopdata.doctor.probes.files import Fetched, fetch, judge_file, judge_head, rows_of
from shopdata.doctor.probes.orders import try_order
from shopdata.exceptions import ShopdataError
from shopdata.periods import Period, latest_day

#: How many days further back than the contract says it is looked for the newest one that has rows.
_DAYS_FURTHER = 4


async def look_at_recipes(exam: Examination) -> None:
    """The first read-only requests of each recipe, up to where the next would order something."""
    for name, recipe, dataset in exam.recipes():
        await _Look(exam, name, recipe, dataset).go()


def first_requests(exam: Examination) -> Iterator[Request]:
    """The first request of each recipe that leaves no trace and that no page signs."""
    for name, recipe, dataset in exam.recipes():
        look = _Look(exam, name, recipe, dataset)
        request = look.first_request()
        if request is not None and "shopdata_signed_page" not in request.meta:
            yield request


@dataclass
class _Look:
    """One recipe, for one shop and the newest period that there should be."""

    exam: Examination
    name: str
    recipe: Recipe
    dataset: str

    def __post_init__(self) -> None:
        contract = self.exam.config.dataset(self.dataset)
        self.period = Period.of(contract.period, latest_day(contract.period, contract.lag_days))
        self.cell = self.exam.cell(self.recipe, self.period)
        self.speech = self.exam.speech(self.recipe)

    def place(self, number: int, part: str = "") -> Place:
        """Where a step stands."""
        return Place(f"recipes/{self.name}.yaml", f"steps[{number}]{f'.{part}' if part else ''}")

    def first_request(self) -> Request | None:
        """The first that may be asked by anybody."""
        match self.recipe.steps[0]:
            case AskStep() as step if step.repeatable:
                return self.cell.request(step, self.cell.scope)
            case JobStep() as step:
                return self.cell.request(step.find, self.cell.scope) if step.find.rows is not None else None
            case PagesStep() as step:
                return self.cell.request(step, self.cell.scope.at_page(step.pages.first))
        return None

    async def go(self) -> None:
        try:
            for number, step in enumerate(self.recipe.steps):
                if not await self._step(number, step):
                    return
        except ShopdataError as error:
            # A host that is not allowed, for example: nothing was asked.
            self.exam.add(
                "D19", differs("recipe", self.name, Key(f"recipes/{self.name}.yaml", "steps"), why=str(error))
            )

    async def _step(self, number: int, step: Step) -> bool:
        """Looks at one step; False where those behind it can't be looked at."""
        match step:
            case AskStep():
                return await self._ask(number, step)
            case PagesStep():
                await self._pages(number, step)
            case JobStep():
                await self._job(number, step)
            case FileStep() if step.link is not None:
                await self._file(number, step)
            case OpenStep() | EachStep() | FileStep():
                self.exam.add("D19", note("not_looked", self.name, step=number))
        return False

    async def _asked(self, probe: str, asked: Asked, place: Place, request: Request) -> tuple[Any, Answer]:
        answer = await self.exam.ask(request, probe)
        content, findings = read_answer(asked, place, answer, self.speech, self.name, answer.failure)
        signed = [one for one in findings if one.fact == "signed"]
        self.exam.add("D11" if signed else probe, findings, answer)
        return (NOTHING if findings else content), answer

    # -- D12 to D14, D19 --

    async def _ask(self, number: int, step: AskStep) -> bool:
        place = self.place(number)
        request = self.cell.request(step, self.cell.scope)
        content, answer = await self._asked("D19", step, place, request)
        if content is NOTHING:
            return False
        taken, findings = take(step, place, content, self.name)
        path = urlsplit(request.url).path
        self.exam.add("D19", findings or holds("asked", self.name, path=path), answer)
        self.cell.scope.taken[step.ask] = taken
        return not findings

    async def _file(self, number: int, step: FileStep) -> None:
        """The file behind a link: which day it is of, what it is, and whether the period ends where we think."""
        exam, contract = self.exam, self.exam.config.dataset(self.dataset)
        fetched = await self._fetched(step, self.cell)
        if isinstance(fetched, Finding):
            exam.add("D13", fetched)
            return
        exam.add(
            "D13",
            await run_in_thread(judge_file, fetched, step, self.place(number), self.dataset, contract),
            fetched.answer,
        )
        rows = await run_in_thread(rows_of, fetched, contract)
        if rows is None or contract.period != "day" or not self._is_by_day():
            return
        await self._freshness(step, rows)
        await self._end(step, rows)

    def _is_by_day(self) -> bool:
        return any("{start" in text for asked in self.recipe.requests for text in _texts(asked))

    async def _fetched(self, step: FileStep, cell: RecipeCell) -> Fetched | Finding:
        assert step.link is not None
        link = cell.scope.fill(step.link)
        keep = step.retry_404 or self.exam.portal.link_grace_seconds
        return await fetch(self.exam, link, self.name, "D13", with_session=step.session, keep_seconds=keep)

    async def _rows_of(self, step: FileStep, period: Period, change_end: bool = False) -> int | None:
        """How many rows a period's file has; None where it can't be had."""
        cell = self.exam.cell(self.recipe, period)
        for asked in self.recipe.steps:
            if not isinstance(asked, AskStep):
                continue
            request = cell.request(asked, cell.scope)
            if change_end:
                midnight = int((period.end_time - timedelta(days=1)).timestamp()) + 1
                request = request.replace(url=request.url.replace(str(int(period.end_time.timestamp())), str(midnight)))
            answer = await self.exam.ask(request, "D14" if change_end else "D12")
            content, findings = read_answer(asked, Place(""), answer, self.speech, self.name, answer.failure)
            if findings or content is NOTHING:
                return None
            cell.scope.taken[asked.ask], missing = take(asked, Place(""), content, self.name)
            if missing:
                return None
        fetched = await self._fetched(step, cell)
        if isinstance(fetched, Finding):
            return None
        return await run_in_thread(rows_of, fetched, self.exam.config.dataset(self.dataset))

    async def _freshness(self, step: FileStep, rows: int) -> None:
        """D12: the newest day that has rows, against `lag_days`."""
        contract = self.exam.config.dataset(self.dataset)
        newest: int | None = None
        told = []
        for days in range(1, contract.lag_days + _DAYS_FURTHER + 1):
            if days == contract.lag_days:
                found: int | None = rows
            else:
                found = await self._rows_of(step, Period.of("day", latest_day("day", days)))
            told.append(f"T-{days}: {'-' if found is None else found}")
            if found:
                newest = days
                break
        key = Key(f"datasets/{self.dataset}.yaml", "lag_days", newest)
        said = ", ".join(told)
        if newest is None:
            self.exam.add("D12", unseen("fresh", self.name, said=said))
        elif newest > contract.lag_days:
            self.exam.add("D12", differs("fresh", self.name, key, lag=contract.lag_days, newest=newest, said=said))
        elif newest < contract.lag_days:
            self.exam.add("D12", note("fresh", self.name, key, lag=contract.lag_days, newest=newest, said=said))
        else:
            self.exam.add("D12", holds("fresh", self.name, lag=contract.lag_days, newest=newest, said=said))

    async def _end(self, step: FileStep, rows: int) -> None:
        """D14: does the last day count whole, whether its last second is asked for or its midnight."""
        found = await self._rows_of(step, self.period, change_end=True)
        if found is None:
            self.exam.add("D14", unseen("end", self.name))
        else:
            self.exam.add("D14", (holds if found == rows else note)("end", self.name, rows=rows, found=found))

    # -- D15, D16 --

    async def _pages(self, number: int, step: PagesStep) -> None:
        place = self.place(number)
        probe = "D15" if any("{start" in text for text in _texts(step)) else "D16"
        request = self.cell.request(step, self.cell.scope.at_page(step.pages.first))
        content, answer = await self._asked(probe, step, place, request)
        if content is not NOTHING:
            contract = self.exam.config.dataset(self.dataset)
            self.exam.add(probe, judge_pages(step, place, content, self.name, contract, self.dataset), answer)

    # -- D8 to D11 --

    async def _job(self, number: int, step: JobStep) -> None:
        place, find = self.place(number), self.place(number, "find")
        if step.find.rows is None:
            self.exam.add("D8", note("not_looked", self.name, step=number))
            return
        content, answer = await self._asked("D8", step.find, find, self.cell.request(step.find, self.cell.scope))
        if content is NOTHING:
            return
        self.exam.add("D11", holds("signed", self.name), answer)
        reports, findings = judge_list(step, place, content, self.name)
        self.exam.add("D8", findings, answer)
        done = [report for report in reports if report.link and report.status in set(map(str, step.status.done))]
        if done:
            newest = max(done, key=lambda report: report.created_at.timestamp() if report.created_at else 0.0)
            found = await fetch(
                self.exam, newest.link, self.name, "D9", base=request_base(self.cell, step.find), most_bytes=4
            )
            if isinstance(found, Finding):
                self.exam.add("D9", found)
            else:
                self.exam.add("D9", judge_head(found, self.recipe, self.name), found.answer)
        elif step.take and all(one.verdict is not Verdict.DIFFERS for one in findings):
            self.exam.add("D9", unseen("no_report", self.name))
        if all(one.verdict is not Verdict.DIFFERS for one in findings):
            order = partial(try_order, self.exam, self.cell, step, place, self.speech, self.name, time.monotonic)
            self.exam.orders.append(order)


def request_base(cell: RecipeCell, asked: Asked) -> str:
    """What completes a link without a host."""
    return cell.scope.text(asked.address)


def _texts(asked: Asked) -> Iterator[str]:
    yield from (str(part) for part in (asked.address, asked.query, asked.body, asked.form) if part)
