"""What the buttons do. Each checks its own form, acts, and sends the browser to where the result is seen."""

from __future__ import annotations

from collections.abc import Callable

from shopdata.ledger import CellKey
from shopdata.service.board import record_actions, shop_actions, user_actions
from shopdata.service.board.addresses import checked_dt, checked_id, checked_run_id
from shopdata.service.board.answers import Answer, BadFormError, PageNotFoundError, redirect
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit

#: More periods in one form than any page of ours shows.
_MOST_PERIODS = 60


def act(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """Runs the action that the address names: `do/<action>`. A form that can't be used comes back as a page.

    Raises:
        PageNotFoundError: there is none of that name.
        BadFormError: the form does not fit it.
    """
    if len(visit.path) != 2 or visit.path[0] != "do" or visit.path[1] not in ACTIONS:
        raise PageNotFoundError
    try:
        return ACTIONS[visit.path[1]](sources, visit)
    except PageNotFoundError:
        raise BadFormError(
            f"a value of the form {visit.path[1]!r} can't be used", todo="Go back, load the page again, try again"
        ) from None


def run_now(sources: Sources, visit: Visit) -> Answer:
    """An entry of the clock, at once."""
    return _queued(visit, [sources.control.run_now(visit.form.get("job", ""))])


def pause(sources: Sources, visit: Visit) -> Answer:
    """The clock passes over an entry."""
    sources.control.pause(visit.form.get("job", ""))
    return redirect(visit.link("schedule", told="paused"))


def resume(sources: Sources, visit: Visit) -> Answer:
    """The clock heeds an entry again."""
    sources.control.resume(visit.form.get("job", ""))
    return redirect(visit.link("schedule", told="resumed"))


def collect(sources: Sources, visit: Visit) -> Answer:
    """Some periods of a dataset, of some shops or all: `dt` and `shop` are lists with commas between."""
    dataset = checked_id(visit.form.get("dataset", ""))
    sources.contract(dataset)
    dts = [checked_dt(dt) for dt in visit.form.get("dt", "").split(",")][:_MOST_PERIODS]
    shops = [checked_id(shop) for shop in visit.form.get("shop", "").split(",") if shop]
    return _queued(visit, sources.control.collect(dataset, dts, shops, force=visit.form.get("force") == "1"))


def accept(sources: Sources, visit: Visit) -> Answer:
    """A doubtful file is right, says this person: it is published by a run that asks nothing."""
    dataset, dt = checked_id(visit.form.get("dataset", "")), checked_dt(visit.form.get("dt", ""))
    shop = checked_id(visit.form.get("shop", ""))
    sources.contract(dataset)
    if sources.accept(CellKey(dataset, dt, shop), visit.user):
        return _queued(visit, sources.control.collect(dataset, [dt], [shop]))
    return redirect(visit.link("cell", dataset, dt, shop, told="accepted"))


def cancel(sources: Sources, visit: Visit) -> Answer:
    """A run that waits or runs."""
    is_cancelled = sources.control.cancel(checked_run_id(visit.form.get("run", "")))
    return redirect(visit.link("runs", told="cancelled" if is_cancelled else "gone"))


def sign_in(sources: Sources, visit: Visit) -> Answer:
    """A shop, in the program's browser and by this person's hand."""
    shop = sources.shop(checked_id(visit.form.get("shop", "")))
    if shop is None or sources.sign_ins is None:
        raise PageNotFoundError
    record_actions.refuse_readable(visit)
    sources.sign_ins.start(shop, visit.person, visit.form.get("invite", ""))
    return redirect(visit.link("sessions", shop.id, "live"))


def sign_in_act(sources: Sources, visit: Visit) -> Answer:
    """A button of the page of a sign-in: `what` it is, and of which `view`."""
    shop_id = checked_id(visit.form.get("shop", ""))
    if sources.sign_ins is None:
        raise PageNotFoundError
    view = visit.form.get("view", "")
    sources.sign_ins.act(shop_id, visit.person, view, visit.form.get("what", ""), visit.form)
    return redirect(visit.link("sessions", shop_id, "live", view=view))


def _queued(visit: Visit, run_ids: list[str]) -> Answer:
    return redirect(visit.link("runs", told="queued" if run_ids else "nothing", run=",".join(run_ids[:3])))


ACTIONS: dict[str, Callable[[Sources, Visit], RenderedPage | Answer]] = {
    "run-now": run_now,
    "pause": pause,
    "resume": resume,
    "collect": collect,
    "accept": accept,
    "cancel": cancel,
    "sign-in": sign_in,
    "sign-in-act": sign_in_act,
    "record": record_actions.record,
    "record-act": record_actions.act,
    "record-compare": record_actions.compare,
    "shop-add": shop_actions.add,
    "shop-edit": shop_actions.edit,
    "shop-enable": shop_actions.enable,
    "shop-disable": shop_actions.disable,
    "shop-rename": shop_actions.rename,
    "shop-remove": shop_actions.remove,
    "shops-upload": shop_actions.upload,
    "shops-enter": shop_actions.enter_list,
    "user-add": user_actions.add,
    "user-role": user_actions.set_role,
    "user-password": user_actions.set_password,
    "user-remove": user_actions.remove,
}
