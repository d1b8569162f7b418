"""`scrapy record --from` and `scrapy rehearse`: a kept recording becomes a recipe, and a third day proves it."""

from __future__ import annotations

import io
import json
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
import yaml
from workplace import Run, Workplace

from shopdata.recording.inference import NotInferredError

pytestmark = pytest.mark.services

NAME, SHOP = "jd_goods", "sandbox-01"
#: The days of the recording, and one that nobody has shown.
SHOWN, THIRD = ("2026-03-01", "2026-02-20"), "2026-02-24"
JOURNAL = Path(__file__).parents[1] / "recording" / "journals" / "jd_store.jsonl"
#: What the stand-ins' hosts are called in it.
HOSTS = {"report": "report.example", "gateway": "gateway.example", "storage": "files.report.example"}


@dataclass
class Scene:
    """A place in which the recipe that the project delivers has collected the third day, and one was recorded."""

    place: Workplace
    recorded: Run
    #: The portal's own file of the third day.
    export: Path
    journal: Path

    @property
    def recipe(self) -> Path:
        return self.place.config_dir / "recipes" / f"{NAME}.yaml"

    @property
    def head(self) -> str:
        return self.recipe.read_text("utf-8").partition("\n")[0]

    def rehearse(self, date: str, export: Path) -> Run:
        """One rehearsal, which leaves nothing behind: not in the store, not in the ledger."""
        before = self.place.stored_keys(), self.place.status()
        run = self.place.scrapy("rehearse", NAME, "--shop", SHOP, "--date", date, "--with", str(export))
        assert "Traceback" not in run.text
        assert (self.place.stored_keys(), self.place.status()) == before
        return run

    def published(self, dataset: str) -> bytes:
        with self.place.objects() as objects:
            return objects.get_bytes(f"ods/jd/{dataset}/dt={THIRD}/{dataset}.parquet")


@pytest.fixture(scope="module")
def scene(make_workplace: Callable[..., Workplace]) -> Scene:
    place = make_workplace(shops=1)
    place.sign_in(SHOP)
    run = place.crawl(f"date={THIRD}")
    assert run.code == 0, run.text
    export = place.folder / "by-hand.xlsx"
    with place.objects() as objects:
        export.write_bytes(objects.get_bytes(f"raw/jd/jd_store/dt={THIRD}/{SHOP}.xlsx"))
    text = JOURNAL.read_text("utf-8")
    # The longest first: one ends like another.
    for name, host in sorted(HOSTS.items(), key=lambda host: -len(host[1])):
        origin = place.sandbox.origins[name]
        text = text.replace(f"https://{host}", origin).replace(host, origin.partition("://")[2])
    journal = place.folder / "journal.jsonl"
    journal.write_text(text, "utf-8")
    job = {"name": NAME, "spider": NAME, "cron": "0 9 * * *"}
    place.edit("schedule.yaml", lambda schedule: schedule["jobs"].append(job))
    given = ("--shop", SHOP, "--from", str(journal), "--title", "库存", "--yes")
    return Scene(place, place.scrapy("record", NAME, *given), export, journal)


def test_a_recording_gives_recipe_and_contract(scene: Scene) -> None:
    assert scene.recorded.code == 0, scene.recorded.text
    assert f"scrapy rehearse {NAME}" in scene.recorded.out
    assert f"; shown: {', '.join(SHOWN)}. Not proven yet" in scene.head
    delivered, made = (
        yaml.safe_load((scene.place.config_dir / "datasets" / f"{name}.yaml").read_text("utf-8"))
        for name in ("jd_store", NAME)
    )
    assert made["columns"] == delivered["columns"]
    assert (made["keys"], made["period_column"]) == (["SKU"], "时间")


def test_without_a_table_nothing_is_written(scene: Scene) -> None:
    """A recipe without a contract would stop every other one."""
    records = [json.loads(line) for line in scene.journal.read_text("utf-8").splitlines()]
    for one in records:
        one |= {"table": {}} if one["kind"] == "download" else {}
    other = scene.journal.with_name("no-table.jsonl")
    other.write_text("".join(f"{json.dumps(one)}\n" for one in records), "utf-8")
    run = scene.place.scrapy("record", "jd_none", "--shop", SHOP, "--from", str(other))
    assert (run.code, "could not be read as a table" in run.err) == (1, True), run.text
    assert list(scene.place.config_dir.glob("*/jd_none.yaml")) == []


