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
    "number",
    [
        "0086-13800000000",
        "(+86)13800000000",
        "138.0000.0000",
        "138 0000 0000",
        "１３８００００００００",
        "18400000000-1234",
        "18400000000转1234",
        "13800000000-13900000000",
        "010-12345678-801",
        "021-62345678转801",
        "021 62345678",
        "（021）62345678",
        "(0755)26234567",
        "02162345678",
    ],
)
def test_a_number_is_masked_however_it_is_written_and_with_its_extension(number: str) -> None:
    assert mask_text(f"打{number}，谢谢") == "打[电话]，谢谢"


@pytest.mark.parametrize(
    "address",
    [
        "广东省深圳市南山区深南大道9988号",
        "浙江省 杭州市 余杭区 五常街道 文一西路 969号",
        "浙江省,金华市,义乌市,福田街道商城大道L33号",
        "北京市朝阳区望京西园四区410号楼2单元301",
        "天津市和平区南京路189-2号",
        "广西壮族自治区南宁市青秀区民族大道131号",
        "上海市静安区胶州路５８号",
        "贵州省毕节市威宁县二塘镇艾家坪村三组",
        "山东省青岛市市北区辽阳西路101号万科城3期12号楼2单元1102",
        "朝阳区建国路88号SOHO现代城2号楼1201",
    ],
)
def test_an_address_is_masked_to_its_end(address: str) -> None:
    assert mask_text(f"地址：{address}，谢谢") == "地址：[地址]，谢谢"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("订单 260301-123456789012345", id="order number"),
        pytest.param("订单 260301-013800000000123", id="order number with a telephone number in it"),
        pytest.param("运单 0213456789012", id="13 digits that begin like an area code"),
        pytest.param("运单 SF1380000000012", id="parcel number"),
        pytest.param("尺码 165-170, 2026-03-01 08:00-12:00", id="sizes and times"),
        pytest.param("发货地：浙江省杭州市", id="a city"),
        pytest.param("我们在杭州市发货，3号能到", id="a city and a day"),
        pytest.param("小区里3号楼的人都说好", id="a house without a place"),
        pytest.param("商品 123456789012", id="goods id"),
        pytest.param("消息 1740787200123", id="13-digit id"),
        pytest.param("市面上有这个款吗", id="a word with 市"),
        pytest.param("9秒内回复, 36.99%", id="numbers with units"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_stays(text: str) -> None:
    assert mask_text(text) == text


def test_a_part_of_an_address_is_known_by_its_key() -> None:
    card = {"province": "浙江省", "receiverAddress": "文一西路969号"}
    assert mask_value(card) == {"province": "浙江省", "receiverAddress": "[地址]"}


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
        pytest.param({"nickname": "13800000000"}, id="a nickname"),
        pytest.param({"address": "https://example.com/1"}, id="an address of another kind"),
        pytest.param({"from": {"uid": "13800000000", "role": "user"}}, id="further down"),
        pytest.param({"card": '{ "goods_id":13800000000}'}, id="in a card as a text, to the last blank"),
        pytest.param({"ts": 1772323200, "time": 1772323200123, "n": 138, "yes": True, "x": 1.5}, id="other numbers"),
        pytest.param({"text": "[微笑] 好的"}, id="a text that begins like a list"),
    ],
)
def test_ids_stay_also_such_as_look_like_a_telephone_number(value: Any) -> None:
    assert mask_value(value) == value
