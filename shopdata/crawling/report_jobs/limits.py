"""How often an account may order: some portals want minutes between two orders, or allow a number a day."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.crawling.report_spider import ReportSpider
from shopdata.exceptions import PortalError
from shopdata.periods import SHANGHAI, Period

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OrderLimits:
    """What a portal allows one account; 0 is no limit.

    Args:
        name: whose limit it is: orders of other names do not count.
        cooldown: seconds between two orders.
        per_day: orders on one day in Shanghai.
    """

    name: str = ""
    cooldown: float = 0
    per_day: int = 0


async def allow_order(spider: ReportSpider, shop: Shop, period: Period, limits: OrderLimits) -> bool:
    """Waits until the account may order, and notes that it does; true if that took time.

    Whoever orders with the same account counts, in other runs too: the ledger knows.

    Raises:
        PortalError: it has ordered as often as it may today.
    """
    if not limits.cooldown and not limits.per_day:
        return False
    account = hashlib.sha256(f"{shop.platform} {shop.username.strip().casefold()}".encode()).hexdigest()[:32]
    name, waited = f"{limits.name}/{account}", False
    while True:
        ledger, now = spider.workspace.ledger, datetime.now(SHANGHAI)
        seconds = await run_in_thread(ledger.orders.claim, name, now, limits.cooldown, limits.per_day)
        if seconds is None:
            error = PortalError(
                "the account has ordered as many reports today as the portal allows",
                code="orders_used_up",
                params={"most": limits.per_day},
                where=f"shop {shop.id!r}, {period.dt}",
                expected=f"at most {limits.per_day} a day",
                todo="Run again tomorrow. If people order by hand too, ask for fewer days at once.",
            )
            error.is_final = True
            raise error
        if seconds <= 0:
            return waited
        logger.info("%s: this account may order again in %.0f s", shop.id, seconds)
        spider.step(shop, period, "wait")
        await spider.wait(seconds)
        waited = True
