"""A session that ends while a run is under way is renewed once, and the same request repeated."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import lake_readers
import pytest
from workplace import Run, Workplace, crawl_command

from sandbox import Counters, Fault, Record
from shopdata.ledger import Ledger

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
AT_THE_ORDER, IN_THE_MIDDLE, ALWAYS, NEVER = (f"sandbox-{number:02d}" for number in range(1, 5))
CREATE = "downloadERPSupplyChainProData.ajax"


@dataclass
class Story:
    place: Workplace
    run: Run
    counters: Counters
    records: dict[str, list[Record]]
    receipt: dict[str, Any]


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(shops=4, dead_session_answer="mixed")
    place.edit("portals.yaml", lambda portals: portals["jd"].update(max_tries=1))
    place.sign_in(AT_THE_ORDER, IN_THE_MIDDLE, ALWAYS, NEVER)
    place.sandbox.set_fault(AT_THE_ORDER, Fault.SESSION_DEAD_ONCE, at="create")
    place.sandbox.set_fault(ALWAYS, Fault.SESSION_DEAD_ALWAYS)
    place.sandbox.set_fault(IN_THE_MIDDLE, Fault.REPORT_HELD)
    run = place.start(*crawl_command(f"date={DAY}"))
    run.wait_until(lambda: place.sandbox.counters().jobs.get(IN_THE_MIDDLE))
    # Before its report is there: the list is surely asked once more.
    place.sandbox.set_fault(IN_THE_MIDDLE, Fault.SESSION_DEAD_ONCE, at="list")
    place.sandbox.clear_faults(fault=Fault.REPORT_HELD)
    run.wait()
    records = {shop.id: place.sandbox.records(shop.id) for shop in place.shops}
    return Story(place, run, place.sandbox.counters(), records, place.receipt(str(DAY)))


@pytest.mark.parametrize("shop", [AT_THE_ORDER, IN_THE_MIDDLE])
def test_renewed_once(story: Story, shop: str) -> None:
    assert story.counters.logins[shop] == 1
    assert story.counters.refused_logins == {}
    assert shop in [entry["id"] for entry in story.receipt["shops"]]


def test_an_order_that_met_a_dead_session_is_placed_once(story: Story) -> None:
    assert len([record for record in story.records[AT_THE_ORDER] if record.path.endswith(CREATE)]) == 2
    assert story.counters.jobs[AT_THE_ORDER] == {str(DAY): 1}


def test_the_list_is_asked_again_and_the_report_is_not_ordered_again(story: Story) -> None:
    assert 302 in {record.status for record in story.records[IN_THE_MIDDLE] if record.host == "report"}
    assert story.counters.jobs[IN_THE_MIDDLE] == {str(DAY): 1}


def test_a_session_that_never_lives_ends_that_shop_only(story: Story) -> None:
    assert story.run.code == 1
    assert [entry["id"] for entry in story.receipt["missing"]] == [ALWAYS]
    assert story.counters.logins[ALWAYS] == 1
    (missing,) = story.receipt["missing"]
    assert "although the shop has just signed in" in missing["reason"]
    assert f"scrapy login {ALWAYS}" in missing["reason"]


def test_a_living_session_needs_no_sign_in(story: Story) -> None:
    assert NEVER not in story.counters.logins


def test_new_sessions_are_saved_for_the_next_run(story: Story) -> None:
    story.place.sandbox.clear_faults()
    story.place.sandbox.clear_records()
    run = story.place.crawl("date=2026-02-28", f"shops={AT_THE_ORDER},{IN_THE_MIDDLE},{NEVER}")
    assert run.code == 0, run.text
    assert story.place.sandbox.counters().logins == {}
    run = story.place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert lake_readers.read_by_pyarrow(story.place.store, DAY)[1] == lake_readers.as_parquet(
        lake_readers.sent(story.place.sandbox, DAY)
    )


def test_a_list_without_its_success_is_a_dead_session(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=1, dead_session_answer="message")
    place.sign_in("sandbox-01")
    place.sandbox.set_fault("sandbox-01", Fault.SESSION_DEAD_ONCE, at="list")
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    counters = place.sandbox.counters()
    assert counters.logins == {"sandbox-01": 1}
    assert counters.jobs == {"sandbox-01": {str(DAY): 1}}


def test_a_redirect_to_the_login_page_is_a_dead_session_on_pinduoduo_too(
    make_workplace: Callable[..., Workplace],
) -> None:
    place = make_workplace(
        shops=0, pdd_shops=3, reviews=5, conversations=3, messages_per_conversation=2, dead_session_answer="redirect"
    )
    place.sign_in("pdd-01", "pdd-03")
    place.sandbox.set_fault("pdd-01", Fault.SESSION_DEAD_ONCE, at="reviews")
    place.sandbox.set_fault("pdd-03", Fault.SESSION_DEAD_ONCE, at="messages")
    reviews = place.start("crawl", "pdd_badscore", "-a", f"date={DAY}", "-a", "shops=pdd-01")
    chat = place.start("crawl", "pdd_chat", "-a", f"date={DAY}", "-a", "shops=pdd-03")
    assert [run.wait().code for run in (reviews, chat)] == [0, 0], reviews.text + chat.text
    counters = place.sandbox.counters()
    assert counters.logins == {"pdd-01": 1, "pdd-03": 1}
    # The same question once more, and no other.
    assert counters.calls["pdd-01"]["reviews"] == 2
    assert counters.calls["pdd-03"]["messages"] == 3 + 1
    assert counters.calls["pdd-03"]["conversations"] == 1


@pytest.mark.parametrize("answer", ["redirect", "html", "message"])
def test_a_chat_page_that_leads_to_the_login_page_has_met_a_dead_session(
    make_workplace: Callable[..., Workplace], answer: str
) -> None:
    """As after a night: the saved session has ended before the page is opened, whoever leads it away, and where to."""
    place = make_workplace(
        shops=0, pdd_shops=1, conversations=2, messages_per_conversation=2, dead_session_answer=answer
    )
    place.sign_in("pdd-01")
    place.sandbox.expire_sessions("pdd-01")
    run = place.scrapy("crawl", "pdd_chat", "-a", f"date={DAY}")
    assert run.code == 0, run.text
    assert place.sandbox.counters().logins == {"pdd-01": 1}


AT_ONCE, AT_THE_SECOND_REQUEST, KICKED_IN_TWO = "sandbox-01", "sandbox-02", "pdd-01"


@dataclass
class ShortLives:
    """Runs of shops whose sessions never last; the first of two days, for more than one reason to sign in."""

    place: Workplace
    first: Run
    #: Two datasets of one shop at the same time.
    both: list[Run]
    logins: dict[str, int]
    #: Once more, and nothing has changed.
    second: Run
    logins_of_second: dict[str, int]
    #: The sessions of one shop last again.
    third: Run


@pytest.fixture(scope="module")
def short_lives(make_workplace: Callable[..., Workplace]) -> ShortLives:
    place = make_workplace(shops=2, pdd_shops=1, reviews=50, kicked_after=1)
    place.edit(
        "portals.yaml", lambda portals: [portals[name].update(retry_after_seconds=0.1) for name in ("jd", "pdd")]
    )
    place.sandbox.set_fault(AT_ONCE, Fault.SESSION_DEAD_ALWAYS)
    place.sandbox.set_fault(AT_THE_SECOND_REQUEST, Fault.KICKED)
    place.sandbox.set_fault(KICKED_IN_TWO, Fault.KICKED)
    days = ("-a", "start=2026-02-28", "-a", f"end={DAY}")
    first = place.start("crawl", "jd_store", *days)
    both = [place.start("crawl", spider, *days) for spider in ("pdd_badscore", "pdd_kpi")]
    for run in (first, *both):
        run.wait()
    logins = place.sandbox.counters().logins
    place.sandbox.clear_records()
    second = place.crawl(f"date={DAY}")
    logins_of_second = place.sandbox.counters().logins
    place.sandbox.clear_faults()
    third = place.crawl(f"date={DAY}", f"shops={AT_THE_SECOND_REQUEST}")
    return ShortLives(place, first, both, logins, second, logins_of_second, third)


def test_a_password_is_sent_twice_in_a_run_whatever_kills_its_sessions(short_lives: ShortLives) -> None:
    assert short_lives.first.code == 1
    assert {shop: short_lives.logins[shop] for shop in (AT_ONCE, AT_THE_SECOND_REQUEST)} == {
        AT_ONCE: 2,
        AT_THE_SECOND_REQUEST: 2,
    }
    assert "although the shop has just signed in" in short_lives.first.err
    assert "sessions do not last" in short_lives.first.err


def test_two_datasets_of_one_shop_count_together(short_lives: ShortLives) -> None:
    assert short_lives.logins[KICKED_IN_TWO] <= 2, "".join(run.err for run in short_lives.both)


def test_the_next_run_sends_it_once(short_lives: ShortLives) -> None:
    assert short_lives.second.code == 1
    assert short_lives.logins_of_second == {AT_ONCE: 1, AT_THE_SECOND_REQUEST: 1}
    assert re.search(r"the password sent once since this run began, 2 times before it", short_lives.second.err)


def test_once_the_sessions_last_all_goes_on(short_lives: ShortLives) -> None:
    assert short_lives.third.code == 0, short_lives.third.text


def test_how_long_they_lived_is_noted(story: Story) -> None:
    """The sessions of before this was kept have no row; those of the run's sign-ins do."""
    with Ledger.at(story.place.state_dir) as ledger:
        lives = {life.shop: life for life in ledger.session_lives.since(datetime(2000, 1, 1, tzinfo=UTC))}
    assert lives.keys() == {AT_THE_ORDER, IN_THE_MIDDLE, ALWAYS}
    life = lives[IN_THE_MIDDLE]
    assert (life.signed_in_by, life.asked, life.death) == ("password", (), "")
    assert life.device_made_at is not None
    assert life.cookie_expires_at is not None
    # JD's cookies claim thirty days.
    assert life.cookie_expires_at - life.signed_in_at > timedelta(days=29)
    assert life.last_good_at > life.signed_in_at
