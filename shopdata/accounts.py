"""Whose rows are these? Accounts as fingerprints, which can be kept beside the data and compared, and tell no name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

#: Of each fact about an account the beginning of its SHA-256, the surest fact first: `{"mall id": "5994471abb01112a"}`.
Account = Mapping[str, str]

_DIGITS = 16


def fingerprint(platform: str, identity: Mapping[str, str]) -> dict[str, str]:
    """The account behind an identity: `{"mall id": "123456789"}` and the like, in the same order."""
    return {
        fact: hashlib.sha256(f"{platform}\0{fact}\0{value}".encode()).hexdigest()[:_DIGITS]
        for fact, value in identity.items()
    }


def shared_fact(one: Mapping[str, str], other: Mapping[str, str]) -> str:
    """The surest fact that both tell; "" if there is none."""
    return next((fact for fact in one if fact in other), "")


def is_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """True if both tell of one shop: the surest fact that both have decides. Without any, nobody can say so."""
    fact = shared_fact(one, other)
    return bool(fact) and one[fact] == other[fact]
