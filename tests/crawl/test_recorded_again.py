"""Every dataset that the project delivers, recorded: each recipe publishes what the delivered one does."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from workplace import REPO, Run, Workplace

from sandbox.pdd.orders import PddOrders

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = "2026-02-24"
SHOPS = {"jd": "sandbox-01", "pdd": "pdd-01"}
JOURNALS = Path(__file__).parents[1] / "recording" / "journals"
#: JD's stock is recorded, rehearsed and compared in `test_rehearse.py`.
DATASETS = sorted({path.stem for path in JOURNALS.glob("*.jsonl")} - {"jd_store"})
#: Those of which the delivered contract says what nothing shows: other names for a list's fields, that rows of sums
#: stay, which texts mean nothing. It stands before they are recorded. The others have the contract that follows.
TOLD = {
    *("pdd_badscore", "pdd_quality", "pdd_chat"),
    *("pdd_kpi_days", "pdd_kpi_weekly", "pdd_kpi_monthly"),
    "jd_manage_pro",
}
#: What the hosts are called in the journals, the longest first: one ends like another.
HOSTS = {
    "storage": "files.report.example",
    "cashier": "cashier.mms.example",
    "mms_storage": "files.mms.example",
    "gateway": "gateway.example",
    "report": "report.example",
    "mms": "mms.example",
    "ads": "ads.example",
}
#: One that the portal's section does not name.
ELSEWHERE = "files.elsewhere.test"


def day_of(name: str) -> str:
    """None of a month that was shown."""
    return "2026-01-15" if name.endswith("_monthly") else DAY


def again(dataset: str) -> str:
    """How a recording of a delivered dataset is called."""
    platform, _, name = dataset.partition("_")
    return f"{platform}_again_{name}"


@dataclass
class Scene:
    place: Workplace

    def journal(self, dataset: str, **hosts: str) -> Path:
        """A kept journal, with the hosts of this sandbox."""
        text = (JOURNALS / f"{dataset}.jsonl").read_text("utf-8")
        for name, host in HOSTS.items():
            origin = hosts.get(name) or self.place.sandbox.origins[name]
            text = text.replace(f"https://{host}", origin).replace(host, origin.partition("://")[2])
        path = self.place.folder / f"{dataset}-{len(hosts)}.jsonl"
        path.write_text(text, "utf-8")
        return path

    def record(self, name: str, journal: Path, *more: str, typed: str = "", **variables: str) -> Run:
        given = ("--shop", SHOPS[name.partition("_")[0]], "--from", str(journal), "--title", "录制", "--lag-days", "1")
        return self.place.scrapy("record", name, *given, *more, typed=typed, **variables)

    def take_contract(self, dataset: str, name: str) -> None:
        """A contract that is there stays."""
        contract = self.place.config_dir / "datasets" / f"{dataset}.yaml"
        contract.with_stem(name).write_text(contract.read_text("utf-8"), "utf-8")

    def record_again(self, dataset: str) -> None:
        """Once: with the delivered contract, or the one that follows."""
        if (self.place.config_dir / "recipes" / f"{again(dataset)}.yaml").exists():
            return
        if dataset in TOLD:
            self.take_contract(dataset, again(dataset))
        run = self.record(again(dataset), self.journal(dataset), "--yes")
        assert run.code == 0, run.text

    def crawl(self, name: str) -> Run:
        return self.place.scrapy("crawl", name, *(() if name.endswith("_quality") else ("-a", f"date={day_of(name)}")))

    def rehearse(self, name: str, date: str, export: Path) -> Run:
        return self.place.scrapy("rehearse", name, "--shop", SHOPS["pdd"], "--date", date, "--with", str(export))

    def published(self, dataset: str) -> pa.Table:
        keys = [key for key in self.place.stored_keys() if re.match(rf"ods/\w+/{dataset}/.*\.parquet", key)]
        with self.place.objects() as objects:
            return pq.read_table(io.BytesIO(objects.get_bytes(keys[0])))


@pytest.fixture(scope="module")
def scene(make_workplace: Callable[..., Workplace]) -> Iterator[Scene]:
    place = make_workplace(
        shops=1, pdd_shops=1, reviews=(90,), goods=(81,), conversations=3, messages_per_conversation=25,
        requests_per_second=50.0, poll_every_seconds=0.2, order_grace_seconds=0.4,
    )  # fmt: skip
    place.sign_in(*SHOPS.values())
    for dataset in DATASETS:
        # Of each shop, as what is recorded is.
        place.edit(f"datasets/{dataset}.yaml", lambda contract: contract.pop("only_where_named", None))
    scene = Scene(place)
    # An account may order twice in five minutes here.
    gap, PddOrders.gap_seconds = PddOrders.gap_seconds, 0
    yield scene
    PddOrders.gap_seconds = gap


@pytest.mark.parametrize("dataset", DATASETS)
def test_it_publishes_what_the_delivered_recipe_does(dataset: str, scene: Scene) -> None:
    scene.record_again(dataset)
    for crawled in (dataset, again(dataset)):
        run = scene.crawl(crawled)
        assert run.code == 0, run.text
    delivered, recorded = scene.published(dataset), scene.published(again(dataset))
    assert delivered.num_rows
    assert recorded.equals(delivered)


@pytest.mark.parametrize(
    ("dataset", "kind", "shown", "label"),
    [
        ("pdd_kpi_weekly", "week", "2026-02-22", "2026-02-18_2026-02-24"),
        ("pdd_kpi_monthly", "month", "2026-02-11", "2026-01-01_2026-01-31"),
    ],
)
def test_a_week_and_a_month_prove_a_recipe(dataset: str, kind: str, shown: str, label: str, scene: Scene) -> None:
    """The one of a day is named by its last day, the other by any; none may have been shown, by whatever day."""
    name, export = again(dataset), scene.place.folder / f"{dataset}.xls"
    scene.record_again(dataset)
    run = scene.crawl(dataset)
    assert run.code == 0, run.text
    with scene.place.objects() as objects:
        (key,) = (key for key in scene.place.stored_keys() if key.startswith(f"raw/pdd/{dataset}/dt={label}/"))
        export.write_bytes(objects.get_bytes(key))
    refused = scene.rehearse(name, shown, export)
    assert (refused.code, f"the recipe was made of this {kind}" in refused.err) == (2, True), refused.text
    proven = scene.rehearse(name, day_of(name), export)
    assert (proven.code, f"{name} {label}: the same as the export by hand" in proven.out) == (0, True), proven.text
    head = (scene.place.config_dir / "recipes" / f"{name}.yaml").read_text("utf-8").partition("\n")[0]
    assert head.startswith(f"# Recorded, and proven: {label}")


def test_a_host_that_was_never_allowed_is_asked_for(scene: Scene) -> None:
    journal = scene.journal("pdd_kpi_days", mms_storage=f"https://{ELSEWHERE}")
    portals = scene.place.config_dir / "portals.yaml"
    before = portals.read_text("utf-8")
    refused = scene.record("pdd_refused", journal, "--yes")
    assert (refused.code, f"{ELSEWHERE} is not allowed" in refused.out) == (0, True), refused.text
    assert portals.read_text("utf-8") == before
    # Ids, keys, what is personal and that sums are left out are as they are offered.
    allowed = scene.record("pdd_allowed", journal, typed="\n\n\n\ny\n\n")
    assert (allowed.code, "is not allowed" in allowed.out) == (0, False), allowed.text
    was, now = (yaml.safe_load(text)["pdd"]["download_hosts"] for text in (before, portals.read_text("utf-8")))
    assert now == [*was, ELSEWHERE]
    assert scene.place.scrapy("check_config").code == 0


def test_a_host_of_which_only_a_stand_in_was_kept_is_not_asked_for(scene: Scene) -> None:
    journal = scene.journal("pdd_kpi_days", mms_storage="https://fqlzo.kuwz.invalid")
    run = scene.record("pdd_stand_in", journal, typed="\n\n\n\n\n")
    assert (run.code, "was not kept" in run.out) == (0, True), run.text
    assert ".invalid" not in (scene.place.config_dir / "portals.yaml").read_text("utf-8")


def test_a_recording_becomes_a_spider(scene: Scene) -> None:
    """Where the project is somebody's own, it stands among its spiders."""
    package = scene.place.folder / "own"
    package.mkdir()
    (package / "__init__.py").touch()
    (scene.place.folder / "scrapy.cfg").write_text("[settings]\ndefault = own_settings\n", "utf-8")
    settings = """from shopdata.settings import *

NEWSPIDER_MODULE = "own"
SPIDER_MODULES = [*SPIDER_MODULES, "own"]
"""
    (scene.place.folder / "own_settings.py").write_text(settings, "utf-8")
    own = {
        "SCRAPY_SETTINGS_MODULE": "own_settings",
        "PYTHONPATH": os.pathsep.join((str(scene.place.folder), str(REPO))),
    }
    contract = scene.place.config_dir / "datasets" / "pdd_badscore.yaml"
    contract.with_stem("pdd_own").write_text(contract.read_text("utf-8"), "utf-8")
    given = ("--shop", SHOPS["pdd"], "--from", str(scene.journal("pdd_badscore")), "--yes", "--as", "spider")
    run = scene.place.scrapy("record", "pdd_own", *given, **own)
    assert (run.code, (package / "pdd_own.py").is_file()) == (0, True), run.text
    assert not (scene.place.config_dir / "recipes" / "pdd_own.yaml").exists()
    crawled = scene.place.scrapy("crawl", "pdd_own", "-a", f"date={DAY}", **own)
    assert crawled.code == 0, crawled.text
    assert scene.crawl("pdd_badscore").code == 0
    assert scene.published("pdd_own").equals(scene.published("pdd_badscore"))
    twice = scene.place.scrapy("record", "pdd_own", *given, **own)
    assert (twice.code, "there is a spider of this name" in twice.err) == (2, True), twice.text
