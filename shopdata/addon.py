"""What makes a Scrapy project one that publishes reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.settings import BaseSettings


class Addon:
    """Switched on by `ADDONS = {"shopdata.Addon": 500}`: handlers, middlewares, pipelines and extensions, with their
    settings. Whatever the project or a spider sets itself, stays; its own components are there beside ours.
    """

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """What is needed before there is a crawler, and by commands: where the state is kept, who we say we are."""
        from shopdata import settings as ours

        names = [name for name in vars(ours) if name.startswith("SHOPDATA_")]
        _add(settings, {name: getattr(ours, name) for name in [*names, "LOG_LEVEL", "USER_AGENT"]})

    def update_settings(self, settings: BaseSettings) -> None:
        """All of `crawl_settings.py`."""
        from shopdata import crawl_settings

        _add(settings, {name: value for name, value in vars(crawl_settings).items() if name.isupper()})


def _add(settings: BaseSettings, ours: Mapping[str, Any]) -> None:
    from scrapy.settings import SETTINGS_PRIORITIES

    for name, value in ours.items():
        theirs = settings.getpriority(name) or 0
        if isinstance(value, dict) and theirs > 0:
            # The project's own stand beside ours; where both name one, its word counts.
            value, whose = {**value, **settings.getdict(name)}, max(theirs, SETTINGS_PRIORITIES["addon"])
            settings.set(name, value, whose)
        else:
            settings.set(name, value, "addon")
