"""Counting anew finds what was published, also in the raw files that we write ourselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from shipped_config import load_shipped_config

from shopdata.base_spiders.paged_rows import Page, PagedRows, Room
from shopdata.lake.chat import ChatFile, message_row
from shopdata.lake.excel import read_table
from shopdata.lake.recount import count_raw


def write_chats(path: Path) -> None:
    with ChatFile(path, {"dataset": "pdd_chat"}, is_masked=True) as file:
        for uid in ("a", "b"):
            file.add(uid, [message_row({"uid": uid}, {"msg_id": number, "content": "x"}) for number in ("1", "2")])


def write_reviews(path: Path) -> None:
    rows = PagedRows("reviewId", Room(pages=9, rows=9, bytes=9999), path.parent)
    rows.add(Page([{"reviewId": number} for number in range(4)], 4))
    rows.write(path, {"dataset": "pdd_badscore"})


@pytest.mark.parametrize(
    ("name", "write"),
    [pytest.param("pdd_chat", write_chats, id="chats"), pytest.param("pdd_badscore", write_reviews, id="reviews")],
)
def test_lines_that_say_what_the_file_is_are_no_rows(tmp_path: Path, name: str, write: object) -> None:
    path, dataset = tmp_path / "raw.json", load_shipped_config().dataset(name)
    assert callable(write)
    write(path)
    assert count_raw(path, "json", dataset) == read_table(path, dataset).rows == 4
