"""The kept shops: read for the configuration, listed, entered, changed, and sealed under another key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shopdata.config import Config, KeptShops, Shop
from shopdata.exceptions import ArgumentError, UsageError
from shopdata.ledger import Ledger
from shopdata.ledger.shops import KeptShop
from shopdata.shops.facts import shop_values
from shopdata.shops.sealing import Sealer, opened
from shopdata.texts import did_you_mean

# Whoever only collects reads no list.
if TYPE_CHECKING:
    from shopdata.shops.entered import Entered
    from shopdata.shops.planning import Plan, Planner


@dataclass(frozen=True)
class Entry:
    """A kept shop, as far as anybody may see it."""

    id: str
    platform: str
    name: str
    datasets: tuple[str, ...] | None
    owner: str
    since: str
    is_enabled: bool
    portal_name: str
    portal_shop: str
    group: str

    @classmethod
    def of(cls, shop: KeptShop) -> Entry:
        """What the ledger has of it."""
        facts = shop.facts
        datasets = facts.get("datasets")
        return cls(
            shop.id,
            shop.platform,
            shop.name,
            None if datasets is None else tuple(datasets),
            str(facts.get("owner", "")),
            str(facts.get("since", "")),
            facts.get("enabled") is not False,
            str(facts.get("portal_name", "")),
            str(facts.get("portal_shop", "")),
            str(facts.get("group", "")),
        )


class _MistakesError(Exception):
    """Raised within a transaction, so that nothing of it is done."""


@dataclass
class ShopBook:
    """All of them; blocking. Every method may raise LedgerError."""

    ledger: Ledger
    secret_key: str | None = field(default=None, repr=False)

    def read(self) -> KeptShops:
        """As the configuration takes them; what can't be opened is a mistake of the configuration."""
        shops: list[Shop] = []
        problems: list[UsageError] = []
        for row in self.ledger.shops.all():
            try:
                credentials = opened(row.sealed, self.secret_key)
                shops.append(Shop.model_validate({**shop_values(row), **vars(credentials)}))
            except UsageError as problem:
                # The same for all of them.
                problems.append(problem)
                break
            except ValidationError as error:
                keys = sorted({str(detail["loc"][0]) for detail in error.errors(include_input=False)})
                problems.append(
                    UsageError(
                        "this shop does not fit the configuration any more",
                        where=f"the kept shop {row.id!r}",
                        found=f"not usable: {', '.join(keys)}",
                        todo=f"Change it with `scrapy shops edit {row.id}`, or `scrapy shops disable {row.id}`.",
                    )
                )
        return KeptShops(tuple(shops), tuple(problems))

    def entries(self) -> list[Entry]:
        """What may be seen of each, in their order."""
        return [Entry.of(shop) for shop in self.ledger.shops.all()]

    def plan(self, rows: Iterable[Entered], config: Config, *, may_change: bool, only: str | None = None) -> Plan:
        """What would become of them. Raises UsageError: there is no key, or another one."""
        planner_of = self._planners(config, may_change, only)
        return planner_of(self.ledger.shops.all()).plan(rows)

    def enter(self, rows: Iterable[Entered], config: Config, *, may_change: bool, only: str | None = None) -> Plan:
        """Does it, in one transaction, or nothing of it: where there is a mistake.

        Raises:
            UsageError: there is no key, or another one.
        """
        rows, planner_of = list(rows), self._planners(config, may_change, only)
        plans: list[Plan] = []

        def work(kept: Sequence[KeptShop]) -> Sequence[KeptShop]:
            plans.append(planner_of(kept).plan(rows))
            if plans[-1].mistakes:
                raise _MistakesError
            return plans[-1].wanted

        with suppress(_MistakesError):
            self.ledger.shops.change(work)
        return plans[-1]

    def _planners(self, config: Config, may_change: bool, only: str | None) -> Callable[[Sequence[KeptShop]], Planner]:
        from shopdata.shops.planning import Planner

        known = {one.id for one in self.ledger.moves.ids()}
        return lambda kept: Planner(config, kept, known, self.secret_key, may_change, only)

    def set_enabled(self, shop_id: str, *, is_enabled: bool) -> bool:
        """Lets a shop be collected, or not; False if it is so already. Raises ArgumentError if nobody keeps it."""

        def changed(shop: KeptShop) -> KeptShop:
            facts = {name: value for name, value in shop.facts.items() if name != "enabled"}
            return replace(shop, facts=facts if is_enabled else {**facts, "enabled": False})

        return self._change_one(shop_id, changed)

    def rename(self, old: str, new: str) -> None:
        """Gives a shop another id; where that is kept already, the old one goes. Raises ArgumentError."""
        has_new = any(shop.id == new for shop in self.ledger.shops.all())
        self._change_one(old, lambda shop: None if has_new else replace(shop, id=new))

    def remove(self, shop_id: str) -> None:
        """Forgets a shop, user name and password with it. Raises ArgumentError if nobody keeps it."""
        self._change_one(shop_id, lambda _: None)

    def has(self, shop_id: str) -> bool:
        """True if it is kept."""
        return any(shop.id == shop_id for shop in self.ledger.shops.all())

    def rekey(self, old_key: str) -> int:
        """Seals all with the key that is set now, in one transaction.

        Returns:
            of how many shops; 0 if all were sealed with it already.

        Raises:
            UsageError: no key is set, or `old_key` is not the one that they were sealed with.
        """
        count = 0

        def work(kept: Sequence[KeptShop]) -> Sequence[KeptShop]:
            nonlocal count
            sealer, count = Sealer.beside(self.secret_key, ()), 0
            if all(sealer.opens(shop.sealed) for shop in kept):
                return kept
            if not Sealer(old_key, b"").opens(kept[0].sealed):
                raise ArgumentError(
                    "this is not the key that the kept shops were encrypted with",
                    where="shops rekey",
                    todo="Give the one that SHOPDATA_SECRET_KEY had before.",
                )
            count = len(kept)
            return [replace(shop, sealed=sealer.seal(opened(shop.sealed, old_key))) for shop in kept]

        self.ledger.shops.change(work)
        return count

    def _change_one(self, shop_id: str, work: Callable[[KeptShop], KeptShop | None]) -> bool:
        is_other = False

        def all_of(kept: Sequence[KeptShop]) -> Sequence[KeptShop]:
            nonlocal is_other
            ids = [shop.id for shop in kept]
            if shop_id not in ids:
                raise ArgumentError(
                    f"no shop {shop_id!r} is kept in the ledger",
                    where="shops",
                    todo=did_you_mean(shop_id, ids, "`scrapy shops list` shows which are.", "`{}`"),
                )
            changed = [work(shop) if shop.id == shop_id else shop for shop in kept]
            wanted = [shop for shop in changed if shop is not None]
            is_other = wanted != list(kept)
            return wanted

        self.ledger.shops.change(all_of)
        return is_other
