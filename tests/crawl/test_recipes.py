"""Recipes beside the spiders written by hand that do the same: equal Parquet, byte for byte, whatever goes wrong."""

from __future__ import annotations

import io
import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from workplace import REPO, Workplace

from sandbox import Fault
from sandbox.store import SeaweedStore

pytestmark = [pytest.mark.browser, pytest.mark.services]

TESTS = Path(__file__).parents[1]
DAY = date(2026, 3, 1)
#: How each is asked for, by the dataset that comes of it.
CRAWLS = {
    "jd_store": ("jd_store", "-a", f"date={DAY}"),
    "pdd_kpi_days": ("pdd_kpi", "-a", f"date={DAY}"),
    "pdd_badscore": ("pdd_badscore", "-a", f"date={DAY}"),
    "pdd_quality": ("pdd_quality",),
    "pdd_chat": ("pdd_chat", "-a", f"date={DAY}"),
}
#: What goes wrong, and is got over, at which of the calls.
TROUBLES = {
    "jd_store": ("create", [Fault.CREATE_ANSWER_LOST, Fault.LINK_DEAD_FIRST]),
    "pdd_kpi_days": ("kpi", [Fault.SERVER_ERROR_ONCE, Fault.SESSION_DEAD_ONCE]),
    "pdd_badscore": ("reviews", [Fault.SERVER_ERROR_ONCE, Fault.SESSION_DEAD_ONCE, Fault.PAGES_SHIFT, Fault.HALF_SIGN]),
    "pdd_quality": ("quality", [Fault.SERVER_ERROR_ONCE, Fault.PAGES_SHIFT]),
    "pdd_chat": ("messages", [Fault.SERVER_ERROR_ONCE, Fault.PAGES_SHIFT]),
}


@dataclass
class Pair:
    """Two places at one sandbox: in one recipes collect, in the other spiders written by hand."""

    recipes: Workplace
    by_hand: Workplace

    def crawl(self, dataset: str, call: str = "", troubles: Iterable[Fault] = ()) -> str:
        """Collects a dataset in both, with the same troubles; what the recipe's run has shown."""
        shown = []
        # Where a class and a recipe have one name, the class is what runs.
        for place, modules in ((self.recipes, ""), (self.by_hand, "by_hand,shopdata.spiders")):
            for shop, fault in itertools.product(place.sandbox.shops, troubles):
                if shop.platform == dataset.partition("_")[0]:
                    place.sandbox.set_fault(shop.id, fault, times=1, at=call)
            run = place.scrapy("crawl", *CRAWLS[dataset], "-a", "force=1", "-s", f"SPIDER_MODULES={modules}")
            assert run.code == 0, run.text
            assert place.sandbox.faults() == []
            shown.append(run.text)
        return shown[0]

    def published(self, dataset: str) -> tuple[bytes, bytes]:
        """The Parquet objects of both."""
        found = []
        for place in (self.recipes, self.by_hand):
            (key,) = (
                key for key in place.stored_keys() if key.startswith("ods/") and key.endswith(f"/{dataset}.parquet")
            )
            with place.objects() as objects:
                found.append(objects.get_bytes(key))
        return found[0], found[1]


@pytest.fixture(scope="module")
def pair(
    make_workplace: Callable[..., Workplace],
    object_store_server: SeaweedStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    recipes = make_workplace(
        shops=2, pdd_shops=2, reviews=(90, 3), goods=(81, 40), conversations=(5, 2), messages_per_conversation=25,
        requests_per_second=50.0, order_grace_seconds=0.5,
    )  # fmt: skip
    store = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
    by_hand = Workplace(tmp_path_factory.mktemp("by_hand"), recipes.sandbox, store)
    by_hand.variables["PYTHONPATH"] = f"{TESTS}{os.pathsep}{REPO}"
    for place in (recipes, by_hand):
        place.sign_in(*(shop.id for shop in place.sandbox.shops))
    for file in (TESTS / "recipes").glob("*.yaml"):
        shutil.copy(file, recipes.config_dir / "recipes")
    yield Pair(recipes, by_hand)
    by_hand.close()


@pytest.mark.parametrize("dataset", CRAWLS)
def test_both_publish_the_same_bytes(pair: Pair, dataset: str) -> None:
    call, troubles = TROUBLES[dataset]
    shown = pair.crawl(dataset, call, troubles)
    assert "WARNING" in shown
    of_recipe, by_hand = pair.published(dataset)
    assert of_recipe == by_hand
    assert pq.read_table(io.BytesIO(of_recipe)).num_rows > 0
