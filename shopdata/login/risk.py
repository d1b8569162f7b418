"""From what risk control says to the error that says what to do."""

from __future__ import annotations

from shopdata.config import Shop
from shopdata.exceptions import ChallengeError, RiskBlockedError
from shopdata.login.steps import Risk


def risk_error(shop: Shop, risk: Risk) -> RiskBlockedError | ChallengeError:
    """A cool-down where the block may pass by itself, else a person."""
    where = f"shop {shop.id!r}"
    if not risk.may_pass:
        return ChallengeError(
            "the portal's risk control wants a person",
            where=where,
            found=risk.text,
            todo=f"Look into the portal with `scrapy login {shop.id} --headed` and answer what it asks.",
        )
    error = RiskBlockedError(
        "the portal's risk control says too often", where=where, found=risk.text, todo="The next run asks again."
    )
    error.needs_person = risk.needs_person
    return error
