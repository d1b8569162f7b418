"""The steps that read lists: page by page, and a list for each row of a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import platform_named
from shopdata.config.recipes import EachStep, PagesStep
from shopdata.crawling.growing_file import GrowingFile
from shopdata.crawling.paged_list import PagedAnswers
from shopdata.crawling.paged_rows import PagedRows, Room
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.crawling.recipes.row_makers import row_maker
from shopdata.crawling.recipes.scope import Scope
from shopdata.items import ReportFile


async def read_pages(
    cell: RecipeCell,
    step: PagesStep,
    scope: Scope,
    *,
    needs_id: bool = False,
    room: Room | None = None,
    tells: bool = True,
) -> PagedRows:
    """All rows of a list, proven by the portal's total.

    Args:
        needs_id: a row without its id is of no use.
        room: what the cell may still take.
        tells: True if each page is told as a step.
    """

    async def ask_page(number: int) -> Any:
        if tells:
            cell.step(f"page {number}")
        return await cell.ask(step, scope.at_page(number), as_it_came=True)

    pages = step.pages
    answers = PagedAnswers(
        # As people and messages call it.
        rows_key=pages.rows.removeprefix("$."),
        id_key=pages.id,
        total_key=pages.total,
        page_size=pages.size,
        needs_id=needs_id,
        first_page=pages.first,
    )
    name = urlsplit(scope.text(step.address)).path
    return await cell.spider.read_pages(cell.shop, cell.period, answers, ask_page, name, room)


async def file_of_pages(cell: RecipeCell, rows: PagedRows) -> ReportFile:
    """A list as the cell's file."""
    item = cell.item
    item.is_counted = rows.total is not None
    await run_in_thread(rows.write, item.path, {"dataset": item.dataset, "dt": item.dt, "total": rows.total})
    return item


async def file_of_each(cell: RecipeCell, step: EachStep, outer: PagedRows) -> ReportFile:
    """The rows of an inner list for each row of an outer one, as the cell's file. What an interrupted run has read is
    not asked again."""
    item, workspace = cell.item, cell.spider.workspace
    maker = row_maker(platform_named(cell.spider.platform), step.rows_by, step.keep)
    is_masked = workspace.config.dataset(item.dataset).privacy == "mask"
    about = {"dataset": item.dataset, "dt": item.dt, "shop": item.shop_id}
    with GrowingFile(item.path, about, maker.masked if is_masked else None) as file:
        for number, row in enumerate(outer, start=1):
            group = str(row[step.each.id])
            if file.has(group):
                continue
            cell.step(f"conversation {number}/{len(outer)}")
            room = Room.of(cell.spider.portal, file.rows, file.size)
            scope = cell.scope.with_row(step.each.row, row)
            inner = await read_pages(cell, step.do, scope, room=room, tells=False)
            await run_in_thread(file.add, group, maker.rows(row, inner))
    return item
