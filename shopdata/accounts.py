"""Whose rows are these? Accounts as fingerprints, which can be kept beside the data and compared, and tell no name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

#: Of each fact about an account the beginning of its SHA-256, the surest fact first: `{"mall id": "5994471abb01112a"}`.
Account = Mapping[str, str]

_DIGITS = 16
#: Facts that tell who has signed in: one login may open several shops.
_OF_THE_LOGIN = frozenset({"account"})


def fingerprint(platform: str, identity: Mapping[str, str]) -> dict[str, str]:
    """The account behind an identity: `{"mall id": "123456789"}` and the like, in the same order."""
    return {
        fact: hashlib.sha256(f"{platform}\0{fact}\0{value}".encode()).hexdigest()[:_DIGITS]
        for fact, value in identity.items()
    }


def shared_fact(one: Mapping[str, str], other: Mapping[str, str]) -> str:
    """The surest fact that both tell; "" if there is none. One of the login is the least sure, wherever it stands."""
    shared = [fact for fact in one if fact in other]
    return next((fact for fact in shared if fact not in _OF_THE_LOGIN), next(iter(shared), ""))


def without_login(account: Mapping[str, str]) -> dict[str, str]:
    """What is told of the shop alone: for one of several that its login opens."""
    return {fact: value for fact, value in account.items() if fact not in _OF_THE_LOGIN}


def is_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """True if both tell of one shop: the surest fact that both have decides. Without any, nobody can say so."""
    fact = shared_fact(one, other)
    return bool(fact) and one[fact] == other[fact]
