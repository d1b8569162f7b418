"""The add-on sets what a crawl is made of, and leaves standing what a project sets itself."""

from __future__ import annotations

import subprocess
import sys

from scrapy.settings import Settings

from shopdata import Addon, crawl_settings
from shopdata import settings as ours


def applied(project: dict[str, object]) -> Settings:
    settings = Settings(project, priority="project")
    Addon.update_pre_crawler_settings(settings)
    Addon().update_settings(settings)
    return settings


def test_a_project_that_sets_nothing_gets_all() -> None:
    settings = applied({})
    for name in filter(str.isupper, vars(crawl_settings)):
        found = settings.getdict(name) if isinstance(getattr(crawl_settings, name), dict) else settings[name]
        assert found == getattr(crawl_settings, name), name
    assert settings["SHOPDATA_SHOPS_AT_ONCE"] == ours.SHOPDATA_SHOPS_AT_ONCE


def test_what_a_project_sets_itself_stays() -> None:
    own = {"theirs.Pipeline": 700, "shopdata.pipelines.refresh.RefreshPipeline": None}
    settings = applied({"CONCURRENT_ITEMS": 3, "ITEM_PIPELINES": own, "SHOPDATA_STATE_DIR": "elsewhere"})
    assert settings.getint("CONCURRENT_ITEMS") == 3
    assert settings["SHOPDATA_STATE_DIR"] == "elsewhere"
    assert settings.getdict("ITEM_PIPELINES") == {**crawl_settings.ITEM_PIPELINES, **own}


def test_naming_it_imports_next_to_nothing() -> None:
    code = "import sys, shopdata; shopdata.Addon; print([name for name in sys.modules if name.startswith('shopdata.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['shopdata.addon']"
