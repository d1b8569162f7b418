"""A process that examines one portal under one change after the other: as configured, and with the keys changed.

`python every_change.py CASES.json` does it, where Scrapy's settings say. Run in a process of its own, since a crawl's
event loop is one for a process. Prints what was found as JSON.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings

from shopdata.config import load_config
from shopdata.crawling import signed_page
from shopdata.doctor.probes import LAST, WITH_SESSION, WITHOUT_SESSION
from shopdata.doctor.spider import Doctor, Examined


class EveryChange(Doctor):
    """The shops, under each change."""

    name = "every_change"
    cases: list[dict[str, Any]]
    control: str
    told: dict[str, dict[str, Any]]

    async def start(self) -> AsyncIterator[Any]:
        shops = {shop.id: shop for shop in self._shops}
        self.told = {}
        for case in self.cases:
            post(f"{self.control}/changes", {"changes": case["changes"]})
            without = {name: WITHOUT_SESSION[name] for name in WITHOUT_SESSION if name in case["probes"]}
            within = {name: WITH_SESSION[name] for name in WITH_SESSION if name in case["probes"]}
            last = {name: LAST[name] for name in LAST if name in (*case["probes"], "pace")}
            found = []
            for folder in (case["config"], case["changed"]):
                config = load_config(Path(folder))
                examined = await self.examine(shops[case["shop"]], config, (without, within, last))
                found.append(shown(examined))
            self.told[case["name"]] = {"before": found[0], "after": found[1]}
        post(f"{self.control}/changes", {"changes": []})
        return
        yield


def shown(examined: Examined) -> dict[str, Any]:
    return {
        "stopped": examined.stopped,
        "findings": [
            {
                "probe": one.probe,
                "fact": one.fact,
                "verdict": one.verdict.value,
                "keys": {str(key): key.value for key in one.keys},
                "params": {name: str(value) for name, value in one.params.items()},
            }
            for one in examined.findings
        ],
    }


def post(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


async def may_i(key: str, what: str) -> bool:
    return True


def main(path: str) -> None:
    asked = json.loads(Path(path).read_text("utf-8"))
    settings = get_project_settings()
    settings.set("LOG_ENABLED", False)
    # A page that never gets its client need not be waited for so long; one that does may come to a busy machine.
    signed_page._READY_TIMEOUT_MS = 30_000
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(EveryChange)
    EveryChange.cases, EveryChange.control = asked["cases"], asked["control"]
    shops = [shop for shop in load_config().shops if shop.id in asked["shops"]]
    process.crawl(crawler, shops=shops, may_i=may_i, tell=lambda shop, found: None, folder=Path(asked["folder"]))
    process.start()
    assert isinstance(crawler.spider, EveryChange)
    Path(asked["told"]).write_text(json.dumps(crawler.spider.told, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
