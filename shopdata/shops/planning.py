"""What becomes of the kept shops when some are entered: all of it is known before any of it is done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from shopdata.config import Config, Shop
from shopdata.ledger.shops import KeptShop
from shopdata.shops.entered import Entered
from shopdata.shops.facts import shop_values
from shopdata.shops.fields import OPTIONAL, REQUIRED
from shopdata.shops.mistakes import Mistake, OddValueError
from shopdata.shops.sealing import Credentials, Sealer, opened
from shopdata.shops.values import value_of

#: What is done with a shop.
Kind = Literal["new", "changed", "same"]
_SECRET = ("username", "password")


@dataclass(frozen=True)
class Planned:
    """What becomes of one shop."""

    kind: Kind
    shop: KeptShop
    #: Which fields are changed, in a shop that there is already.
    fields: tuple[str, ...] = ()


@dataclass
class Plan:
    """What becomes of all; nothing of it is done where there is a mistake."""

    shops: list[Planned] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    hints: list[Mistake] = field(default_factory=list)
    #: All kept shops as they are to be, in their order.
    wanted: list[KeptShop] = field(default_factory=list)

    def count(self, kind: Kind) -> int:
        """How many there are of a kind."""
        return sum(planned.kind == kind for planned in self.shops)


@dataclass
class Planner:
    """Holds what is entered against what there is.

    Args:
        config: datasets, portals, and the shops of shops.yaml.
        kept: those that are kept, in their order.
        known: ids that nobody new may have, because there are files of theirs.
        key: the key of SHOPDATA_SECRET_KEY.
        may_change: whether a shop that there is already may be changed.
        only: the id that alone is meant; a new shop is a mistake then.
    """

    config: Config
    kept: Sequence[KeptShop]
    known: Collection[str]
    key: str | None = field(repr=False)
    may_change: bool
    only: str | None = None

    def plan(self, rows: Iterable[Entered]) -> Plan:
        """Raises UsageError where there is no key, or another one than that of the shops that stay as they are."""
        plan, rows = Plan(), list(rows)
        by_id = {shop.id: shop for shop in self.kept}
        values = [self._values(row, plan) for row in rows]
        first: dict[tuple[str, object], Entered] = {}
        taken = {*self.known, *by_id, *(shop.id for shop in self.config.shops), *(v.get("id") for v in values)}
        targets: list[KeptShop | None] = []
        for row, found in zip(rows, values, strict=True):
            targets.append(self._target(found, by_id))
            for name in ("id", "name"):
                if found.get(name) and (other := first.setdefault((name, found[name]), row)) is not row:
                    plan.mistakes.append(Mistake(row.at(name), "mistake.twice", {"place": other.at(name)}))
        sealer = self._sealer(targets, values)
        after = dict(by_id)
        for row, found, target in zip(rows, values, targets, strict=True):
            if "id" not in found and "id" not in row.texts:
                found["id"] = target.id if target is not None else _free_id(str(found.get("platform")), taken)
            planned = self._planned(row, found, target, sealer, plan)
            if planned is not None:
                plan.shops.append(planned)
                after[planned.shop.id] = planned.shop
        plan.wanted = list(after.values())
        self._compare_accounts(plan, rows, values)
        return plan

    def _values(self, row: Entered, plan: Plan) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in row.texts.items():
            if not text:
                continue  # told already
            try:
                found[name] = value_of(name, text, self.config)
            except OddValueError as odd:
                plan.mistakes.append(Mistake(row.at(name), odd.key, odd.params))
        return found

    def _target(self, found: Mapping[str, Any], by_id: Mapping[str, KeptShop]) -> KeptShop | None:
        """The kept shop that is meant: by its id, else by its name."""
        if "id" in found:
            return by_id.get(found["id"])
        return next((shop for shop in self.kept if shop.name == found.get("name")), None)

    def _sealer(self, targets: Sequence[KeptShop | None], values: Sequence[Mapping[str, Any]]) -> Sealer:
        """For the whole table one key: what is not sealed anew must have been sealed with it."""
        replaced = {
            target.id
            for target, found in zip(targets, values, strict=True)
            if target is not None and all(name in found for name in _SECRET)
        }
        return Sealer.beside(self.key, (shop.sealed for shop in self.kept if shop.id not in replaced))

    def _planned(
        self, row: Entered, found: dict[str, Any], target: KeptShop | None, sealer: Sealer, plan: Plan
    ) -> Planned | None:
        mistakes = len(plan.mistakes)
        if target is None:
            if self.only is not None:
                plan.mistakes.append(Mistake(row.at("id"), "mistake.no_such_shop", {"shop": self.only}))
            missing = [name for name in REQUIRED if name not in row.texts]
            plan.mistakes += [Mistake(row.at(name), "mistake.missing") for name in missing]
        elif found.get("platform", target.platform) != target.platform:
            plan.mistakes.append(Mistake(row.at("platform"), "mistake.other_platform", {"shop": target.id}))
        self._check(row, found, target, plan)
        if len(plan.mistakes) > mistakes or any(name not in found for name in row.texts):
            return None
        shop, changed = _joined(found, target, sealer)
        if _fault(shop):
            plan.mistakes.append(Mistake(row.place, "mistake.unfit"))
            return None
        if target is not None and not changed:
            return Planned("same", target)
        if target is not None and not self.may_change:
            plan.mistakes.append(Mistake(row.place, "mistake.exists", {"shop": target.id}))
            return None
        return Planned("new" if target is None else "changed", shop, changed)

    def _check(self, row: Entered, found: Mapping[str, Any], target: KeptShop | None, plan: Plan) -> None:
        """What a value means beside the configuration and the other shops."""
        name, own_id = found.get("name"), found.get("id")
        for other in self.kept:
            if name == other.name and other.id != (target.id if target is not None else own_id):
                plan.mistakes.append(Mistake(row.at("name"), "mistake.name_taken", {"shop": other.id}))
        own = (shop for shop in self.config.shops if shop.id not in self.config.kept)
        if any(name == shop.name or own_id == shop.id for shop in own):
            plan.hints.append(Mistake(row.place, "hint.in_yaml", {"shop": own_id}))
        platform = found.get("platform") or (target.platform if target is not None else None)
        if platform and platform not in self.config.portals:
            plan.mistakes.append(Mistake(row.at("platform"), "mistake.no_portal", {"platform": platform}))
        for dataset in found.get("datasets") or ():
            if platform and self.config.datasets[dataset].platform != platform:
                params = {"dataset": dataset, "platform": platform}
                plan.mistakes.append(Mistake(row.at("datasets"), "mistake.other_dataset", params))

    def _compare_accounts(self, plan: Plan, rows: Sequence[Entered], values: Sequence[Mapping[str, Any]]) -> None:
        """One login for several shops of the list is well where each says which it is."""
        first: dict[tuple[object, str], tuple[Entered, Mapping[str, Any]]] = {}
        for row, found in zip(rows, values, strict=True):
            if "username" not in found or found.get("enabled") is False:
                continue
            other, theirs = first.setdefault((found.get("platform"), found["username"].casefold()), (row, found))
            if other is not row and not _are_told_apart(found, theirs):
                plan.hints.append(Mistake(row.at("username"), "hint.one_login", {"place": other.at("username")}))


def _are_told_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    entries = [found.get("portal_shop") or found.get("portal_name") for found in (one, other)]
    return None not in entries and entries[0] != entries[1]


def _free_id(platform: str, taken: set[Any]) -> str:
    number = 1
    while (found := f"{platform}-{number:03d}") in taken:
        number += 1
    taken.add(found)
    return found


def _joined(found: Mapping[str, Any], target: KeptShop | None, sealer: Sealer) -> tuple[KeptShop, tuple[str, ...]]:
    """The shop as it is to be, and which fields are others than before."""
    before = target or KeptShop("", found["platform"], "", {}, "")
    facts = {**before.facts, **{name: _as_json(found[name]) for name in (*OPTIONAL, "enabled") if name in found}}
    facts = {name: value for name, value in facts.items() if value is not None and (name, value) != ("enabled", True)}
    changed = [name for name in (*OPTIONAL, "enabled") if facts.get(name) != before.facts.get(name)]
    name = found.get("name") or before.name
    if name != before.name:
        changed.append("name")
    sealed = before.sealed
    if any(name in found for name in _SECRET):
        # Where both are given, it does not matter what could be opened.
        is_whole = all(name in found for name in _SECRET)
        is_open = target is not None and (not is_whole or sealer.opens(sealed))
        old = vars(opened(sealed, sealer.key)) if is_open else {}
        new = {**old, **{name: found[name] for name in _SECRET if name in found}}
        if new != old:
            changed += [name for name in _SECRET if new[name] != old.get(name)]
            sealed = sealer.seal(Credentials(**new))
    return KeptShop(found["id"], before.platform, name, facts, sealed), tuple(changed)


def _as_json(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, bool) else str(value)


def _fault(shop: KeptShop) -> bool:
    """True for what no check of ours has found, and the configuration would not take."""
    try:
        Shop.model_validate({**shop_values(shop), "username": "-", "password": "-"})
    except ValidationError:
        return True
    return False
