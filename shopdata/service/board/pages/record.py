"""A report is recorded: which, its page in pictures, what follows from it, and whether it is proven."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from shopdata.config import Shop
from shopdata.exceptions import RejectedFileError
from shopdata.service.board.addresses import checked_id
from shopdata.service.board.answers import Answer, PageNotFoundError, redirect
from shopdata.service.board.notes import in_short
from shopdata.service.board.pages.live import seconds_left
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.recordings.recording import RecordingNow
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import detail_of, kind_of

#: What is done, in its order; the page shows how far it is.
STEPS = ("first", "second", "look", "written", "proven")

_NOTHING_SHOWN: Mapping[str, Any] = {"host": "", "options": (), "chosen": -1}
#: What a state need not be about.
_NOTHING_KNOWN: Mapping[str, Any] = {
    "day": "",
    "number": 0,
    "of": 2,
    "files": {},
    "wrong": "",
    "folder": "",
    "again": "",
    "choices": (),
    "log": (),
    "contract": None,
    "has_contract": False,
    "ends_in_file": False,
    "period": "day",
    "last": "",
    "what": "",
    "hosts": (),
    "has_totals": False,
}
_AT = {"reading": 2, "which": 2, "asking": 2, "refused": 2, "handed_out": 3}


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """What may be recorded, what is, and which recipes nobody has proven yet. `?invite=` is of a link."""
    if sources.recordings is None:
        raise PageNotFoundError
    config = sources.config()
    name, invitation = visit.query.get("name", ""), visit.query.get("invite", "")
    is_invited = bool(invitation and name) and sources.recordings.is_invited(name, invitation)
    return RenderedPage(
        "record",
        visit.texts("menu.record"),
        "record",
        {
            "shops": [shop for shop in config.shops if shop.enabled],
            "chosen": visit.query.get("shop", ""),
            "name": name,
            "invite": invitation if is_invited else "",
            "is_uninvited": bool(invitation) and not is_invited,
            "running": sources.recordings.running(),
            "unproven": [(name, config.datasets.get(name)) for name in sorted(config.unproven)],
        },
    )


def one(sources: Sources, visit: Visit, name: str) -> RenderedPage | Answer:
    """`?view=` is of whoever has it; everybody else sees that somebody does."""
    name = checked_id(name)
    if sources.recordings is None:
        raise PageNotFoundError
    view = visit.query.get("view", "")
    found, shop = sources.recordings.glance(name, visit.person, view), sources.recordings.shop_of(name)
    if found is None or shop is None:
        return redirect(visit.link("record", name=name, lost="1" if view else None))
    if found.view and found.view != view:
        return redirect(visit.link("record", name, view=found.view))
    values: dict[str, Any] = {"found": found, "is_over": found.now.is_over}
    values |= part_values(visit.texts, name, shop, found.now, found.view)
    return RenderedPage("recording", visit.texts("recording.title", name=name), "record", values)


def files(sources: Sources, visit: Visit, name: str) -> Answer:
    """What follows from a recording, as one file: for a folder that this service can't write into."""
    found = None if sources.recordings is None else sources.recordings.glance(checked_id(name), visit.person)
    texts = found.now.about.get("files") if found is not None and found.view else None
    # Of a take, `files` are those that came.
    if not texts or not isinstance(texts, Mapping):
        raise PageNotFoundError
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
    head = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return Answer(content.getvalue(), content_type="application/zip", headers=head)


def part_values(t: Texts, name: str, shop: Shop, now: RecordingNow, view: str) -> dict[str, Any]:
    """What the pieces show that change while one looks."""
    about = {**_NOTHING_KNOWN, **now.about}
    return {
        "name": name,
        "shop": shop,
        "now": now,
        "about": about,
        "shown": {**_NOTHING_SHOWN, **now.page},
        "seconds_left": seconds_left(now),
        "view": view,
        "steps": _steps(now),
        "told": t("live.told.elsewhere", host=now.told["host"]) if now.told.get("key") == "elsewhere" else "",
        "place": now.told.get("place", ""),
        "why": _why(t, now),
        "lines": [_line(t, line) for line in about.get("lines", ()) if isinstance(line, Mapping)],
        "columns": _columns(about),
        "said": about.get("said", {}).get(t.code, ""),
        "differences": about["lines"].get(t.code, ()) if isinstance(about.get("lines"), Mapping) else (),
        "kind": _took(t, about),
        # Where the buttons of the picture lead.
        "address": ("record", name),
        "act": {"action": "record-act", "field": "name", "value": name},
    }


def _why(t: Texts, now: RecordingNow) -> str:
    if not now.why:
        return ""
    if kind_of(now.why.code) == RejectedFileError.code:
        return t("recording.odd_export", why=detail_of(t, now.why) or now.why.text)
    return next(iter(in_short(t, CellState.NEEDS_LOGIN, now.why)), "") or now.why.text


def _line(t: Texts, line: Mapping[str, Any]) -> tuple[str, bool]:
    """One sentence of what follows, and whether it is not proven."""
    key = f"record.{line['code']}"
    return (t(key, **line["params"]) if t.has(key) else str(line["code"])), bool(line["doubt"])


def _columns(about: Mapping[str, Any]) -> list[tuple[str, Mapping[str, bool]]]:
    contract = about.get("contract") or {}
    personal = about.get("personal", ())
    return [
        (
            name,
            {
                "ids": name in contract.get("ids", ()),
                "keys": name in contract.get("keys", ()),
                "personal": name in personal,
            },
        )
        for name in contract.get("columns", ())
    ]


def _took(t: Texts, about: Mapping[str, Any]) -> str:
    """What came of a take, in a sentence."""
    if "calls" not in about:
        return ""
    files = about.get("files", ())
    if not files:
        return t("record.bar.took_rows", n=about["calls"])
    file = files[-1]
    if not file["columns"]:
        return t("record.bar.took_unread", kind=file["kind"])
    names = [*file["columns"][:6], *(["…"] if len(file["columns"]) > 6 else [])]
    return t("record.bar.took_file", rows=file["rows"], columns=t("format.listed").join(names))


def _steps(now: RecordingNow) -> list[tuple[str, str]]:
    """Each step, and whether it is done, on its way or to come."""
    if now.state == "proven":
        reached = len(STEPS)
    elif now.is_written:
        reached = 4
    elif now.state in _AT:
        reached = _AT[now.state]
    else:
        # A take that is there is done.
        reached = int(now.about.get("number", 1)) - 1 + (now.state == "took")
    return [
        (step, "done" if place < reached else "now" if place == reached else "later")
        for place, step in enumerate(STEPS)
    ]
