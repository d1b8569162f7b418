"""What the buttons and forms of the page of shops do."""

from __future__ import annotations

from collections.abc import Mapping

from shopdata.exceptions import RejectedFileError, UsageError
from shopdata.service.board.addresses import checked_id
from shopdata.service.board.answers import Answer, PageNotFoundError, redirect
from shopdata.service.board.pages.shops import ShopForm, entry_of, form_page
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.uploads import in_memory
from shopdata.service.board.visit import Visit
from shopdata.sessions.handing_on import forget
from shopdata.shops import Entry
from shopdata.shops.entered import typed
from shopdata.shops.fields import OPTIONAL, field_title
from shopdata.shops.planning import Plan
from shopdata.shops.sheet import ShopList, read_list

#: Never shown again, also where something else is wrong.
_SECRET = ("username", "password")


def add(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """A new shop."""
    return _enter(sources, visit, None)


def edit(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """Another name, owner …; user name and password where something stands in their fields."""
    return _enter(sources, visit, entry_of(sources, visit.form.get("shop", "")))


def enable(sources: Sources, visit: Visit) -> Answer:
    """It is collected again."""
    sources.workspace.shop_book.set_enabled(checked_id(visit.form.get("shop", "")), is_enabled=True)
    return redirect(visit.link("shops", told="shop_enabled"))


def disable(sources: Sources, visit: Visit) -> Answer:
    """It is collected no more; what there is of it stays."""
    sources.workspace.shop_book.set_enabled(checked_id(visit.form.get("shop", "")), is_enabled=False)
    return redirect(visit.link("shops", told="shop_disabled"))


def remove(sources: Sources, visit: Visit) -> Answer:
    """Its user name, password and session are forgotten; its days stay."""
    entry = entry_of(sources, visit.form.get("shop", ""))
    sources.workspace.shop_book.remove(entry.id)
    if sources.shop(entry.id) is None:
        forget(sources.workspace.kept_sessions, entry.platform, entry.id)
    return redirect(visit.link("shops", told="shop_removed"))


def rename(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """Another id, with all its days: that takes its time, elsewhere."""
    entry = entry_of(sources, visit.form.get("shop", ""))
    new = visit.form.get("new", "").strip()
    try:
        checked_id(new)
    except PageNotFoundError:
        wrong = {"new": visit.texts("mistake.bad_id", found=new)}
        return form_page(sources, visit, ShopForm(entry, wrong=wrong))
    if new == entry.id or sources.shop(new) is not None:
        return form_page(sources, visit, ShopForm(entry, wrong={"new": visit.texts("shops_page.id_taken")}))
    sources.renames.start(entry.id, new, entry.platform)
    return redirect(visit.link("shops", told="shop_renaming"))


def upload(sources: Sources, visit: Visit) -> RenderedPage:
    """A list is looked at: every mistake of it, or what would be done."""
    _refuse_readable(visit)
    shops, trouble = ShopList(), ""
    with in_memory(visit.file, sources.workspace.state_dir) as path:
        try:
            shops = read_list(path, visit.texts("shops_page.the_file"))
        except RejectedFileError as error:
            trouble = str(error)
    may_change = visit.form.get("update") == "1"
    config = sources.config()
    plan = Plan() if trouble else sources.workspace.shop_book.plan(shops.rows, config, may_change=may_change)
    plan.mistakes = sorted([*shops.mistakes, *plan.mistakes], key=lambda one: one.place.order)
    plan.hints = [*shops.hints, *plan.hints]
    is_well = not (trouble or plan.mistakes) and any(one.kind != "same" for one in plan.shops)
    name = sources.uploads.keep(visit.person, shops, may_change=may_change) if is_well else ""
    return RenderedPage(
        "shop_list",
        visit.texts("shops_page.preview"),
        "shops",
        {
            "plan": plan,
            "trouble": trouble,
            "upload": name,
            "titles": {one.shop.id: _titles(visit, one.fields) for one in plan.shops},
        },
    )


def enter_list(sources: Sources, visit: Visit) -> Answer:
    """A list that was looked at is entered, all of it or nothing."""
    held = sources.uploads.take(visit.person, visit.form.get("upload", ""))
    if held is None:
        raise UsageError("this list is not here any more", where=visit.texts("menu.shops"), todo="Send it again.")
    book, config = sources.workspace.shop_book, sources.config()
    plan = book.enter(held.shops.rows, config, may_change=held.may_change)
    if plan.mistakes:
        raise UsageError(
            "somebody has changed the shops meanwhile, nothing was entered",
            where=visit.texts("menu.shops"),
            found=plan.mistakes[0].text(visit.texts),
            todo="Send the list again.",
        )
    return redirect(visit.link("shops", told="shops_entered", n=plan.count("new") + plan.count("changed")))


def _enter(sources: Sources, visit: Visit, entry: Entry | None) -> RenderedPage | Answer:
    texts = _texts(sources, visit, entry)
    if any(name in texts for name in _SECRET):
        _refuse_readable(visit)
    book, config = sources.workspace.shop_book, sources.config()
    only = entry.id if entry is not None else None
    plan = book.enter([typed(texts)], config, may_change=entry is not None, only=only)
    if plan.mistakes:
        wrong = {one.place.field: one.what(visit.texts) for one in plan.mistakes if one.place.field}
        general = [one.text(visit.texts) for one in plan.mistakes if not one.place.field]
        shown = {name: text for name, text in visit.form.items() if name not in (*_SECRET, "token")}
        return form_page(sources, visit, ShopForm(entry, shown, wrong, general))
    return redirect(visit.link("shops", told="shop_added" if entry is None else "shop_changed"))


def _texts(sources: Sources, visit: Visit, entry: Entry | None) -> Mapping[str, str]:
    """The fields of the form as a row of a list has them."""
    names = ("name", "platform", *_SECRET, "id", "owner", "group", "since", "portal_name", "portal_shop")
    texts = {name: visit.form.get(name, "") for name in names}
    ticked = [name for name in sources.config().datasets if visit.form.get(f"dataset-{name}")]
    texts["datasets"] = ",".join(ticked) or "all"
    if entry is not None:
        texts["id"] = entry.id
        # An empty field takes back what was in it.
        texts |= {name: "-" for name in OPTIONAL if not texts[name].strip()}
    return {name: text for name, text in texts.items() if text}


def _refuse_readable(visit: Visit) -> None:
    if visit.is_readable:
        raise UsageError(
            "others on the way could read the passwords",
            where="this page",
            found="plain http from another machine",
            todo="Put TLS in front of the board (docs/operate.md, Behind a reverse proxy).",
        )


def _titles(visit: Visit, fields: tuple[str, ...]) -> str:
    return visit.texts("format.listed").join(field_title(visit.texts, name) for name in fields)
