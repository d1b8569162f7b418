"""One shop's rows must not be in a period under two ids: whoever adds them up would count them twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from shopdata.accounts import Account, is_same, shared_fact
from shopdata.exceptions import WrongShopError
from shopdata.lake.drafts import StagedShop
from shopdata.ledger import Cell, CellKey, RawFile


def refuse_twin(key: CellKey, account: Account, sha256: str, rows: int, cells: Iterable[Cell]) -> None:
    """Refuses a file that is about to be staged, if another id has it in its period already.

    Args:
        account: where it came from; empty where nobody knows it, then only equal bytes tell.
        cells: those of its period, or of them `Ledger.cells_alike`.

    Raises:
        WrongShopError: another id has a file of this account, or just these bytes.
    """
    for cell in cells:
        if cell.shop != key.shop and cell.raw is not None and _is_twin(account, sha256, rows, cell.raw):
            raise _twins(key.dataset, key.dt, cell.shop, key.shop)


def refuse_twins(name: str, dt: str, shops: Sequence[StagedShop], in_use: Collection[str]) -> None:
    """Refuses to merge a period in which two ids have one account's file: of older runs, or of a ledger that was lost.

    Args:
        in_use: the ids of shops.yaml; an id that left it is the older one.

    Raises:
        WrongShopError: so it is.
    """
    by_fact: dict[object, StagedShop] = {}
    for shop in sorted(shops, key=lambda shop: shop.id in in_use):
        raw = shop.raw
        for mark in (*raw.account.items(), ("sha256", raw.sha256)):
            other = by_fact.setdefault(mark, shop)
            if other is not shop and _is_twin(raw.account, raw.sha256, raw.rows, other.raw):
                raise _twins(name, dt, other.id, shop.id)


def _is_twin(account: Account, sha256: str, rows: int, other: RawFile) -> bool:
    if shared_fact(account, other.account):
        return is_same(account, other.account)
    # Files without rows may well be alike.
    return rows > 0 and sha256 == other.sha256


def _twins(name: str, dt: str, first: str, second: str) -> WrongShopError:
    return WrongShopError(
        f"the account opens the shop that {first!r} has already in this period: its rows would be there twice",
        code="shop_entered_twice",
        params={"twin": first},
        where=f"{name} {dt}, shop {second!r}",
        found=f"one account, or one file, under {first!r} and {second!r}",
        expected="a shop of its own for each id",
        todo=f"If {first!r} was given a new id, run `scrapy shops rename {first} {second}`. To take one of them out of "
        f"the period, run `scrapy shops remove ID --dataset {name} --date {dt[-10:]}`.",
    )
