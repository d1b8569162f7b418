"""The crash table: runs are killed at every durable step; the next one makes good what they began, and asks no more.

The kills are real (SIGKILL to the process that runs the crawl), so are the store, the ledger and the portals' own
records. Each step has a story with two shops, a business day and a state directory of its own: a run is killed before
the step, the next one after it, and the last one ends.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import lake_readers
import pyarrow.parquet
import pytest
from shipped_config import load_shipped_config
from workplace import Run, Workplace

from sandbox import Sandbox, SandboxOptions, SandboxShop
from sandbox.dremio import DremioDouble
from sandbox.store import SeaweedStore
from shopdata.failpoints import FailPoint
from shopdata.store.object_store import ObjectStore

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL to tell by the exit code"),
]

ROWS = 20
FIRST_DAY = date(2026, 3, 1)
SHOPS_OF_A_STORY = 2

#: A step and the points around it.
STEPS: dict[str, list[FailPoint]] = {}
for _point in FailPoint:
    STEPS.setdefault(_point.value.partition(".")[0], []).append(_point)
#: On a platform whose files are had without a report job, the points where that may make a difference.
PDD_STEPS = {
    "asking": [FailPoint.CLAIM_AFTER, FailPoint.DOWNLOAD_BEFORE],
    "staging": [FailPoint.DOWNLOAD_AFTER, FailPoint.OUTBOX_AFTER, FailPoint.CELL_AFTER],
    "publishing": [FailPoint.PARQUET_PUT_AFTER, FailPoint.PUBLISHED_BEFORE],
}
STORIES = [("jd_store", step) for step in STEPS] + [("pdd_kpi", step) for step in PDD_STEPS]
#: Only here somebody must sign in: all others have the sessions of an earlier day.
SIGN_IN = "session"
WITH_DREMIO = ("refresh", "refreshed")
#: From here on every file is staged.
PARTITION_POINTS = tuple(FailPoint)[tuple(FailPoint).index(FailPoint.MERGE_BEFORE) :]


@dataclass
class Kill:
    """A run that was killed, and how things stood then."""

    point: FailPoint
    run: Run
    survivors: list[str]
    #: Ids of the shops whose file lay safe.
    safe: set[str]
    #: How many files the portal had sent, by shop.
    sent: Mapping[str, int]


@dataclass
class Story:
    """Runs that were killed one after the other, and the last one, which was not."""

    place: Workplace
    dataset: str
    shops: tuple[SandboxShop, ...]
    day: date
    kills: list[Kill]
    last: Run
    #: What the portal says in the end: files sent and report jobs, by shop.
    sent: Mapping[str, int]
    jobs: Mapping[str, Mapping[str, int]]

    @property
    def platform(self) -> str:
        return self.shops[0].platform

    def object(self, key: str) -> bytes:
        with self.place.objects() as store:
            return store.get_bytes(key)

    def receipt(self) -> dict[str, Any]:
        return json.loads(self.object(f"receipts/{self.platform}/{self.dataset}/dt={self.day}.json"))

    def ask_ledger(self, question: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.place.state_dir / "ledger.sqlite3")) as database:
            return database.execute(question).fetchall()


Stories = dict[tuple[str, str], Story]


@pytest.fixture(scope="module")
def stories(
    request: pytest.FixtureRequest, object_store_server: SeaweedStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stories]:
    """All that somebody wants to hear, some at a time: one waits while another one works."""
    items = [
        item for item in request.session.items if isinstance(item, pytest.Function) and item.module is request.module
    ]
    told_of = [item.callspec.params.get("story") if hasattr(item, "callspec") else None for item in items]
    wanted = STORIES if None in told_of else [which for which in STORIES if which in told_of]
    settings = object_store_server.settings(bucket=f"crash-table-{os.getpid()}")
    options = SandboxOptions(
        shops=SHOPS_OF_A_STORY * len(STEPS),
        pdd_shops=SHOPS_OF_A_STORY * len(PDD_STEPS),
        rows=ROWS,
        report_seconds=0.2,
        empty_link_seconds=0.1,
    )
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(options))
        dremio = stack.enter_context(DremioDouble(bucket=settings.bucket))
        # Once: all runs together would find it missing, and make it.
        stack.enter_context(ObjectStore(settings)).ensure_bucket()

        def tell(which: tuple[str, str], folder: Path) -> Story:
            spider, step = which
            number = STORIES.index(which)
            place = Workplace(folder, sandbox, settings)
            stack.callback(place.close)
            if step in WITH_DREMIO:
                place.variables |= dremio.environment()
            shops = sandbox.shops[SHOPS_OF_A_STORY * number : SHOPS_OF_A_STORY * (number + 1)]
            return kill_and_go_on(place, spider, step, shops, FIRST_DAY + timedelta(days=number))

        # Not in the threads: the first to ask a factory for a folder empties the place of all of them.
        folders = [tmp_path_factory.mktemp(step) for _, step in wanted]
        with ThreadPoolExecutor(max(os.cpu_count() or 1, 2)) as pool:
            yield dict(zip(wanted, pool.map(tell, wanted, folders), strict=True))


def kill_and_go_on(place: Workplace, spider: str, step: str, shops: tuple[SandboxShop, ...], day: date) -> Story:
    ids = {shop.id for shop in shops}
    place.keep_only(*ids)
    if step != SIGN_IN:
        place.sign_in(*ids)
    command = ("crawl", spider, "-a", f"date={day}")
    kills = []
    for point in STEPS[step] if spider == "jd_store" else PDD_STEPS[step]:
        run = place.scrapy(*command, "-s", "SHOPDATA_FAILPOINTS_KILL=1", SHOPDATA_FAILPOINT=point.value)
        sent = place.sandbox.counters().downloads
        kills.append(Kill(point, run, run.survivors(), safe_shops(place, day) & ids, sent))
    last = place.scrapy(*command)
    counters = place.sandbox.counters()
    dataset = "jd_store" if spider == "jd_store" else "pdd_kpi_days"
    return Story(place, dataset, shops, day, kills, last, counters.downloads, counters.jobs)


def safe_shops(place: Workplace, day: date) -> set[str]:
    """Those whose file of the day lies whole on the disk or in the store."""
    folders = [place.state_dir / folder for folder in ("incoming", "raw")]
    safe = {path.stem for folder in folders for path in folder.rglob("*") if path.is_file()}
    with place.objects() as store:
        return safe | {Path(key).stem for key in store.list_keys("raw/") if f"dt={day}/" in key}


@pytest.fixture(params=STORIES, ids=lambda which: "-".join(which))
def story(stories: Stories, request: pytest.FixtureRequest) -> Story:
    return stories[request.param]


def test_the_runs_were_killed_where_they_should_be(story: Story) -> None:
    """Every point is passed by a real crawl: none can rot."""
    for kill in story.kills:
        assert kill.run.code == -signal.SIGKILL, f"{kill.point}: {kill.run.text[-3000:]}"


def test_nothing_outlives_a_kill(story: Story) -> None:
    assert [kill.survivors for kill in story.kills] == [[] for _ in story.kills]


def test_the_last_run_ends_well(story: Story) -> None:
    assert story.last.code == 0, story.last.text[-3000:]
    assert "Traceback" not in story.last.text


def test_every_row_is_there_once(story: Story) -> None:
    if story.dataset == "jd_store":
        expected = lake_readers.as_parquet(lake_readers.sent(story.place.sandbox, story.day, story.shops))
        assert lake_readers.read_by_pyarrow(story.place.store, story.day)[1] == expected
        workbook = story.object(story.receipt()["workbook"]["key"])
        rows = lake_readers.as_workbook(lake_readers.sent(story.place.sandbox, story.day, story.shops))
        assert lake_readers.read_by_calamine(workbook)[1] == rows
    else:
        table = pyarrow.parquet.read_table(io.BytesIO(story.object(story.receipt()["parquet"]["key"])))
        assert [list(row.values()) for row in table.to_pylist()] == kpi_sent(story)


def kpi_sent(story: Story) -> list[list[Any]]:
    rows = []
    for shop in story.shops:
        truth = story.place.sandbox.truth(shop.id, story.day, dataset=story.dataset)
        header = [half_width(name) for name in truth.header]
        places = [header.index(half_width(name)) for name in load_shipped_config().dataset(story.dataset).columns]
        rows += [[shop.name, *(None if row[p] is None else str(row[p]) for p in places)] for row in truth.rows]
    return rows


def half_width(name: str) -> str:
    return name.translate(str.maketrans("（）", "()"))


def test_receipt_workbook_and_parquet_agree(story: Story) -> None:
    receipt = story.receipt()
    assert receipt["missing"] == []
    assert [shop["id"] for shop in receipt["shops"]] == [shop.id for shop in story.shops]
    for part in ("workbook", "parquet"):
        content = story.object(receipt[part]["key"])
        assert (receipt[part]["sha256"], receipt[part]["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert receipt[part]["rows"] == receipt["rows"] == sum(shop["rows"] for shop in receipt["shops"])
    for shop in receipt["shops"]:
        assert shop["sha256"] == hashlib.sha256(story.object(shop["raw_key"])).hexdigest()


def test_nothing_else_is_in_the_bucket(story: Story) -> None:
    receipt = story.receipt()
    expected = {shop["raw_key"] for shop in receipt["shops"]} | {receipt["workbook"]["key"], receipt["parquet"]["key"]}
    expected.add(f"receipts/{story.platform}/{story.dataset}/dt={story.day}.json")
    assert {key for key in story.place.stored_keys() if str(story.day) in key} == expected


def test_the_ledger_says_the_same(story: Story) -> None:
    receipt = story.receipt()
    cells = story.ask_ledger("SELECT shop, state, rows, job FROM cells ORDER BY shop")
    assert cells == [(shop["id"], "published", shop["rows"], None) for shop in receipt["shops"]]
    ((rows, published, parquet, refresh),) = story.ask_ledger(
        "SELECT rows, published, parquet_sha256, refresh_state FROM partitions"
    )
    assert (rows, published, parquet) == (receipt["rows"], SHOPS_OF_A_STORY, receipt["parquet"]["sha256"])
    assert refresh == receipt["refresh"]["state"]
    assert refresh == ("COMPLETED" if story.place.variables else "NOT_CONFIGURED")


def test_no_lease_is_left(story: Story) -> None:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    assert story.ask_ledger(f"SELECT name FROM leases WHERE until > '{now}'") == []
    assert story.ask_ledger("SELECT shop FROM cells WHERE lease_owner <> ''") == []


def test_nothing_is_left_in_the_state_directory(story: Story) -> None:
    left = [path for folder in ("incoming", "raw") for path in (story.place.state_dir / folder).rglob("*")]
    assert [path for path in left if path.is_file()] == []


def test_no_file_is_asked_for_twice_once_it_is_safe(story: Story) -> None:
    for kill in story.kills:
        assert {id: story.sent[id] for id in kill.safe} == {id: kill.sent[id] for id in kill.safe}, kill.point
        if kill.point in PARTITION_POINTS:
            assert kill.safe == {shop.id for shop in story.shops}


def test_no_report_is_ordered_twice(story: Story) -> None:
    if story.dataset == "jd_store":
        assert {shop.id: story.jobs[shop.id] for shop in story.shops} == {
            shop.id: {str(story.day): 1} for shop in story.shops
        }


@pytest.mark.parametrize("point", [FailPoint.DOWNLOAD_AFTER, FailPoint.OUTBOX_AFTER, FailPoint.CELL_AFTER])
def test_a_kill_after_a_download_leaves_a_file(stories: Stories, point: FailPoint) -> None:
    """Otherwise the check of twice asked files would hold of nothing."""
    kills = [kill for story in stories.values() for kill in story.kills if kill.point is point]
    assert len(kills) == 2
    assert all(kill.safe for kill in kills)


def test_a_sign_in_leaves_no_browser(stories: Stories) -> None:
    """There was one to leave behind."""
    for kill in stories["jd_store", SIGN_IN].kills[:1]:
        assert any(name.startswith("chrom") for name in kill.run.programs())
