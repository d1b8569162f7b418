"""Something that a run depends on is out of order: a sentence, exit code 1, and the next run fixes it by itself.

Every outage has two shops, a business day, a state directory and a bucket of its own. The runs are real, and so is what
is wrong: a store that is not there or does not answer, a server that refuses, a disk that takes no more.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import lake_readers
import pytest
from faulty_http import Fault, closed_port, drain, forward_to, reply, s3_error, serve
from workplace import REPO, Run, Workplace

from sandbox import Sandbox, SandboxOptions, SandboxShop
from sandbox.dremio import DremioDouble
from sandbox.store import SeaweedStore

pytestmark = [pytest.mark.services, pytest.mark.timeout(3600)]

FIRST_DAY = date(2026, 3, 1)
SHOPS_OF_A_STORY = 2
#: Of so many rows a report is a file of about a megabyte.
MANY_ROWS = 1500
A_WRONG_ONE = "not-the-right-secret-key"


@dataclass
class Story:
    """A run while something was out of order, and the one after it."""

    place: Workplace
    shops: tuple[SandboxShop, ...]
    day: date
    bad: Run
    #: Right after the bad run: what lay in the outbox, what the ledger said.
    outbox: set[str]
    states: dict[str, str]
    keys: set[str]
    good: Run
    #: How often the portal was asked by the good run.
    asked: int


#: Brings the outage about; gives the variables that lead into it.
Outage = Callable[[Workplace, ExitStack], dict[str, str]]


def nobody_listens(place: Workplace, stack: ExitStack) -> dict[str, str]:
    return {"SHOPDATA_S3_ENDPOINT": closed_port()}


def silence(place: Workplace, stack: ExitStack) -> dict[str, str]:
    is_over = threading.Event()
    server = stack.enter_context(serve(lambda request: is_over.wait() and None))
    stack.callback(is_over.set)
    # Here only: a store that is well may need longer than that on a busy machine.
    place.edit("lake.yaml", lambda lake: lake["object_store"].update(read_timeout_seconds=1))
    return {"SHOPDATA_S3_ENDPOINT": server.endpoint}


def too_busy(place: Workplace, stack: ExitStack) -> dict[str, str]:
    server = stack.enter_context(serve(lambda request: s3_error(request, 503, "SlowDown")))
    return {"SHOPDATA_S3_ENDPOINT": server.endpoint}


def wrong_secret(place: Workplace, stack: ExitStack) -> dict[str, str]:
    return {"SHOPDATA_S3_SECRET_KEY": A_WRONG_ONE}


def no_bucket(place: Workplace, stack: ExitStack) -> dict[str, str]:
    """It is not there, and may not be made."""

    def refuse(request: BaseHTTPRequestHandler) -> bool:
        is_making = request.command == "PUT" and request.path.count("/") == 1
        if is_making:
            s3_error(request, 403, "AccessDenied")
        return is_making

    return behind(refuse, place, stack)


def says_yes_and_keeps_nothing(place: Workplace, stack: ExitStack) -> dict[str, str]:
    """Files under raw/ are taken, and are not there afterwards."""

    def swallow(request: BaseHTTPRequestHandler) -> bool:
        is_raw = request.command == "PUT" and "/raw/" in request.path
        if is_raw:
            drain(request)
            reply(request, 200, ETag='"0123"')
        return is_raw

    return behind(swallow, place, stack)


def behind(fault: Fault, place: Workplace, stack: ExitStack) -> dict[str, str]:
    server = stack.enter_context(serve(forward_to(place.store.endpoint, fault)))
    return {"SHOPDATA_S3_ENDPOINT": server.endpoint}


def no_room_for_a_file(place: Workplace, stack: ExitStack) -> dict[str, str]:
    """The system refuses files above some size, as it refuses any where the disk is full."""
    folder = place.folder / "limit"
    folder.mkdir()
    code = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))\n"
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(REPO)])}


def portal_down(place: Workplace, stack: ExitStack) -> dict[str, str]:
    origins = {"report_origin": f"http://{closed_port()}", "gateway_origin": f"http://{closed_port()}"}
    was = dict(place.sandbox.origins)
    place.edit("portals.yaml", lambda portals: portals["jd"].update(origins, max_tries=2, retry_after_seconds=0.1))
    there = {"report_origin": was["report"], "gateway_origin": was["gateway"]}
    stack.callback(place.edit, "portals.yaml", lambda portals: portals["jd"].update(there))
    return {}


#: The outage, a pattern for its sentence, and the cells' state after it.
OUTAGES: dict[str, tuple[Outage, str, str]] = {
    "store-down": (nobody_listens, r"nobody listens where the object store should be", "staged"),
    "store-slow": (silence, r"does not answer\. Found silence for 1 s, one try", "staged"),
    "store-503": (too_busy, r"the object store is too busy", "staged"),
    "store-wrong-secret": (
        wrong_secret,
        r"the object store refuses the secret key\..*SHOPDATA_S3_SECRET_KEY",
        "staged",
    ),
    "store-no-bucket": (no_bucket, r"the bucket does not exist and can't be created.*Create it by hand", "staged"),
    "store-keeps-nothing": (says_yes_and_keeps_nothing, r"does not hold what was sent\. Found nothing", "staged"),
    "disk-full": (no_room_for_a_file, r"the disk is full\. Found File too large\. Make room there", "failed"),
    "portal-down": (portal_down, r"the portal did not answer: the connection was refused", "failed"),
}
OF_THE_STORE = [name for name in OUTAGES if name.startswith("store-")]


@pytest.fixture(scope="module")
def stories(object_store_server: SeaweedStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Story]]:
    with ExitStack() as stack:
        usual = stack.enter_context(sandbox_of(20, len(OUTAGES)))
        large = stack.enter_context(sandbox_of(MANY_ROWS, len(OUTAGES)))

        def tell(number: int, folder: Path) -> Story:
            name = list(OUTAGES)[number]
            settings = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
            sandbox = large if name == "disk-full" else usual
            place = Workplace(folder, sandbox, settings)
            stack.callback(place.close)
            shops = sandbox.shops[SHOPS_OF_A_STORY * number : SHOPS_OF_A_STORY * (number + 1)]
            return suffer_and_go_on(place, OUTAGES[name][0], shops, FIRST_DAY + timedelta(days=number))

        # Not in the threads: the first to ask a factory for a folder empties the place of all of them.
        folders = [tmp_path_factory.mktemp(name) for name in OUTAGES]
        with ThreadPoolExecutor(max(os.cpu_count() or 1, 2)) as pool:
            yield dict(zip(OUTAGES, pool.map(tell, range(len(OUTAGES)), folders), strict=True))


def sandbox_of(rows: int, stories: int) -> Sandbox:
    shops = SHOPS_OF_A_STORY * stories
    return Sandbox(SandboxOptions(shops=shops, pdd_shops=0, rows=rows, report_seconds=0.2, empty_link_seconds=0.1))


def suffer_and_go_on(place: Workplace, outage: Outage, shops: tuple[SandboxShop, ...], day: date) -> Story:
    ids = [shop.id for shop in shops]
    place.keep_only(*ids)
    place.sign_in(*ids)
    place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=1))
    with ExitStack() as stack:
        bad = place.crawl(f"date={day}", **outage(place, stack))
    outbox = {path.stem for path in (place.state_dir / "raw").rglob("*.xlsx")}
    with closing(sqlite3.connect(place.state_dir / "ledger.sqlite3")) as ledger:
        states = dict(ledger.execute("SELECT shop, state FROM cells"))
    with place.objects() as store:
        keys = set(store.list_keys("")) if store.has_bucket() else set()
    place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=3, read_timeout_seconds=60))
    before = sum(len(place.sandbox.records(id)) for id in ids)
    good = place.crawl(f"date={day}")
    asked = sum(len(place.sandbox.records(id)) for id in ids) - before
    return Story(place, shops, day, bad, outbox, states, keys, good, asked)


@pytest.fixture(params=OUTAGES)
def story(stories: dict[str, Story], request: pytest.FixtureRequest) -> Story:
    return stories[request.param]


@pytest.mark.parametrize("name", OUTAGES)
def test_is_told_in_a_sentence(stories: dict[str, Story], name: str) -> None:
    run = stories[name].bad
    assert re.search(OUTAGES[name][1], run.err), run.err[-3000:]
    assert "Traceback" not in run.text
    assert A_WRONG_ONE not in run.text


def test_exit_code_is_1(story: Story) -> None:
    assert story.bad.code == 1


@pytest.mark.parametrize("name", OUTAGES)
def test_the_ledger_knows_how_far_it_came(stories: dict[str, Story], name: str) -> None:
    assert set(stories[name].states.values()) == {OUTAGES[name][2]}


@pytest.mark.parametrize("name", OF_THE_STORE)
def test_files_that_the_store_did_not_keep_stay_in_the_outbox(stories: dict[str, Story], name: str) -> None:
    assert stories[name].outbox == {shop.id for shop in stories[name].shops}
    assert "Raw files stay in the outbox; the next run sends them." in stories[name].bad.err


def test_half_a_day_is_not_published(story: Story) -> None:
    assert [key for key in story.keys if not key.startswith("raw/")] == []


def test_the_next_run_mends_it(story: Story) -> None:
    assert story.good.code == 0, story.good.text[-3000:]
    expected = lake_readers.as_parquet(lake_readers.sent(story.place.sandbox, story.day, story.shops))
    assert lake_readers.read_by_pyarrow(story.place.store, story.day)[1] == expected
    assert list((story.place.state_dir / "raw").rglob("*.xlsx")) == []


@pytest.mark.parametrize("name", OF_THE_STORE)
def test_and_asks_the_portal_for_nothing_that_is_there(stories: dict[str, Story], name: str) -> None:
    assert stories[name].asked == 0


def test_a_full_disk_costs_no_second_report(stories: dict[str, Story]) -> None:
    jobs = stories["disk-full"].place.sandbox.counters().jobs
    for shop in stories["disk-full"].shops:
        assert jobs[shop.id] == {str(stories["disk-full"].day): 1}


def test_dremio_down_then_refusing(object_store_server: SeaweedStore, tmp_path: Path) -> None:
    """The data is published all the same; the run that finds Dremio well asks it, and no portal."""
    day = FIRST_DAY
    options = SandboxOptions(shops=2, pdd_shops=0, rows=20, report_seconds=0.2, empty_link_seconds=0.1)
    settings = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
    with Sandbox(options) as sandbox, DremioDouble(bucket=settings.bucket) as dremio:
        place = Workplace(tmp_path, sandbox, settings)
        place.sign_in(*(shop.id for shop in place.shops))
        place.variables |= dremio.environment()

        run = place.crawl(f"date={day}", SHOPDATA_DREMIO_URL=f"http://{closed_port()}")
        assert run.code == 1
        assert "published, but not refreshed" in run.err
        assert "Traceback" not in run.text
        assert place.receipt(str(day))["refresh"]["state"] == "FAILED"
        assert set(place.states(str(day)).values()) == {"published"}
        sandbox.clear_records()

        dremio.set_faults("login_refused")
        run = place.crawl(f"date={day}")
        assert run.code == 1
        assert "SHOPDATA_DREMIO" in run.err
        assert dremio.password not in run.text
        assert place.receipt(str(day))["refresh"]["state"] == "FAILED"

        dremio.set_faults()
        run = place.crawl(f"date={day}")
        assert run.code == 0, run.text[-3000:]
        assert place.receipt(str(day))["refresh"]["state"] == "COMPLETED"
        assert dremio.refreshed == [("minio", settings.bucket, "ods", "jd", "jd_store")]
        assert sandbox.records() == []
