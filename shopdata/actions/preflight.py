"""What `scrapy preflight` does: asks each session, signs in where no person is needed, and tells who else must be."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from scrapy.crawler import Crawler, CrawlerProcessBase
from scrapy.spiderloader import SpiderLoaderProtocol

from shopdata import doorway
from shopdata.actions.crawl import PREAMBLE, notify_not_started
from shopdata.actions.printing import print_line, print_table
from shopdata.alerts.sign_ins import Ending, Needed, SignInsNeeded, notify_sign_ins
from shopdata.alerts.start_failures import forget_start_failure
from shopdata.arguments import check_command, enabled_shops
from shopdata.config import Config, Shop
from shopdata.crawling.session_check import Checked, Found, SessionCheck
from shopdata.exceptions import LedgerError, UsageError
from shopdata.extensions.outcome import traffic_of
from shopdata.ledger.slots import PAUSED, Slots
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.run_ids import new_run_id
from shopdata.service.arguments import SpiderArguments
from shopdata.service.due import delay_of, next_slot
from shopdata.sessions.forecast import REMEMBERED, Forecasts, until_when
from shopdata.wording import Texts
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

MARKS = {Found.SIGNED_IN: "✓", Found.RENEWED: "✓", Found.NEEDS_LOGIN: "✗", Found.UNCHECKED: "?"}


def preflight(
    process: CrawlerProcessBase, crawler_of: Callable[[type[SessionCheck]], Crawler], arguments: Mapping[str, str]
) -> int:
    """Looks at the sessions of the shops that are named, or of all; returns the exit code.

    Args:
        crawler_of: makes the spider's crawler.
        arguments: `shops`, and what scrapyd adds.
    """
    for name in PREAMBLE:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        crawler = crawler_of(SessionCheck)
        workspace = Workspace.of(crawler)
        check_command(workspace.config, SessionCheck.name, arguments)
        shops = enabled_shops(workspace.config, arguments.get("shops"))
        assert workspace.ledger
        assert workspace.sessions
        doorway.begin_work()
    except (UsageError, LedgerError) as error:
        print(error, file=sys.stderr)
        notify_not_started(SessionCheck.name, Reason.of(error), process.settings)
        return 2
    run_id = arguments.get("_job") or new_run_id()
    own = {name: value for name, value in arguments.items() if not name.startswith("_")}
    process.crawl(crawler, run_id=run_id, shops=shops, arguments=own)
    process.start()
    if process.bootstrap_failed or crawler.spider is None:
        return 1
    assert isinstance(crawler.spider, SessionCheck)
    try:
        return _conclude(workspace, crawler, shops, crawler.spider.checked, run_id, process.spider_loader)
    except LedgerError as error:
        print(error, file=sys.stderr)
        return 1


def _conclude(
    workspace: Workspace,
    crawler: Crawler,
    shops: Sequence[Shop],
    checked: Mapping[str, Checked],
    run_id: str,
    loader: SpiderLoaderProtocol,
) -> int:
    """Prints what was found, tells it, and enters it into the ledger; returns the exit code. Raises LedgerError."""
    now = datetime.now(SHANGHAI)
    # In the order of the configuration, not in that in which the portals have answered.
    checked = {shop.id: checked[shop.id] for shop in shops if shop.id in checked}
    is_whole = len(checked) == len(shops)
    next_of = _next_collections(workspace.config, workspace.ledger.slots, loader, shops, now)
    found = _sign_ins_needed(workspace, checked, next_of, now, workspace.group_texts)
    forget_start_failure(workspace.config.alerts, SessionCheck.name, workspace.ledger, now)
    if is_whole:
        notify_sign_ins(
            workspace.group_texts, workspace.config, workspace.ledger, run_id, found, board_url=workspace.board_url
        )
    _show(workspace, checked, next_of, now)
    counts = Counter(one.found.value for one in checked.values())
    is_well = is_whole and not (counts[Found.NEEDS_LOGIN] or counts[Found.UNCHECKED])
    # It has done its work where somebody is needed, too: the counts say so.
    outcome = "stopped" if not is_whole else "incomplete" if counts[Found.UNCHECKED] else "complete"
    exit_code = 0 if is_well else 1
    workspace.ledger.finish_run(run_id, outcome, counts, exit_code, traffic_of(crawler))
    return exit_code


def _sign_ins_needed(
    workspace: Workspace, checked: Mapping[str, Checked], next_of: Mapping[str, datetime], now: datetime, t: Texts
) -> SignInsNeeded:
    forecasts = _forecasts(workspace)
    needed = [
        Needed(one.shop, one.reason, forecasts.last_sign_in(one.shop))
        for one in checked.values()
        if one.found is Found.NEEDS_LOGIN
    ]
    ending = []
    for one in checked.values():
        next_at = next_of.get(one.shop.id)
        if one.signed_in_at is not None and next_at is not None:
            forecast = forecasts.of(one.shop, one.signed_in_at, now)
            if forecast.ends_before(next_at):
                ending.append(Ending(one.shop, one.signed_in_at, until_when(t, forecast, now)))
    shops = [*(one.shop.id for one in needed), *(one.shop.id for one in ending)]
    meant = [next_of[shop] for shop in shops if shop in next_of]
    looked_at = frozenset(one.shop.id for one in checked.values() if one.found is not Found.UNCHECKED)
    return SignInsNeeded(needed, ending, looked_at, min(meant, default=None))


def _forecasts(workspace: Workspace) -> Forecasts:
    return Forecasts(workspace.ledger.session_lives.since(datetime.now(UTC) - REMEMBERED))


def _next_collections(
    config: Config, slots: Slots, loader: SpiderLoaderProtocol, shops: Sequence[Shop], now: datetime
) -> dict[str, datetime]:
    """When each shop is collected next by schedule.yaml, by its id; a shop that is in no collection is left out."""
    arguments = SpiderArguments(loader, lambda: config)
    found: dict[str, datetime] = {}
    for job in config.schedule.jobs:
        following = next_slot(job, now) if job.spider is not None and job.enabled else None
        if job.spider is None or following is None:
            continue
        mark = slots.last_mark(job.name)
        if mark is not None and mark.state == PAUSED:
            continue
        dataset = arguments.dataset_of(job.spider, job.args)
        only = {name.strip() for name in job.args["shops"].split(",")} if "shops" in job.args else None
        at = following + delay_of(job, following)
        for shop in config.shops_for(dataset) if dataset else ():
            if only is None or shop.id in only:
                found[shop.id] = min(at, found.get(shop.id, at))
    return {shop.id: found[shop.id] for shop in shops if shop.id in found}


def _show(workspace: Workspace, checked: Mapping[str, Checked], next_of: Mapping[str, datetime], now: datetime) -> None:
    t, forecasts = workspace.texts, _forecasts(workspace)
    heads = ["", t("head.shop"), t("head.platform"), t("session_list.session"), t("session_list.expected")]
    rows = []
    for one in checked.values():
        until = ""
        if one.signed_in_at is not None:
            forecast = forecasts.of(one.shop, one.signed_in_at, now)
            until = "?" if forecast.at is None else until_when(t, forecast, now)
        state = t(f"state.{one.found}.word")
        rows.append((MARKS[one.found], one.shop.id, one.shop.platform, state, until))
    print_table([*heads, t("preflight.next")], [(*row, t.short(next_of.get(row[1]))) for row in rows])
    for one in checked.values():
        if one.reason:
            print_line(t("session_list.parked", shop=one.shop.id, why=one.reason))
