"""What holds for every cell while its portal is asked: it has an end, and an odd answer is kept for somebody to see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, ResponseDataLossError
from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Portal
from shopdata.crawling.wire import Wire
from shopdata.excel import sniff
from shopdata.exceptions import OddAnswerError, PortalError
from shopdata.files import write_durably
from shopdata.items import ReportFile
from shopdata.ledger import CellKey
from shopdata.store.staging import Staging

#: Of an answer that can't be unpacked, or that was cut at its limit.
_MOST_KEPT_BYTES = 8 << 20


async def one_cell(
    key: CellKey,
    portal: Portal,
    last: Callable[[], Wire | None],
    staging: Staging,
    ask: Callable[[], Awaitable[ReportFile]],
) -> ReportFile:
    """What comes of all questions about a cell.

    Args:
        last: the answer that the shop got last.
        ask: asks them.

    Raises:
        OddAnswerError: it took longer than `max_cell_seconds`.
        ShopdataError: that of `ask`; where an answer was odd, it also tells where that is kept.
    """
    try:
        async with asyncio.timeout(portal.max_cell_seconds) as deadline:
            return await ask()
    except PortalError as error:
        # All that was read of the answer hangs on them, and eight shops may wait here.
        error.__traceback__ = error.__context__ = error.__cause__ = None
        odd = last()
        # Of its kin the last answer tells nothing: it was a good one.
        if type(error) in (PortalError, OddAnswerError) and odd is not None and odd.size:
            kept = await run_in_thread(_keep, odd, key, staging)
            error.todo = f"{error.todo} The bytes are kept in the state directory under {kept}."
        raise
    except TimeoutError:
        if not deadline.expired():
            raise
        raise OddAnswerError(
            "the cell took longer than is allowed",
            code="cell_too_long",
            params={"seconds": portal.max_cell_seconds},
            where=f"shop {key.shop!r}, {key.dt}",
            found=f"no end after {portal.max_cell_seconds:g} seconds",
            expected="at most `max_cell_seconds` of portals.yaml",
            todo="The next run asks again. Look whether the portal is slow, or the shop has so much: then raise it.",
        ) from None
    finally:
        # It was read, or is in a file: a crawl of hundreds of shops would keep as many.
        if (wire := last()) is not None:
            wire.close()


def _keep(wire: Wire, key: CellKey, staging: Staging) -> str:
    """Returns where, below the state directory."""
    path = staging.incoming(key.dataset, key.dt, key.shop).with_suffix(".odd")
    is_unpacked = False
    with suppress(DownloadCancelledError, DownloadFailedError, ResponseDataLossError):
        write_durably(path, wire.unpacked())
        is_unpacked = True
    if not is_unpacked:
        write_durably(path, wire.raw(_MOST_KEPT_BYTES))
    kept = staging.reject(path, key.dataset, key.dt, key.shop, sniff(path))
    return kept.relative_to(staging.state_dir).as_posix()
