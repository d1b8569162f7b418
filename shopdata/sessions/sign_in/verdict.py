"""From what a login page says to what becomes of the shop: the one table, which docs/when-it-fails.md shows too."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from shopdata.config import Shop
from shopdata.exceptions import ChallengeError, CredentialsRefusedError, UnclearSignInError
from shopdata.sessions.sign_in.words import Says
from shopdata.texts import one_line

#: The one challenge that needs no window.
SMS_CODE = "an SMS code"

#: `refused`: parked, and the same credentials are not used again. `person`: parked, until somebody has done what the
#: page asks. `again`: not parked; the next run tries, this one does not send the password twice.
Outcome = Literal["refused", "person", "again"]

OUTCOMES: Mapping[Says, Outcome] = MappingProxyType(
    {
        Says.REFUSED: "refused",
        Says.LOCKED: "person",
        Says.CAPTCHA: "person",
        Says.SMS: "person",
        Says.RISK: "person",
        Says.FORM: "person",
        Says.AGREEMENT: "person",
        Says.NOTICE: "person",
        Says.CHOICE: "person",
        Says.BUSY: "again",
        Says.MAINTENANCE: "again",
        Says.UNKNOWN: "again",
    }
)

#: What a person is asked for, the code of that, and what they do before they sign in by hand, or so that they need not.
_ASKED: Mapping[Says, tuple[str, str, str]] = MappingProxyType(
    {
        Says.LOCKED: (
            "a person: the account is locked",
            "account_locked",
            "Have it unlocked by the platform, then sign",
        ),
        Says.CAPTCHA: ("a captcha", "captcha_wanted", "Sign"),
        Says.SMS: (SMS_CODE, "sms_code_wanted", "Sign"),
        Says.RISK: ("a proof of identity", "challenge", "Sign"),
        Says.FORM: ("a form to be filled in", "challenge", "A new password goes into the environment as well. Sign"),
        Says.AGREEMENT: (
            "consent to its rules",
            "challenge",
            "If it is a box or a button that could be clicked, name it under `login_page: agreement` or `agree` in "
            "portals.yaml. Or sign",
        ),
        Says.NOTICE: (
            "a notice to be closed",
            "challenge",
            "If it has a button, name it under `login_page: notice` in portals.yaml. Or sign",
        ),
        Says.CHOICE: (
            "a choice among several shops",
            "shop_choice_wanted",
            "Say which entry of the page is meant with `portal_shop` in shops.yaml. Or sign",
        ),
    }
)
_WHY_NOT: Mapping[Says, str] = MappingProxyType(
    {
        Says.BUSY: "The portal is busy, which says nothing about the password.",
        Says.MAINTENANCE: "The portal is under maintenance, which says nothing about the password.",
    }
)


def error_for(
    says: Says, shop: Shop, platform: str, text: str
) -> CredentialsRefusedError | ChallengeError | UnclearSignInError:
    """The error for a login page that says this after the password was sent; `text` is what it shows."""
    match OUTCOMES[says]:
        case "refused":
            return refused(shop, platform, text)
        case "person":
            what, code, before = _ASKED[says]
            return challenge(
                shop, platform, what, code, found=_quoted(text, platform), params=_said(text), before=before
            )
        case _:
            return unclear(shop, platform, text, says)


def refused(shop: Shop, platform: str, text: str) -> CredentialsRefusedError:
    """The error for a login page that says no to user name or password; `text` is what it shows."""
    return CredentialsRefusedError(
        "credentials refused",
        params=_said(text),
        where=f"shop {shop.id!r}",
        found=_quoted(text, platform),
        todo="Fix user name or password in the environment; the same password is not tried again.",
    )


def challenge(
    shop: Shop,
    platform: str,
    what: str,
    code: str = "challenge",
    *,
    found: str = "",
    params: Mapping[str, str] | None = None,
    before: str = "Sign",
) -> ChallengeError:
    """The error for a page that asks for a person; an SMS code can also be given on the terminal.

    Args:
        code: what is asked for, as `Reason.code`; `params` are those that go with it.
        found: what it shows, where that says more than `what`.
        before: how "… in by hand with `scrapy login`" begins.
    """
    can_be_typed = code == "sms_code_wanted"
    command = f"`scrapy login {shop.id}` and type the code" if can_be_typed else f"`scrapy login {shop.id} --headed`"
    return ChallengeError(
        f"{platform} asks for {what}",
        where=f"shop {shop.id!r}",
        found=found,
        todo=f"{before} in by hand with {command}.",
        code=code,
        params=params,
    )


def unclear(shop: Shop, platform: str, text: str, says: Says = Says.UNKNOWN) -> UnclearSignInError:
    """The error for a sign-in that led nowhere: `text` is the last that the page said, "" for nothing."""
    by_hand = (
        f"If it stays so, sign in by hand with `scrapy login {shop.id} --headed`; words that mean a refusal and are "
        "not known as one go under `login_page: refused_words` in portals.yaml."
    )
    return UnclearSignInError(
        "the login page showed neither the back office nor a refusal of user name or password",
        params=_said(text),
        where=f"shop {shop.id!r}",
        found=_quoted(text, platform) or "nothing new on it",
        todo=f"{_WHY_NOT.get(says, 'It says nothing that is known.')} The next run tries again. {by_hand}",
    )


def _said(text: str) -> dict[str, str]:
    """What the page shows, as a fact of a reason."""
    shown = one_line(" ".join(text.split()), 80)
    return {"said": shown} if shown else {}


def _quoted(text: str, platform: str) -> str:
    shown = _said(text).get("said", "")
    return f"「{shown}」 on {platform}'s login page" if shown else ""
