"""A cause on a terminal: which shops, which periods, what the ledger says of it."""

from __future__ import annotations

from shopdata.alerts.causes import Cause
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import SIGN_IN_BY_HAND, WORDLESS, detail_of, title_of, todo_of

#: So many groups of shops with periods of their own.
_MOST_GROUPS = 3


def shop_label(shop: str, name: str) -> str:
    """What people call it, and what they type."""
    return f"{name} ({shop})" if name and name != shop else shop


def who_of(t: Texts, cause: Cause, *, with_periods: bool = True) -> str:
    """`回力旗舰店 (flagship), kids and 3 more, 2026-03-01 to 2026-03-31 (31 periods)`."""
    groups: dict[str, list[str]] = {}
    for shop, troubles in cause.shops.items():
        periods = t.labels([trouble.dt for trouble in troubles]) if with_periods else ""
        groups.setdefault(periods, []).append(shop_label(shop, troubles[0].name))
    told = [
        t("reasons.who", shops=t.shops(names), periods=periods) if periods else t.shops(names)
        for periods, names in groups.items()
    ]
    rest = sum(map(len, list(groups.values())[_MOST_GROUPS:]))
    text = t("format.between_groups").join(told[:_MOST_GROUPS])
    return text + (t("reasons.more_groups", n=rest) if rest else "")


def what_of(t: Texts, cause: Cause) -> str:
    """`needs_login: shop 'flagship': credentials refused. …`: in English the sentence of the first of them."""
    state, told = cause.troubles[0].state, cause.reason.text
    if t.code != "en" and state is CellState.NOT_READY:
        # The kind's title is for the time after the deadline.
        told = t("state.not_ready.means")
    elif t.code != "en" and cause.kind not in WORDLESS:
        title = in_brackets(t, title_of(t, cause.kind), detail_of(t, cause.reason))
        told = t("reasons.what_and_todo", what=title, todo=todo_of(t, cause.kind))
        if cause.kind in SIGN_IN_BY_HAND:
            # What the sentence of the ledger would have said.
            told += f" `scrapy login {cause.troubles[0].shop} --headed`"
    return state_and_reason(t, state, told)


def in_brackets(t: Texts, text: str, more: str) -> str:
    """A text with what more there is to say, if there is."""
    return text + t("why.bracket", text=more) if more else text


def state_and_reason(t: Texts, state: CellState | None, reason: str) -> str:
    """One of them, or both."""
    if state is None:
        return reason
    word = t(f"state.{state}.word")
    return t("reasons.what", state=word, reason=reason) if reason else word
