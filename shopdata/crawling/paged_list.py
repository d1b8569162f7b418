"""Lists that come page by page: what a portal calls their parts, and reading one to its proven end."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.crawling.paged_rows import Page, PagedRows, Room
from shopdata.crawling.report_spider import ReportSpider
from shopdata.exceptions import IncompleteError
from shopdata.items import ReportFile
from shopdata.periods import Period

#: Asks a path with a JSON body, and gives the part of the answer that holds rows and total.
Ask = Callable[[str, dict[str, Any]], Awaitable[Any]]


#: Asks for a page by its number, and gives the part of the answer that holds rows and total.
AskPage = Callable[[int], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class PagedAnswers:
    """What the answers are made of that a list comes in; keys may be places such as `$.list.rows`.

    Args:
        total_key: how many rows there are in all; the portal may leave it out.
        id_key: tells one row from another: pages shift while one reads, and rows come twice.
        page_size: how many rows a full page has; None where all rows come in one answer.
        needs_id: a row without its id is of no use.
        first_page: what the first page is called.
    """

    rows_key: str
    id_key: str
    total_key: str | None = "total"
    page_size: int | None = 40
    needs_id: bool = False
    first_page: int = 1


@dataclass(frozen=True, kw_only=True)
class PagedList(PagedAnswers):
    """One list of a portal: its path, the keys of a question, and those of an answer.

    Args:
        page_key: which page is asked for.
        size_key: how many rows a page has; `page_size` is what it is asked for.
    """

    path: str
    page_key: str
    size_key: str


class PagedSpider(ReportSpider):
    """For portals that have such lists."""

    async def collect_list(
        self, shop: Shop, period: Period, pages: PagedList, ask: Ask, question: Mapping[str, Any]
    ) -> ReportFile:
        """All rows of a list as one raw file; see `read_list`."""
        item = self.report_file(shop, period)

        async def tell_and_ask(path: str, body: dict[str, Any]) -> Any:
            self.step(shop, period, f"page {body[pages.page_key]}")
            return await ask(path, body)

        rows = await self.read_list(shop, period, pages, tell_and_ask, question)
        item.is_counted = rows.total is not None
        await run_in_thread(rows.write, item.path, {"dataset": item.dataset, "dt": item.dt, "total": rows.total})
        return item

    async def read_list(
        self,
        shop: Shop,
        period: Period,
        pages: PagedList,
        ask: Ask,
        question: Mapping[str, Any],
        room: Room | None = None,
    ) -> PagedRows:
        """Reads a list whose pages are asked for in a JSON body; see `read_pages`.

        Args:
            question: what is asked on every page, besides its number and size.
        """

        async def ask_page(number: int) -> Any:
            return await ask(pages.path, {**question, pages.page_key: number, pages.size_key: pages.page_size})

        return await self.read_pages(shop, period, pages, ask_page, pages.path, room)

    async def read_pages(
        self,
        shop: Shop,
        period: Period,
        pages: PagedAnswers,
        ask_page: AskPage,
        name: str,
        room: Room | None = None,
    ) -> PagedRows:
        """Reads page after page until all rows are there, and proves it by the portal's own total.

        Args:
            name: what the list is called where something is wrong with it.
            room: what the cell may still take; by default all that portals.yaml allows.

        Raises:
            OddAnswerError: an answer has no such list, or there is no end of it.
            IncompleteError: also the second time, fewer rows came than the portal says there are, or the same page came
                again and again.
        """
        where = f"shop {shop.id!r}, {name}"
        needed = pages.id_key if pages.needs_id else ""
        for _ in range(2):
            rows = PagedRows(pages.id_key, room or Room.of(self.portal), self.workspace.staging.half_way())
            for number in itertools.count(pages.first_page):
                answer = await ask_page(number)
                page = Page.from_result(answer, pages.rows_key, pages.total_key, where, needed)
                is_new = rows.add(page, f"shop {shop.id!r}, {period.dt}")
                is_full = pages.page_size is not None and len(page.rows) >= pages.page_size
                is_last = not is_full or len(rows) == rows.total
                if is_last or not is_new:
                    break
            if is_last and rows.is_complete:
                return rows
        raise IncompleteError(
            "the portal's pages do not add up to its own total, also when asked a second time",
            params={"rows": len(rows), "total": rows.total},
            where=f"shop {shop.id!r}, {period.dt}",
            found=f"{len(rows)} different rows on {number + 1 - pages.first_page} pages ({rows.doubles} came twice)",
            expected="pages that differ" if rows.is_complete else f"{rows.total}",
            todo="The next run asks again; if it stays, count them in the back office.",
        )
