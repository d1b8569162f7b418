"""A cause on a terminal: which shops, which periods, what the ledger says of it."""

from __future__ import annotations

from collections.abc import Sequence

from shopdata.alerts.causes import Cause, without_who
from shopdata.periods import in_ranges

#: So many names of shops stand in a line; the others are counted.
_MOST_NAMES = 8
#: So many groups of shops with periods of their own.
_MOST_GROUPS = 3


def shop_label(shop: str, name: str) -> str:
    """What people call it, and what they type."""
    return f"{name} ({shop})" if name and name != shop else shop


def who_of(cause: Cause, *, with_periods: bool = True) -> str:
    """`回力京东旗舰店 (flagship), kids and 3 more, 2026-03-01 to 2026-03-31 (31 periods)`."""
    groups: dict[str, list[str]] = {}
    for shop, troubles in cause.shops.items():
        periods = in_ranges([trouble.dt for trouble in troubles]) if with_periods else ""
        groups.setdefault(periods, []).append(shop_label(shop, troubles[0].name))
    told = [listed(names) + (f", {periods}" if periods else "") for periods, names in groups.items()]
    rest = sum(map(len, list(groups.values())[_MOST_GROUPS:]))
    return "; ".join(told[:_MOST_GROUPS]) + (f"; and {rest} more" if rest else "")


def what_of(cause: Cause) -> str:
    """`needs_login: shop 'flagship': credentials refused. …`: of many sentences the first, and how many others."""
    state = cause.troubles[0].state
    more = len({without_who(trouble) for trouble in cause.troubles}) - 1
    told = f"{cause.reason} (and {more} more like it in other words)" if more else cause.reason
    return ": ".join(filter(None, (str(state) if state is not None else "", told)))


def listed(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
