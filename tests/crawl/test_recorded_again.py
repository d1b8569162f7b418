"""Recordings of several reports of 拼多多: each recipe publishes what the delivered one does."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from workplace import REPO, Run, Workplace

pytestmark = pytest.mark.services

DAY, SHOP = "2026-02-24", "pdd-01"
JOURNALS = Path(__file__).parents[1] / "recording" / "journals"
#: By the dataset that is delivered: how a recording of it is called, and its spider.
RECORDED = {
    "pdd_kpi_days": ("pdd_figures", "pdd_kpi"),
    "pdd_badscore": ("pdd_complaints", "pdd_badscore"),
    "pdd_quality": ("pdd_goods", "pdd_quality"),
}
#: What the hosts are called in the journals.
HOSTS = {"mms_storage": "files.mms.example", "mms": "mms.example"}
#: One that the portal's section does not name.
ELSEWHERE = "files.elsewhere.test"


@dataclass
class Scene:
    place: Workplace
    recorded: dict[str, Run]

    def journal(self, dataset: str, **hosts: str) -> Path:
        """A kept journal, with the hosts of this sandbox."""
        text = (JOURNALS / f"{dataset}.jsonl").read_text("utf-8")
        for name, host in HOSTS.items():
            origin = hosts.get(name) or self.place.sandbox.origins[name]
            text = text.replace(f"https://{host}", origin).replace(host, origin.partition("://")[2])
        path = self.place.folder / f"{dataset}-{len(hosts)}.jsonl"
        path.write_text(text, "utf-8")
        return path

    def record(self, name: str, journal: Path, *more: str, typed: str = "") -> Run:
        given = ("--shop", SHOP, "--from", str(journal), "--title", "录制", "--lag-days", "1")
        return self.place.scrapy("record", name, *given, *more, typed=typed)

    def published(self, dataset: str) -> pa.Table:
        keys = [key for key in self.place.stored_keys() if re.match(rf"ods/pdd/{dataset}/.*\.parquet", key)]
        with self.place.objects() as objects:
            return pq.read_table(io.BytesIO(objects.get_bytes(keys[0])))


@pytest.fixture(scope="module")
def scene(make_workplace: Callable[..., Workplace]) -> Scene:
    place = make_workplace(shops=0, pdd_shops=1, reviews=(90,), goods=(81,), requests_per_second=50.0)
    place.sign_in(SHOP)
    scene = Scene(place, {})
    for dataset, (name, _) in RECORDED.items():
        # With the columns of the one that is delivered: a contract that is there stays, and what it says of totals.
        contract = place.config_dir / "datasets" / f"{dataset}.yaml"
        contract.with_stem(name).write_text(contract.read_text("utf-8"), "utf-8")
        scene.recorded[dataset] = scene.record(name, scene.journal(dataset), "--yes")
    return scene


@pytest.mark.parametrize("dataset", RECORDED)
def test_it_publishes_what_the_delivered_recipe_does(dataset: str, scene: Scene) -> None:
    assert scene.recorded[dataset].code == 0, scene.recorded[dataset].text
    name, spider = RECORDED[dataset]
    for crawled in (spider, name):
        run = scene.place.scrapy("crawl", crawled, *(() if dataset == "pdd_quality" else ("-a", f"date={DAY}")))
        assert run.code == 0, run.text
    delivered, recorded = scene.published(dataset), scene.published(name)
    assert delivered.num_rows
    assert recorded.equals(delivered)


def test_a_host_that_was_never_allowed_is_asked_for(scene: Scene) -> None:
    journal = scene.journal("pdd_kpi_days", mms_storage=f"https://{ELSEWHERE}")
    portals = scene.place.config_dir / "portals.yaml"
    before = portals.read_text("utf-8")
    refused = scene.record("pdd_refused", journal, "--yes")
    assert (refused.code, f"{ELSEWHERE} is not allowed" in refused.out) == (0, True), refused.text
    assert portals.read_text("utf-8") == before
    # Ids, keys and what is personal are as they are offered.
    allowed = scene.record("pdd_allowed", journal, typed="\n\n\ny\n\n")
    assert (allowed.code, "is not allowed" in allowed.out) == (0, False), allowed.text
    was, now = (yaml.safe_load(text)["pdd"]["download_hosts"] for text in (before, portals.read_text("utf-8")))
    assert now == [*was, ELSEWHERE]
    assert scene.place.scrapy("check_config").code == 0


def test_a_host_of_which_only_a_stand_in_was_kept_is_not_asked_for(scene: Scene) -> None:
    journal = scene.journal("pdd_kpi_days", mms_storage="https://fqlzo.kuwz.invalid")
    run = scene.record("pdd_stand_in", journal, typed="\n\n\n\n")
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
    given = ("--shop", SHOP, "--from", str(scene.journal("pdd_badscore")), "--yes", "--as", "spider")
    run = scene.place.scrapy("record", "pdd_own", *given, **own)
    assert (run.code, (package / "pdd_own.py").is_file()) == (0, True), run.text
    assert not (scene.place.config_dir / "recipes" / "pdd_own.yaml").exists()
    crawled = scene.place.scrapy("crawl", "pdd_own", "-a", f"date={DAY}", **own)
    assert crawled.code == 0, crawled.text
    assert scene.published("pdd_own").equals(scene.published("pdd_complaints"))
    again = scene.place.scrapy("record", "pdd_own", *given, **own)
    assert (again.code, "there is a spider of this name" in again.err) == (2, True), again.text
