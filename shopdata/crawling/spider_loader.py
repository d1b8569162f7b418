"""Finds the spiders: Scrapy's own loader, which looks where platforms bring theirs along, too."""

from __future__ import annotations

from scrapy.settings import BaseSettings, Settings
from scrapy.spiderloader import SpiderLoader

from shopdata.config import platforms


class PlatformSpiderLoader(SpiderLoader):
    """Those of `SPIDER_MODULES` and of every `Platform.spiders`."""

    def __init__(self, settings: BaseSettings) -> None:
        own = [platform.spiders for platform in platforms().values() if platform.spiders]
        modules = [*settings.getlist("SPIDER_MODULES"), *own]
        warn_only = settings.getbool("SPIDER_LOADER_WARN_ONLY")
        super().__init__(Settings({"SPIDER_MODULES": modules, "SPIDER_LOADER_WARN_ONLY": warn_only}))
