"""The one spider that carries out recipes; a recipe makes a class of it that bears its name."""

from __future__ import annotations

import logging
from typing import Any, Self

from scrapy.crawler import Crawler

from shopdata.config import Shop, platform_named
from shopdata.config.recipes import AskStep, EachStep, FileStep, JobStep, OpenStep, PagesStep, Recipe, Step
from shopdata.config.recipes.recipe import RecipeHead
from shopdata.crawling.paged_list import PagedSpider
from shopdata.crawling.paged_rows import PagedRows
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.crawling.recipes.dialect import Dialect
from shopdata.crawling.recipes.files import fetch_file
from shopdata.crawling.recipes.jobs import RecipeJob
from shopdata.crawling.recipes.lists import file_of_each, file_of_pages, read_pages
from shopdata.crawling.recipes.opening import open_page
from shopdata.exceptions import TerminalError
from shopdata.items import ReportFile
from shopdata.periods import Period

logger = logging.getLogger(__name__)


class RecipeSpider(PagedSpider):
    """Goes through the steps of the recipe that has its name."""

    recipe: Recipe
    dialect: Dialect

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        if "recipe" not in vars(cls):
            spider.recipe = spider.workspace.config.recipes[cls.name]
        if cls.name in spider.workspace.config.unproven:
            logger.warning(
                "%s: this recipe was recorded, and is not proven yet: "
                "`scrapy rehearse %s` compares a day that was not shown with an export by hand",
                cls.name,
                cls.name,
            )
        spider.dialect = platform_named(cls.platform).load_dialect(spider.recipe.recipe.dialect)
        return spider

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        cell = RecipeCell(self, self.recipe, self.dialect, shop, period)
        return await _Run(cell, self.recipe.steps).file()


class _Run:
    """One cell's way through the steps."""

    def __init__(self, cell: RecipeCell, steps: tuple[Step, ...]) -> None:
        self._cell, self._steps = cell, steps
        self._lists: dict[str, PagedRows] = {}
        #: What each step is done by once more.
        self._asked: dict[str, AskStep] = {}
        self._jobs: dict[str, RecipeJob] = {}

    async def file(self) -> ReportFile:
        """The file that the last step gives."""
        *before, last = self._steps
        for step in before:
            await self._do(step)
        match last:
            case FileStep():
                return await self._fetch(last)
            case EachStep():
                return await file_of_each(self._cell, last, self._lists[last.each.of])
            case PagesStep():
                return await file_of_pages(self._cell, await self._read(last))
        raise AssertionError("no recipe ends so")

    def _addresses(self) -> dict[str, str]:
        asked = {name: step.address for name, step in self._asked.items()}
        return asked | {name: job.address for name, job in self._jobs.items()}

    async def _do(self, step: Step) -> None:
        match step:
            case OpenStep():
                self._cell.scope.taken[step.open] = await open_page(self._cell, step)
            case AskStep():
                self._cell.step("ask")
                self._asked[step.ask] = step
                await self._ask_again(step.ask)
            case JobStep():
                self._jobs[step.job] = RecipeJob(self._cell, step)
                await self._ask_again(step.job)
            case PagesStep():
                self._lists[step.pages.of] = await self._read(step)

    async def _fetch(self, step: FileStep) -> ReportFile:
        try:
            return await fetch_file(self._cell, step, self._addresses(), self._ask_again)
        except TerminalError:
            # The same report would lead to the same refusal.
            for job in self._jobs.values():
                await job.forget()
            raise

    async def _ask_again(self, name: str) -> None:
        if (job := self._jobs.get(name)) is not None:
            await job.get()
        elif (step := self._asked.get(name)) is not None:
            content = await self._cell.ask(step)
            self._cell.scope.taken[name] = self._cell.take(step, content)

    async def _read(self, step: PagesStep) -> PagedRows:
        # An inner list is asked for by these ids.
        needs_id = any(isinstance(other, EachStep) and other.each.of == step.pages.of for other in self._steps)
        return await read_pages(self._cell, step, self._cell.scope, needs_id=needs_id)


def spider_of(head: RecipeHead) -> type[RecipeSpider]:
    """The class of a recipe's spider."""
    name = "".join(part.capitalize() for part in head.name.split("_")) + "Spider"
    about = {
        "__doc__": f"As recipes/{head.name}.yaml says.",
        "__module__": __name__,
        "name": head.name,
        "platform": head.platform,
        "datasets": dict(head.datasets),
        "in_browser": head.is_in_browser,
    }
    return type(name, (RecipeSpider,), about)
