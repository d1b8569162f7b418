"""Which shop a session opens: kept from the first sign-in on, so that nobody publishes one shop's rows as another's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from shopdata.accounts import Account, fingerprint, is_same, shared_fact, without_login
from shopdata.config import Shop
from shopdata.exceptions import WrongShopError
from shopdata.sessions.places import FilePlace, Place
from shopdata.sessions.sign_in.steps import Identity
from shopdata.texts import one_line

_FILE = "identities.json"
#: Facts that are told in full; of an account's name, which is also the value of a cookie, only its ends.
_OPEN_FACTS = frozenset({"mall id", "shop name"})


@dataclass(frozen=True)
class Identities:
    """One small file beside the sessions, which outlives them: `{"acme_flagship": {"mall id": …}}`. No secrets."""

    folder: Path
    #: Where it is kept, if not in a file of that folder.
    place: Place | None = None

    def of(self, shop: Shop) -> Identity:
        """What is kept of a shop; empty before its first sign-in."""
        kept: Identity = self._read().get(shop.file_stem, {})
        return kept

    def account_of(self, shop: Shop) -> Account:
        """What may be kept beside the shop's rows to know them again; empty if nothing is known."""
        return _account(shop, self.of(shop))

    def check_and_keep(
        self,
        shop: Shop,
        found: Identity,
        shops: Iterable[Shop],
        *,
        known: Mapping[str, Account] | None = None,
        is_accepted: bool = False,
    ) -> None:
        """Compares who is signed in with who was, and with every id that ever was; then keeps it.

        Ids leave shops.yaml, their days stay: the same account under another id would publish its rows twice.

        Args:
            found: what the portal says; empty where it says nothing, and then nothing is compared.
            shops: those of shops.yaml.
            known: the accounts of the platform that the ledger knows, by id: for ids that nothing is kept of here.
            is_accepted: a person says that this is the shop from now on, also where an id had it that is not in use.

        Raises:
            WrongShopError: it is another shop than before, than `portal_name` says, or one that another id has.
        """
        account = _account(shop, found)
        with self._place.alone(_FILE) as place:
            content = place.read(_FILE) or b""
            kept = dict(_facts_in(content))
            accounts = {**(known or {}), **_accounts_in(content, shop.platform)}
            before = accounts.pop(shop.id, {})
            twins = [other for other, theirs in accounts.items() if is_same(account, theirs)]
            if shop.portal_name is not None:
                if shop.portal_name not in found.values():
                    raise _not_as_configured(shop, found)
            elif not is_accepted and (fact := shared_fact(account, before)) and account[fact] != before[fact]:
                raise _not_as_before(shop, found[fact], kept.get(shop.file_stem, {}).get(fact), fact, twins)
            in_use = {other.id for other in shops if other.enabled and other.platform == shop.platform}
            for twin in twins:
                if not is_accepted or twin in in_use:
                    fact = shared_fact(account, accounts[twin])
                    raise _twice(shop, twin, found[fact], fact, is_in_use=twin in in_use)
                # Known to be nobody's: what the ledger has of it does not count any more.
                kept[f"{shop.platform}_{twin}"] = {}
            # What was not to be seen this time stays known.
            told = {**({} if is_accepted else kept.get(shop.file_stem, {})), **found}
            if told and (twins or told != kept.get(shop.file_stem)):
                kept[shop.file_stem] = told
                _write(place, kept)

    def known(self) -> list[str]:
        """Of whom anything is kept, as PLATFORM_ID."""
        return sorted(self._read())

    def describe(self, platform: str, shop_id: str) -> str:
        """What may be told of an id's account, for a person; "" if nothing is known."""
        facts = self._read().get(f"{platform}_{shop_id}")
        return describe(facts) if facts else ""

    def rename(self, platform: str, old: str, new: str) -> None:
        """Hands what is kept of an id on to another one."""
        self._change(f"{platform}_{old}", f"{platform}_{new}")

    def forget(self, platform: str, shop_id: str) -> None:
        """Nothing is known of an id any more, whatever the ledger has of it: its account may become another's."""
        self._change(f"{platform}_{shop_id}", None)

    def _change(self, old: str, new: str | None) -> None:
        with self._place.alone(_FILE) as place:
            kept = dict(_facts_in(place.read(_FILE) or b""))
            facts = kept.pop(old, {})
            if new is None:
                kept[old] = {}
            elif facts:
                kept[new] = facts
            _write(place, kept)

    @property
    def _place(self) -> Place:
        return self.place or FilePlace(self.folder)

    def _read(self) -> dict[str, dict[str, str]]:
        return dict(_facts_in(self._place.read(_FILE) or b""))


