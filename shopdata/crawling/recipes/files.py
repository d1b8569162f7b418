"""The step that fetches the file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from scrapy.utils.asyncio import run_in_thread

from shopdata.config.recipes import FileStep
from shopdata.config.recipes.placeholders import placeholders_in
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.crawling.recipes.masking import mask_file
from shopdata.excel.contract import Contract
from shopdata.exceptions import OddAnswerError
from shopdata.items import ReportFile


async def fetch_file(
    cell: RecipeCell, step: FileStep, addresses: Mapping[str, str], ask_again: Callable[[str], Awaitable[None]]
) -> ReportFile:
    """The file that a link leads to, or that is the answer itself.

    Args:
        addresses: where each step above has asked; a link without a host is one beside it.
        ask_again: carries out the step of this name once more, for another link where one is dead.
    """
    cell.step("download")
    client, item = cell.spider.client(cell.shop), cell.item
    if step.link is None:
        request = cell.request(step, cell.scope)
        request.meta.update(shopdata_session=True, shopdata_repeatable=step.repeatable)
        await client.ask_file(request)
        await client.keep_file(item.path)
        return await _masked(cell, step, item)
    source = next((found.holder for found in placeholders_in(step.link) if found.field), "")

    async def fresh_link() -> str:
        await ask_again(source)
        return _link(cell, step)

    await client.fetch_file(
        _link(cell, step),
        cell.scope.text(addresses.get(source, "")) or cell.spider.portal.login_url,
        item.path,
        fresh_link,
        with_session=step.session,
        keep_link_seconds=step.retry_404 or 0,
    )
    return await _masked(cell, step, item)


async def _masked(cell: RecipeCell, step: FileStep, item: ReportFile) -> ReportFile:
    """The item, its file without what says who somebody is, if that is to be masked."""
    dataset = cell.spider.workspace.config.dataset(item.dataset)
    if step.personal and dataset.privacy == "mask":
        about = {"dataset": item.dataset, "dt": item.dt, "shop": item.shop_id, "privacy": "mask"}
        where = f"{item.dataset} {item.dt} shop {item.shop_id!r}"
        await run_in_thread(mask_file, item.path, Contract.of(dataset), step.personal, about, where)
    return item


def _link(cell: RecipeCell, step: FileStep) -> str:
    assert step.link is not None
    found = cell.scope.fill(step.link)
    if not isinstance(found, str) or not found:
        raise OddAnswerError(
            "the portal gave no link to the file",
            where=cell.where,
            found=type(found).__name__,
            expected="the address of a file",
            todo="The next run asks again.",
        )
    return found
