"""Every spider and every dataset's YAML fit together, so that one name leads everywhere (CONTRIBUTING.md#names)."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
from scrapy.settings import Settings
from shipped_config import load_shipped_config

from shopdata.crawling import ReportSpider
from shopdata.crawling.recipes.spider import RecipeSpider
from shopdata.crawling.spider_loader import PlatformSpiderLoader

CONFIG = load_shipped_config()
_LOADER = PlatformSpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["shopdata.spiders"]}))
SPIDERS: list[type[ReportSpider]] = [_LOADER.load(name) for name in sorted(_LOADER.list())]
WRITTEN = [spider for spider in SPIDERS if not issubclass(spider, RecipeSpider)]


def test_a_spider_is_a_class_or_a_recipe() -> None:
    assert {spider.name for spider in SPIDERS if spider not in WRITTEN} == CONFIG.recipes.keys()
    assert _LOADER.twice == ()


def datasets_of(spider: type[ReportSpider]) -> dict[str, str]:
    """Dataset by kind of period."""
    return {str(kind): name for kind, name in (spider.datasets or {"day": spider.name}).items()}


@pytest.mark.parametrize("spider", [pytest.param(spider, id=spider.name) for spider in WRITTEN])
class TestSpider:
    def test_file_class_and_name_are_one(self, spider: type[ReportSpider]) -> None:
        assert Path(inspect.getfile(spider)).stem == spider.name
        assert spider.__name__ == "".join(part.capitalize() for part in spider.name.split("_")) + "Spider"

    def test_is_alone_in_its_file(self, spider: type[ReportSpider]) -> None:
        assert [other.name for other in SPIDERS if other.__module__ == spider.__module__] == [spider.name]

    def test_says_what_it_is(self, spider: type[ReportSpider]) -> None:
        assert spider.__doc__
        module = inspect.getmodule(spider)
        assert module is not None
        assert module.__doc__

    def test_says_what_is_asked(self, spider: type[ReportSpider]) -> None:
        assert issubclass(spider, ReportSpider)
        assert {"collect", "body", "query"} & vars(spider).keys()
        assert inspect.iscoroutinefunction(spider.collect)
        for name in dir(spider):
            assert not getattr(getattr(spider, name), "__isabstractmethod__", False), name


@pytest.mark.parametrize("spider", [pytest.param(spider, id=spider.name) for spider in SPIDERS])
class TestDatasets:
    def test_has_a_contract_for_each_of_its_datasets(self, spider: type[ReportSpider]) -> None:
        for kind, name in datasets_of(spider).items():
            assert name == spider.name or name.startswith(f"{spider.name}_")
            assert CONFIG.dataset(name).platform == spider.platform
            assert CONFIG.dataset(name).period == kind


@pytest.mark.parametrize("name", sorted(CONFIG.datasets))
class TestDataset:
    def test_belongs_to_one_spider(self, name: str) -> None:
        assert len([spider for spider in SPIDERS if name in datasets_of(spider).values()]) == 1

    def test_bears_its_platform_in_its_name(self, name: str) -> None:
        assert name.startswith(f"{CONFIG.dataset(name).platform}_")

    def test_says_what_a_file_must_have(self, name: str) -> None:
        dataset = CONFIG.dataset(name)
        assert dataset.required
        assert dataset.keys
        # What tells rows apart, or is needed, is worth nothing as a number that lost digits.
        assert set(dataset.ids) <= set(dataset.columns)
        assert set(dataset.required) <= set(dataset.columns)
        assert set(dataset.keys) <= set(dataset.columns)

    def test_is_a_table_that_every_reader_can_hold(self, name: str) -> None:
        columns = CONFIG.dataset(name).columns
        assert len(columns) < 800
        assert len({column.casefold() for column in columns}) == len(columns)
        json.dumps(columns).encode("ascii")


def test_jd_store_has_112_columns() -> None:
    assert len(CONFIG.dataset("jd_store").columns) == 112


def test_there_are_spiders() -> None:
    assert "jd_store" in {spider.name for spider in SPIDERS}


def test_every_job_of_the_schedule_has_a_spider_and_arguments_that_it_knows() -> None:
    spiders = {spider.name: spider for spider in SPIDERS}
    assert CONFIG.schedule.jobs
    for job in CONFIG.schedule.jobs:
        if job.command is not None:
            continue
        assert job.spider in spiders
        assert job.spider is not None
        assert job.args.get("period", next(iter(datasets_of(spiders[job.spider])))) in datasets_of(spiders[job.spider])
