"""Which shop a session opens: kept from the first sign-in on, so that nobody publishes one shop's rows as another's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shopdata.config import Shop
from shopdata.exceptions import WrongShopError
from shopdata.files import alone, write_private
from shopdata.login.steps import Identity

#: Facts that are told in full; of an account's name, which is also the value of a cookie, only its ends.
_OPEN_FACTS = frozenset({"mall id", "shop name"})


@dataclass(frozen=True)
class Identities:
    """One small file beside the sessions, which outlives them: `{"pdd_flagship": {"mall id": …}}`. No secrets."""

    folder: Path

    def of(self, shop: Shop) -> Identity:
        """What is kept of a shop; empty before its first sign-in."""
        kept: Identity = self._read().get(_key(shop), {})
        return kept

    def check_and_keep(self, shop: Shop, found: Identity, shops: Iterable[Shop], *, is_accepted: bool = False) -> None:
        """Compares who is signed in with who was, and with the other enabled shops; then keeps it.

        Args:
            found: what the portal says; empty where it says nothing, and then nothing is compared.
            is_accepted: a person says that this is the shop from now on.

        Raises:
            WrongShopError: it is another shop than before, than `portal_name` says, or one that we have already.
        """
        path = self.folder / "identities.json"
        with alone(path.with_suffix(".lock")):
            kept = self._read()
            if shop.portal_name is not None:
                if shop.portal_name not in found.values():
                    raise _not_as_configured(shop, found)
            elif not is_accepted and (fact := _difference(found, kept.get(_key(shop), {}))):
                raise _not_as_before(shop, found[fact], kept[_key(shop)][fact], fact)
            for other in shops:
                if other.enabled and other.id != shop.id and other.platform == shop.platform:
                    fact = _common(found, kept.get(_key(other), {}))
                    if fact and found[fact] == kept[_key(other)][fact]:
                        raise _twice(shop, other, found[fact], fact)
            # What was not to be seen this time stays known.
            told = {**({} if is_accepted else kept.get(_key(shop), {})), **found}
            if told and told != kept.get(_key(shop)):
                kept[_key(shop)] = told
                content = json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True)
                write_private(path, content.encode())

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            kept = json.loads((self.folder / "identities.json").read_bytes())
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        shops = kept.items() if isinstance(kept, dict) else ()
        return {shop: facts for shop, facts in shops if _are_facts(facts)}


def _are_facts(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(value, str) for value in found.values())


def _key(shop: Shop) -> str:
    return f"{shop.platform}_{shop.id}"


def _common(found: Identity, kept: Identity) -> str:
    """The surest fact that both tell; "" if there is none."""
    return next((fact for fact in found if fact in kept), "")


def _difference(found: Identity, kept: Identity) -> str:
    fact = _common(found, kept)
    return fact if fact and found[fact] != kept[fact] else ""


def describe(found: Identity) -> str:
    """What may be told of an identity, for a person."""
    return ", ".join(_told(fact, value) for fact, value in found.items()) or "nothing that tells who it is"


def _told(fact: str, value: str) -> str:
    return f"{fact} {value}" if fact in _OPEN_FACTS else f"{fact} {value[:2]}…{value[-2:]}"


def _not_as_before(shop: Shop, value: str, before: str, fact: str) -> WrongShopError:
    return WrongShopError(
        "the account opens another shop than before; nothing was asked of it",
        where=f"shop {shop.id!r}",
        found=_told(fact, value),
        expected=_told(fact, before),
        todo=f"Mend user name and password, or accept it with `scrapy login {shop.id} --accept-identity`.",
    )


def _not_as_configured(shop: Shop, found: Identity) -> WrongShopError:
    return WrongShopError(
        "the account opens another shop than shops.yaml says; nothing was asked of it",
        where=f"shop {shop.id!r}",
        found=describe(found),
        expected=f"portal_name {shop.portal_name!r}",
        todo=f"Mend user name and password, or `portal_name` in shops.yaml; then run `scrapy login {shop.id}`.",
    )


def _twice(shop: Shop, other: Shop, value: str, fact: str) -> WrongShopError:
    return WrongShopError(
        f"the account opens the shop that {other.id!r} has already; nothing was asked of it",
        where=f"shop {shop.id!r}",
        found=f"{_told(fact, value)} for both",
        expected="a shop of its own for each",
        todo=(
            f"Take one of them out of shops.yaml; or mend the credentials of the wrong one and run "
            f"`scrapy login {shop.id} --accept-identity`, or the same for {other.id}."
        ),
    )
