"""Messages as rows, and a file that goes on where a killed run left it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shopdata.config import load_config
from shopdata.excel import read_table
from shopdata.platforms.pdd.chat import ChatFile, conversation_rows, message_row

ROOT = Path(__file__).resolve().parents[2]
ABOUT = {"dataset": "pdd_chat", "dt": "2026-03-01", "shop": "pdd-01"}
BUYER = {"uid": 1234567890123, "nickname": "=买家"}


def message(**fields: Any) -> dict[str, Any]:
    return {"msg_id": "1740787200001", "ts": "1772323200", "content": "在吗", "type": 0, **fields}


class TestRow:
    @pytest.mark.parametrize(
        ("sent", "role"),
        [
            pytest.param({"from": {"role": "user"}}, "buyer", id="history: buyer"),
            pytest.param({"from": {"role": "mall_cs", "csid": "cs1"}}, "staff", id="history: staff"),
            pytest.param({"direction": 1, "csname": "cs1"}, "staff", id="search: staff"),
            pytest.param({"direction": 0, "csname": "cs1"}, "buyer", id="search: the agent's name is on buyers' too"),
            pytest.param({}, None, id="unknown"),
        ],
    )
    def test_who_speaks(self, sent: dict[str, Any], role: str | None) -> None:
        assert message_row(BUYER, message(**sent))["role"] == role

    def test_time_is_shanghai(self) -> None:
        assert message_row(BUYER, message())["ts"] == "2026-03-01 08:00:00"
        assert message_row(BUYER, message(ts=1772323200000))["ts"] == "2026-03-01 08:00:00"

    def test_without_an_id_it_gets_a_stable_one(self) -> None:
        first, again = (message_row(BUYER, message(msg_id=None))["msg_id"] for _ in range(2))
        other = message_row(BUYER, message(msg_id=None, content="还在吗"))["msg_id"]
        assert first == again != other

    def test_what_was_said_twice_in_a_second_has_two_ids(self) -> None:
        twice = [message(msg_id=None), message(msg_id=None)]
        first, second = (row["msg_id"] for row in conversation_rows(BUYER, twice))
        assert first == message_row(BUYER, twice[0])["msg_id"] != second
        assert [row["msg_id"] for row in conversation_rows(BUYER, twice)] == [first, second]

    def test_an_object_as_content_is_its_json(self) -> None:
        assert message_row(BUYER, message(content={"a": "图"}))["content"] == '{"a": "图"}'

    def test_all_that_was_sent_is_kept(self) -> None:
        sent = message(info={"deep": [1, "二"]})
        assert json.loads(message_row(BUYER, sent)["raw"]) == sent


def rows(*ids: str, content: str = "在吗") -> list[dict[str, Any]]:
    return [message_row(BUYER, message(msg_id=number, content=content)) for number in ids]


def stop_after_one_conversation(path: Path, begun: dict[str, Any]) -> None:
    with ChatFile(path, **begun) as file:
        file.add("a", rows("1"))
        raise KeyboardInterrupt


class TestFile:
    def test_a_conversation_counts_once_it_is_whole(self, tmp_path: Path) -> None:
        path, growing = tmp_path / "chat", tmp_path / "chat.growing"
        with ChatFile(path, ABOUT, is_masked=True) as file:
            file.add("a", rows("1", "2"))
            file.add("b", rows("3"))
            # What stands at the path is taken for whole.
            assert not path.exists()
        whole = path.read_bytes()
        path.unlink()
        # Killed in the middle of the last conversation: its end line is missing, its row is cut.
        growing.write_bytes(whole[: whole.rindex(b'{"uid"') + 20])
        with ChatFile(path, ABOUT, is_masked=True) as file:
            assert (file.has("a"), file.has("b"), file.rows) == (True, False, 2)
            file.add("b", rows("3"))
        assert path.read_bytes() == whole

    @pytest.mark.parametrize(
        "begun",
        [
            pytest.param({"about": {**ABOUT, "dt": "2026-02-28"}, "is_masked": True}, id="another day"),
            pytest.param({"about": ABOUT, "is_masked": False}, id="another privacy"),
        ],
    )
    def test_what_belongs_elsewhere_is_begun_anew(self, tmp_path: Path, begun: dict[str, Any]) -> None:
        path = tmp_path / "chat"
        with pytest.raises(KeyboardInterrupt):
            stop_after_one_conversation(path, begun)
        assert not path.exists()
        with ChatFile(path, ABOUT, is_masked=True) as file:
            assert not file.has("a")
        assert len(path.read_text("utf-8").splitlines()) == 1

    @pytest.mark.parametrize(("is_masked", "word"), [(True, "mask"), (False, "keep")])
    def test_it_says_which_privacy_was_used(self, tmp_path: Path, is_masked: bool, word: str) -> None:
        path = tmp_path / "chat"
        with ChatFile(path, ABOUT, is_masked=is_masked) as file:
            file.add("a", rows("1", content="电话 13800000000"))
        text = path.read_text("utf-8")
        assert json.loads(text.splitlines()[0])["shopdata"]["privacy"] == word
        assert ("13800000000" in text) is not is_masked

    def test_the_contract_reads_it(self, tmp_path: Path) -> None:
        path = tmp_path / "chat"
        with ChatFile(path, ABOUT, is_masked=True) as file:
            file.add("a", rows("1", "2"))
        environ = dict.fromkeys(
            ("JD_FLAGSHIP_USERNAME", "JD_FLAGSHIP_PASSWORD", "SHOPDATA_S3_ENDPOINT"), "x"
        ) | dict.fromkeys(("SHOPDATA_S3_ACCESS_KEY", "SHOPDATA_S3_SECRET_KEY"), "x")
        dataset = load_config(ROOT / "pipelines_config", environ).datasets["pdd_chat"]
        table = read_table(path, dataset)
        assert table.rows == 2
        assert table.columns == dataset.columns

    def test_an_id_that_looks_like_a_telephone_number_is_kept(self, tmp_path: Path) -> None:
        path, number = tmp_path / "chat", "13800000000"
        sent = message(msg_id=number, content={"phone": 13800000001, "goods_id": 13800000002})
        with ChatFile(path, ABOUT, is_masked=True) as file:
            file.add("a", [message_row({"uid": int(number), "nickname": number}, sent)])
        (row,) = (json.loads(line) for line in path.read_text("utf-8").splitlines() if "nickname" in line)
        assert (row["uid"], row["msg_id"], row["nickname"]) == (number, number, number)
        assert json.loads(row["content"]) == {"phone": "[电话]", "goods_id": 13800000002}
        assert json.loads(row["raw"]) == {**sent, "content": {"phone": "[电话]", "goods_id": 13800000002}}
