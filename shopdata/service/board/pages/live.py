"""One shop's sign-in, as far as it is: who does it, what the portal asks for, and its page in pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shopdata.config import Shop
from shopdata.periods import SHANGHAI
from shopdata.service.board.addresses import checked_id
from shopdata.service.board.answers import Answer, PageNotFoundError, redirect
from shopdata.service.board.notes import in_short
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.live.viewing import LiveNow
from shopdata.service.sign_ins.sign_in import Now
from shopdata.states import CellState
from shopdata.wording import Texts

#: What is done, in its order; the page shows how far it is.
STEPS = ("open", "password", "person", "shop", "saved")

_NOTHING_SHOWN: Mapping[str, Any] = {"host": "", "said": "", "sms": False, "options": (), "chosen": -1}


def page(sources: Sources, visit: Visit, shop_id: str) -> RenderedPage | Answer:
    """`?view=` is of whoever has it; everybody else sees that somebody does."""
    shop = sources.shop(checked_id(shop_id))
    if shop is None or sources.sign_ins is None:
        raise PageNotFoundError
    view = visit.query.get("view", "")
    found = sources.sign_ins.glance(shop.id, visit.person, view)
    is_new_link = bool(visit.query.get("invite")) and found is not None and found.now.is_over
    if found is not None and found.view and found.view != view and not is_new_link:
        return redirect(visit.link("sessions", shop.id, "live", view=found.view))
    invitation = visit.query.get("invite", "")
    is_invited = bool(invitation) and sources.sign_ins.is_invited(shop.id, invitation)
    if is_invited and found is not None and found.now.is_over:
        # What came of an earlier one is not what the link is for.
        found = None
    is_over = found is None or found.now.is_over
    values: dict[str, Any] = {
        "shop": shop,
        "found": found,
        "is_over": is_over,
        #: It began before the service did.
        "is_lost": found is None and bool(view),
        "invite": invitation if is_invited else "",
        "is_uninvited": bool(invitation) and not is_invited,
        "next": _next(sources, shop) if is_over else None,
    }
    values |= part_values(visit.texts, shop, found.now if found is not None else Now(), view)
    return RenderedPage("live", visit.texts("live.title", shop=shop.name), "sessions", values)


def part_values(t: Texts, shop: Shop, now: Now, view: str) -> dict[str, Any]:
    """What the pieces show that change while one looks."""
    return {
        "shop": shop,
        "now": now,
        "shown": {**_NOTHING_SHOWN, **now.page, "said": now.page.get("said") or now.why.params.get("said", "")},
        "now_place": now.told.get("place", ""),
        "seconds_left": seconds_left(now),
        "view": view,
        # Where the buttons of the picture lead.
        "address": ("sessions", shop.id, "live"),
        "act": {"action": "sign-in-act", "field": "shop", "value": shop.id},
        "steps": _steps(now),
        "asked": now.asked if t.has(f"live.asked.{now.asked}") else "other",
        "why": next(iter(in_short(t, CellState.NEEDS_LOGIN, now.why)), "") if now.why else "",
        "told": _told(t, now.told),
        "who": t("format.listed").join(_fact(t, fact, value) for fact, value in now.who.items()),
    }


def seconds_left(now: LiveNow) -> int:
    """For which its person has time."""
    return 0 if now.until is None else max(0, round((now.until - datetime.now(SHANGHAI)).total_seconds()))


def _steps(now: Now) -> list[tuple[str, str]]:
    """Each step, and whether it is done, on its way or to come."""
    at = {"signing_in": 0 if now.step == "opening" else 1, "needs_you": 2, "landed": 3, "checking": 3}
    reached = {"saved": len(STEPS), "wrong_shop": 3}.get(now.state, at.get(now.state, 0))
    return [
        (step, "done" if place < reached else "now" if place == reached else "later")
        for place, step in enumerate(STEPS)
    ]


def _fact(t: Texts, fact: str, value: str) -> str:
    """Platforms from outside have facts of their own."""
    key = f"live.fact.{fact.replace(' ', '_')}"
    return t(key, value=value) if t.has(key) else f"{fact} {value}"


def _told(t: Texts, told: Mapping[str, str]) -> str:
    key = f"live.told.{told.get('key', '')}"
    return t(key, **{name: value for name, value in told.items() if name != "key"}) if t.has(key) else ""


def _next(sources: Sources, shop: Shop) -> Shop | None:
    """One that waits for a person, else one that was never signed in; in the order of the list, from this one on."""
    shops = [other for other in sources.config().shops if other.enabled]
    about = sources.sessions.about(shops)
    ids = [other.id for other in shops]
    start = ids.index(shop.id) + 1 if shop.id in ids else 0
    others = [
        (other, known)
        for other in (*shops[start:], *shops[:start])
        if other.id != shop.id and (known := about[other.id]) is not None
    ]
    waiting = [other for other, known in others if known.parked]
    new = [other for other, known in others if known.saved_at is None and not known.is_of_other_key]
    return next(iter((*waiting, *new)), None)