def _write(place: Place, kept: Mapping[str, Identity]) -> None:
    place.write(_FILE, json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True).encode())


# Each shop of a run looks into it, and nearly always finds what the one before has found.
@lru_cache(maxsize=1)
def _facts_in(content: bytes) -> Mapping[str, dict[str, str]]:
    try:
        kept = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    shops = kept.items() if isinstance(kept, dict) else ()
    return {shop: facts for shop, facts in shops if _are_facts(facts)}


def _are_facts(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(value, str) for value in found.values())


@lru_cache(maxsize=2)
def _accounts_in(content: bytes, platform: str) -> Mapping[str, Account]:
    """What is kept of a platform's ids, as the ledger would know it."""
    prefix, kept = f"{platform}_", _facts_in(content)
    return {
        key.removeprefix(prefix): fingerprint(platform, facts) for key, facts in kept.items() if key.startswith(prefix)
    }


def _account(shop: Shop, identity: Identity) -> Account:
    """Of a shop that says which entry of its login it is, the login tells nothing: others have it too."""
    account = fingerprint(shop.platform, identity)
    return without_login(account) if shop.portal_shop is not None else account


def describe(found: Identity) -> str:
    """What may be told of an identity, for a person."""
    return ", ".join(_told(fact, value) for fact, value in found.items()) or "nothing that tells who it is"


def open_facts(found: Identity) -> dict[str, str]:
    """The same, fact by fact."""
    return {fact: _open_value(fact, value) for fact, value in found.items()}


def _told(fact: str, value: str) -> str:
    return f"{fact} {_open_value(fact, value)}"


def _open_value(fact: str, value: str) -> str:
    value = one_line(value, 100)
    return value if fact in _OPEN_FACTS else f"{value[:2]}…{value[-2:]}"


def _not_as_before(shop: Shop, value: str, before: str | None, fact: str, twins: Sequence[str]) -> WrongShopError:
    what = "the account opens another shop than before"
    todo = f"Fix user name and password, or accept it with `scrapy login {shop.id} --accept-identity`."
    if twins:
        what += f", the one that {twins[0]!r} has"
        todo = "Fix user name and password, or the ids in shops.yaml: a shop keeps its id. To hand one on, with its "
        todo += "days, there is `scrapy shops rename OLD NEW`."
    return WrongShopError(
        f"{what}; nothing was asked of it",
        code="shop_entered_twice" if twins else "",
        params={"twin": twins[0]} if twins else None,
        where=f"shop {shop.id!r}",
        found=_told(fact, value),
        expected="the shop that this id had until now" if before is None else _told(fact, before),
        todo=todo,
    )


def _not_as_configured(shop: Shop, found: Identity) -> WrongShopError:
    return WrongShopError(
        "the account opens another shop than shops.yaml says; nothing was asked of it",
        where=f"shop {shop.id!r}",
        found=describe(found),
        expected=f"portal_name {shop.portal_name!r}",
        todo=f"Fix user name and password, or `portal_name` in shops.yaml; then run `scrapy login {shop.id}`.",
    )


def _twice(shop: Shop, twin: str, value: str, fact: str, *, is_in_use: bool) -> WrongShopError:
    if is_in_use:
        todo = (
            f"Take one of them out of shops.yaml; or fix the credentials of the wrong one and run "
            f"`scrapy login {shop.id} --accept-identity`, or the same for {twin}."
        )
    else:
        todo = (
            f"If {twin!r} was given a new id, run `scrapy shops rename {twin} {shop.id}`, which hands its days on, or "
            f"write the old id back into shops.yaml. If its days are to stay under {twin!r}, run "
            f"`scrapy login {shop.id} --accept-identity`."
        )
    return WrongShopError(
        f"the account opens the shop that {twin!r} has already; nothing was asked of it",
        code="shop_entered_twice",
        params={"twin": twin},
        where=f"shop {shop.id!r}",
        found=f"{_told(fact, value)} for both",
        expected="a shop of its own for each",
        todo=todo,
    )
