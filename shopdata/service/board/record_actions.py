"""What the buttons and forms of recordings do."""

from __future__ import annotations

import re
from typing import get_args

from shopdata.config import Shop, config_source
from shopdata.config.recipes.proof import RECORDED
from shopdata.exceptions import UsageError
from shopdata.periods import PeriodKind, parse_date
from shopdata.service.board.addresses import checked_id
from shopdata.service.board.answers import Answer, PageNotFoundError, redirect
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.recordings.desk import RecordingsDesk

_NAME = re.compile(r"[a-z0-9_]{1,60}")


def record(sources: Sources, visit: Visit) -> Answer:
    """A report is to be recorded: opens the program's browser for this person."""
    desk = _desk(sources)
    shop = sources.shop(checked_id(visit.form.get("shop", "")))
    if shop is None or not shop.enabled:
        raise PageNotFoundError
    refuse_readable(visit)
    name = name_of(visit.form.get("name", ""), shop)
    refuse_taken(name)
    kind = next((one for one in get_args(PeriodKind) if one == visit.form.get("period")), None)
    desk.start(name, shop, visit.person, visit.form.get("invite", ""), kind)
    return redirect(visit.link("record", name))


def act(sources: Sources, visit: Visit) -> Answer:
    """A button of the page of a recording: `what` it is, and of which `view`."""
    name, view = checked_id(visit.form.get("name", "")), visit.form.get("view", "")
    _desk(sources).act(name, visit.person, view, visit.form.get("what", ""), visit.form)
    return redirect(visit.link("record", name, view=view))


def compare(sources: Sources, visit: Visit) -> Answer:
    """An export by hand, to hold the recipe against."""
    name, view = checked_id(visit.form.get("name", "")), visit.form.get("view", "")
    refuse_readable(visit)
    day = parse_date(visit.form.get("day", ""), visit.texts("recording.day"))
    _desk(sources).compare(name, visit.person, view, day, visit.file)
    return redirect(visit.link("record", name, view=view))


def name_of(given: str, shop: Shop) -> str:
    """A dataset's name as it is typed, with its platform before it. Raises UsageError."""
    name = given.strip().lower()
    if not name.startswith(f"{shop.platform}_"):
        name = f"{shop.platform}_{name}"
    if not _NAME.fullmatch(name) or name == f"{shop.platform}_":
        raise UsageError(
            "this can't be the name of a dataset",
            where="name",
            found=given[:60],
            expected="lower-case letters, digits and _",
            todo=f"Write for example {shop.platform}_refunds.",
        )
    return name


def refuse_taken(name: str) -> None:
    """Raises UsageError where there is a report of this name that nobody has recorded."""
    folder = config_source()
    recipe, contract = folder.joinpath("recipes", f"{name}.yaml"), folder.joinpath("datasets", f"{name}.yaml")
    is_recorded = recipe.is_file() and recipe.read_text("utf-8").startswith(RECORDED)
    if (recipe.is_file() or contract.is_file()) and not is_recorded:
        raise UsageError(
            "there is a report of this name that was written by hand",
            where=name,
            todo="Record it under another name.",
        )


def refuse_readable(visit: Visit) -> None:
    """Raises UsageError where others on the way could look on."""
    if visit.is_readable:
        raise UsageError(
            "others on the way could read what is typed and seen here",
            where="this page",
            found="plain http from another machine",
            todo="Put TLS in front of the board (docs/operate.md, Behind a reverse proxy).",
        )


def _desk(sources: Sources) -> RecordingsDesk:
    if sources.recordings is None:
        raise PageNotFoundError
    return sources.recordings
