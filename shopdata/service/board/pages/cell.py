"""One cell: what is true about it, why, what to do, and where its file and its log are."""

from __future__ import annotations

from shopdata.alerts.names import dataset_name
from shopdata.lake.doubts import reason_of
from shopdata.ledger import CellKey
from shopdata.ledger.checked_files import CheckedFiles, Doubt, DoubtState
from shopdata.periods import Period, today
from shopdata.service.board import states
from shopdata.service.board.addresses import checked_dt, checked_id
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.notes import in_short
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.states import CellState
from shopdata.wording.why import detail_of

#: So many earlier counts stand beside one that is doubtful.
_EARLIER = 8


def page(sources: Sources, visit: Visit, dataset: str, dt: str, shop_id: str) -> RenderedPage:
    """A cell that was asked for, or could be."""
    contract, dt, shop_id = sources.contract(dataset), checked_dt(dt), checked_id(shop_id)
    cell = sources.workspace.ledger.cell(CellKey(dataset, dt, shop_id))
    shop = sources.shop(shop_id)
    if cell is None and (shop is None or shop.platform != contract.platform):
        raise PageNotFoundError
    checked = sources.workspace.ledger.checked
    doubt = checked.doubt(CellKey(dataset, dt, shop_id)) if cell is not None else None
    told = doubt.state if doubt is not None else ""
    state = states.UNASKED if cell is None else states.shown(cell.state, cell.lease_until, visit.now, told)
    name = shop.name if shop is not None else (cell.raw.shop_name if cell is not None and cell.raw else "") or shop_id
    run = sources.workspace.ledger.run(cell.run_id) if cell is not None and cell.run_id else None
    is_past_snapshot = contract.is_snapshot and Period.from_dt(dt).end != today(visit.now)
    is_listed = shop is not None and shop.enabled and shop in sources.config().shops_for(dataset)
    return RenderedPage(
        "cell",
        f"{name} · {dataset_name(visit.texts, dataset, contract, is_whole=True)} · {visit.texts.periods([dt])}",
        "today",
        {
            "dataset": dataset,
            "contract": contract,
            "dt": dt,
            "shop": shop_id,
            "name": name,
            "platform": contract.platform,
            "cell": cell,
            "state": state,
            "short": in_short(visit.texts, cell.state, cell.reason) if cell is not None else (),
            "run": run,
            "doubt": doubt,
            "in_words": [detail_of(visit.texts, reason_of([found])) for found in doubt.found]
            if doubt is not None
            else [],
            "counts": _counts(checked, doubt) if doubt is not None else [],
            "can_accept": doubt is not None and (doubt.state.is_aside or doubt.state is DoubtState.CONFIRMED),
            "has_log": cell is not None
            and bool(cell.run_id)
            and (sources.control.log_path(cell.run_id) is not None or (run is not None and sources.has_nodes())),
            "has_rejected": bool(sources.rejected(dataset, dt, shop_id)),
            "screenshot_at": sources.screenshot_time(contract.platform, shop_id)
            if state == CellState.NEEDS_LOGIN
            else None,
            "can_sign_in": is_listed and sources.sign_ins is not None,
            "can_ask": is_listed and not is_past_snapshot,
            "is_past_snapshot": is_past_snapshot,
            # Never for a shop that waits for a person: the same credentials tried again may lock the account, and after
            # `scrapy login` it is asked without.
            "is_forced": state in (*states.DONE, CellState.STAGED),
            "is_published": sources.workspace.ledger.partition(dataset, dt) is not None,
        },
    )


def _counts(checked: CheckedFiles, doubt: Doubt) -> list[tuple[str, int]]:
    """The doubtful count, and those of the periods before: label and rows, the newest first."""
    return [(doubt.dt, doubt.rows), *((file.dt, file.rows) for file in checked.earlier(doubt.key, _EARLIER))]
