"""Rows that come in pages: what counts as a page, which rows are the same, and when all are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shopdata.crawling.paged_rows import Page, PagedRows, Room
from shopdata.exceptions import PortalError

ROOM = Room(pages=10, rows=100, bytes=1 << 20)


def read(result: Any) -> Page:
    return Page.from_result(result, "data", "totalRows", "shop 'pdd-01', /list")


class TestPage:
    @pytest.mark.parametrize(
        ("result", "found"),
        [
            pytest.param({}, "Found", id="nothing at all"),
            pytest.param({"totalRows": 0}, "Found totalRows", id="a total without a list"),
            pytest.param({"data": None, "totalRows": 0}, "Found data, totalRows", id="null"),
            pytest.param({"data": {}, "totalRows": 0}, "Found data, totalRows", id="an object"),
            pytest.param(None, "Found NoneType", id="no result"),
            pytest.param([], "Found list", id="a list in its place"),
            pytest.param("data", "Found str", id="a text in its place"),
        ],
    )
    def test_a_list_that_is_not_there_is_never_no_data(self, result: Any, found: str) -> None:
        with pytest.raises(PortalError, match="shop 'pdd-01', /list: the answer has no list 'data'") as caught:
            read(result)
        assert result == {} or found in str(caught.value)

    def test_an_empty_list_is_no_data(self) -> None:
        assert read({"data": [], "totalRows": 0}) == Page([], 0)

    @pytest.mark.parametrize(
        ("result", "total"),
        [
            pytest.param({"data": [], "totalRows": 7}, 7, id="number"),
            pytest.param({"data": [], "totalRows": "7"}, 7, id="text"),
            pytest.param({"data": [], "totalRows": None}, None, id="null"),
            pytest.param({"data": []}, None, id="missing"),
        ],
    )
    def test_the_total(self, result: Any, total: int | None) -> None:
        assert read(result).total == total

    @pytest.mark.parametrize(
        ("result", "words"),
        [
            pytest.param({"data": ["{broken"]}, "'data' or its total can't be read", id="a text that is no JSON"),
            pytest.param({"data": [], "totalRows": "many"}, "its total can't be read", id="a total that is none"),
            pytest.param({"data": [], "totalRows": [1]}, "its total can't be read", id="a list of totals"),
            pytest.param({"data": [7]}, "a row of 'data' is not as rows were. Found int", id="a number for a row"),
            pytest.param({"data": ["[]"]}, "a row of 'data' is not as rows were. Found list", id="a list for a row"),
        ],
    )
    def test_what_nobody_has_seen_is_one_sentence(self, result: Any, words: str) -> None:
        with pytest.raises(PortalError) as caught:
            read(result)
        assert words in str(caught.value)

    def test_a_row_must_have_what_is_asked_with(self) -> None:
        with pytest.raises(PortalError, match=r"a row of 'data' is not as rows were, without 'uid'. Found nickname"):
            Page.from_result({"data": [{"nickname": "x"}]}, "data", "total", "shop 'pdd-01', /list", "uid")

    def test_rows_may_be_json_texts(self) -> None:
        assert read({"data": ['{"id": 1}', {"id": 2}]}).rows == [{"id": 1}, {"id": 2}]


def numbered(*ids: Any, total: int | None = None) -> Page:
    return Page([{"id": number} for number in ids], total)


class TestRows:
    def test_a_row_that_comes_twice_counts_once_in_its_first_place(self, tmp_path: Path) -> None:
        rows = PagedRows("id", ROOM, tmp_path)
        rows.add(numbered("a", "b", total=4))
        rows.add(numbered("b", "c", total=4))
        assert [row["id"] for row in rows] == ["a", "b", "c"]
        assert (len(rows), rows.doubles, rows.is_complete) == (3, 1, False)
        rows.add(numbered("d", total=4))
        assert rows.is_complete

    @pytest.mark.parametrize("totals", [(1, 3), (3, 1), (3, 0)], ids=["grows", "falls", "is told once"])
    def test_the_largest_total_counts(self, tmp_path: Path, totals: tuple[int, int]) -> None:
        rows = PagedRows("id", ROOM, tmp_path)
        rows.add(numbered("a", total=totals[0]))
        rows.add(numbered("b", total=totals[1]))
        assert (rows.total, rows.is_complete) == (3, False)

    def test_a_total_that_is_left_out_later_is_kept(self, tmp_path: Path) -> None:
        rows = PagedRows("id", ROOM, tmp_path)
        rows.add(numbered("a", total=2))
        rows.add(numbered())
        assert (rows.total, rows.is_complete) == (2, False)

    def test_without_any_total_what_came_is_all(self, tmp_path: Path) -> None:
        rows = PagedRows("id", ROOM, tmp_path)
        rows.add(numbered("a"))
        assert (rows.total, rows.is_complete) == (None, True)

    def test_a_number_and_its_text_are_one_id(self, tmp_path: Path) -> None:
        rows = PagedRows("id", ROOM, tmp_path)
        rows.add(numbered(7, "7"))
        assert (len(rows), rows.doubles) == (1, 1)

    def test_rows_without_an_id_are_told_apart_by_all_that_they_say(self, tmp_path: Path) -> None:
        first, second = {"text": "在吗", "time": 1}, {"text": "在吗", "time": 2}
        rows = PagedRows("id", ROOM, tmp_path)
        assert rows.add(Page([first, second], None))
        assert not rows.add(Page([dict(reversed(second.items()))], None))
        assert (len(rows), rows.doubles) == (2, 1)

    def test_what_is_said_twice_on_one_page_was_said_twice(self, tmp_path: Path) -> None:
        again = {"text": "？", "time": 1}
        rows = PagedRows("id", ROOM, tmp_path)
        rows.add(Page([again, again], None))
        rows.add(Page([again, {"text": "在吗", "time": 2}], None))
        assert (len(rows), rows.doubles) == (3, 1)

    def test_the_file_says_what_it_is_and_then_has_a_row_a_line(self, tmp_path: Path) -> None:
        rows = PagedRows("id", ROOM, tmp_path)
        rows.add(Page([{"id": 1, "name": "第一行\n=第二行"}, {"id": 2, "pictures": []}], 2))
        rows.write(tmp_path / "raw.json", {"dataset": "pdd_badscore", "total": 2})
        about, *lines = (tmp_path / "raw.json").read_text("utf-8").splitlines()
        assert json.loads(about) == {"shopdata": {"dataset": "pdd_badscore", "total": 2, "rows": 2, "format": 2}}
        assert [json.loads(line) for line in lines] == list(rows)
