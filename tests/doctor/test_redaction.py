"""What is saved of an answer tells nobody who somebody is, and still shows what a probe looks at."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from shopdata.doctor.redaction import MOST_ROWS, LeakError, Redaction

SECRETS = ("thor-0123456789abcdef", "回力京东旗舰店", "shop-owner")


@pytest.fixture
def redaction() -> Redaction:
    return Redaction(SECRETS, kept=["supplyChainPro"])


def redacted(redaction: Redaction, data: Any) -> Any:
    return redaction.body(json.dumps(data).encode())


def test_what_probes_look_at_stays(redaction: Redaction) -> None:
    data = {
        "message": "success",
        "error_code": 43001,
        "content": {
            "total": 1234,
            "data": [
                {
                    "status": "FINISHED",
                    "reportType": "supplyChainPro",
                    "createTime": "2026-11-29 08:30:12",
                    "applyTime": 1764376212000,
                    "empty": "",
                    "none": None,
                    "few": 12,
                    "hidden": "\ue3a1\ue3a4",
                }
            ],
        },
    }
    assert redacted(redaction, data) == data


@pytest.mark.parametrize(
    "value",
    [
        "138 0001 2345",
        "云南省昆明市北京路 12345 号",
        "张三",
        "alice@example.com",
        160835816,
        "260301-123456789012345",
    ],
)
def test_a_value_gets_a_stand_in_of_its_kind(redaction: Redaction, value: Any) -> None:
    told = redacted(redaction, {"data": [{"nickname": value}, {"other": value}]})["data"]
    stand_in = told[0]["nickname"]
    assert stand_in != value
    assert type(stand_in) is type(value)
    assert len(str(stand_in)) == len(str(value))
    # The same everywhere, and in no other run.
    assert told[1]["other"] == stand_in
    assert redacted(Redaction(SECRETS), {"data": [{"nickname": value}]})["data"][0]["nickname"] != stand_in


def test_a_name_that_another_holds_still_holds_it(redaction: Redaction) -> None:
    data = {"name": "供应链商品明细_2026-11-28", "data": [{"reportName": "【供应链商品明细_2026-11-28】.xlsx"}]}
    told = redacted(redaction, data)
    assert told["name"].endswith("_2026-11-28")
    assert told["name"] in told["data"][0]["reportName"]


def test_of_a_link_host_and_names_stay(redaction: Redaction) -> None:
    link = "https://storage.example.com/reports/0a1b2c3d4e5f.xlsx?Expires=1764376212&Signature=abcdef123456"
    told = redacted(redaction, {"result": link})["result"]
    assert told.startswith("https://storage.example.com/")
    assert told.partition("?")[0].endswith(".xlsx")
    assert "Expires=1764376212&Signature=" in told
    assert "0a1b2c3d4e5f" not in told
    assert "abcdef123456" not in told


def test_what_people_have_written_goes_whatever_its_field_is_called(redaction: Redaction) -> None:
    row = {"message": "我的电话是 13800012345", "msg": "收到了", "content": "请发到 北京路"}
    told = redacted(redaction, {"list": [row, json.dumps(row)]})
    text = json.dumps(told, ensure_ascii=False)
    assert not [value for value in row.values() if value in text]
    assert json.loads(told["list"][1]).keys() == row.keys()


def test_a_text_that_quotes_a_secret_is_told_without_it(redaction: Redaction) -> None:
    told = redacted(redaction, {"message": "店铺 回力京东旗舰店 未登录，手机 13800012345"})["message"]
    assert "回力京东旗舰店" not in told
    assert "13800012345" not in told
    assert "未登录" in told


def test_long_lists_are_kept_in_part(redaction: Redaction) -> None:
    assert len(redacted(redaction, {"data": [{"n": n} for n in range(500)]})["data"]) == MOST_ROWS


@pytest.mark.parametrize("form", ["{}", "name={}", '"{}"'])
@pytest.mark.parametrize("secret", SECRETS)
def test_what_still_holds_a_secret_is_not_saved(redaction: Redaction, form: str, secret: str) -> None:
    packed = base64.b64encode(f"cookie={secret}; path=/".encode()).decode()
    for text in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], packed):
        with pytest.raises(LeakError):
            redaction.prove(form.format(text))
    redaction.prove("nothing of it")


def test_a_cookie_of_a_few_digits_keeps_no_answer_from_being_saved() -> None:
    """They stand in any long list of numbers, and tell nobody anything."""
    redaction = Redaction(["3414", "341434"])
    redaction.prove('{"reviewId": 100000134140001}')
    with pytest.raises(LeakError):
        redaction.prove('{"reviewId": 100000341434001}')
