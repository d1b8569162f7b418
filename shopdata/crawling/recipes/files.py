"""The step that fetches the file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from scrapy.utils.asyncio import run_in_thread

from shopdata.config.recipes import FileStep
from shopdata.config.recipes.placeholders import placeholders_in
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.crawling.recipes.masking import mask_file
from shopdata.crawling.recipes.unpacking import unpack_file
from shopdata.excel import sniff
from shopdata.excel.contract import Contract
from shopdata.exceptions import OddAnswerError, RejectedFileError
from shopdata.files import put_in_place
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
    changes = _Changes(cell, step, item)
    if step.link is None:
        request = cell.request(step, cell.scope)
        request.meta.update(shopdata_session=True, shopdata_repeatable=step.repeatable)
        await client.ask_file(request)
        await client.keep_file(changes.path)
        return await changes.made()
    source = next((found.holder for found in placeholders_in(step.link) if found.field), "")

    async def fresh_link() -> str:
        await ask_again(source)
        return _link(cell, step)

    await client.fetch_file(
        _link(cell, step),
        cell.scope.text(addresses.get(source, "")) or cell.spider.portal.login_url,
        changes.path,
        fresh_link,
        with_session=step.session,
        keep_link_seconds=step.retry_404 or 0,
    )
    return await changes.made()


class _Changes:
    """What is made of a file before it is the cell's: unpacked, and without what says who somebody is.

    Until then it lies under another name: a run after one that was killed takes what lies where files belong.
    """

    def __init__(self, cell: RecipeCell, step: FileStep, item: ReportFile) -> None:
        self._cell, self._step, self._item = cell, step, item
        self._dataset = cell.spider.workspace.config.dataset(item.dataset)
        self._is_masked = bool(step.personal) and self._dataset.privacy == "mask"
        self._is_changed = self._is_masked or step.unpack is not None
        #: Where it is written as it comes.
        self.path = item.path.with_suffix(".whole") if self._is_changed else item.path

    async def made(self) -> ReportFile:
        """The item, its file as it shall be. Raises RejectedFileError: it can't be read, and is kept with those."""
        if self._is_changed:
            await run_in_thread(self._make)
        return self._item

    def _make(self) -> None:
        item, staging = self._item, self._cell.spider.workspace.staging
        where = f"{item.dataset} {item.dt} shop {item.shop_id!r}"
        try:
            if self._step.unpack is not None:
                unpack_file(self.path, self._step.unpack, where)
            if self._is_masked:
                about = {"dataset": item.dataset, "dt": item.dt, "shop": item.shop_id, "privacy": "mask"}
                mask_file(self.path, Contract.of(self._dataset), self._step.personal, about, where)
        except RejectedFileError as error:
            kept = staging.reject(self.path, item.dataset, item.dt, item.shop_id, sniff(self.path))
            relative = kept.relative_to(staging.state_dir).as_posix()
            error.todo = f"{error.todo} The bytes are kept in the state directory under {relative}."
            raise
        put_in_place(self.path, item.path)


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
