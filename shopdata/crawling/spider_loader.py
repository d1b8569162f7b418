"""Finds the spiders: Scrapy's own loader, which looks where platforms bring theirs along, too, and at the recipes."""

from __future__ import annotations

from scrapy.settings import BaseSettings, Settings
from scrapy.spiderloader import SpiderLoader

from shopdata.config import platforms, recipe_heads
from shopdata.crawling.recipes.spider import spider_of


class PlatformSpiderLoader(SpiderLoader):
    """Those of `SPIDER_MODULES`, of every `Platform.spiders`, and of every recipe in `pipelines_config/recipes/`.

    Where a class and a recipe have one name, the class is what runs; `check_config` tells of it.
    """

    #: Recipes that have the name of a class.
    twice: tuple[str, ...]

    def __init__(self, settings: BaseSettings) -> None:
        own = [platform.spiders for platform in platforms().values() if platform.spiders]
        modules = [*settings.getlist("SPIDER_MODULES"), *own]
        warn_only = settings.getbool("SPIDER_LOADER_WARN_ONLY")
        super().__init__(Settings({"SPIDER_MODULES": modules, "SPIDER_LOADER_WARN_ONLY": warn_only}))
        heads = recipe_heads()
        self.twice = tuple(head.name for head in heads if head.name in self._spiders)
        for head in heads:
            self._spiders.setdefault(head.name, spider_of(head))
