"""An order of which nobody knows whether it was taken ends in one job and a published shop; a clear no stays a no."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import lake_readers
import pytest
from workplace import Run, Workplace, crawl_command

from sandbox import Counters, Fault
from sandbox.jd.doubtful import ANSWERS, kind_for

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
MAX_ORDERS = 3

#: The job is made, and the answer is none: every kind there is, by the shop's number.
MADE = {kind: f"sandbox-{number:02d}" for number, kind in enumerate(ANSWERS, 1)}
#: The job is not made, and the answer is none: so often.
NOT_MADE = {"sandbox-15": 2, "sandbox-19": 1, "sandbox-21": 1, "sandbox-24": 1}
LATE, WRAPPED, OTHER, LIST_DOWN = "sandbox-16", "sandbox-17", "sandbox-18", "sandbox-20"
NEVER, TWIN, WAITING = "sandbox-22", "sandbox-23", "sandbox-25"
#: An odd number gets data, an even one a page.
TOO_OFTEN, UNAUTHORISED = ("sandbox-27", "sandbox-26"), ("sandbox-29", "sandbox-28")
DEAD_LINK = "sandbox-30"

FAULTS: dict[str, list[tuple[Fault, dict[str, Any]]]] = {
    **{shop: [(Fault.CREATE_IN_DOUBT_MADE, {"times": 1})] for shop in MADE.values()},
    **{shop: [(Fault.CREATE_IN_DOUBT, {"times": times})] for shop, times in NOT_MADE.items()},
    LATE: [(Fault.CREATE_IN_DOUBT_MADE, {"times": 1}), (Fault.LISTED_LATE, {})],
    WRAPPED: [(Fault.CREATE_IN_DOUBT_MADE, {"times": 1}), (Fault.WRAPPED_NAMES, {})],
    OTHER: [(Fault.OTHER_NAMES, {})],
    LIST_DOWN: [(Fault.CREATE_IN_DOUBT_MADE, {"times": 1})],
    NEVER: [(Fault.CREATE_IN_DOUBT, {})],
    TWIN: [(Fault.TWIN_JOB, {})],
    WAITING: [(Fault.NO_DATA_YET, {})],
    **{shop: [(Fault.EXPORT_TOO_OFTEN, {})] for shop in TOO_OFTEN},
    **{shop: [(Fault.UNAUTHORISED, {})] for shop in UNAUTHORISED},
    DEAD_LINK: [(Fault.LINK_DEAD_FIRST, {})],
}
#: What becomes of those that are not published, and words that their reason must have.
MISSING = {
    NEVER: (
        "failed",
        r"ordered 3 times, and is not in the list.*bytes are kept .*rejected/jd_store/2026-03-01/sandbox-22",
    ),
    TWIN: (
        "failed",
        "leaves it open which report is ours.*供应链-商品明细_2026-03-01.*and.*供应链-商品明细_2026-03-01",
    ),
    WAITING: ("not_ready", "JD has no data of this day yet.*所选日期暂无数据"),
    **dict.fromkeys(TOO_OFTEN, ("failed", "says too often.*操作频繁.*2.0 hours")),
    **dict.fromkeys(UNAUTHORISED, ("needs_login", "wants a person.*601 未经京东授权")),
}


@dataclass
class Story:
    place: Workplace
    run: Run
    counters: Counters
    receipt: dict[str, Any]
    #: Only who was told "too often", once more, and nobody has waited.
    again: Run
    asked_again: Counters
    #: The twin's shop, once more.
    other: Run
    jobs_of_twin: dict[str, int]


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(shops=30, rows=5, report_seconds=0.5, requests_per_second=50.0)
    patience = {"max_tries": 3, "retry_after_seconds": 0.1, "max_orders": MAX_ORDERS}
    place.edit("portals.yaml", lambda portals: portals["jd"].update(patience))
    place.sign_in(*(shop.id for shop in place.shops))
    for shop, faults in FAULTS.items():
        for fault, limits in faults:
            place.sandbox.set_fault(shop, fault, **limits)
    settings = ("--set=SHOPDATA_SHOPS_AT_ONCE=40", "--set=DOWNLOAD_TIMEOUT=8")
    run = place.start(*crawl_command(f"date={DAY}", *settings))
    run.wait_until(lambda: place.sandbox.counters().jobs.get(LIST_DOWN))
    place.sandbox.set_fault(LIST_DOWN, Fault.SERVER_ERROR_ALWAYS, times=6, at="list")
    run.wait()
    counters, receipt = place.sandbox.counters(), place.receipt(str(DAY))
    place.sandbox.clear_faults()
    place.sandbox.clear_records()
    again = place.crawl(f"date={DAY}", f"shops={','.join(TOO_OFTEN)}")
    asked_again = place.sandbox.counters()
    other = place.crawl(f"date={DAY}", f"shops={TWIN}")
    return Story(place, run, counters, receipt, again, asked_again, other, place.sandbox.counters().jobs.get(TWIN, {}))


def test_the_kinds_are_all_there() -> None:
    assert len(MADE) == len(ANSWERS)


PUBLISHED = [shop for shop in FAULTS if shop not in MISSING]


@pytest.mark.parametrize("shop", PUBLISHED)
def test_one_job_and_a_published_shop(story: Story, shop: str) -> None:
    assert shop in {entry["id"] for entry in story.receipt["shops"]}, _reason(story, shop)
    assert story.counters.jobs[shop] == {str(DAY): 1}


def test_what_is_published_is_ours(story: Story) -> None:
    shops = [shop for shop in story.place.shops if shop.id in PUBLISHED]
    header, rows = lake_readers.read_by_pyarrow(story.place.store, DAY)
    # The one that had a twin was fixed by a later run.
    twin = [shop for shop in story.place.shops if shop.id == TWIN]
    in_order = [shop for shop in story.place.shops if shop in [*shops, *twin]]
    assert rows == lake_readers.as_parquet(lake_readers.sent(story.place.sandbox, DAY, in_order))
    assert header == lake_readers.COLUMNS


@pytest.mark.parametrize("shop", MISSING)
def test_the_others_are_told_of(story: Story, shop: str) -> None:
    state, words = MISSING[shop]
    (entry,) = [entry for entry in story.receipt["missing"] if entry["id"] == shop]
    assert entry["state"] == state
    assert re.search(words, entry["reason"]), entry["reason"]


def test_an_order_in_doubt_is_sent_so_often_and_no_more(story: Story) -> None:
    calls = {shop: story.counters.calls[shop]["create"] for shop in FAULTS}
    expected = dict.fromkeys(FAULTS, 1) | {shop: times + 1 for shop, times in NOT_MADE.items()}
    assert calls == expected | {NEVER: MAX_ORDERS}


def test_an_odd_answer_to_an_order_costs_no_password(story: Story) -> None:
    # But where it comes a second time with the same session: that may be dead for orders alone.
    assert story.counters.logins.keys() <= {NEVER}
    assert story.counters.refused_logins == {}


def test_nobody_s_mistake_is_met(story: Story) -> None:
    assert story.run.code == 1
    assert "Traceback" not in story.run.text
    assert "unexpected" not in str(story.receipt["missing"])


def test_who_exports_too_often_is_left_alone(story: Story) -> None:
    assert story.again.code == 1
    assert story.asked_again.calls == {}
    assert "left alone until" in story.again.err


def test_after_two_that_fit_a_new_one_is_ordered(story: Story) -> None:
    assert story.other.code == 0, story.other.text
    assert story.jobs_of_twin == {str(DAY): 1}


def _reason(story: Story, shop: str) -> str:
    return next(
        (entry["reason"] for entry in story.receipt["missing"] if entry["id"] == shop), kind_for_id(story, shop)
    )


def kind_for_id(story: Story, shop_id: str) -> str:
    return next(kind_for(shop) for shop in story.place.shops if shop.id == shop_id)
