"""Telephone numbers and addresses go, everything that looks a little like them stays."""

from __future__ import annotations

from typing import Any

import pytest

from shopdata.lake.privacy import mask_text, mask_value


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("电话13800000000谢谢", "电话[电话]谢谢", id="mobile number"),
        pytest.param("打 138-0000-0000", "打 [电话]", id="with hyphens"),
        pytest.param("+86 13800000000", "[电话]", id="with country code"),
        pytest.param("座机 010-12345678", "座机 [电话]", id="landline"),
        # Where the province begins no rule can tell: a word before it goes as well, rather than a part of it stay.
        pytest.param("寄到浙江省杭州市西湖区文三路100号2栋301室，谢谢", "[地址]，谢谢", id="full address"),
        pytest.param("上海市浦东新区世纪大道 在哪", "上海市浦东新区世纪大道 在哪", id="a road alone is no address"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("订单 260301-123456789012345", id="order number"),
        pytest.param("商品 123456789012", id="goods id"),
        pytest.param("消息 1740787200123", id="13-digit id"),
        pytest.param("市面上有这个款吗", id="a word with 市"),
        pytest.param("9秒内回复, 36.99%", id="numbers with units"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_stays(text: str) -> None:
    assert mask_text(text) == text


def test_inside_json_keys_stay() -> None:
    value = {"13800000000": "13800000000", "texts": ["13800000000", {"content": "叫 13800000000"}], "none": None}
    assert mask_value(value) == {
        "13800000000": "[电话]",
        "texts": ["[电话]", {"content": "叫 [电话]"}],
        "none": None,
    }


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        pytest.param({"phone": 13800000000}, {"phone": "[电话]"}, id="a number"),
        pytest.param({"phone": 8613800000000}, {"phone": "[电话]"}, id="with country code"),
        pytest.param({"call": [13800000000, 5]}, {"call": ["[电话]", 5]}, id="in a list"),
        pytest.param({"card": '{"phone": 13800000000}'}, {"card": '{"phone": "[电话]"}'}, id="in a card as a text"),
        pytest.param(13800000000, "[电话]", id="all that was said"),
    ],
)
def test_telephone_numbers_that_are_numbers_are_masked(value: Any, masked: Any) -> None:
    assert mask_value(value) == masked


@pytest.mark.parametrize(
    "value",
    [
        *(
            pytest.param({key: number}, id=f"{key} {type(number).__name__}")
            for key in ("uid", "msg_id", "goodsId", "order_sn", "orderSn", "mmsId", "csid")
            for number in (13800000000, "13800000000")
        ),
        pytest.param({"goodsIds": [13800000000]}, id="a list of ids"),
        pytest.param({"from": {"uid": "13800000000", "role": "user"}}, id="further down"),
        pytest.param({"card": '{ "goods_id":13800000000}'}, id="in a card as a text, to the last blank"),
        pytest.param({"ts": 1772323200, "time": 1772323200123, "n": 138, "yes": True, "x": 1.5}, id="other numbers"),
        pytest.param({"text": "[微笑] 好的"}, id="a text that begins like a list"),
    ],
)
def test_ids_stay_also_such_as_look_like_a_telephone_number(value: Any) -> None:
    assert mask_value(value) == value
