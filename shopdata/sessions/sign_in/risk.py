"""From what a portal says of a session to the error that says what to do."""

from __future__ import annotations

from shopdata.config import Shop
from shopdata.exceptions import ChallengeError, OddAnswerError, RiskBlockedError, SessionRefusedError
from shopdata.sessions.restraint import SHORT_LIFE, Sent
from shopdata.sessions.sign_in.steps import Risk


def risk_error(shop: Shop, risk: Risk) -> RiskBlockedError | ChallengeError:
    """A cool-down where the block may pass by itself, else a person."""
    where = f"shop {shop.id!r}"
    if not risk.may_pass:
        return ChallengeError(
            "the portal's risk control wants a person",
            code="risk_check_wanted",
            params={"said": risk.text},
            where=where,
            found=risk.text,
            todo=f"Look into the portal with `scrapy login {shop.id} --headed` and answer what it asks.",
        )
    todo = "The next run asks again."
    if risk.rest_seconds:
        hours = risk.rest_seconds / 3600
        todo = (
            f"For {hours:.1f} hours the shop is left alone: export nothing by hand either, that would make it longer."
        )
    error = RiskBlockedError(
        "the portal's risk control says too often", where=where, found=risk.text, todo=todo, params={"said": risk.text}
    )
    error.needs_person, error.rest_seconds = risk.needs_person, risk.rest_seconds
    return error


def refused_although_new(shop: Shop) -> SessionRefusedError:
    """For a session that was dead at its first use."""
    return SessionRefusedError(
        "the portal sends us to its login page although the shop has just signed in",
        where=f"shop {shop.id!r}",
        found="a session that is dead at its first use",
        todo=f"Sign in by hand with `scrapy login {shop.id}` and look what the page wants.",
    )


def answered_as_signed_out(shop: Shop, status: int, content_type: str) -> OddAnswerError:
    """For an order whose answer is none, and looks like that to a dead session: it may have been taken all the same."""
    return OddAnswerError(
        "the portal answered with something else than it does to an order, as if nobody were signed in",
        params={"status": status},
        where=f"shop {shop.id!r}",
        found=f"HTTP {status}, {content_type or 'no type'}",
        expected="JSON with a status",
        todo="The next run looks for the report first, and orders it anew only if it is not there.",
    )


def kicked_again(shop: Shop, sent: Sent) -> SessionRefusedError:
    """For sessions that end soon after they were made, one after the other."""
    sends = (
        f"{_times(sent.meanwhile)} since this run began{f', {_times(sent.before)} before it' if sent.before else ''}"
    )
    return SessionRefusedError(
        "the shop's sessions do not last: somebody else may be signing in to the same account",
        code="session_not_lasting",
        where=f"shop {shop.id!r}",
        found=f"the password sent {sends}; no session lived {SHORT_LIFE.total_seconds() / 60:g} minutes",
        todo="Give the program an account of its own. The next run goes on where this one ended, with one sign-in.",
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
