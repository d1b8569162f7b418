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


@dataclass(frozen=True, kw_only=True)
class PagedList:
    """One list of a portal: its path, the keys of a question, and those of an answer.

    Args:
        page_key: which page is asked for, counted from 1.
        size_key: how many rows a page has; `page_size` is what it is asked for.
        total_key: how many rows there are in all; the portal may leave it out.
        id_key: tells one row from another: pages shift while one reads, and rows come twice.
        needs_id: a row without its id is of no use.
    """

    path: str
    page_key: str
    size_key: str
    rows_key: str
    id_key: str
    total_key: str = "total"
    page_size: int = 40
    needs_id: bool = False


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
        """Reads page after page until all rows are there, and proves it by the portal's own total.

        Args:
            question: what is asked on every page, besides its number and size.
            room: what the cell may still take; by default all that portals.yaml allows.

        Raises:
            OddAnswerError: an answer has no such list, or there is no end of it.
            IncompleteError: also the second time, fewer rows came than the portal says there are, or the same page came
                again and again.
        """
        where = f"shop {shop.id!r}, {pages.path}"
        needed = pages.id_key if pages.needs_id else ""
        for _ in range(2):
            rows = PagedRows(pages.id_key, room or Room.of(self.portal), self.workspace.staging.half_way())
            for number in itertools.count(1):
                body = {**question, pages.page_key: number, pages.size_key: pages.page_size}
                answer = await ask(pages.path, body)
                page = Page.from_result(answer, pages.rows_key, pages.total_key, where, needed)
                is_new = rows.add(page, f"shop {shop.id!r}, {period.dt}")
                is_last = len(page.rows) < pages.page_size or len(rows) == rows.total
                if is_last or not is_new:
                    break
            if is_last and rows.is_complete:
                return rows
        raise IncompleteError(
            "the portal's pages do not add up to its own total, also when asked a second time",
            params={"rows": len(rows), "total": rows.total},
            where=f"shop {shop.id!r}, {period.dt}",
            found=f"{len(rows)} different rows on {number} pages ({rows.doubles} came twice)",
            expected="pages that differ" if rows.is_complete else f"{rows.total}",
            todo="The next run asks again; if it stays, count them in the back office.",
        )
