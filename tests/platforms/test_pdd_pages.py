"""When the last page was read: by its length or the portal's total, never by hope."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from by_hand.pdd_badscore import PddBadscoreSpider

from shopdata.config import Shop
from shopdata.crawling.paged_list import PagedList
from shopdata.exceptions import IncompleteError, OddAnswerError
from shopdata.periods import Period
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.platforms.pdd.spider import PddSpider
from shopdata.store.staging import Staging

SHOP = Shop(id="one", name="第一家店", platform="pdd", username="u", password="p")
PORTAL = PddPortal(
    login_url="https://mms.example.com/login/",
    origin="https://mms.example.com",
    download_hosts=(".example.com",),
    max_pages=4,
    max_rows=7,
)
DAY = Period.from_dt("2026-03-01")
LIST = PagedList(path="/list", page_key="page", size_key="size", rows_key="rows", id_key="id", page_size=2)


def read(*passes: Sequence[dict[str, Any]]) -> tuple[list[int], list[int]]:
    """The ids that come of it, and the pages that were asked; a pass has its last page again and again."""
    spider: PddSpider = PddBadscoreSpider()
    spider.portal = PORTAL
    asked: list[int] = []

    async def ask(path: str, body: dict[str, Any]) -> Any:
        number = body["page"]
        assert (path, body["size"], body["since"]) == (LIST.path, 2, "yesterday")
        if number == 1:
            asked.append(0)
        pages = passes[min(len([page for page in asked if page == 0]), len(passes)) - 1]
        asked.append(number)
        return pages[min(number, len(pages)) - 1]

    with tempfile.TemporaryDirectory() as folder:
        spider.workspace = cast("Any", SimpleNamespace(staging=Staging(Path(folder))))
        rows = asyncio.run(spider.read_list(SHOP, DAY, LIST, ask, {"since": "yesterday"}))
    return [row["id"] for row in rows], [number for number in asked if number]


def page(*ids: int, total: int | None = None) -> dict[str, Any]:
    return {"rows": [{"id": number} for number in ids], "total": total}


def test_a_page_that_is_not_full_is_the_last() -> None:
    assert read([page(1, 2), page(3)]) == ([1, 2, 3], [1, 2])


def test_so_is_the_one_that_reaches_the_total() -> None:
    assert read([page(1, 2, total=4), page(3, 4, total=4)]) == ([1, 2, 3, 4], [1, 2])


def test_a_total_that_is_too_small_ends_nothing() -> None:
    # A row was taken away meanwhile, or the total is simply wrong: what tells is the page that is not full.
    assert read([page(1, 2, total=1), page(3, 4, total=1), page()]) == ([1, 2, 3, 4], [1, 2, 3])


def test_a_shift_is_made_good() -> None:
    assert read([page(1, 2, total=4), page(2, 3, total=4), page(4, total=4)]) == ([1, 2, 3, 4], [1, 2, 3])


def test_what_is_missing_is_read_once_more() -> None:
    first, second = [page(1, 2, total=3), page()], [page(1, 2, total=3), page(3, total=3)]
    assert read(first, second) == ([1, 2, 3], [1, 2, 1, 2])


def test_a_row_that_goes_away_takes_another_from_the_next_page() -> None:
    # Row 1 goes, row 3 moves to the page that was read: as many rows as the portal says now, and yet not all.
    first = [page(1, 2, total=4), page(4, total=3)]
    assert read(first, [page(2, 3, total=3), page(4, total=3)]) == ([2, 3, 4], [1, 2, 1, 2])


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        pytest.param([page(1, 2, total=5), page(3, total=5)], r"3 different rows on 2 pages.*expected 5", id="too few"),
        pytest.param(
            [page(1, 2)], r"2 different rows on 2 pages \(2 came twice\), expected pages that differ", id="one page"
        ),
        pytest.param([page(1, 2, total=1)], r"2 different rows on 2 pages.*pages that differ", id="a wrong total too"),
    ],
)
def test_what_cannot_be_proved_is_an_error_and_asked_for_twice(pages: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(IncompleteError, match=words):
        read(pages)


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        pytest.param(
            [page(number * 2, number * 2 + 1) for number in range(9)], "8 rows, expected at most 7", id="rows"
        ),
        pytest.param([page(n, 2, total=7) for n in (1, 3, 4, 5, 6)], "5 pages, expected at most 4", id="pages"),
        pytest.param([page(1, 2, total=10**20)], "no end of rows, expected at most 7", id="a total beyond all rows"),
        pytest.param([page(*range(50))], "8 rows, expected at most 7", id="one page that holds all"),
    ],
)
def test_pages_without_an_end_end(pages: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(OddAnswerError, match=words):
        read(pages)
