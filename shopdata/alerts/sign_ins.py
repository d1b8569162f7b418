"""Who must be signed in before the next collection: one message, and nothing where nobody is needed.

What each channel was told is in the ledger's notifications: a shop that waits for the same is told once, and anew after
it was well in between. What could not be sent is told by the next preflight, then as it is by that time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopdata.alerts.causes import Cause, causes_of, trouble_of
from shopdata.alerts.channel_lease import ChannelLease
from shopdata.alerts.channels import Count, Delivery
from shopdata.alerts.links import shop_page
from shopdata.alerts.message import Linked, Message, Section
from shopdata.config import Channel, Config, Shop
from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import WORDLESS, detail_of, kind_of, title_of, todo_of

logger = logging.getLogger(__name__)

#: A portal's own words may be long.
_LONGEST_REASON = 120


@dataclass(frozen=True)
class Needed:
    """A shop that somebody must sign in."""

    shop: Shop
    reason: Reason
    #: Its last sign-in; None if none is known.
    signed_in_at: datetime | None = None

    @property
    def mark(self) -> str:
        """Equal as long as a person would say that nothing has changed: whoever has signed it in meanwhile, did."""
        return f"{kind_of(self.reason.code)} {self.signed_in_at.isoformat() if self.signed_in_at else ''}"


@dataclass(frozen=True)
class Ending:
    """A shop whose session is expected to end before its next collection."""

    shop: Shop
    signed_in_at: datetime
    #: Until when, in words.
    until: str

    @property
    def mark(self) -> str:
        """Once for each session."""
        return self.signed_in_at.isoformat()


@dataclass(frozen=True)
class SignInsNeeded:
    """What a preflight has found."""

    needed: Sequence[Needed]
    ending: Sequence[Ending]
    #: The ids of all shops of which it is known now; of others stays what was told.
    known: frozenset[str]
    #: The first collection that any of these shops is in; None if nothing is scheduled.
    next_at: datetime | None = None


def notify_sign_ins(
    t: Texts,
    config: Config,
    ledger: Ledger,
    run_id: str,
    found: SignInsNeeded,
    *,
    board_url: str | None,
    clock: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
) -> Count:
    """Tells every channel what is new to it. Blocking. Raises LedgerError."""
    delivery = Delivery(t, config.alerts)
    lease = ChannelLease(ledger.notifications, run_id, config.alerts.deadline_seconds + 60)
    # Whoever wants to hear of no shop that waits, is told of none here.
    is_wanted = "needs_login" in config.alerts.tell
    for channel in config.alerts.channels_told if is_wanted else ():
        if not lease.acquire(channel.name, delivery.deadline, clock):
            delivery.count.held += 1
            continue
        try:
            _notify(t, channel, ledger, _of_channel(channel, config, found), delivery, lease, board_url, clock())
        finally:
            lease.release(channel.name, clock())
    return delivery.count


def _of_channel(channel: Channel, config: Config, found: SignInsNeeded) -> SignInsNeeded:
    if channel.datasets is None:
        return found
    ids = {shop.id for dataset in channel.datasets for shop in config.shops_for(dataset)}
    return SignInsNeeded(
        [one for one in found.needed if one.shop.id in ids],
        [one for one in found.ending if one.shop.id in ids],
        found.known,
        found.next_at,
    )


def _notify(
    t: Texts,
    channel: Channel,
    ledger: Ledger,
    found: SignInsNeeded,
    delivery: Delivery,
    lease: ChannelLease,
    board_url: str | None,
    now: datetime,
) -> None:
    topic = f"sign_ins/{channel.name}"
    told = ledger.notifications.get(topic)
    state = {
        "needed": {one.shop.id: one.mark for one in found.needed},
        "ending": {one.shop.id: one.mark for one in found.ending},
    }
    for kind, marks in state.items():
        marks |= {shop: mark for shop, mark in told.get(kind, {}).items() if shop not in found.known}
    if not _is_new(state, told):
        if state != told:
            # Who is well again is told anew another time.
            ledger.notifications.put(topic, state, now)
        return
    if delivery.alerts.is_quiet(now) or not lease.count_message(channel.name, channel.messages_per_minute, now):
        logger.info("alerts: %s: deferred to the next preflight", channel.name)
        delivery.count.held += 1
    elif delivery.send(channel, build_message(t, found, board_url)):
        ledger.notifications.put(topic, state, now)


def _is_new(state: Mapping[str, Mapping[str, str]], told: Mapping[str, Any]) -> bool:
    return any(told.get(kind, {}).get(shop) != mark for kind, marks in state.items() for shop, mark in marks.items())


# -- the message -------------------------------------------------------------------------------------------------------


def build_message(t: Texts, found: SignInsNeeded, board_url: str | None) -> Message:
    """All that are needed now, told before or not, by what they need; then those that are expected to end."""
    shops = {one.shop.id: one.shop for one in found.needed}
    blocks = []
    troubles = [
        trouble_of(CellState.NEEDS_LOGIN, one.reason, shop=one.shop.id, name=one.shop.name, dt="")
        for one in found.needed
    ]
    kinds: dict[str, list[Cause]] = {}
    for cause in causes_of(troubles):
        kinds.setdefault(cause.kind, []).append(cause)
    for kind, causes in kinds.items():
        lines = [_line(t, shops[shop], _said(t, cause), board_url) for cause in causes for shop in cause.shops]
        blocks.append(Section(t("alert.kind", title=title_of(t, kind), n=len(lines)), tuple(lines), todo_of(t, kind)))
    if found.ending:
        told = tuple(_line(t, one.shop, one.until, board_url) for one in found.ending)
        blocks.append(Section(t("sign_ins.ending", n=len(told)), told, t("sign_ins.ending_todo")))
    return Message(
        headline=_headline(t, found),
        level="bad" if found.needed else "attention",
        blocks=tuple(blocks),
        wants_person=bool(found.needed),
        owners=frozenset(one.shop.owner or "" for one in found.needed),
        texts=t,
    )


def _headline(t: Texts, found: SignInsNeeded) -> str:
    key, n = ("sign_ins.needed", len(found.needed)) if found.needed else ("sign_ins.may_end", len(found.ending))
    what = t(key, n=n)
    return what if found.next_at is None else t("sign_ins.before", time=t.short(found.next_at), what=what)


def _line(t: Texts, shop: Shop, said: str, board_url: str | None) -> Linked:
    name = t("sign_ins.owner", shop=shop.name, owner=shop.owner) if shop.owner else shop.name
    typed = "" if board_url else t("alert.sign_in", shop=shop.id)
    told = " · ".join(filter(None, (said, typed)))
    text = t("alert.line", names=name, what=told) if told else name
    return Linked(text, t("sign_ins.open"), shop_page(board_url, shop.id) if board_url else "")


def _said(t: Texts, cause: Cause) -> str:
    detail = detail_of(t, cause.reason)
    return cause.reason.text[:_LONGEST_REASON] if cause.kind in WORDLESS and not detail else detail
