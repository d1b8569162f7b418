"""Under which name a shop's rows are published: the one of shops.yaml, as long as that is still this shop's."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from shopdata.accounts import Account, is_same, shared_fact
from shopdata.config import Shop
from shopdata.ledger import RawFile

logger = logging.getLogger(__name__)


def display_names(
    where: str, files: Mapping[str, RawFile], shops: Collection[Shop], accounts: Callable[[], Mapping[str, Account]]
) -> dict[str, str]:
    """The display name for each file, by shop id.

    A shop may be given another name at any time. But ids change hands too: two are swapped, or one that was free is
    given to another shop. Then the files of earlier days keep the name they were collected under.

    Args:
        where: the partition, for messages.
        files: those of a partition, by shop id.
        shops: those of shops.yaml that are on the partition's platform.
        accounts: gives the account that each id had last.
    """
    today = {shop.id: shop.name for shop in shops}
    holders = {shop.name: shop.id for shop in shops}
    names = {shop: today.get(shop) or raw.shop_name or shop for shop, raw in files.items()}
    renamed = {shop: raw for shop, raw in files.items() if raw.shop_name and raw.shop_name != names[shop]}
    known = accounts() if any(raw.account for raw in renamed.values()) else {}
    kept = {
        shop: raw.shop_name
        for shop, raw in renamed.items()
        if raw.shop_name in holders or _is_anothers(raw.account, known.get(shop, {}))
    }
    # A name that is kept is not given to another shop's file of another name.
    taken = set(kept.values())
    kept.update({shop: raw.shop_name for shop, raw in renamed.items() if names[shop] in taken})
    counts = Counter({**names, **kept}.values())
    for shop, name in kept.items():
        if counts[name] > 1:
            # Another shop's rows bear it by right.
            continue
        logger.warning(
            "%s: the file of %r was collected as %r, and shops.yaml gives the id to %r now: its rows keep the old "
            "name. `scrapy shops rename` exchanges ids, by way of a third one; if only names were exchanged, ask again "
            "with `-a force=1`.",
            where,
            shop,
            name,
            names[shop],
        )
        names[shop] = name
    return names


def _is_anothers(account: Account, now: Account) -> bool:
    return bool(shared_fact(account, now)) and not is_same(account, now)
