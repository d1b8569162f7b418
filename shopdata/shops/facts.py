"""What may be seen of a kept shop."""

from __future__ import annotations

from typing import Any

from shopdata.ledger.shops import KeptShop


def shop_values(shop: KeptShop) -> dict[str, Any]:
    """A kept shop as an entry of shops.yaml would have it, without user name and password."""
    return {"id": shop.id, "platform": shop.platform, "name": shop.name, **shop.facts}