def test_what_was_shown_can_be_replayed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test that was written beside the recipe holds, and can fail."""
    folder = scene.place.config_dir / "recorded"
    assert "Questions asked: 0." in scene.recorded.out
    assert sorted(path.name for path in folder.iterdir()) == [NAME, f"test_recorded_{NAME}.py"]
    monkeypatch.setenv("SHOPDATA_CONFIG_DIR", str(scene.place.config_dir))
    test = runpy.run_path(str(folder / f"test_recorded_{NAME}.py"))[f"test_{NAME}_asks_what_was_shown"]
    test()
    text = scene.recipe.read_text("utf-8")
    scene.recipe.write_text(text.replace("dataType: offline", "dataType: online"), "utf-8")
    try:
        with pytest.raises(NotInferredError, match="never sent"):
            test()
    finally:
        scene.recipe.write_text(text, "utf-8")


def test_a_schedule_that_runs_it_is_told(scene: Scene) -> None:
    run = scene.place.scrapy("check_config")
    assert (run.code, f"recipe {NAME}: schedule.yaml runs it" in run.err, run.err.count("recipe ")) == (0, True, 1)


def test_a_day_that_was_shown_proves_nothing(scene: Scene) -> None:
    run = scene.rehearse(SHOWN[1], scene.export)
    assert (run.code, "Export a third day by hand" in run.err) == (2, True), run.text


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_what_differs_is_named_and_the_recipe_stays_unproven(scene: Scene) -> None:
    book = openpyxl.load_workbook(scene.export)
    sheet = book.worksheets[0]
    names = [cell.value for cell in sheet[1]]
    sku, changed = (names.index(name) + 1 for name in ("SKU", "商品名称"))
    sheet.cell(3, changed).value = "another"
    gone = sheet.cell(5, sku).value
    sheet.delete_rows(5)
    other = scene.export.with_name("other.xlsx")
    book.save(other)
    run = scene.rehearse(THIRD, other)
    assert run.code == 1, run.text
    assert f"row only ours: SKU {gone}" in run.out
    assert f"商品名称 of SKU {sheet.cell(3, sku).value}: theirs another, ours " in run.out
    assert run.out.count("✗") == 2
    assert f"{NAME}: this recipe was recorded, and is not proven yet" in run.err
    assert "Not proven yet" in scene.head


def test_a_third_day_that_is_the_same_proves_it(scene: Scene) -> None:
    before = scene.recipe.read_text("utf-8").partition("\n")[2]
    run = scene.rehearse(THIRD, scene.export)
    assert run.code == 0, run.text
    assert "the same as the export by hand, 20 rows" in run.out
    assert scene.head.startswith(f"# Recorded, and proven: {THIRD}")
    assert scene.recipe.read_text("utf-8").partition("\n")[2] == before


def test_it_publishes_what_the_delivered_recipe_does(scene: Scene) -> None:
    run = scene.place.scrapy("crawl", NAME, "-a", f"date={THIRD}")
    assert run.code == 0, run.text
    delivered, recorded = (pq.read_table(io.BytesIO(scene.published(name))) for name in ("jd_store", NAME))
    assert recorded.num_rows == 20
    assert recorded.equals(delivered)
    assert "not proven yet" not in run.text + scene.place.scrapy("check_config").text


def test_what_is_published_is_collected_all_the_same(scene: Scene) -> None:
    """And the store is not asked for it: here it does not answer."""
    given = ("--shop", SHOP, "--date", THIRD, "--with", str(scene.export))
    run = scene.place.scrapy("rehearse", NAME, *given, SHOPDATA_S3_ENDPOINT="127.0.0.1:9")
    assert (run.code, "the same as the export by hand, 20 rows" in run.out) == (0, True), run.text
    assert "127.0.0.1:9" not in run.text
