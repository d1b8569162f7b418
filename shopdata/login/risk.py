"""From what a portal says of a session to the error that says what to do."""

from __future__ import annotations

from shopdata.config import Shop
from shopdata.exceptions import ChallengeError, RiskBlockedError, SessionRefusedError
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


def refused_although_new(shop: Shop) -> SessionRefusedError:
    """For a session that was dead at its first use."""
    return SessionRefusedError(
        "the portal sends us to its login page although the shop has just signed in",
        where=f"shop {shop.id!r}",
        found="a session that is dead at its first use",
        todo=f"Sign in by hand with `scrapy login {shop.id}` and look what the page wants.",
    )


def kicked_again(shop: Shop, times: int, minutes: float) -> SessionRefusedError:
    """For sessions that end soon after they were made, one after the other."""
    return SessionRefusedError(
        "the shop's sessions do not last: somebody else may be signing in to the same account",
        where=f"shop {shop.id!r}",
        found=f"{times} sessions in a row that ended within {minutes:g} minutes",
        todo="Give the program an account of its own. The next run goes on where this one ended.",
    )
